//! The way back from a receipt.

use datalake_core::fault::Target;
use datalake_core::host::{ServiceState, ServiceStates};
use datalake_core::plan::{Action, Guard, Step, Undo, Way, lint, rehearse};
use datalake_core::receipt::{History, Outcome, left_by_rollback, plan_rollback};
use datalake_core::s3::Lifecycle;

use crate::support::*;

/// Checks that the rollback of a file's history, in a world that holds `now`, leaves `start`.
#[track_caller]
fn check(steps: &[(Step, Outcome)], now: u8, start: u8) {
    let back = plan_rollback(&receipt("R-1", steps.iter().cloned()));

    assert_eq!(lint(&back, None), [], "{back:?}");
    assert_eq!(rehearse(&back, &world_with(now)), [], "{back:?}");
    assert_eq!(imagined(&back, &world_with(now)), world_with(start), "{back:?}");
}

fn failed() -> Outcome {
    Outcome::Failed("timeout".to_owned())
}

#[test]
fn a_step_is_undone_whether_it_came_to_its_end_or_not() {
    check(&[(rewrite(1, 2), Outcome::Done)], 2, 1);
    check(&[(rewrite(1, 2), failed())], 2, 1);
    check(&[(rewrite(1, 2), failed())], 1, 1);
    check(&[(rewrite(0, 1), Outcome::Done)], 1, 0);
    check(&[(rewrite(0, 1), Outcome::NotBegun)], 0, 0);
}

#[test]
fn a_file_written_by_two_runs_goes_back_to_before_the_first() {
    check(&[(rewrite(1, 2), Outcome::Done), (rewrite(2, 3), Outcome::Done)], 3, 1);
    check(&[(rewrite(0, 2), Outcome::Done), (rewrite(2, 3), Outcome::Done)], 3, 0);
    check(&[(rewrite(1, 2), Outcome::Done), (rewrite(2, 1), Outcome::Done)], 1, 1);
}

#[test]
fn a_second_run_that_failed_does_not_hide_the_first() {
    let steps = [(rewrite(1, 2), Outcome::Done), (rewrite(2, 3), failed())];

    check(&steps, 2, 1);
    check(&steps, 1, 1);
}

#[test]
fn a_rollback_of_two_runs_that_stopped_goes_on() {
    check(&[(rewrite(1, 2), Outcome::Done), (rewrite(2, 3), Outcome::Done)], 1, 1);
}

#[test]
fn a_step_that_failed_and_was_done_again_is_undone_once() {
    check(&[(rewrite(1, 2), failed()), (rewrite(1, 2), Outcome::Done)], 2, 1);
    check(&[(rewrite(1, 2), failed()), (rewrite(1, 3), Outcome::Done)], 3, 1);
    check(&[(rewrite(0, 1), Outcome::Done), (rewrite(0, 1), Outcome::Done)], 1, 0);
}

#[test]
fn a_hand_edit_between_two_runs_is_told() {
    let steps = [(rewrite(1, 2), Outcome::Done), (rewrite(5, 3), Outcome::Done)];
    let back = plan_rollback(&receipt("R-1", steps));

    let conflicts = rehearse(&back, &world_with(3));

    assert_eq!(conflicts[0].step.action.target(), Target::Path(path("/srv/z")));
}

#[test]
fn one_way_steps_are_left_and_told() {
    let create = Step {
        guard: Guard::BucketAbsent(bucket()),
        action: Action::CreateBucket(bucket()),
        undo: Undo {
            guard: Guard::BucketPresent(bucket()),
            way: Way::OneWay("it may hold data".to_owned()),
        },
        why: "a test".to_owned(),
    };
    let done = receipt("R-1", [(create.clone(), Outcome::Done)]);

    assert!(plan_rollback(&done).is_empty());
    assert_eq!(left_by_rollback(&done).collect::<Vec<_>>(), [(&create, "it may hold data")]);
    assert_eq!(left_by_rollback(&receipt("R-1", [(create, failed())])).count(), 0);
}

#[test]
fn settings_of_a_bucket_set_by_two_runs_go_back_to_before_the_first() {
    let rules = |count| Lifecycle::protection(Some(days(count)), None);
    let set = |from: Lifecycle, to: Lifecycle| Step {
        guard: Guard::LifecycleIs(bucket(), from.clone()),
        action: Action::SetLifecycle(bucket(), to.clone()),
        undo: Undo {
            guard: Guard::LifecycleIs(bucket(), to),
            way: Way::Back(Action::SetLifecycle(bucket(), from)),
        },
        why: "a test".to_owned(),
    };
    let steps = [set(rules(1), rules(2)), set(rules(2), rules(3))];
    let back = plan_rollback(&receipt("R-1", steps.map(|step| (step, Outcome::Done))));

    let ways: Vec<_> = back.steps.iter().map(|step| (&step.guard, &step.action)).collect();

    assert_eq!(
        ways,
        [(&Guard::LifecycleIs(bucket(), rules(3)), &Action::SetLifecycle(bucket(), rules(1)))]
    );
}

/// A restart from services that stood `before` to services with settings 2.
fn restart(before: [ServiceState; 2]) -> Step {
    let after = services([with_settings(2); 2]);
    Step {
        guard: Guard::ServicesKnown,
        action: Action::SettleServices(after.clone()),
        undo: Undo {
            guard: Guard::ServicesAre(after),
            way: Way::Back(Action::SettleServices(services(before))),
        },
        why: "a test".to_owned(),
    }
}

#[track_caller]
fn check_restart(steps: &[(Step, Outcome)], expected: Option<[ServiceState; 2]>) {
    let back = plan_rollback(&receipt("R-1", steps.iter().cloned()));

    let restarts = back.steps.iter().enumerate().filter_map(|(number, step)| match &step.action {
        Action::SettleServices(states) => Some((number, states.clone())),
        _ => None,
    });
    let last = expected.map(|states| (back.steps.len() - 1, services(states)));
    assert_eq!(restarts.collect::<Vec<_>>(), Vec::from_iter(last));
    assert_eq!(lint(&back, None), []);
}

#[test]
fn services_are_restarted_after_all_files_are_back() {
    let (up, down) = (ServiceState::Up, ServiceState::Down);
    let write = (rewrite(1, 2), Outcome::Done);

    check_restart(&[write.clone(), (restart([up; 2]), Outcome::Done)], Some([up; 2]));
    check_restart(&[write.clone(), (restart([up; 2]), failed())], Some([up; 2]));
    check_restart(&[write.clone(), (restart([up; 2]), Outcome::NotBegun)], None);
    // A second run found what the first had left half done.
    let (first, second) = (restart([up; 2]), restart([down, up]));
    let both = [write.clone(), (first, failed()), (second.clone(), Outcome::Done)];
    check_restart(&both, Some([up; 2]));
    // The first was about one of them alone.
    let mut one = restart([up; 2]);
    let daemon: ServiceStates = [(UNITS[0].parse().unwrap(), up)].into_iter().collect();
    one.undo.way = Way::Back(Action::SettleServices(daemon));
    check_restart(&[write, (one, failed()), (second, Outcome::Done)], Some([up; 2]));
}

#[test]
fn a_restart_that_was_not_proved_is_owed() {
    let up = restart([ServiceState::Up; 2]);
    let owes = |outcome| {
        let steps = [(rewrite(1, 2), Outcome::Done), (up.clone(), outcome)];
        History::new([receipt("R-1", steps)]).owes_restart()
    };

    assert!(owes(failed()) && owes(Outcome::NotBegun) && !owes(Outcome::Done));
}
