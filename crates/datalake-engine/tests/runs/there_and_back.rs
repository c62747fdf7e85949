//! Runs that nobody kills, and people who edit meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use datalake_core::fault::{FaultKind, Target};
use datalake_core::host::Mode;
use datalake_core::plan::{Action, PlanFault, Step};
use datalake_core::receipt::{Outcome, RunKind};
use datalake_core::secret::PodmanSecret;
use datalake_engine::memory::MemoryDagster;
use datalake_engine::*;

use crate::support::*;

const LINE: &str = "bucket = assets\n";

/// Edits a file when the run begins a step on another one, and asks to stop before a step.
#[derive(Default)]
struct Meddler<'a> {
    edits: Option<(&'a World, &'a str)>,
    stops_after: Option<&'static str>,
    stopped: AtomicBool,
}

impl Watch for Meddler<'_> {
    fn begin(&self, step: &Step) {
        if let (Some((world, text)), Action::CreateFolder { .. }) = (self.edits, &step.action) {
            world.edit(text, "by hand\n");
        }
    }

    fn end(&self, step: &Step, _: &Outcome) {
        if self.stops_after == Some(step.action.verb()) {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn go_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }
}

#[track_caller]
fn check_modes(world: &World) {
    let Ok(SeenEntry::File { mode, owner, .. }) = world.files.look(&path("/srv/datalake/s3.env"))
    else {
        panic!("no env file");
    };
    assert_eq!((mode, owner), (Mode::PRIVATE, OWNER));
}

#[tokio::test]
async fn after_an_apply_there_is_nothing_to_do() {
    for world in [World::without_bucket().await, World::with_bucket().await] {
        world.provision(LINE, &world.ports()).await.unwrap();

        assert!(world.plan(LINE).await.is_empty());
        assert_eq!(world.content("/srv/datalake/s3.env"), Some(format!("KEY={SECRET}")));
        check_modes(&world);
        assert_eq!(world.state.names("runs").unwrap(), [""; 0]);
        assert_eq!(world.history().iter().count(), 1);
    }
}

#[tokio::test]
async fn a_rollback_brings_back_bytes_modes_owners_and_settings() {
    for (world, was_there) in
        [(World::without_bucket().await, false), (World::with_bucket().await, true)]
    {
        let start = world.picture(was_there).await;
        world.provision(LINE, &world.ports()).await.unwrap();

        world.rollback(&world.ports()).await.unwrap();

        assert_eq!(world.picture(was_there).await, start);
        assert_eq!(world.history().to_roll_back(), None);
    }
}

#[tokio::test]
async fn two_runs_are_rolled_back_one_after_the_other() {
    let world = World::without_bucket().await;
    let start = world.picture(false).await;
    world.provision("first\n", &world.ports()).await.unwrap();
    let between = world.picture(false).await;
    world.provision("second\n", &world.ports()).await.unwrap();

    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(world.picture(false).await, between);
    world.rollback(&world.ports()).await.unwrap();

    assert_eq!(world.picture(false).await, start);
}

#[tokio::test]
async fn a_file_edited_since_stops_the_rollback_before_it_begins() {
    let world = World::with_bucket().await;
    world.provision(LINE, &world.ports()).await.unwrap();
    world.edit("/srv/app.conf", "by hand\n");
    let edited = world.picture(true).await;

    let Err(Stopped::InTheWay(conflicts)) = world.rollback(&world.ports()).await else {
        panic!("it was not stopped");
    };

    let targets: Vec<_> = conflicts.iter().map(|it| it.step.action.target()).collect();
    assert_eq!(targets, [Target::Path(path("/srv/app.conf"))]);
    assert_eq!(world.picture(true).await, edited);
}

#[tokio::test]
async fn something_foreign_in_a_new_folder_stops_the_rollback_before_it_begins() {
    let world = World::without_bucket().await;
    world.provision(LINE, &world.ports()).await.unwrap();
    world.edit("/srv/datalake/notes", "mine\n");
    let edited = world.picture(false).await;

    let stopped = world.rollback(&world.ports()).await;

    assert!(matches!(stopped, Err(Stopped::InTheWay(_))), "{stopped:?}");
    assert_eq!(world.picture(false).await, edited);
}

#[tokio::test]
async fn a_file_edited_during_the_run_stops_it_and_is_left_alone() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let meddler = Meddler { edits: Some((&world, "/srv/app.conf")), ..Meddler::default() };
    let run = world.run(RunKind::Provision, &plan).await;
    let id = run.id.clone();

    let Err(ApplyError::Step(stopped)) = apply(run, &meddler, &world.ports()).await else {
        panic!("it was not stopped");
    };

    assert_eq!(stopped.fault.kind, FaultKind::Disturbed);
    assert_eq!(stopped.step.action.target(), Target::Path(path("/srv/app.conf")));
    assert_eq!(world.content("/srv/app.conf").unwrap(), "by hand\n");
    assert_eq!(Records(&world.state).receipt(&id).unwrap(), stopped.receipt);
    assert_eq!(stopped.receipt.done().count(), plan.steps.len() - 8);
}

