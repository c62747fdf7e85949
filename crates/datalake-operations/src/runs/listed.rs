//! Runs as a list.

use datalake_core::receipt::{History, Receipt, RunKind, RunState};
use datalake_core::text::printable;
use schemars::JsonSchema;
use serde::Serialize;

use crate::restore::RecordedRestoration;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedRun {
    /// Its name.
    pub run: String,
    /// When it began.
    pub started: String,
    /// `provision`, `rollback` or `restore`.
    pub kind: &'static str,
    /// The run that it undoes; `null` for all but a rollback.
    pub undoes: Option<String>,
    /// The keys that were restored; `null` for all but a restoration.
    pub keys: Option<String>,
    /// How many steps, or changes of keys, it had.
    pub steps: usize,
    /// How many of them are done.
    pub done: usize,
    /// `complete`, `unfinished`, `continued` by a later run, or `rolled back`.
    pub state: &'static str,
}

/// All runs, the newest first.
#[must_use]
pub fn list_runs(history: &History, restored: &[RecordedRestoration]) -> Vec<ListedRun> {
    let runs = history.iter().map(|receipt| (receipt.started, of_receipt(history, receipt)));
    let restored = restored.iter().map(|run| (run.started, ListedRun::from(run)));
    let mut runs: Vec<_> = runs.chain(restored).collect();
    // Of two that began in the same second the later one is listed first, as it was recorded.
    runs.reverse();
    runs.sort_by_key(|(started, _)| std::cmp::Reverse(*started));
    runs.into_iter().map(|(_, run)| run).collect()
}

/// How a run stands, in words.
#[must_use]
pub fn name_run_state(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "complete",
        RunState::Unfinished => "unfinished",
        RunState::Continued => "continued",
        RunState::RolledBack => "rolled back",
    }
}

fn of_receipt(history: &History, receipt: &Receipt) -> ListedRun {
    let (kind, undoes) = match &receipt.kind {
        RunKind::Provision => ("provision", None),
        RunKind::Rollback(run) => ("rollback", Some(run.to_string())),
    };
    ListedRun {
        run: receipt.run.to_string(),
        started: receipt.started.to_string(),
        kind,
        undoes,
        keys: None,
        steps: receipt.steps.len(),
        done: receipt.done().count(),
        state: name_run_state(history.state(receipt)),
    }
}

impl From<&RecordedRestoration> for ListedRun {
    fn from(run: &RecordedRestoration) -> Self {
        let is_whole = run.ended == run.planned;
        let state = if is_whole { RunState::Complete } else { RunState::Unfinished };
        Self {
            run: run.run.to_string(),
            started: run.started.to_string(),
            kind: "restore",
            undoes: None,
            keys: Some(run.keys.clone()),
            steps: run.planned,
            done: run.ended,
            state: name_run_state(state),
        }
    }
}

impl ListedRun {
    /// It in one line.
    #[must_use]
    pub fn describe_run(&self) -> String {
        let what = match self.undoes.as_ref().or(self.keys.as_ref()) {
            None => self.kind.to_owned(),
            Some(of) => format!("{} of {}", self.kind, printable(of)),
        };
        let Self { run, started, done, steps, state, .. } = self;
        format!("{run}  {started}  {done:>2}/{steps:<2} steps  {state:<11}  {what}\n")
    }
}
