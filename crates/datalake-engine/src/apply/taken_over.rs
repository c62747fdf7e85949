//! Steps that a run takes over from one that did not come to its end.

use datalake_core::host::Entry;
use datalake_core::plan::{Action, Found, Guard, Observed, Standing, Step};
use datalake_core::receipt::{Outcome, StepReceipt, Unfinished};

use crate::observe::look_for;
use crate::ports::Ports;

/// Looks again at the steps taken over whose result nobody knew, and keeps those that are done. What a
/// later run has built upon is done, whatever it looks like by now.
pub(super) async fn settle_taken_over(unfinished: Unfinished, ports: &Ports<'_>) -> Unfinished {
    let mut steps = Vec::new();
    for (at, taken) in unfinished.steps.iter().enumerate() {
        if taken.is_done() {
            steps.push(taken.clone());
            continue;
        }
        let done = || StepReceipt { outcome: Outcome::Done, ..taken.clone() };
        if is_proved(&taken.step, unfinished.steps.iter().skip(at + 1)) {
            steps.push(done());
            continue;
        }
        let observed = look_for(&taken.step, ports).await;
        match taken.step.standing(&observed) {
            Standing::Done => steps.push(done()),
            Standing::Unknown(_) => steps.push(taken.clone()),
            // A restart that was begun may have happened: it counts, and is undone from any state.
            Standing::Ready if is_restart(&taken.step) => steps.push(done()),
            Standing::Disturbed if holds_only_ours(&taken.step, &observed, &unfinished.steps) => {
                steps.push(done());
            }
            Standing::Ready | Standing::Disturbed => (),
        }
    }
    Unfinished { steps, ..unfinished }
}

/// Whether the step is right after any state.
fn is_restart(step: &Step) -> bool {
    matches!(step.guard, Guard::ServicesKnown | Guard::TimersKnown)
}

/// Whether a later step that is done began from what this one brings about.
fn is_proved<'a>(step: &Step, mut later: impl Iterator<Item = &'a StepReceipt>) -> bool {
    matches!(step.undo.guard, Guard::FileIs(..))
        && later.any(|later| later.is_done() && later.step.guard == step.undo.guard)
}

/// Whether a folder that was to be made is there as it should be, with nothing in it but what the other
/// steps have put there: a later run could look at it again and went on before it was known.
fn holds_only_ours(step: &Step, observed: &Observed, others: &[StepReceipt]) -> bool {
    let Action::CreateFolder { path, mode, owner } = &step.action else { return false };
    let Found::Present(Entry::Folder(folder)) = observed.path(path) else { return false };
    let is_ours = |name: &String| {
        let inside = path.join(name).ok().map(Guard::PathAbsent);
        others.iter().any(|other| other.is_done() && Some(&other.step.guard) == inside.as_ref())
    };
    (folder.mode, folder.owner) == (*mode, *owner) && folder.names.iter().all(is_ours)
}
