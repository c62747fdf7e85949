//! What must be true of every plan, whatever planner made it.

use std::collections::BTreeSet;

use crate::{Action, Credentials, Guard, HostPath, Piece, Plan, Step, Way};

/// A fault in a plan itself: a bug of the planner, found before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFault {
    /// Two steps write the same path; the later would undo the earlier.
    #[error("two steps write `{0}`")]
    TwoWriters(HostPath),
    /// A step that writes a file is not undone under the guard of what it wrote.
    #[error("writing `{0}` is not undone under a guard of its own content")]
    UnguardedUndo(HostPath),
    /// A piece of text holds a live secret.
    #[error("the text for `{0}` holds a secret")]
    SecretInText(HostPath),
}

/// Finds the faults of a plan. Run it before each apply.
#[must_use]
pub fn lint(plan: &Plan, keys: Option<&Credentials>) -> Vec<PlanFault> {
    let mut written = BTreeSet::new();
    let mut faults = Vec::new();
    for step in &plan.steps {
        let Some(path) = written_path(&step.action) else {
            continue;
        };
        if !written.insert(path.clone()) {
            faults.push(PlanFault::TwoWriters(path.clone()));
        }
        if !undo_is_guarded(step) {
            faults.push(PlanFault::UnguardedUndo(path.clone()));
        }
        if keys.is_some_and(|keys| holds_secret(&step.action, keys)) {
            faults.push(PlanFault::SecretInText(path.clone()));
        }
    }
    faults
}

fn written_path(action: &Action) -> Option<&HostPath> {
    match action {
        Action::WriteFile { path, .. }
        | Action::RestoreFile { path, .. }
        | Action::RemoveFile(path)
        | Action::CreateFolder { path, .. }
        | Action::RemoveFolder(path) => Some(path),
        Action::CreateBucket(_)
        | Action::ProveAccess(..)
        | Action::SetVersioning(..)
        | Action::SetLifecycle(..) => None,
    }
}

fn undo_is_guarded(step: &Step) -> bool {
    match (&step.action, &step.undo.way) {
        (Action::WriteFile { path, file, .. }, Way::Back(_)) => {
            step.undo.guard == Guard::FileIs(path.clone(), file.clone())
        }
        (Action::WriteFile { .. }, Way::OneWay(_)) => false,
        _ => true,
    }
}

fn holds_secret(action: &Action, keys: &Credentials) -> bool {
    let Action::WriteFile { body, .. } = action else {
        return false;
    };
    let secret = keys.secret.expose();
    body.pieces().iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(secret)))
}
