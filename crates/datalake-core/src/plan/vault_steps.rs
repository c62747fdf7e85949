//! Single steps for a secret of Modal's, and for the apps that use it.

use crate::fault::Target;
use crate::modal::{ModalObject, VaultState};
use crate::plan::{
    Action, Blocker, DesiredVault, Found, Guard, Observed, Pending, Plan, Step, Undo, Way,
};
use crate::secret::Fingerprint;

const NOWHERE: &str = "its present content has no copy, and Modal shows it to no one";

/// Plans the way to a secret of Modal's that holds what is desired, and to apps whose containers hold
/// it. Empty when it does and no app is left to be rolled over.
///
/// # Errors
///
/// A [`Blocker`] where nobody knows how the secret stands.
pub fn plan_vault(desired: &DesiredVault, observed: &Observed) -> Result<Plan, Blocker> {
    let state = require_known_vault(&desired.secret, observed)?;
    if state == Some(VaultState::Holds(desired.print)) {
        let owed = desired.apps.iter().filter(|app| desired.owed.contains(*app));
        return Ok(Plan::of_steps(roll_all_over(owed, desired).collect()));
    }
    Ok(plan_storing(desired, state))
}

/// Plans to store what is desired, also where the secret bears the marker of that: somebody may have
/// edited a value, which nobody can see.
///
/// # Errors
///
/// A [`Blocker`] where nobody knows how the secret stands.
pub fn plan_vault_anew(desired: &DesiredVault, observed: &Observed) -> Result<Plan, Blocker> {
    Ok(plan_storing(desired, require_known_vault(&desired.secret, observed)?))
}

fn plan_storing(desired: &DesiredVault, state: Option<VaultState>) -> Plan {
    let store = store_step(desired, state);
    let rest = roll_all_over(desired.apps.iter(), desired);
    Plan::of_steps(std::iter::once(store).chain(rest).collect())
}

fn roll_all_over<'a>(
    apps: impl Iterator<Item = &'a ModalObject>,
    desired: &'a DesiredVault,
) -> impl Iterator<Item = Step> {
    apps.map(|app| roll_over(app, &desired.secret, desired.print))
}

/// The same plan without its steps about secrets of Modal's that nobody could look at: these are
/// pending.
#[must_use]
pub fn leave_unknown_vaults(plan: Plan, observed: &Observed) -> Plan {
    let unknown = |step: &Step| match step.guard.target() {
        Target::Vault(secret) => match observed.vault_secret(&secret) {
            Found::Unknown(fault) => Some(Pending { target: Target::Vault(secret), fault }),
            Found::Present(_) | Found::Absent => None,
        },
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::App(_) => None,
    };
    let Plan { mut steps, mut pending } = plan;
    steps.retain(|step| match unknown(step) {
        Some(left) if pending.contains(&left) => false,
        Some(left) => {
            pending.push(left);
            false
        }
        None => true,
    });
    Plan { steps, pending }
}

fn store_step(desired: &DesiredVault, state: Option<VaultState>) -> Step {
    let (secret, print) = (&desired.secret, desired.print);
    let (guard, way) = match state {
        Some(VaultState::Apart) => {
            let back = Way::Back(Action::ClearVault(secret.clone(), print));
            (Guard::VaultDiffers(secret.clone(), print), back)
        }
        Some(state) => (guard_of(state, desired), back_to(state, desired)),
        None => {
            let back = Way::Back(Action::ClearVault(secret.clone(), print));
            (Guard::VaultAbsent(secret.clone()), back)
        }
    };
    Step {
        guard,
        action: Action::StoreVault { secret: secret.clone(), body: desired.body.clone(), print },
        undo: Undo { guard: Guard::VaultIs(secret.clone(), print), way },
        why: "functions in Modal get the same variables as the containers here".to_owned(),
    }
}

