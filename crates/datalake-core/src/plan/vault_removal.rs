//! The steps that take a secret out of Modal: datalake's part of it, or all of it.

use crate::fault::{Fault, FaultKind, Target};
use crate::modal::VaultState;
use crate::plan::vault_steps::{back_to, guard_of, require_known_vault};
use crate::plan::{Action, Blocker, DesiredVault, Guard, Observed, Plan, Step, Undo};

const UNPROVEN: &str = "none of its markers is known here, so nothing proves that datalake has stored \
                        its variables";

/// Plans to take datalake's variables out of a secret of Modal's. Those of others stay, and the secret
/// with them; `desired` tells which contents could be put back. Empty where none of datalake's is in it.
///
/// # Errors
///
/// A [`Blocker`] where nobody knows how the secret stands; of kind `Disturbed` where it has variables of
/// these names and no marker proves that they are datalake's.
pub fn plan_vault_clearing(desired: &DesiredVault, observed: &Observed) -> Result<Plan, Blocker> {
    let secret = &desired.secret;
    let state = match require_known_vault(secret, observed)? {
        None | Some(VaultState::Apart) => return Ok(Plan::default()),
        Some(state) => state,
    };
    let (VaultState::Holds(print) | VaultState::Lacks(print)) = state else {
        let fault = Fault::new(FaultKind::Disturbed, UNPROVEN);
        return Err(Blocker { target: Target::Vault(secret.clone()), fault });
    };
    let step = Step {
        guard: guard_of(state, desired),
        action: Action::ClearVault(secret.clone(), print),
        undo: Undo { guard: Guard::VaultCleared(secret.clone()), way: back_to(state, desired) },
        why: "datalake's variables are not to be in Modal any more".to_owned(),
    };
    Ok(Plan::of_steps(vec![step]))
}

/// Plans the removal of a whole secret of Modal's, variables of others in it as well; `desired` tells
/// which contents could be put back.
///
/// # Errors
///
/// A [`Blocker`] where nobody knows how the secret stands.
pub fn plan_vault_removal(desired: &DesiredVault, observed: &Observed) -> Result<Plan, Blocker> {
    let secret = &desired.secret;
    let (guard, way) = match require_known_vault(secret, observed)? {
        None => return Ok(Plan::default()),
        Some(state) => (guard_of(state, desired), back_to(state, desired)),
    };
    let step = Step {
        guard,
        action: Action::RemoveVault(secret.clone()),
        undo: Undo { guard: Guard::VaultAbsent(secret.clone()), way },
        why: "it is not to be in Modal any more".to_owned(),
    };
    Ok(Plan::of_steps(vec![step]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::vault_steps::tests::{desired, holds, object, print, receipt, world};
    use crate::plan::{Found, Way, lint, rehearse};
    use crate::receipt::plan_rollback;

    #[test]
    fn a_removal_is_undone_where_a_copy_is_kept() {
        let plan = |found| plan_vault_removal(&desired(), &world(found)).unwrap();

        assert!(plan(Found::Absent).is_empty());
        let step = plan(holds("old")).steps.remove(0);
        assert!(matches!(step.undo.way, Way::Back(Action::RestoreVault { .. })), "{step:?}");
        let step = plan(Found::Present(VaultState::Other)).steps.remove(0);
        assert!(matches!(step.undo.way, Way::OneWay(_)), "{step:?}");
    }

    #[test]
    fn a_clearing_takes_out_what_the_marker_proves_and_can_be_undone() {
        let plan = plan_vault_clearing(&desired(), &world(holds("old"))).unwrap();

        let [step] = &plan.steps[..] else { panic!("{plan:?}") };
        assert_eq!(step.action, Action::ClearVault(object("hetzner-s3"), print("old")));
        assert_eq!((lint(&plan, None), rehearse(&plan, &world(holds("old")))), (vec![], vec![]));
        let back = plan_rollback(&receipt(plan));
        for left in [Found::Absent, Found::Present(VaultState::Apart)] {
            assert_eq!(rehearse(&back, &world(left)), []);
        }
        let plan = plan_vault_clearing(&desired(), &world(holds("lost"))).unwrap();
        assert!(matches!(plan.steps[0].undo.way, Way::OneWay(_)), "{plan:?}");
    }

    #[test]
    fn a_clearing_takes_out_what_is_left_of_a_content_that_has_lost_a_variable() {
        let torn = Found::Present(VaultState::Lacks(print("new")));

        let plan = plan_vault_clearing(&desired(), &world(torn.clone())).unwrap();

        assert_eq!(plan.steps[0].action, Action::ClearVault(object("hetzner-s3"), print("new")));
        assert_eq!(rehearse(&plan, &world(torn)), []);
    }

    #[test]
    fn a_clearing_leaves_a_secret_of_others() {
        for left in [Found::Absent, Found::Present(VaultState::Apart)] {
            assert_eq!(plan_vault_clearing(&desired(), &world(left)), Ok(Plan::default()));
        }
        let other = world(Found::Present(VaultState::Other));
        let blocker = plan_vault_clearing(&desired(), &other).unwrap_err();
        assert_eq!(blocker.fault.kind, FaultKind::Disturbed);
    }
}
