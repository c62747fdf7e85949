//! What somebody has changed after a run, seen on the way back from it.

use datalake_core::fault::Target;
use datalake_core::host::{Entry, FileState, HostPath};
use datalake_core::plan::{Action, Conflict, Found, Guard, Observation, Plan, Way};
use datalake_core::receipt::{EditChoices, Receipt, is_edit};
use datalake_core::text::printable;
use datalake_engine::{Ports, Records, look_at_paths};

use super::going_back::{find_conflicts, look_on_the_way_back};
use super::written::read_written;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError, diff_contents};

/// A way back that was gone through in mind.
pub struct JudgedWayBack {
    /// Its steps, with what is pending in Modal.
    pub plan: Plan,
    /// What somebody has changed since the run, and nobody has decided about. It stops the rollback.
    pub edits: Vec<EditedPath>,
}

/// A path that somebody has changed since a run.
pub struct EditedPath {
    /// The path.
    pub path: HostPath,
    /// What is different, in words.
    pub change: String,
    /// The difference in content, as a diff without secrets; empty where there is none.
    pub diff: String,
    /// Whether it can go back all the same, with a copy of what lies there now.
    pub may_be_overwritten: bool,
}

/// A copy that a rollback keeps of what it replaces.
pub struct EditCopy<'a> {
    /// The path of what is replaced.
    pub path: &'a HostPath,
    /// The copy's name in the state folder.
    pub name: String,
}

/// Goes through the way back in mind before its first step, as the operator's choices make it.
///
/// # Errors
///
/// [`OperationError`] for a choice about a path that the run did not change, and for all that keeps the
/// rollback from its end but edits.
pub async fn judge_way_back(
    plan: Plan,
    receipt: &Receipt,
    choices: &EditChoices,
    ports: &Ports<'_>,
) -> Result<JudgedWayBack, OperationError> {
    let observed = look_on_the_way_back(&plan, ports).await;
    let plan = choices.apply_to(plan, &observed).map_err(|unused| {
        OperationError::of(ErrorKind::Usage, &unused).advise(Advice::naming(
            "{} shows the paths that it did",
            [AdvisedCommand::ShowRun(receipt.run.clone())],
        ))
    })?;
    let (plan, conflicts) = find_conflicts(plan, &observed, ports);
    let (edits, others): (Vec<_>, Vec<_>) = conflicts.into_iter().partition(is_edit);
    if !others.is_empty() {
        return Err(others.into());
    }
    let describe = |conflict: &Conflict| describe_edit(conflict, &plan, receipt, ports);
    let edits = edits.iter().filter_map(describe).collect();
    Ok(JudgedWayBack { plan, edits })
}

/// The refusal of a rollback because of edits, with the ways on.
#[must_use]
pub fn refuse_edits(
    receipt: &Receipt,
    edits: &[EditedPath],
    choices: &EditChoices,
) -> OperationError {
    let mut error = OperationError {
        kind: ErrorKind::Mismatch,
        messages: edits.iter().map(tell_edit).collect::<Vec<_>>(),
        advice: Vec::new(),
    };
    error.messages = vec![error.messages.join("\nerror: ")];
    let with = |edited: &[&EditedPath], kept: &[&EditedPath]| {
        let paths = |edits: &[&EditedPath]| edits.iter().map(|edit| edit.path.clone()).collect();
        let mut choices = choices.clone();
        choices.overwrite.extend::<Vec<_>>(paths(edited));
        choices.keep.extend::<Vec<_>>(paths(kept));
        [AdvisedCommand::RollbackChoosing(receipt.run.clone(), choices)]
    };
    let (edited, kept): (Vec<_>, Vec<_>) = edits.iter().partition(|edit| edit.may_be_overwritten);
    if !edited.is_empty() {
        let words = "to undo it anyway, with a copy of what is there now: {}";
        error = error.advise(Advice::naming(words, with(&edited, &kept)));
    }
    let all: Vec<_> = edits.iter().collect();
    error.advise(Advice::naming("to leave it as it is and undo the rest: {}", with(&[], &all)))
}

fn tell_edit(edit: &EditedPath) -> String {
    format!("`{}`: changed after this run: {}", edit.path, edit.change)
}

/// The copies that a way back keeps of what somebody has changed.
pub fn list_edit_copies(plan: &Plan) -> impl Iterator<Item = EditCopy<'_>> {
    plan.steps.iter().filter_map(|step| {
        let (Action::RestoreFile { path, .. } | Action::RemoveFile(path)) = &step.action else {
            return None;
        };
        let Way::Back(Action::RestoreFile { file, .. }) = &step.undo.way else { return None };
        Some(EditCopy { path, name: Records::name_copy(file.content) })
    })
}

fn describe_edit(
    conflict: &Conflict,
    plan: &Plan,
    receipt: &Receipt,
    ports: &Ports<'_>,
) -> Option<EditedPath> {
    let Target::Path(path) = conflict.step.action.target() else { return None };
    let Observation { observed, contents } = look_at_paths([&path], ports);
    let now = contents.get(&path).map_or(&b""[..], |content| content.expose());
    let edited = |change: String, diff: String| EditedPath {
        path: path.clone(),
        change,
        diff,
        may_be_overwritten: true,
    };
    let is_file =
        matches!(conflict.step.action, Action::RestoreFile { .. } | Action::RemoveFile(_));
    Some(match (observed.path(&path), &conflict.step.guard) {
        (Found::Present(Entry::File(is)), Guard::FileIs(_, was)) if is.content == was.content => {
            edited(tell_attributes(was, &is), String::new())
        }
        (Found::Present(Entry::File(_)), guard) => {
            let diff = diff_contents(path.as_str(), &read_written(guard, receipt, now, ports), now);
            let is_new = matches!(guard, Guard::PathAbsent(_));
            let change = if is_new { "a file is there again" } else { "its content" };
            edited(change.to_owned(), diff)
        }
        (Found::Present(Entry::Folder(folder)), _) => {
            // What the rollback itself takes out is in nobody's way.
            let is_removed = |name: &&String| {
                let inside = path.join(name).ok().map(Target::Path);
                plan.steps.iter().any(|step| Some(step.action.target()) == inside)
            };
            let others = folder.names.iter().filter(|name| !is_removed(name));
            let names: Vec<_> = others.map(|name| printable(name)).collect();
            let change = if is_file {
                "it is a folder now".to_owned()
            } else {
                format!("the folder holds {}", names.join(", "))
            };
            EditedPath { may_be_overwritten: false, ..edited(change, String::new()) }
        }
        (Found::Absent, _) => {
            let change = "it was removed".to_owned();
            EditedPath { may_be_overwritten: is_file, ..edited(change, String::new()) }
        }
        (Found::Unknown(fault), _) => {
            let change = format!("it cannot be looked at: {fault}");
            EditedPath { may_be_overwritten: false, ..edited(change, String::new()) }
        }
    })
}

fn tell_attributes(was: &FileState, is: &FileState) -> String {
    format!("({}, {}) became ({}, {})", was.mode, was.owner, is.mode, is.owner)
}