/// Containers are given a secret's values when they start.
pub(crate) fn roll_over(app: &ModalObject, secret: &ModalObject, print: Fingerprint) -> Step {
    let holds = Guard::VaultIs(secret.clone(), print);
    Step {
        guard: holds.clone(),
        action: Action::RollOver(app.clone()),
        undo: Undo {
            guard: holds,
            way: Way::OneWay("new containers hold whatever the secret holds".to_owned()),
        },
        why: "containers that run keep the values that they were started with".to_owned(),
    }
}

pub(crate) fn require_known_vault(
    secret: &ModalObject,
    observed: &Observed,
) -> Result<Option<VaultState>, Blocker> {
    match observed.vault_secret(secret) {
        Found::Present(state) => Ok(Some(state)),
        Found::Absent => Ok(None),
        Found::Unknown(fault) => Err(Blocker { target: Target::Vault(secret.clone()), fault }),
    }
}

pub(crate) fn guard_of(state: VaultState, desired: &DesiredVault) -> Guard {
    let secret = desired.secret.clone();
    match state {
        VaultState::Holds(now) => Guard::VaultIs(secret, now),
        VaultState::Lacks(_) | VaultState::Other | VaultState::Apart => {
            Guard::VaultDiffers(secret, desired.print)
        }
    }
}

