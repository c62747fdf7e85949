//! Each rule of plans, broken by hand.

use datalake_core::fault::Target;
use datalake_core::plan::{Action, Guard, Plan, PlanFault, Step, Undo, Way, lint};
use datalake_core::secret::{FileBody, Piece, SecretName};

use crate::support::*;

#[track_caller]
fn check(steps: Vec<Step>, expected: &[PlanFault]) {
    assert_eq!(lint(&Plan::of_steps(steps), Some(&keys())), expected);
}

fn place() -> Target {
    Target::Path(path("/srv/z"))
}

fn with_body(piece: Piece) -> Step {
    let mut step = rewrite(0, 1);
    step.action =
        Action::WriteFile { path: path("/srv/z"), body: FileBody::new([piece]), file: file(1) };
    step
}

#[test]
fn a_plan_that_keeps_the_rules_has_no_fault() {
    check(vec![rewrite(0, 1)], &[]);
    check(vec![with_body(Piece::Secret(SecretName::SecretAccessKey))], &[]);
}

#[test]
fn a_path_has_one_writer() {
    check(vec![rewrite(0, 1), rewrite(1, 2)], &[PlanFault::TwoWriters(place())]);
}

#[test]
fn a_write_is_undone_under_the_guard_of_its_own_content() {
    let unguarded = [PlanFault::UnguardedUndo(place())];
    let mut other_content = rewrite(0, 1);
    other_content.undo.guard = Guard::FileIs(path("/srv/z"), file(2));
    let mut other_path = rewrite(0, 1);
    other_path.undo.guard = Guard::FileIs(path("/srv/a/x"), file(1));
    let mut one_way = rewrite(0, 1);
    one_way.undo.way = Way::OneWay("why not".to_owned());

    check(vec![other_content], &unguarded);
    check(vec![other_path], &unguarded);
    check(vec![one_way], &unguarded);
}

#[test]
fn a_secret_is_named_not_written() {
    let spilled = with_body(Piece::text(format!("AWS_SECRET_ACCESS_KEY={SECRET}\n")));

    check(vec![spilled.clone()], &[PlanFault::SecretInText(place())]);
    assert_eq!(lint(&Plan::of_steps(vec![spilled]), None), []);
}

#[test]
fn no_fault_shows_the_secret() {
    let spilled = with_body(Piece::text(SECRET));

    let faults = lint(&Plan::of_steps(vec![spilled]), Some(&keys()));

    assert!(!format!("{faults:?} {}", faults[0]).contains(SECRET));
}

/// The step that has podman keep a new secret.
fn store(piece: Piece) -> Step {
    let (name, print) = (secret("datalake-key"), file(1).content);
    Step {
        guard: Guard::SecretAbsent(name.clone()),
        action: Action::StoreSecret { name: name.clone(), body: FileBody::new([piece]), print },
        undo: Undo {
            guard: Guard::SecretIs(name.clone(), print),
            way: Way::Back(Action::RemoveSecret(name)),
        },
        why: "a test".to_owned(),
    }
}

#[test]
fn the_rules_for_files_hold_for_secrets_of_podman() {
    let target = || Target::Secret(secret("datalake-key"));
    let good = store(Piece::Secret(SecretName::SecretAccessKey));
    let mut unguarded = good.clone();
    unguarded.undo.guard = Guard::SecretIs(secret("datalake-key"), file(2).content);

    check(vec![good.clone()], &[]);
    check(vec![good.clone(), good], &[PlanFault::TwoWriters(target())]);
    check(vec![unguarded], &[PlanFault::UnguardedUndo(target())]);
    check(vec![store(Piece::text(SECRET))], &[PlanFault::SecretInText(target())]);
}

#[test]
fn what_is_removed_and_restored_is_undone_where_nothing_lies() {
    let removal = |after: Guard| Step {
        guard: Guard::FileIs(path("/srv/z"), file(1)),
        action: Action::RemoveFile(path("/srv/z")),
        undo: Undo {
            guard: after,
            way: Way::Back(Action::RestoreFile { path: path("/srv/z"), file: file(1) }),
        },
        why: "a test".to_owned(),
    };

    check(vec![removal(Guard::PathAbsent(path("/srv/z")))], &[]);
    let still_there = removal(Guard::FileIs(path("/srv/z"), file(1)));
    check(vec![still_there], &[PlanFault::UnguardedUndo(place())]);
}
