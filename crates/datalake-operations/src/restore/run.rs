//! A restoration: planned, recorded, carried out.

use std::io::Write as _;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::Versioning;
use datalake_core::size::ByteSize;
use datalake_core::time::RunId;
use datalake_core::transfer::{FileTime, LARGEST_PUT};
use datalake_engine::transfer::{LongFiles, NewLongFile, RecordFolder, RecordFolders};
use datalake_engine::{Lake, Lock, LockFault, VersionEntry};
use futures::{StreamExt as _, stream};

use super::history::{KeyHistory, KeyVerdict, RestoreWish, VersionExpiry};
use super::record::{
    ChangeOutcome, PlannedChange, RESTORES, RecordHead, RecordLines, name_journal, name_plan,
    write_line,
};
use super::report::{KeyEnd, NotKeptRow, RestoreReporter, RestoreTotals};
use super::target::RestoreTarget;
use super::writer::KeyWriter;
use crate::lake::BucketClient;
use crate::{Advice, AdvisedCommand, ErrorKind, HostContext, OperationError, identify_pair};

/// Keys that are changed at one time.
pub(super) const AT_ONCE: usize = 8;

/// What a restoration needs of the outside.
#[derive(Clone, Copy)]
pub struct RestorePlace<'a> {
    /// datalake's own folder, and time.
    pub host: HostContext<'a>,
    /// The service, and what the spec says of it.
    pub client: BucketClient<'a>,
    /// Where records are kept.
    pub records: &'a dyn RecordFolders,
}

/// A restoration in one place.
#[derive(Clone, Copy)]
pub struct Restoration<'a> {
    pub(super) place: RestorePlace<'a>,
    pub(super) largest_copy: ByteSize,
}

/// What a restoration would do; locked, so that no other one is at work meanwhile.
pub struct PlannedRestore {
    /// All keys together.
    pub totals: RestoreTotals,
    run: Option<RecordedRun>,
}

/// A run whose plan is recorded.
struct RecordedRun {
    id: RunId,
    folder: RestoreFolder,
}

/// The folder of the records, locked.
pub(super) struct RestoreFolder {
    pub(super) files: Box<dyn RecordFolder>,
    _locks: (Box<dyn Lock>, Box<dyn Lock>),
}

/// What is kept while the versions go by.
struct PlanWalk<'w> {
    target: &'w RestoreTarget,
    wish: RestoreWish,
    totals: RestoreTotals,
    plan: Option<Box<dyn NewLongFile>>,
    reporter: &'w mut dyn RestoreReporter,
}

impl<'a> Restoration<'a> {
    /// A restoration in this place.
    #[must_use]
    pub fn new(place: RestorePlace<'a>) -> Self {
        Self { place, largest_copy: LARGEST_PUT }
    }

    /// The same, copying in parts what is larger.
    #[must_use]
    pub fn with_largest_copy(self, largest_copy: ByteSize) -> Self {
        Self { largest_copy, ..self }
    }

    /// Finds what has to be changed so that keys are as they were at a time, or so that deleted ones
    /// are there again.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: the bucket keeps no versions, nothing is there, the listing fails, or
    /// another restoration is at work.
    pub async fn plan(
        &self,
        target: &RestoreTarget,
        until: Option<FileTime>,
        reporter: &mut dyn RestoreReporter,
    ) -> Result<PlannedRestore, OperationError> {
        let id = self.new_run();
        let folder = self.lock_folder(target)?;
        let unusable = |fault| self.place.host.state_error(fault);
        let mut file = folder.files.create(&name_plan(&id)).map_err(unusable)?;
        let head = RecordHead {
            schema_version: RecordHead::FORM,
            kind: RecordHead::kind(),
            run: id.clone(),
            started: self.place.host.clock.now(),
            service: self.place.client.spec.endpoint.to_string(),
            bucket: target.bucket().clone(),
            keys: target.describe(),
        };
        write_line(file.as_mut(), &head).map_err(unusable)?;
        let walk = self.begin_walk(target, until, reporter).await?;
        let (mut totals, file) = self.walk(PlanWalk { plan: Some(file), ..walk }).await?;
        if totals.changes() == 0 {
            return Ok(PlannedRestore { totals, run: None });
        }
        if let Some(file) = file {
            file.finish().map_err(unusable)?;
        }
        totals.run = Some(id.clone());
        Ok(PlannedRestore { totals, run: Some(RecordedRun { id, folder }) })
    }

