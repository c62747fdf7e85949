//! How runs stand, and what is left to do for them.

use datalake_core::host::{Mode, Owner};
use datalake_core::plan::{Action, Guard, Step, Undo, Way};
use datalake_core::receipt::{
    History, Outcome, Receipt, RunKind, RunState, StepReceipt, plan_rollback,
};
use datalake_core::time::{RunId, Timestamp};

use crate::support::*;

/// A run of `provision` over `/srv/z`, given by its number, with the outcome of its only step.
fn run(number: u8, outcome: Outcome) -> Receipt {
    receipt(&format!("R-{number}"), [(rewrite(number, number + 1), outcome)])
}

fn continuing(of: &Receipt, mut receipt: Receipt) -> Receipt {
    receipt.continues.push(of.run.clone());
    receipt.steps.splice(0..0, of.done().cloned());
    receipt
}

/// The rollback of `of` by the run `number`, with this outcome for each of its steps.
fn rollback(number: u8, of: &Receipt, outcome: &Outcome) -> Receipt {
    let steps = plan_rollback(of).steps.into_iter().map(|step| (step, outcome.clone()));
    Receipt { kind: RunKind::Rollback(of.run.clone()), ..receipt(&format!("R-{number}"), steps) }
}

fn failed() -> Outcome {
    Outcome::Failed("timeout".to_owned())
}

#[track_caller]
fn check(receipts: &[Receipt], states: &[RunState], to_roll_back: Option<&str>) {
    let history = History::new(receipts.iter().rev().cloned());

    let found: Vec<_> = history.iter().map(|receipt| history.state(receipt)).collect();

    assert_eq!(found, states);
    assert_eq!(history.to_roll_back().map(|receipt| receipt.run.as_str()), to_roll_back);
}

#[test]
fn a_run_is_undone_with_an_earlier_one_that_changed_the_same() {
    let first = run(1, Outcome::Done);
    let again = run(2, Outcome::Done);
    let undone = rollback(3, &first, &Outcome::Done);
    let later = run(4, Outcome::Done);
    let (complete, rolled_back) = (RunState::Complete, RunState::RolledBack);

    let before = [first, again, undone];
    check(&before, &[rolled_back, rolled_back, complete], None);
    let [first, again, undone] = before;
    check(
        &[first, again, undone, later],
        &[rolled_back, rolled_back, complete, complete],
        Some("R-4"),
    );
}

#[test]
fn a_run_stands_until_it_is_undone() {
    let first = run(1, Outcome::Done);
    let second = run(2, Outcome::AlreadyDone);
    let undone = rollback(3, &second, &Outcome::Done);
    let stopped = rollback(3, &second, &failed());
    let (complete, rolled_back) = (RunState::Complete, RunState::RolledBack);

    check(&[], &[], None);
    check(&[first.clone(), second.clone()], &[complete; 2], Some("R-2"));
    check(
        &[first.clone(), second.clone(), undone],
        &[complete, rolled_back, complete],
        Some("R-1"),
    );
    check(&[first, second, stopped], &[complete, complete, RunState::Unfinished], Some("R-2"));
}

#[test]
fn a_run_that_was_continued_is_undone_with_the_later_one() {
    let first = run(1, failed());
    let second = continuing(&first, run(2, Outcome::Done));
    let undone = rollback(3, &second, &Outcome::Done);

    check(std::slice::from_ref(&first), &[RunState::Unfinished], Some("R-1"));
    check(
        &[first.clone(), second.clone()],
        &[RunState::Continued, RunState::Complete],
        Some("R-2"),
    );
    check(
        &[first, second, undone],
        &[RunState::Continued, RunState::RolledBack, RunState::Complete],
        None,
    );
}

#[test]
fn a_run_that_began_nothing_is_not_what_a_rollback_means() {
    check(
        &[run(1, Outcome::Done), run(2, Outcome::NotBegun)],
        &[RunState::Complete, RunState::Unfinished],
        Some("R-1"),
    );
}

#[test]
fn runs_are_told_in_the_order_of_their_beginning() {
    let history = History::new([run(2, Outcome::Done), run(1, Outcome::Done)]);

    let runs: Vec<_> = history.iter().map(|receipt| receipt.run.as_str()).collect();

    assert_eq!(runs, ["R-1", "R-2"]);
}

#[track_caller]
fn check_unfinished(receipts: &[Receipt], runs: &[&str], steps: &[Step]) {
    let unfinished = History::new(receipts.iter().cloned()).unfinished();

    let found: Vec<_> = unfinished.runs.iter().map(RunId::as_str).collect();
    let taken: Vec<_> = unfinished.steps.iter().map(|taken| taken.step.clone()).collect();

    assert_eq!((found.as_slice(), taken.as_slice()), (runs, steps));
}

#[test]
fn a_complete_run_leaves_nothing_to_take_over() {
    check_unfinished(&[], &[], &[]);
    check_unfinished(&[run(1, Outcome::Done)], &[], &[]);
}

#[test]
fn an_unfinished_run_hands_on_what_it_did_or_may_have_done() {
    let steps = [
        (rewrite(1, 2), Outcome::Done),
        (rewrite(2, 3), failed()),
        (rewrite(3, 4), Outcome::NotBegun),
    ];
    let stopped = receipt("R-1", steps);

    check_unfinished(&[stopped], &["R-1"], &[rewrite(1, 2), rewrite(2, 3)]);
}

#[test]
fn what_a_stopped_rollback_has_undone_is_not_handed_on() {
    let done = |step| (step, Outcome::Done);
    let folder = Step {
        guard: Guard::PathAbsent(path("/srv")),
        action: Action::CreateFolder {
            path: path("/srv"),
            mode: Mode::PUBLIC_FOLDER,
            owner: Owner { uid: 0, gid: 0 },
        },
        undo: Undo {
            guard: Guard::FolderEmpty(path("/srv")),
            way: Way::Back(Action::RemoveFolder(path("/srv"))),
        },
        why: "a test".to_owned(),
    };
    let complete = receipt("R-1", [done(folder.clone()), done(rewrite(0, 1))]);
    let mut stopped = rollback(2, &complete, &Outcome::Done);
    stopped.steps[1].outcome = failed();

    check_unfinished(&[complete, stopped], &["R-1"], &[folder]);
}

#[test]
fn a_rollback_that_undid_nothing_changes_nothing() {
    let complete = run(1, Outcome::Done);
    let refused = rollback(2, &complete, &failed());

    check_unfinished(&[complete, refused], &[], &[]);
}

#[test]
fn a_file_that_two_runs_wrote_is_undone_as_one() {
    let done = |step| (step, Outcome::Done);
    let steps = [done(rewrite(1, 2)), done(rewrite(2, 3)), done(rewrite(3, 2))];
    let complete = receipt("R-1", steps);
    let mut back = rollback(2, &complete, &Outcome::Done);
    back.steps.push(StepReceipt { step: rewrite(8, 9), outcome: failed() });

    check_unfinished(&[complete, back], &["R-1"], &[]);
}

#[test]
fn a_run_counts_as_begun_after_all_earlier_ones() {
    let history = History::new([run(5, Outcome::Done), run(3, Outcome::Done)]);
    let at = |seconds| Timestamp::from_unix(seconds).unwrap();

    assert_eq!(history.next_start(at(5)), at(6));
    assert_eq!(history.next_start(at(1)), at(6));
    assert_eq!(history.next_start(at(9)), at(9));
    assert_eq!(History::default().next_start(at(1)), at(1));
}
