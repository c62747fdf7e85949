//! A provision and its rollback on ports in memory, with one call failing, for every call.

#[cfg(test)]
mod edits;
mod failing;
#[cfg(test)]
mod tables;
mod world;

use datalake_core::fault::FaultKind;
use datalake_core::plan::Found;
use datalake_core::receipt::Receipt;
use datalake_desired::HostEnvironment;
use datalake_operations::{
    ErrorKind, HostContext, OperationError, ProvisionBasis, ProvisionRun, Quiet, RunKeys,
    carry_out_back, choose_run_to_undo, plan_way_back, rehearse_back,
};

use self::failing::Failing;
use self::world::World;

const KINDS: [FaultKind; 3] = [FaultKind::Io, FaultKind::DiskFull, FaultKind::Unavailable];

async fn provision(world: &World, ports: &Failing<'_>) -> Result<Option<Receipt>, OperationError> {
    let context = HostContext::new(ports, ports, &world.clock);
    let pair = RunKeys { keys: &world.keys, fingerprints: &world.fingerprints };
    let basis = ProvisionBasis::read(&context, &world.spec, &pair, false).await?;
    let input = basis.input(HostEnvironment::Keep);
    let run = ProvisionRun { context: &context, input, dagster_host: None };
    let ports = world.ports(ports);
    datalake_engine::recover(&ports).await.map_err(|fault| context.state_error(fault))?;
    let checked = run.check(run.plan(&ports).await?).await?;
    if checked.planned.plan.is_empty() {
        return Ok(None);
    }
    run.carry_out(&checked, &Quiet, &ports).await.map(Some)
}

async fn roll_back(world: &World, ports: &Failing<'_>) -> Result<(), OperationError> {
    let context = HostContext::new(ports, ports, &world.clock);
    let ports = world.ports(ports);
    datalake_engine::recover(&ports).await.map_err(|fault| context.state_error(fault))?;
    let Some(receipt) = choose_run_to_undo(&context, None)? else { return Ok(()) };
    let plan = rehearse_back(plan_way_back(&context, &receipt, true)?, &ports).await?;
    carry_out_back(&plan, &receipt, &Quiet, &ports).await?;
    Ok(())
}

#[tokio::test]
async fn a_provision_does_all_once_and_goes_back_byte_for_byte() {
    let world = World::new();
    let before = world.files.everything();

    let receipt = provision(&world, &world.sound()).await.unwrap().unwrap();
    assert!(receipt.done().count() > 5);
    assert_ne!(world.files.everything(), before);
    assert_eq!(provision(&world, &world.sound()).await.unwrap(), None, "nothing is left to do");

    roll_back(&world, &world.sound()).await.unwrap();
    assert_eq!(world.files.everything(), before);
    roll_back(&world, &world.sound()).await.unwrap();
}

#[tokio::test]
async fn whichever_call_of_a_provision_fails_the_next_run_completes_it_and_rollback_undoes_it() {
    for kind in KINDS {
        for call in 0.. {
            let world = World::new();
            let before = world.files.everything();
            let ports = world.failing_at(call, kind);
            let ended = provision(&world, &ports).await;
            if !ports.has_failed() {
                assert!(ended.unwrap().is_some() && call > 30, "{call} calls");
                break;
            }
            if let Err(error) = &ended {
                assert_ne!(error.kind, ErrorKind::Bug, "call {call}: {error}");
                assert!(!error.messages.is_empty());
            }

            provision(&world, &world.sound()).await.unwrap();
            let again = provision(&world, &world.sound()).await.unwrap();
            assert_eq!(again, None, "call {call}, {kind}: one more run is enough");
            roll_back(&world, &world.sound()).await.unwrap();
            assert_eq!(world.files.everything(), before, "call {call}, {kind}");
        }
    }
}

#[tokio::test]
async fn whichever_call_of_a_rollback_fails_the_next_one_ends_as_before() {
    for kind in KINDS {
        for call in 0.. {
            let world = World::new();
            let before = world.files.everything();
            provision(&world, &world.sound()).await.unwrap();
            let ports = world.failing_at(call, kind);
            let ended = roll_back(&world, &ports).await;
            if !ports.has_failed() {
                ended.unwrap();
                assert!(call > 10, "{call} calls");
                break;
            }

            roll_back(&world, &world.sound()).await.unwrap();
            assert_eq!(world.files.everything(), before, "call {call}, {kind}");
        }
    }
}

#[tokio::test]
async fn a_unit_that_does_not_exist_is_named_and_nothing_is_changed() {
    let mut world = World::new();
    world.spec.host.units = vec!["webserver".parse().unwrap()];
    let before = world.files.everything();

    let error = provision(&world, &world.sound()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.to_string().contains("webserver.container"), "{error}");
    assert_eq!(world.files.everything(), before);
    let state = Found::from_answer(datalake_engine::StateFolder::names(&world.state, "receipts"));
    assert!(matches!(state, Found::Present(names) if names.is_empty()));
}

#[tokio::test]
async fn a_user_that_the_host_has_not_is_told_with_the_key_to_set() {
    let mut world = World::new();
    world.spec.host.user = "nobody-here".parse().unwrap();

    let error = provision(&world, &world.sound()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert!(format!("{:?}", error.advice).contains("host: { user: NAME }"), "{error:?}");
}
