//! The way back of a run whose files somebody has changed since.

use std::collections::BTreeSet;

use crate::fault::{FaultKind, Target};
use crate::host::{Entry, HostPath};
use crate::plan::{Action, Conflict, Found, Guard, Observed, Plan, Standing, Step, Way};

/// What becomes of paths that were changed after a run, when the run is undone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EditChoices {
    /// They go back all the same. What lies there now is kept as a copy first.
    pub overwrite: BTreeSet<HostPath>,
    /// They stay as they are.
    pub keep: BTreeSet<HostPath>,
}

/// A choice about a path that the way back does not touch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: this run did not change it")]
pub struct UnusedChoice {
    /// The path.
    pub path: HostPath,
}

impl EditChoices {
    /// The way back as these choices make it, in the world as observed.
    ///
    /// A path that is kept has no step, and neither has the removal of a folder above it. One that is
    /// overwritten goes back from what lies there now, and the plan says how that would come back.
    ///
    /// # Errors
    ///
    /// [`UnusedChoice`] for the first path that `plan` does not touch.
    pub fn apply_to(&self, plan: Plan, observed: &Observed) -> Result<Plan, UnusedChoice> {
        let mut named = self.keep.iter().chain(&self.overwrite);
        let is_unused = |path: &&HostPath| {
            let is_kept = self.keep.contains(path);
            !plan.steps.iter().any(|step| is_at(step, path) || is_kept && removes_above(step, path))
        };
        if let Some(path) = named.find(is_unused) {
            return Err(UnusedChoice { path: path.clone() });
        }
        let is_kept = |step: &Step| {
            self.keep.iter().any(|path| is_at(step, path) || removes_above(step, path))
        };
        let steps = plan.steps.into_iter().filter(|step| !is_kept(step));
        let steps = steps.map(|step| self.overwrite_edit(step, observed)).collect();
        Ok(Plan { steps, ..plan })
    }

    fn overwrite_edit(&self, step: Step, observed: &Observed) -> Step {
        let Target::Path(path) = step.action.target() else { return step };
        let is_edit = self.overwrite.contains(&path)
            && matches!(step.action, Action::RestoreFile { .. } | Action::RemoveFile(_))
            && step.standing(observed) == Standing::Disturbed;
        match observed.path(&path) {
            Found::Present(Entry::File(file)) if is_edit => {
                let back = Action::RestoreFile { path: path.clone(), file: file.clone() };
                begin_from(Guard::FileIs(path, file), back, step)
            }
            Found::Absent if is_edit => {
                begin_from(Guard::PathAbsent(path.clone()), Action::RemoveFile(path), step)
            }
            Found::Present(_) | Found::Absent | Found::Unknown(_) => step,
        }
    }
}

/// Whether somebody has changed what the step is about since, and a choice about its path helps.
#[must_use]
pub fn is_edit(conflict: &Conflict) -> bool {
    conflict.fault.kind == FaultKind::Disturbed
        && conflict.fault.detail.is_empty()
        && matches!(conflict.step.action.target(), Target::Path(_))
}

fn begin_from(guard: Guard, back: Action, step: Step) -> Step {
    let undo = crate::plan::Undo { way: Way::Back(back), ..step.undo };
    Step { guard, undo, ..step }
}

fn is_at(step: &Step, path: &HostPath) -> bool {
    step.action.target() == Target::Path(path.clone())
}

/// Whether the step removes a folder that holds `path`.
fn removes_above(step: &Step, path: &HostPath) -> bool {
    let Action::RemoveFolder(folder) = &step.action else { return false };
    std::iter::successors(path.parent(), HostPath::parent).any(|above| above == *folder)
}
