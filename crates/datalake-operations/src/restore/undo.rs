//! A restoration undone.

use datalake_core::fault::Fault;
use datalake_core::time::{RunId, Timestamp};
use datalake_engine::transfer::{RecordFolder, RecordFolders};
use futures::{StreamExt as _, stream};

use super::record::{ChangeOutcome, PlannedChange, RecordHead, RecordLines};
use super::report::{KeyEnd, RestoreReporter, UndoTotals};
use super::run::{AT_ONCE, Restoration, RestoreFolder, ends_all};
use super::writer::TakenBack;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// The lines of a plan, each with what was recorded of it.
struct RecordedChanges {
    plan: RecordLines,
    journal: Option<RecordLines>,
}

impl RecordedChanges {
    fn next(&mut self) -> Result<Option<(PlannedChange, Option<ChangeOutcome>)>, Fault> {
        let Some(change) = self.plan.next()? else { return Ok(None) };
        let outcome = match &mut self.journal {
            Some(journal) => journal.next()?,
            None => None,
        };
        if outcome.is_none() {
            self.journal = None;
        }
        Ok(Some((change, outcome)))
    }
}

impl Restoration<'_> {
    /// How many changes a run has planned, and for which keys.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such run, or its record cannot be read.
    pub fn describe_run(&self, run: &RunId) -> Result<String, OperationError> {
        let folder = self.place.records.open_folder(super::record::RESTORES);
        let folder = folder.map_err(|fault| self.place.host.state_error(fault))?;
        let opened = RecordLines::open_plan(folder.as_ref(), run);
        match opened.map_err(|fault| self.place.host.state_error(fault))? {
            Some((head, _)) => Ok(head.keys),
            None => Err(absent_run(run)),
        }
    }

    /// Undoes a run: removes exactly the versions and delete markers that it has put on top, by their
    /// ids. It may be called again, and after a run or an undoing that was killed.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such run, its record cannot be read, or the service is gone.
    /// A key that fails is counted.
    pub async fn undo(
        &self,
        run: &RunId,
        reporter: &mut dyn RestoreReporter,
    ) -> Result<UndoTotals, OperationError> {
        let unusable = |fault| self.place.host.state_error(fault);
        let folder = self.place.records.open_folder(super::record::RESTORES).map_err(unusable)?;
        let opened = RecordLines::open_plan(folder.as_ref(), run).map_err(unusable)?;
        let Some((head, plan)) = opened else { return Err(absent_run(run)) };
        let service = self.place.client.spec.endpoint.to_string();
        if head.service != service {
            let message =
                format!("{run} was made at {}, and the spec names {service}", head.service);
            return Err(OperationError::new(ErrorKind::Config, message));
        }
        let locked = RestoreFolder::lock(&self.place, head.bucket.as_str())?;
        let journal = RecordLines::open_journal(locked.files.as_ref(), run).map_err(unusable)?;
        let mut totals = UndoTotals {
            run: run.clone(),
            bucket: head.bucket.to_string(),
            undone: 0,
            unchanged: 0,
            left: 0,
            failed: 0,
        };
        let mut changes = RecordedChanges { plan, journal };
        let lake = self.place.client.retrying();
        let writer = self.writer(&lake, &head);
        let recorded = std::iter::from_fn(|| changes.next().transpose());
        let taken = stream::iter(recorded).map(|recorded| async move {
            let (change, outcome) = recorded?;
            let taken = writer.take_back(&change, outcome.as_ref()).await;
            Ok::<_, Fault>((change, taken))
        });
        let mut taken = std::pin::pin!(taken.buffered(AT_ONCE));
        while let Some(ended) = taken.next().await {
            let (change, taken) = ended.map_err(unusable)?;
            let end = totals.count(taken);
            reporter.ended(&change.key, &end, totals.undone);
            if let KeyEnd::Failed(fault) = &end
                && ends_all(fault.kind)
            {
                let error = OperationError::at_bucket(&head.bucket, fault);
                return Err(error.under(ErrorKind::Partly));
            }
        }
        Ok(totals)
    }
}

/// A restoration that was carried out, as its record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRestoration {
    /// Its name.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// What it was about, in words.
    pub keys: String,
    /// How many changes it had planned.
    pub planned: usize,
    /// How many were made, or left to somebody who was there before.
    pub ended: usize,
}

/// The restorations of this machine.
#[derive(Debug, Default)]
pub struct RecordedRestorations {
    /// Those that have changed something, the oldest first.
    pub runs: Vec<RecordedRestoration>,
    /// Those whose records cannot be read, in sentences.
    pub unreadable: Vec<String>,
}

/// The restorations of this machine; one that cannot be read hides no other.
///
/// # Errors
///
/// [`Fault`] where the folder of the records cannot be read.
pub fn list_restorations(records: &dyn RecordFolders) -> Result<RecordedRestorations, Fault> {
    let folder = records.open_folder(super::record::RESTORES)?;
    let mut found = RecordedRestorations::default();
    for name in folder.names("")? {
        let run = name.strip_suffix(".journal").and_then(|run| run.parse::<RunId>().ok());
        let Some(run) = run else { continue };
        match read_restoration(folder.as_ref(), &run) {
            Ok(restored) => found.runs.extend(restored),
            Err(fault) => {
                found.unreadable.push(format!("the record of {run} cannot be read: {fault}"));
            }
        }
    }
    found.runs.sort_by_key(|restored| restored.started);
    Ok(found)
}

fn read_restoration(
    folder: &dyn RecordFolder,
    run: &RunId,
) -> Result<Option<RecordedRestoration>, Fault> {
    let Some((head, mut plan)) = RecordLines::open_plan(folder, run)? else { return Ok(None) };
    let mut planned = 0;
    while plan.next::<PlannedChange>()?.is_some() {
        planned += 1;
    }
    let mut ended = 0;
    if let Some(mut journal) = RecordLines::open_journal(folder, run)? {
        while let Some(outcome) = journal.next::<ChangeOutcome>()? {
            // Of one that failed it is not known what it has left: another call goes on with it.
            ended += usize::from(!matches!(outcome, ChangeOutcome::Failed(_)));
        }
    }
    let RecordHead { started, keys, .. } = head;
    Ok(Some(RecordedRestoration { run: run.clone(), started, keys, planned, ended }))
}

/// Whether a run has restored objects, as far as its record can be read.
#[must_use]
pub fn is_restoration(records: &dyn RecordFolders, run: &RunId) -> bool {
    let folder = records.open_folder(super::record::RESTORES);
    folder
        .and_then(|folder| RecordLines::open_plan(folder.as_ref(), run))
        .is_ok_and(|plan| plan.is_some())
}

impl UndoTotals {
    fn count(&mut self, taken: TakenBack) -> KeyEnd {
        match taken {
            TakenBack::Undone => self.undone += 1,
            TakenBack::AsBefore => self.unchanged += 1,
            TakenBack::Left => {
                self.left += 1;
                return KeyEnd::Left;
            }
            TakenBack::Failed(fault) => {
                self.failed += 1;
                return KeyEnd::Failed(fault);
            }
        }
        KeyEnd::Done
    }
}

fn absent_run(run: &RunId) -> OperationError {
    OperationError::new(ErrorKind::Usage, format!("there is no restoration {run}"))
        .advise(Advice::naming("{} lists other runs", [AdvisedCommand::History]))
}