pub(crate) fn back_to(state: VaultState, desired: &DesiredVault) -> Way {
    let VaultState::Holds(print) = state else { return Way::OneWay(NOWHERE.to_owned()) };
    match desired.earlier.get(&print) {
        Some(Some(copy)) => {
            Way::Back(Action::RestoreVault { secret: desired.secret.clone(), print, copy: *copy })
        }
        Some(None) | None => Way::OneWay(NOWHERE.to_owned()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fault::{Fault, FaultKind};
    use crate::plan::{lint, rehearse};
    use crate::receipt::{Outcome, Receipt, RunKind, StepReceipt};
    use crate::secret::{FileBody, FingerprintKey, Piece};
    use crate::time::Timestamp;

    pub(crate) fn print(text: &str) -> Fingerprint {
        FingerprintKey::new([3; 32]).of(text.as_bytes())
    }

    pub(crate) fn object(name: &str) -> ModalObject {
        ModalObject { name: name.parse().unwrap(), environment: None }
    }

    pub(crate) fn desired() -> DesiredVault {
        DesiredVault {
            secret: object("hetzner-s3"),
            body: FileBody::new([Piece::text("A=1\n")]),
            print: print("new"),
            earlier: BTreeMap::from([(print("old"), Some(print("copy"))), (print("lost"), None)]),
            apps: vec![object("one"), object("two")],
            owed: [].into(),
        }
    }

    pub(crate) fn world(found: Found<VaultState>) -> Observed {
        let mut world = Observed::nothing();
        world.vault.insert(object("hetzner-s3"), found);
        world
    }

    pub(crate) fn holds(text: &str) -> Found<VaultState> {
        Found::Present(VaultState::Holds(print(text)))
    }

    pub(crate) fn receipt(plan: Plan) -> Receipt {
        let done = |step| StepReceipt { step, outcome: Outcome::Done };
        Receipt {
            schema_version: Receipt::SCHEMA_VERSION,
            run: "R-1".parse().unwrap(),
            kind: RunKind::Provision,
            user: None,
            started: Timestamp::from_unix(1).unwrap(),
            ended: Timestamp::from_unix(2).unwrap(),
            continues: Vec::new(),
            steps: plan.steps.into_iter().map(done).collect(),
            pending: Vec::new(),
        }
    }

    #[track_caller]
    fn check(found: Found<VaultState>, expected: &[&str], back: Option<&str>) {
        let world = world(found);
        let plan = plan_vault(&desired(), &world).unwrap();

        let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
        assert_eq!(verbs, expected);
        let way = plan.steps.first().map(|step| &step.undo.way);
        let found = match way {
            Some(Way::Back(action)) => Some(action.verb()),
            Some(Way::OneWay(_)) | None => None,
        };
        assert_eq!(found, back);
        assert_eq!((lint(&plan, None), rehearse(&plan, &world)), (vec![], vec![]));
    }

    const ALL: [&str; 3] = ["store in Modal", "roll over", "roll over"];

    #[test]
    fn what_is_known_of_a_secret_decides_whether_there_is_a_way_back() {
        check(Found::Absent, &ALL, Some("take out of Modal"));
        check(Found::Present(VaultState::Apart), &ALL, Some("take out of Modal"));
        check(holds("old"), &ALL, Some("restore in Modal"));
        check(holds("lost"), &ALL, None);
        check(Found::Present(VaultState::Other), &ALL, None);
        check(Found::Present(VaultState::Lacks(print("new"))), &ALL, None);
        check(holds("new"), &[], None);
    }

    #[test]
    fn what_is_in_step_is_stored_anew_where_that_is_asked_for() {
        let world = world(holds("new"));

        let plan = plan_vault_anew(&desired(), &world).unwrap();

        let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
        assert_eq!(verbs, ALL);
        assert_eq!(plan.steps[0].guard, Guard::VaultIs(object("hetzner-s3"), print("new")));
        assert!(matches!(plan.steps[0].undo.way, Way::OneWay(_)), "an edited value is lost");
        assert_eq!((lint(&plan, None), rehearse(&plan, &world)), (vec![], vec![]));
    }

    #[test]
    fn an_unknown_secret_is_never_an_absent_one() {
        let fault = Fault::new(FaultKind::Unreachable, "");

        let blocker = plan_vault(&desired(), &world(Found::Unknown(fault.clone()))).unwrap_err();

        assert_eq!((blocker.target, blocker.fault), (Target::Vault(object("hetzner-s3")), fault));
    }

    #[test]
    fn an_app_that_is_owed_new_containers_gets_them_though_the_secret_is_in_step() {
        let desired = DesiredVault { owed: [object("two")].into(), ..desired() };

        let plan = plan_vault(&desired, &world(holds("new"))).unwrap();

        let actions: Vec<_> = plan.steps.into_iter().map(|step| step.action).collect();
        assert_eq!(actions, [Action::RollOver(object("two"))]);
    }

    #[test]
    fn the_way_back_rolls_over_the_same_apps_last() {
        let plan = plan_vault(&desired(), &world(holds("old"))).unwrap();
        let receipt = receipt(plan);

        let back = crate::receipt::plan_rollback(&receipt);

        let verbs: Vec<_> = back.steps.iter().map(|step| step.action.verb()).collect();
        assert_eq!(verbs, ["restore in Modal", "roll over", "roll over"]);
        assert_eq!(rehearse(&back, &world(holds("new"))), []);
    }

    #[test]
    fn a_way_back_leaves_what_is_unknown_in_modal_and_names_it_once() {
        let back = crate::receipt::plan_rollback(&receipt(
            plan_vault(&desired(), &world(holds("old"))).unwrap(),
        ));
        let fault = Fault::new(FaultKind::Unreachable, "");

        let left = leave_unknown_vaults(back.clone(), &world(Found::Unknown(fault.clone())));

        let target = Target::Vault(object("hetzner-s3"));
        assert_eq!(left, Plan { steps: vec![], pending: vec![Pending { target, fault }] });
        assert_eq!(leave_unknown_vaults(back.clone(), &world(holds("new"))), back);
    }

    #[test]
    fn the_way_back_of_an_older_receipt_leaves_variables_of_others_too() {
        let mut plan = plan_vault(&desired(), &world(Found::Absent)).unwrap();
        plan.steps[0].undo.way = Way::Back(Action::RemoveVault(object("hetzner-s3")));

        let back = crate::receipt::plan_rollback(&receipt(plan));

        assert_eq!(back.steps[0].action, Action::ClearVault(object("hetzner-s3"), print("new")));
        assert_eq!(back.steps[0].undo.guard, Guard::VaultCleared(object("hetzner-s3")));
        assert_eq!((lint(&back, None), rehearse(&back, &world(holds("new")))), (vec![], vec![]));
    }
}