#[tokio::test]
async fn a_run_stopped_by_an_edit_can_be_rolled_back_around_it() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let meddler = Meddler { edits: Some((&world, "/srv/app.conf")), ..Meddler::default() };
    let run = world.run(RunKind::Provision, &plan).await;
    apply(run, &meddler, &world.ports()).await.unwrap_err();

    world.rollback(&world.ports()).await.unwrap();

    assert_eq!(world.content("/srv/app.conf").unwrap(), "by hand\n");
    assert!(world.files.look(&path("/srv/datalake")).is_err());
}

#[tokio::test]
async fn a_run_that_is_asked_to_stop_ends_between_two_steps() {
    let world = World::without_bucket().await;
    let start = world.picture(false).await;
    let plan = world.plan(LINE).await;
    let meddler = Meddler { stops_after: Some("create folder"), ..Meddler::default() };
    let run = world.run(RunKind::Provision, &plan).await;

    let Err(ApplyError::Stopped(stopped)) = apply(run, &meddler, &world.ports()).await else {
        panic!("it did not stop");
    };

    assert_eq!(stopped.step.action.verb(), "store secret");
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(world.picture(false).await, start);
}

#[tokio::test]
async fn a_step_whose_result_is_there_already_is_not_done_again() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    world.store.create_bucket(&bucket()).await.unwrap();
    let run = world.run(RunKind::Provision, &plan).await;

    let receipt = apply(run, &Patient, &world.ports()).await.unwrap();

    assert_eq!(receipt.steps[0].outcome, Outcome::AlreadyDone);
    assert!(receipt.is_complete());
}

#[tokio::test]
async fn a_plan_that_breaks_a_rule_changes_nothing() {
    let world = World::without_bucket().await;
    let start = world.files.everything();
    let mut plan = world.plan(LINE).await;
    plan.steps.extend(plan.steps.clone());
    let run = world.run(RunKind::Provision, &plan).await;

    let refused = apply(run, &Patient, &world.ports()).await;

    assert!(matches!(refused, Err(ApplyError::Plan(PlanFault::TwoWriters(_)))), "{refused:?}");
    assert_eq!(world.files.everything(), start);
    assert_eq!(world.state.names("runs").unwrap(), [""; 0]);
    assert_eq!(world.store.buckets().await.unwrap(), []);
}

#[tokio::test]
async fn a_run_without_keys_writes_no_file() {
    let world = World::without_bucket().await;
    let plan = world.plan(LINE).await;
    let run = PlannedRun { keys: None, ..world.run(RunKind::Provision, &plan).await };

    let Err(ApplyError::Step(stopped)) = apply(run, &Patient, &world.ports()).await else {
        panic!("it went on");
    };

    assert_eq!(stopped.fault.kind, FaultKind::Refused);
    assert_eq!(world.content("/srv/datalake/s3.env"), None);
}

#[tokio::test]
async fn no_record_holds_the_secret() {
    let world = World::without_bucket().await;
    world.provision(LINE, &world.ports()).await.unwrap();

    for name in world.state.names("receipts").unwrap() {
        let content = world.state.read(&format!("receipts/{name}")).unwrap();
        assert!(!String::from_utf8(content).unwrap().contains(SECRET), "{name}");
    }
    for name in world.state.names("copies").unwrap() {
        let content = world.state.read(&format!("copies/{name}")).unwrap();
        assert!(!String::from_utf8(content).unwrap().contains(SECRET), "{name}");
    }
}

/// Checks that a run stops with `kind` at its services, and that its rollback leaves all as before.
async fn check_services_fail(kind: FaultKind, set: impl Fn(&mut MemoryDagster)) {
    let mut world = World::with_bucket().await;
    set(&mut world.dagster);
    let before = world.picture(true).await;

    let Err(Stopped::Apply(ApplyError::Step(failed))) = world.provision(LINE, &world.ports()).await
    else {
        panic!("it was not stopped");
    };
    world.rollback(&world.ports()).await.unwrap();

    assert_eq!((failed.fault.kind, failed.step.action.target()), (kind, Target::Services));
    assert_eq!(world.picture(true).await, before);
}

#[tokio::test]
async fn services_that_fail_with_their_settings_run_again_after_the_rollback() {
    check_services_fail(FaultKind::Unsettled, |dagster| dagster.dies_with_settings = true).await;
    check_services_fail(FaultKind::Unproved, |dagster| dagster.is_cut_off = true).await;
}

#[tokio::test]
async fn what_is_left_over_goes_and_comes_back() {
    let world = World::with_bucket().await;
    let start = world.picture(true).await;

    world.provision(LINE, &world.ports()).await.unwrap();

    let kept: Vec<_> = world.secrets.everything().into_iter().collect();
    let key: PodmanSecret = "datalake-key".parse().unwrap();
    assert_eq!(kept, [(key, SECRET.as_bytes().to_vec())]);
    assert_eq!(world.content(LEFT_OVER), None);
    world.rollback(&world.ports()).await.unwrap();
    assert_eq!(world.picture(true).await, start);
}

#[tokio::test]
async fn a_rollback_keeps_no_copy_of_what_the_run_wrote() {
    let world = World::without_bucket().await;
    world.provision(LINE, &world.ports()).await.unwrap();
    let copies = world.state.names("copies").unwrap();

    world.rollback(&world.ports()).await.unwrap();

    assert_eq!(world.state.names("copies").unwrap(), copies);
}