    /// The same, of which nothing is recorded: it cannot be carried out.
    ///
    /// # Errors
    ///
    /// As [`Self::plan`], but for the lock.
    pub async fn rehearse(
        &self,
        target: &RestoreTarget,
        until: Option<FileTime>,
        reporter: &mut dyn RestoreReporter,
    ) -> Result<RestoreTotals, OperationError> {
        let walk = self.begin_walk(target, until, reporter).await?;
        Ok(self.walk(walk).await?.0)
    }

    /// Carries a plan out, several keys at one time.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the record fails, or the service is gone. A key that fails is counted.
    pub async fn carry_out(
        &self,
        planned: &mut PlannedRestore,
        reporter: &mut dyn RestoreReporter,
    ) -> Result<(), OperationError> {
        let Some(RecordedRun { id, folder }) = &planned.run else { return Ok(()) };
        let unusable = |fault| self.place.host.state_error(fault).under(ErrorKind::Partly);
        let files = folder.files.as_ref();
        let (head, mut lines) = open_plan(files, id).map_err(unusable)?;
        let mut journal = LongFiles::append(files, &name_journal(id)).map_err(unusable)?;
        let lake = self.place.client.retrying();
        let writer = self.writer(&lake, &head);
        let changes = std::iter::from_fn(|| lines.next::<PlannedChange>().transpose());
        let made = stream::iter(changes).map(|change| async move {
            let change = change?;
            let outcome = writer.make(&change).await;
            Ok::<_, Fault>((change, outcome))
        });
        let mut made = std::pin::pin!(made.buffered(AT_ONCE));
        while let Some(ended) = made.next().await {
            let (change, outcome) = ended.map_err(unusable)?;
            let (line, end) = describe_end(outcome);
            write_line(journal.as_mut(), &line).map_err(unusable)?;
            planned.totals.count_end(&end);
            reporter.ended(&change.key, &end, planned.totals.done);
            if let KeyEnd::Failed(fault) = &end
                && ends_all(fault.kind)
            {
                return Err(stopped(OperationError::at_bucket(&head.bucket, fault), id));
            }
        }
        journal.flush().map_err(|error| unusable(Fault::new(FaultKind::Io, error.to_string())))
    }

    pub(super) fn writer<'w>(&'w self, lake: &'w dyn Lake, head: &'w RecordHead) -> KeyWriter<'w> {
        KeyWriter {
            once: self.place.client.store,
            lake,
            clock: self.place.client.clock,
            bucket: &head.bucket,
            largest_copy: self.largest_copy,
        }
    }

    fn new_run(&self) -> RunId {
        RunId::new(self.place.host.clock.now(), self.place.host.clock.random())
    }

    fn lock_folder(&self, target: &RestoreTarget) -> Result<RestoreFolder, OperationError> {
        RestoreFolder::lock(&self.place, target.bucket().as_str())
    }

    async fn begin_walk<'w>(
        &self,
        target: &'w RestoreTarget,
        until: Option<FileTime>,
        reporter: &'w mut dyn RestoreReporter,
    ) -> Result<PlanWalk<'w>, OperationError> {
        let (lake, bucket) = (self.place.client.retrying(), target.bucket());
        let versioning = datalake_engine::ObjectStore::versioning(&lake, bucket).await;
        let versioning = versioning.map_err(|fault| OperationError::at_bucket(bucket, &fault))?;
        if versioning != Versioning::Enabled {
            return Err(without_versions(target, versioning));
        }
        let expiry = match datalake_engine::ObjectStore::lifecycle(&lake, bucket).await {
            Ok(rules) => VersionExpiry::Rules(rules),
            Err(_) => VersionExpiry::Unread,
        };
        let wish = RestoreWish { until, expiry, now: self.place.host.clock.now() };
        let totals = RestoreTotals::new(bucket);
        Ok(PlanWalk { target, wish, totals, plan: None, reporter })
    }

    async fn walk(
        &self,
        mut walk: PlanWalk<'_>,
    ) -> Result<(RestoreTotals, Option<Box<dyn NewLongFile>>), OperationError> {
        let (lake, target) = (self.place.client.retrying(), walk.target);
        let failed = |fault| OperationError::at_bucket(target.bucket(), &fault);
        let unusable = |fault| self.place.host.state_error(fault);
        let mut versions = target.list_versions(&lake).await.map_err(failed)?;
        let mut open: Option<KeyHistory> = None;
        while let Some(page) = versions.next().await.map_err(failed)? {
            for entry in page.into_iter().filter(|entry| target.takes(entry.key.as_str())) {
                walk.take(&mut open, entry).map_err(unusable)?;
            }
            walk.reporter.page_ended(&walk.totals);
        }
        if let Some(last) = open {
            walk.close(&last).map_err(unusable)?;
        }
        walk.reporter.page_ended(&walk.totals);
        if walk.totals.keys() == 0 {
            return Err(target.explain_absence(&lake).await);
        }
        Ok((walk.totals, walk.plan))
    }
}

