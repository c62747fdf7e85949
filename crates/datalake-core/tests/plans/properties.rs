//! What holds of every plan, in every world.

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::plan::{
    Action, Desired, DesiredBucket, Found, Guard, Observed, Plan, Service, Way, imagine, lint,
    plan_provision, rehearse,
};
use datalake_core::receipt::{Outcome, Receipt, plan_rollback};
use datalake_core::s3::Lifecycle;
use proptest::prelude::*;

use crate::support::*;

/// A place that a planner has to look at.
#[derive(Debug, Clone)]
enum Looked {
    Service,
    Bucket,
    Versioning,
    Lifecycle,
    Path(&'static str),
    Secret(&'static str),
    Services,
    Vault,
}

fn any_place() -> impl Strategy<Value = Looked> {
    prop_oneof![
        Just(Looked::Service),
        Just(Looked::Bucket),
        Just(Looked::Versioning),
        Just(Looked::Lifecycle),
        Just(Looked::Services),
        Just(Looked::Vault),
        proptest::sample::select(FOLDERS.to_vec()).prop_map(Looked::Path),
        proptest::sample::select(FILES.to_vec()).prop_map(Looked::Path),
        proptest::sample::select(SECRETS.to_vec()).prop_map(Looked::Secret),
    ]
}

/// Makes `place` unknown; `None` where a planner need not look at it.
fn blurred(place: &Looked, desired: &Desired, mut world: Observed) -> Option<Observed> {
    let fault = Fault::new(FaultKind::Unreachable, "timeout");
    let state = match world.buckets.get_mut(&bucket()) {
        Some(Found::Present(state)) => Some(state),
        _ => None,
    };
    match place {
        Looked::Service => world.service = Found::Unknown(fault),
        Looked::Bucket => drop(world.buckets.insert(bucket(), Found::Unknown(fault))),
        Looked::Versioning if !desired.bucket.versioning => return None,
        Looked::Versioning => state?.versioning = Found::Unknown(fault),
        Looked::Lifecycle => state?.lifecycle = Found::Unknown(fault),
        Looked::Services if desired.services.is_none() => return None,
        Looked::Services => world.services = Found::Unknown(fault),
        Looked::Vault if desired.vault.is_none() => return None,
        Looked::Vault => drop(world.vault.insert(vault(), Found::Unknown(fault))),
        Looked::Path(text) => {
            let wanted = FOLDERS.contains(text)
                || desired.files.iter().any(|file| file.path == path(text))
                || desired.absent.iter().any(|unwanted| unwanted.what == path(text));
            if !wanted {
                return None;
            }
            world.paths.insert(path(text), Found::Unknown(fault));
        }
        Looked::Secret(text) => {
            let wanted = desired.secrets.iter().any(|wanted| wanted.name == secret(text))
                || desired.absent_secrets.iter().any(|unwanted| unwanted.what == secret(text));
            if !wanted {
                return None;
            }
            world.secrets.insert(secret(text), Found::Unknown(fault));
        }
    }
    Some(world)
}

/// The start, with what no rollback takes back: a new bucket, versioning once begun, and the
/// settings that restarted services ran with before.
fn expected_after_rollback(start: &Observed, plan: &Plan) -> Observed {
    let mut expected = start.clone();
    if plan.steps.iter().any(|step| matches!(step.action, Action::SettleServices(_))) {
        expected.services = expected.services.map(|services| services.with_any_settings());
    }
    let one_way = plan.steps.iter().filter(|step| matches!(step.undo.way, Way::OneWay(_)));
    for step in one_way {
        expected = imagine(&step.action, expected);
    }
    // In mind a secret that is cleared holds nothing of others either.
    let clear = plan.steps.iter().filter_map(|step| match &step.undo.way {
        Way::Back(action @ Action::ClearVault(..)) => Some(action),
        Way::Back(_) | Way::OneWay(_) => None,
    });
    clear.fold(expected, |expected, action| imagine(action, expected))
}

proptest! {
    #[test]
    fn the_plan_after_an_apply_is_empty(desired in any_desired(), start in any_observed()) {
        let plan = plan_provision(&desired, &start).unwrap();

        let end = imagined(&plan, &start);

        prop_assert_eq!(plan_provision(&desired, &end), Ok(Plan::default()));
    }

    #[test]
    fn secrets_are_there_as_long_as_files_may_name_them(
        desired in any_desired(),
        start in any_observed(),
    ) {
        let plan = plan_provision(&desired, &start).unwrap();

        for steps in [plan.steps.clone(), plan_rollback(&complete(&plan)).steps] {
            let kinds = steps.iter().filter_map(|step| match &step.action {
                Action::StoreSecret { .. } | Action::RestoreSecret { .. } => {
                    (!matches!(step.guard, Guard::SecretIs(..))).then_some(0)
                }
                Action::WriteFile { .. } | Action::RestoreFile { .. } | Action::RemoveFile(_) => Some(1),
                Action::RemoveSecret(_) => Some(2),
                _ => None,
            });
            prop_assert!(kinds.is_sorted());
        }
    }

    #[test]
    fn a_plan_can_be_carried_out_where_it_was_made(
        desired in any_desired(),
        start in any_observed(),
    ) {
        let plan = plan_provision(&desired, &start).unwrap();

        prop_assert_eq!(rehearse(&plan, &start), vec![]);
        prop_assert_eq!(lint(&plan, Some(&keys())), vec![]);
    }

    #[test]
    fn the_rollback_of_an_apply_is_the_start(desired in any_desired(), start in any_observed()) {
        let plan = plan_provision(&desired, &start).unwrap();
        let end = imagined(&plan, &start);

        let back = plan_rollback(&complete(&plan));

        prop_assert_eq!(rehearse(&back, &end), vec![]);
        prop_assert_eq!(lint(&back, None), vec![]);
        prop_assert_eq!(imagined(&back, &end), expected_after_rollback(&start, &plan));
    }

    #[test]
    fn the_rollback_of_a_rollback_that_stopped_is_the_start(
        desired in any_desired(),
        start in any_observed(),
        at: prop::sample::Index,
    ) {
        let plan = plan_provision(&desired, &start).unwrap();
        let end = imagined(&plan, &start);
        let back = plan_rollback(&complete(&plan));
        let done = at.index(back.steps.len() + 1);
        let first = Plan::of_steps(back.steps.iter().take(done).cloned().collect());
        let stopped = imagined(&first, &end);

        prop_assert_eq!(rehearse(&back, &stopped), vec![]);
    }

    #[test]
    fn what_was_begun_and_what_was_not_both_roll_back(
        desired in any_desired(),
        start in any_observed(),
        at: prop::sample::Index,
        happened: bool,
    ) {
        let plan = plan_provision(&desired, &start).unwrap();
        let failed = at.index(plan.steps.len() + 1);
        let reached = plan.steps.iter().take(failed + usize::from(happened)).cloned();
        let reached = Plan::of_steps(reached.collect());
        let outcome = |number: usize| match number.cmp(&failed) {
            std::cmp::Ordering::Less => Outcome::Done,
            std::cmp::Ordering::Equal => Outcome::Failed("timeout".to_owned()),
            std::cmp::Ordering::Greater => Outcome::NotBegun,
        };
        let steps = plan.steps.iter().cloned().enumerate();
        let receipt = receipt("R-1", steps.map(|(number, step)| (step, outcome(number))));
        let stopped = imagined(&reached, &start);

        let back = plan_rollback(&receipt);

        prop_assert_eq!(rehearse(&back, &stopped), vec![]);
        let ended = imagined(&back, &stopped);
        prop_assert_eq!((ended.paths, ended.secrets), (start.paths, start.secrets));
    }

    #[test]
    fn an_unknown_gives_no_plan_unless_it_is_modals(
        desired in any_desired(),
        start in any_observed(),
        place in any_place(),
    ) {
        let Some(world) = blurred(&place, &desired, start) else { return Ok(()) };

        let planned = plan_provision(&desired, &world);
        if matches!(place, Looked::Vault) {
            // Modal holds back nothing: all but its own steps is planned, and what it owes is named.
            let plan = planned.unwrap();
            prop_assert!(plan.steps.iter().all(|step| !step.action.target().is_in_modal()));
            prop_assert_eq!(plan.pending.len(), 1);
            prop_assert_eq!(rehearse(&plan, &world), vec![]);
            prop_assert_eq!(lint(&plan, None), vec![]);
            return Ok(());
        }
        let blockers = planned.unwrap_err();

        let kinds: Vec<_> = blockers.iter().map(|blocker| blocker.fault.kind).collect();
        prop_assert_eq!(kinds, vec![FaultKind::Unreachable]);
    }

    #[test]
    fn plans_and_receipts_read_back_and_hold_no_secret(
        desired in any_desired(),
        start in any_observed(),
    ) {
        let plan = plan_provision(&desired, &start).unwrap();
        let receipt = complete(&plan);

        let plan_json = serde_json::to_string(&plan).unwrap();
        let receipt_json = serde_json::to_string(&receipt).unwrap();

        prop_assert_eq!(serde_json::from_str::<Plan>(&plan_json).unwrap(), plan);
        prop_assert_eq!(serde_json::from_str::<Receipt>(&receipt_json).unwrap(), receipt);
        for text in [plan_json, receipt_json] {
            prop_assert!(!text.contains(SECRET) && !text.contains(keys().id.as_str()), "{}", text);
        }
    }
}

proptest! {
    #[test]
    fn own_rules_are_replaced_and_those_of_others_stay(
        world in any_observed(),
        desired in any_desired(),
    ) {
        let Found::Present(state) = world.bucket(&bucket()) else { return Ok(()) };
        let Found::Present(before) = state.lifecycle else { return Ok(()) };
        let own = &desired.bucket.lifecycle;

        let after = before.with_own(own);

        let split = |rules: &Lifecycle| -> (Vec<_>, Vec<_>) {
            let all = rules.iter().map(|(id, rule)| (id.to_owned(), rule.clone()));
            all.partition(|(id, _)| id.starts_with("datalake-"))
        };
        prop_assert_eq!(split(&after).1, split(&before).1);
        prop_assert_eq!(split(&after).0, split(own).0);
        prop_assert_eq!(after.with_own(own), after);
    }
}

#[test]
fn what_nobody_looked_at_is_unknown() {
    let mut world = Observed::nothing();
    world.service = Found::Present(Service { clock_ahead: 0, owner: None });
    let lifecycle = Lifecycle::default();
    let wanted = DesiredBucket { name: bucket(), versioning: true, lifecycle };
    let desired = Desired::new(wanted, "probe".parse().unwrap());

    let blockers = plan_provision(&desired, &world).unwrap_err();

    assert_eq!(blockers[0].target, Target::Bucket(bucket()));
    assert_eq!(blockers[0].fault.kind, FaultKind::Unreadable);
}
