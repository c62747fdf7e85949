//! What must be true of every plan, whatever planner made it.

use std::collections::BTreeSet;

use crate::fault::Target;
use crate::plan::{Action, Guard, Plan, Step, Way};
use crate::secret::{Credentials, FileBody, Piece, SecretName};

/// A fault in a plan itself: a bug of the planner, found before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFault {
    /// Two steps change the same thing of the host; the later would undo the earlier.
    #[error("two steps write {0}")]
    TwoWriters(Target),
    /// A step that writes or removes a thing is not undone under the guard of what it brings about.
    #[error("writing {0} is not undone under a guard of its own content")]
    UnguardedUndo(Target),
    /// Services are restarted before a thing that they read is in place.
    #[error("services are restarted before {0} is in place")]
    RestartTooEarly(Target),
    /// A piece of text holds a live secret.
    #[error("the text for {0} holds a secret")]
    SecretInText(Target),
}

/// Finds the faults of a plan. Run it before each apply.
#[must_use]
pub fn lint(plan: &Plan, keys: Option<&Credentials>) -> Vec<PlanFault> {
    let mut written = BTreeSet::new();
    let mut faults = Vec::new();
    let mut is_restarted = false;
    for step in &plan.steps {
        is_restarted |= matches!(step.action, Action::SettleServices(_) | Action::SettleTimers(_));
        let target = step.action.target();
        if !matches!(target, Target::Path(_) | Target::Secret(_) | Target::Vault(_)) {
            continue;
        }
        if !written.insert(target.clone()) {
            faults.push(PlanFault::TwoWriters(target.clone()));
        }
        if is_restarted && !matches!(target, Target::Vault(_)) {
            faults.push(PlanFault::RestartTooEarly(target.clone()));
        }
        if !undo_is_guarded(step) {
            faults.push(PlanFault::UnguardedUndo(target.clone()));
        }
        if keys.is_some_and(|keys| holds_secret(&step.action, keys)) {
            faults.push(PlanFault::SecretInText(target));
        }
    }
    faults
}

fn undo_is_guarded(step: &Step) -> bool {
    let after = &step.undo.guard;
    match (&step.action, &step.undo.way) {
        (Action::WriteFile { path, file, .. }, Way::Back(_)) => {
            *after == Guard::FileIs(path.clone(), file.clone())
        }
        (Action::StoreSecret { name, print, .. }, Way::Back(_)) => {
            *after == Guard::SecretIs(name.clone(), *print)
        }
        // What somebody else has stored in Modal cannot be read, and not be put back.
        (Action::StoreVault { secret, print, .. }, _) => {
            *after == Guard::VaultIs(secret.clone(), *print)
        }
        (Action::RemoveVault(secret), Way::Back(_)) => *after == Guard::VaultAbsent(secret.clone()),
        (Action::ClearVault(secret, _), Way::Back(_)) => {
            *after == Guard::VaultCleared(secret.clone())
        }
        (Action::WriteFile { .. } | Action::StoreSecret { .. }, Way::OneWay(_)) => false,
        (Action::RemoveFile(path), Way::Back(_)) => *after == Guard::PathAbsent(path.clone()),
        (Action::RemoveSecret(name), Way::Back(_)) => *after == Guard::SecretAbsent(name.clone()),
        (
            Action::RemoveFile(_)
            | Action::RemoveSecret(_)
            | Action::RemoveVault(_)
            | Action::ClearVault(..),
            Way::OneWay(_),
        )
        | (
            Action::CreateBucket(_)
            | Action::ProveAccess(..)
            | Action::SetVersioning(..)
            | Action::SetLifecycle(..)
            | Action::SetPolicy(..)
            | Action::SetPublicAccess(..)
            | Action::CreateFolder { .. }
            | Action::RemoveFolder(_)
            | Action::RestoreFile { .. }
            | Action::RestoreSecret { .. }
            | Action::SettleServices(_)
            | Action::SettleTimers(_)
            | Action::ProveContainers { .. }
            | Action::RestoreVault { .. }
            | Action::RollOver(_),
            _,
        ) => true,
    }
}

fn holds_secret(action: &Action, keys: &Credentials) -> bool {
    let secrets = [SecretName::SecretAccessKey, SecretName::ModalTokenSecret];
    let secrets: Vec<_> = secrets.into_iter().filter_map(|name| keys.expose(name)).collect();
    let holds_one = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    let is_told = |piece: &Piece| matches!(piece, Piece::Text(text) if holds_one(text));
    body_of(action).is_some_and(|body| body.pieces().iter().any(is_told))
}

fn body_of(action: &Action) -> Option<&FileBody> {
    match action {
        Action::WriteFile { body, .. }
        | Action::StoreSecret { body, .. }
        | Action::StoreVault { body, .. } => Some(body),
        Action::CreateBucket(_)
        | Action::ProveAccess(..)
        | Action::SetVersioning(..)
        | Action::SetLifecycle(..)
        | Action::SetPolicy(..)
        | Action::SetPublicAccess(..)
        | Action::CreateFolder { .. }
        | Action::RemoveFolder(_)
        | Action::RestoreFile { .. }
        | Action::RemoveFile(_)
        | Action::RestoreSecret { .. }
        | Action::RemoveSecret(_)
        | Action::SettleServices(_)
        | Action::SettleTimers(_)
        | Action::ProveContainers { .. }
        | Action::RestoreVault { .. }
        | Action::RemoveVault(_)
        | Action::ClearVault(..)
        | Action::RollOver(_) => None,
    }
}