impl PlanWalk<'_> {
    fn take(&mut self, open: &mut Option<KeyHistory>, entry: VersionEntry) -> Result<(), Fault> {
        match open {
            Some(history) if *history.key() == entry.key => history.add(entry, &self.wish),
            _ => {
                let begun = KeyHistory::begin(entry, &self.wish);
                if let Some(history) = open.replace(begun) {
                    self.close(&history)?;
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, history: &KeyHistory) -> Result<(), Fault> {
        match history.judge(&self.wish) {
            KeyVerdict::AsWanted => self.totals.unchanged += 1,
            KeyVerdict::NotKept(why) => {
                self.totals.not_kept += 1;
                self.reporter.not_kept(&NotKeptRow { key: history.key().as_str(), why });
            }
            KeyVerdict::Change(change) => {
                self.totals.count_change(&change);
                if let Some(plan) = &mut self.plan {
                    write_line(plan.as_mut(), &change)?;
                }
                self.reporter.planned(&(&change).into());
            }
        }
        Ok(())
    }
}

impl RestoreFolder {
    /// Takes the locks: of the records here, and of the bucket for all of this machine.
    pub(super) fn lock(place: &RestorePlace<'_>, bucket: &str) -> Result<Self, OperationError> {
        let unusable = |fault| place.host.state_error(fault);
        let files = place.records.open_folder(RESTORES).map_err(unusable)?;
        let holder = format!("process {}, since {}", std::process::id(), place.host.clock.now());
        let own = files.lock(&holder).map_err(|error| match error {
            LockFault::Unusable(fault) => unusable(fault),
            held => held.into(),
        })?;
        let service = place.client.spec.endpoint.to_string();
        let parts = [b"restore".to_vec(), service.into_bytes(), bucket.as_bytes().to_vec()];
        let all = place.records.lock_pair(&identify_pair(&parts))?;
        Ok(Self { files, _locks: (own, all) })
    }
}

impl PlannedRestore {
    /// Forgets the plan: nobody wants it.
    pub fn discard(&self) {
        if let Some(RecordedRun { id, folder }) = &self.run {
            // A plan that stays says by its missing journal that nothing was done.
            let _ = LongFiles::remove(folder.files.as_ref(), &name_plan(id));
        }
    }
}

fn open_plan(files: &dyn RecordFolder, id: &RunId) -> Result<(RecordHead, RecordLines), Fault> {
    let absent = || Fault::new(FaultKind::Absent, name_plan(id));
    RecordLines::open_plan(files, id)?.ok_or_else(absent)
}

fn describe_end(outcome: Result<ChangeOutcome, Fault>) -> (ChangeOutcome, KeyEnd) {
    match outcome {
        Ok(made @ ChangeOutcome::Made(_)) => (made, KeyEnd::Done),
        Ok(other) => (other, KeyEnd::Left),
        Err(fault) => (ChangeOutcome::Failed(fault.to_string()), KeyEnd::Failed(fault)),
    }
}

/// Whether no other key will fare better.
pub(super) fn ends_all(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Unreachable
            | FaultKind::UnknownAccessKey
            | FaultKind::WrongSecret
            | FaultKind::ClockSkew
    )
}

fn stopped(error: OperationError, run: &RunId) -> OperationError {
    let words = "the same command continues from here; {} undoes what was done";
    error
        .under(ErrorKind::Partly)
        .advise(Advice::naming(words, [AdvisedCommand::UndoRestore(run.clone())]))
}

fn without_versions(target: &RestoreTarget, versioning: Versioning) -> OperationError {
    let bucket = target.bucket();
    let message = match versioning {
        Versioning::Suspended => format!(
            "bucket `{bucket}`: versioning is suspended, so what is restored would replace what is there"
        ),
        Versioning::Never | Versioning::Enabled => {
            format!("bucket `{bucket}` keeps no versions: there is nothing to restore from")
        }
    };
    OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
        "from now on: {}",
        [AdvisedCommand::EnableVersioning(Some(bucket.clone()))],
    ))
}
