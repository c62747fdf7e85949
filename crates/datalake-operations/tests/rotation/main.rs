//! A change of the key pair on ports in memory: whole, killed, resumed and taken back.
#![cfg(test)]

mod halts;
mod process;
mod world;

use std::sync::atomic::Ordering;
use std::time::Duration;

use datalake_core::modal::ModalObject;
use datalake_core::policy::ProofPace;
use datalake_core::rotation::RotationStage;
use datalake_core::secret::Credentials;
use datalake_desired::HostEnvironment;
use datalake_engine::{NoCheckpoints, NoDagster, NoSecrets, NoTimers, ObjectStore as _, Ports};
use datalake_operations::rotation::{
    KeyRotation, KeySide, RotationFolder, RotationPlace, RotationReport, RotationWish,
};
use datalake_operations::{
    ErrorKind, HostContext, OperationError, ProvisionBasis, ProvisionRun, Quiet, RunKeys,
    refuse_open_rotation,
};

use self::process::{KeyedStore, Process};
use self::world::{NEW, OLD, World, guard_of, make_pair, make_succession, require_no_wider};

/// A policy of this world acts at once.
const PACE: ProofPace = ProofPace {
    rounds: 3,
    span: Duration::from_secs(10),
    pause: Duration::from_secs(5),
    limit: Duration::from_secs(30),
};

/// What is asked of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Look,
    Rotate,
    Abort,
    Finish,
}

fn ports_of<'a>(
    world: &'a World,
    process: &'a Process<'a>,
    store: &'a KeyedStore<'a>,
) -> Ports<'a> {
    Ports {
        store,
        files: process,
        dagster: &NoDagster,
        timers: &NoTimers,
        secrets: &NoSecrets,
        vault: process,
        state: process,
        clock: &world.clock,
        checkpoints: &NoCheckpoints,
        fingerprints: &world.fingerprints,
    }
}

fn store_of<'a>(world: &'a World, keys: &Credentials) -> KeyedStore<'a> {
    KeyedStore { world, key: keys.id.clone() }
}

async fn provision_host(world: &World) {
    let (process, store) = (Process(world), store_of(world, &world.old));
    let context = HostContext::new(&process, &process, &world.clock);
    let pair = RunKeys { keys: &world.old, fingerprints: &world.fingerprints };
    let basis = ProvisionBasis::read(&context, &world.spec, &pair, false).await.unwrap();
    let input = basis.input(HostEnvironment::Keep);
    let run = ProvisionRun { context: &context, input, dagster_host: None };
    let ports = ports_of(world, &process, &store);
    let checked = run.check(run.plan(&ports).await.unwrap()).await.unwrap();
    run.carry_out(&checked, &Quiet, &ports).await.unwrap();
}

/// A host that was provisioned with the old pair, and whose buckets have a policy that names it.
async fn make_provisioned() -> World {
    let world = World::new().await;
    provision_host(&world).await;
    world.store_guards().await;
    world
}

async fn carry_on(world: &World, wish: Wish) -> Result<RotationReport, OperationError> {
    carry_on_with(world, wish, &world.new).await
}

/// The services are restarted by hand where that is asked for.
async fn carry_on_with(
    world: &World,
    wish: Wish,
    new: &Credentials,
) -> Result<RotationReport, OperationError> {
    let report = carry_on_once(world, wish, new, false).await?;
    if report.awaits_restart && wish != Wish::Look {
        return carry_on_once(world, wish, new, true).await;
    }
    Ok(report)
}

