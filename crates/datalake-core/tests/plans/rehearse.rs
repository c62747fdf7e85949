//! How a step stands in the world, and what a rehearsal says of it.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Entry, FileState, Mode};
use datalake_core::plan::{Found, Guard, Observed, Plan, Standing, Step, imagine, rehearse};

use crate::support::*;

#[track_caller]
fn check(step: &Step, world: &Observed, expected: &Standing) {
    assert_eq!(step.standing(world), *expected, "{step:?} in {world:?}");
}

#[test]
fn a_step_is_ready_done_or_disturbed() {
    check(&rewrite(1, 2), &world_with(1), &Standing::Ready);
    check(&rewrite(1, 2), &world_with(2), &Standing::Done);
    check(&rewrite(1, 2), &world_with(3), &Standing::Disturbed);
    check(&rewrite(1, 2), &world_with(0), &Standing::Disturbed);
    check(&rewrite(0, 2), &world_with(0), &Standing::Ready);
}

#[test]
fn an_unknown_is_not_disturbed() {
    let fault = Fault::new(FaultKind::Denied, "EACCES");
    let mut world = Observed::nothing();
    world.paths.insert(path("/srv/z"), Found::Unknown(fault.clone()));

    check(&rewrite(1, 2), &world, &Standing::Unknown(fault.clone()));
    assert_eq!(rehearse(&Plan::of_steps(vec![rewrite(1, 2)]), &world)[0].fault, fault);
}

#[test]
fn another_mode_or_owner_is_another_file() {
    let mut wider = world_with(1);
    let mode = Mode::PUBLIC;
    wider.paths.insert(path("/srv/z"), present(Entry::File(FileState { mode, ..file(1) })));

    check(&rewrite(1, 2), &wider, &Standing::Disturbed);
}

#[test]
fn a_rehearsal_goes_on_from_what_each_step_brings_about() {
    let plan = Plan::of_steps(vec![rewrite(0, 1), rewrite(1, 2)]);

    assert_eq!(rehearse(&plan, &world_with(0)), []);
    assert_eq!(rehearse(&plan, &world_with(3))[0].step, plan.steps[0]);
}

#[test]
fn a_folder_with_something_in_it_is_not_empty() {
    let mut world = Observed::nothing();
    world.paths.insert(path("/srv"), present(empty_folder()));
    let empty = Guard::FolderEmpty(path("/srv"));
    let write = rewrite(0, 1).action;

    assert_eq!(empty.holds(&world), Ok(true));
    assert_eq!(empty.holds(&imagine(&write, world)), Ok(false));
}

#[test]
fn a_conflict_names_its_target() {
    let conflicts = rehearse(&Plan::of_steps(vec![rewrite(1, 2)]), &world_with(3));

    assert_eq!(conflicts[0].to_string(), "`/srv/z`: someone else changed it in the meantime");
}
