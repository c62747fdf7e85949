//! What a run has written, put together from its receipt and the kept copies.

use datalake_core::plan::{Action, Guard, Step};
use datalake_core::receipt::{Outcome, Receipt, StepReceipt};
use datalake_core::text::printable;
use datalake_engine::{Ports, Records, look_at_paths};

use crate::{WrittenTexts, diff_contents, find_written, name_secrets};

/// What the run left where `guard` holds. Secrets that are not there any more are named.
pub(super) fn read_written(
    guard: &Guard,
    receipt: &Receipt,
    now: &[u8],
    ports: &Ports<'_>,
) -> Vec<u8> {
    let left_it = |taken: &&StepReceipt| taken.step.undo.guard == *guard;
    let step = receipt.steps.iter().rev().find(left_it).map(|taken| &taken.step);
    match (step.map(|step| (step, &step.action)), guard) {
        (Some((step, Action::WriteFile { body, file, .. })), _) => {
            let before = read_copy(&step.guard, ports);
            let texts = WrittenTexts { before: &before, now };
            match find_written(body, &texts, file.content, ports.fingerprints) {
                Some(written) => written.expose().to_vec(),
                None => name_secrets(body, &before).into_bytes(),
            }
        }
        (_, guard) => read_copy(guard, ports),
    }
}

/// The kept copy of the file that a guard speaks of; nothing where there is none.
fn read_copy(guard: &Guard, ports: &Ports<'_>) -> Vec<u8> {
    let Guard::FileIs(_, file) = guard else { return Vec::new() };
    let copy = Records(ports.state).copy(file.content, ports.fingerprints);
    copy.map(|copy| copy.expose().to_vec()).unwrap_or_default()
}

/// What a run has done, a line for each step with its reason, and what it has changed in files.
#[must_use]
pub fn describe_receipt(receipt: &Receipt, ports: &Ports<'_>) -> String {
    let mut text = String::new();
    for (number, taken) in receipt.steps.iter().enumerate() {
        let StepReceipt { step, outcome } = taken;
        let line = datalake_core::plan::describe_step(step);
        let (number, outcome) = (number + 1, describe_outcome(outcome));
        text.push_str(&format!(
            "{number:>3}. {line}\n     {}: {}\n",
            outcome,
            printable(&step.why)
        ));
    }
    let written = |taken: &&StepReceipt| taken.outcome == Outcome::Done;
    let diffs: String = receipt
        .steps
        .iter()
        .filter(written)
        .map(|taken| diff_step(&taken.step, receipt, ports))
        .collect();
    if diffs.is_empty() { text } else { text + "\nFiles:\n" + &diffs }
}

fn diff_step(step: &Step, receipt: &Receipt, ports: &Ports<'_>) -> String {
    let (Action::WriteFile { path, .. }
    | Action::RestoreFile { path, .. }
    | Action::RemoveFile(path)) = &step.action
    else {
        return String::new();
    };
    let before = read_copy(&step.guard, ports);
    let now = look_at_paths([path], ports).contents.remove(path);
    let now = now.as_ref().map_or(&before[..], |content| content.expose());
    let after = read_written(&step.undo.guard, receipt, now, ports);
    diff_contents(path.as_str(), &before, &after)
}

fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::AlreadyDone => "was so already".to_owned(),
        Outcome::Failed(reason) => format!("failed ({})", printable(reason)),
        Outcome::Disturbed => "changed by someone else in the meantime".to_owned(),
        Outcome::NotBegun => "not begun".to_owned(),
    }
}