async fn carry_on_once(
    world: &World,
    wish: Wish,
    new: &Credentials,
    are_restarted: bool,
) -> Result<RotationReport, OperationError> {
    let process = Process(world);
    let context = HostContext::new(&process, &process, &world.clock);
    let (old_store, new_store) = (store_of(world, &world.old), store_of(world, new));
    let ports = ports_of(world, &process, &old_store);
    datalake_engine::recover(&ports).await.map_err(|fault| context.state_error(fault))?;
    let place = RotationPlace {
        context: &context,
        spec: &world.spec,
        roles: &[],
        dagster_host: None,
        modal: Some(&world.vault),
        ports,
        pace: if world.is_late() { ProofPace::HETZNER } else { PACE },
        reporter: &Quiet,
        tell: &|_| (),
    };
    let old = KeySide { keys: &world.old, store: &old_store };
    let new = KeySide { keys: new, store: &new_store };
    let mut record = match RotationFolder(&context).read_open_record()? {
        Some(record) => {
            assert_eq!(RotationFolder(&context).read_pair(&record.new)?.id, new.keys.id);
            record
        }
        None => place.begin_rotation(old, new).await?,
    };
    record.owes_restart &= !are_restarted;
    let mut rotation = KeyRotation { place, old, new, record };
    let wish = match wish {
        Wish::Look => RotationWish::Look,
        Wish::Rotate => RotationWish::Rotate,
        Wish::Abort => RotationWish::Abort,
        Wish::Finish => RotationWish::Finish(NEW.parse().unwrap()),
    };
    rotation.carry_out(&wish).await
}

/// The old key was deleted; the change ends with the new one alone.
async fn require_end(world: &World, note: &str) {
    world.is_old_deleted.store(true, Ordering::Relaxed);
    let ended = carry_on(world, Wish::Finish).await.unwrap();
    assert_eq!(ended.stage, RotationStage::Ended, "{note}");
    assert!(world.env_file().contains(NEW) && !world.env_file().contains(OLD), "{note}");
    assert!(world.list_generations().is_empty(), "{note}");
    let keys = make_succession();
    for (policy, bucket) in world.read_policies().await.iter().zip(world.spec.list_buckets()) {
        let policy = policy.as_ref().unwrap();
        let guard = keys.bind_new_key(&guard_of(&bucket).read_policy().unwrap());
        assert!(policy.says_the_same(&keys.forget_key(&keys.old, &guard)), "{note}: {policy:?}");
        require_no_wider(Some(policy), &bucket, NEW);
    }
}

/// Everything is as before the change.
async fn require_start(world: &World, note: &str) {
    assert!(world.env_file().contains(OLD) && !world.has_new_key(), "{note}");
    assert!(world.list_generations().is_empty(), "{note}");
    for bucket in world.spec.list_buckets() {
        let text = world.store.policy(&bucket).await.unwrap();
        assert_eq!(text, Some(guard_of(&bucket)), "{note}");
    }
}

#[tokio::test]
async fn a_change_binds_rolls_out_revokes_and_ends_once_the_old_key_is_gone() {
    let world = make_provisioned().await;

    let report = carry_on(&world, Wish::Rotate).await.unwrap();

    assert_eq!(report.stage, RotationStage::Revoked);
    assert_eq!((report.old_key.as_str(), report.new_key.as_str()), (OLD, NEW));
    assert!(world.env_file().contains(NEW) && world.has_new_key());
    assert_eq!(world.list_generations().len(), 2);
    let keys = make_succession();
    for (policy, bucket) in world.read_policies().await.iter().zip(world.spec.list_buckets()) {
        assert!(keys.is_revoked(&bucket, policy.as_ref().unwrap()));
    }
    let words = report.to_string();
    assert!(words.contains(" in Modal's app etl: log cannot be read"), "{words}");
    let etl = ModalObject { name: "etl".parse().unwrap(), environment: None };
    world
        .vault
        .write_log(&etl, "2026-01-01 00:00:00+00:00 x\n2099-01-01 00:00:00+00:00 AccessDenied\n");
    let looked = carry_on(&world, Wish::Look).await.unwrap().to_string();
    assert!(looked.contains(" in Modal's app etl: 1 line\n"), "{looked}");
    assert!(words.contains("delete `AKOLD0000000000000001` in the Console"), "{words}");
    let process = Process(&world);
    let context = HostContext::new(&process, &process, &world.clock);
    assert_eq!(refuse_open_rotation(&context).unwrap_err().kind, ErrorKind::Config);

    let waiting = carry_on(&world, Wish::Finish).await.unwrap();
    assert_eq!(waiting.stage, RotationStage::Revoked, "the service still knows the old key");
    require_end(&world, "whole").await;
    refuse_open_rotation(&context).unwrap();
}

#[tokio::test]
async fn an_abort_after_everything_was_done_goes_back() {
    let world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();

    let ended = carry_on(&world, Wish::Abort).await.unwrap();

    assert_eq!(ended.stage, RotationStage::Ended);
    require_start(&world, "aborted").await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    require_end(&world, "changed after an abort").await;
}

#[tokio::test]
async fn once_the_old_key_is_deleted_there_is_no_way_back() {
    let world = make_provisioned().await;
    carry_on(&world, Wish::Rotate).await.unwrap();
    world.is_old_deleted.store(true, Ordering::Relaxed);

    let error = carry_on(&world, Wish::Abort).await.unwrap_err();

    assert!(error.to_string().contains("does not know key"), "{error}");
    require_end(&world, "after a way back that was refused").await;
}

#[tokio::test]
async fn killed_at_sixty_random_calls_it_goes_on_or_back_and_no_key_is_ever_wider() {
    let calls = {
        let world = make_provisioned().await;
        world.die_at(usize::MAX - 1);
        carry_on(&world, Wish::Rotate).await.unwrap();
        world.count_calls()
    };
    assert!(calls > 150, "{calls} calls");
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut roll = |sides: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 11).unwrap() % sides
    };
    let mut killed = 0;
    for round in 0..60 {
        let world = make_provisioned().await;
        let (first, second, is_abort) = (roll(calls), roll(calls), round % 2 == 0);
        let note = format!("round {round}: call {first}, then {second}, abort: {is_abort}");
        let wish = if is_abort { Wish::Abort } else { Wish::Rotate };

        world.die_at(first);
        killed += usize::from(carry_on(&world, Wish::Rotate).await.is_err());
        world.die_at(second);
        killed += usize::from(carry_on(&world, wish).await.is_err());
        world.die_at(usize::MAX - 1);

        let process = Process(&world);
        let context = HostContext::new(&process, &process, &world.clock);
        let is_open = RotationFolder(&context).require_open_record().is_ok();
        if is_abort && is_open {
            carry_on(&world, Wish::Abort).await.unwrap_or_else(|error| panic!("{note}: {error}"));
        }
        if is_abort {
            require_start(&world, &note).await;
        } else {
            let report = carry_on(&world, Wish::Rotate).await;
            let report = report.unwrap_or_else(|error| panic!("{note}: {error}"));
            assert_eq!(report.stage, RotationStage::Revoked, "{note}");
            require_end(&world, &note).await;
        }
    }
    assert!(killed > 60, "{killed} processes were killed");
}

#[tokio::test]
async fn a_change_begins_with_two_keys_that_work_and_a_host_in_step() {
    let world = make_provisioned().await;
    let same = make_pair(OLD, "another0secret0");

    let error = carry_on_with(&world, Wish::Rotate, &same).await.unwrap_err();
    assert!(error.to_string().contains("has the id of the present one"), "{error}");

    let admin = make_pair("AKADMIN", "admin0secret0");
    let error = carry_on_with(&world, Wish::Rotate, &admin).await.unwrap_err();
    assert!(error.to_string().contains("names key `AKADMIN` already"), "{error}");

    let bare = World::new().await;
    let error = carry_on(&bare, Wish::Rotate).await.unwrap_err();
    assert!(error.to_string().contains("not as the spec wants it"), "{error}");
    for world in [&world, &bare] {
        assert!(world.list_generations().is_empty() && !world.has_new_key());
    }
}
