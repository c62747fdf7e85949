//! Tables moved with their history to another place.

use datalake_core::fault::FaultKind;
use datalake_core::s3::TableKind;
use datalake_core::tables::{ListedTable, LogFile};
use datalake_core::text::count_things;
use datalake_core::transfer::Subset;
use datalake_engine::transfer::{Depth, Links, Options, Verification};
use datalake_engine::{Lake, RetryingStore, TablePlace, search_lost_commits};
use schemars::JsonSchema;
use serde::Serialize;

use super::TablesFolder;
use super::listing::take_inventory;
use super::log_copy::{LogCopy, LogCopyEnd};
use super::safety::{CommitDestination, require_kept_commits};
use crate::transfer::{
    ContentComparison, JobDestination, JobSource, PairVerification, TransferChoices,
    TransferContext, TransferEnd, TransferJob, TransferReporter, TransferRun, TransferSide,
};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError, TablesAdvice};

/// So often a table is looked at again for commits that have come while it was brought.
const ROUNDS: u32 = 5;

/// Why tables of this kind are not moved.
const ICEBERG: &str = "its metadata name every file by its whole address, so that a copy would still read \
     from here: have its catalog rewrite the paths (Spark: `rewrite_table_path`), or rewrite it there";

/// Why a table that holds another one is not moved.
const NESTED: &str =
    "its folder contains another table: move that one separately, and leave it out here";

/// Tables about to be moved.
#[derive(Clone, Copy)]
pub struct TableMove<'a> {
    /// What it needs of the outside.
    pub context: &'a TransferContext<'a>,
    /// Where they lie: a table, or a folder that holds some.
    pub source: &'a TablesFolder,
    /// Where they are brought, under the same names.
    pub dest: &'a TablesFolder,
    /// How their data are brought.
    pub choices: &'a TransferChoices,
    /// Is told of it as it goes on.
    pub reporter: &'a dyn TransferReporter,
}

/// What moving tables came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovedTables {
    /// Whether nothing was brought and only told.
    pub dry_run: bool,
    /// The tables that are there now, or would be.
    pub moved: Vec<MovedTable>,
    /// Those that stay.
    pub left: Vec<LeftTable>,
}

/// A table that was moved; its source stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovedTable {
    /// `Delta` or `Lance`.
    pub format: &'static str,
    /// Where it lay, `s3://BUCKET/FOLDER/`.
    pub source: String,
    /// Where it is now.
    pub destination: String,
    /// Its newest version.
    pub version: Option<u64>,
    /// How many commits its log holds.
    pub commits: u64,
    /// How many files of the log were brought by this run; the others were there.
    pub log_files_brought: u64,
    /// How many objects are under its folder at the source.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// How often it was looked at until no commit had come in between.
    pub rounds: u32,
    /// How many commits got lost at the source; they were not brought.
    pub lost_commits: u64,
    /// Whether it names files at other places by their whole addresses.
    pub refers_outside: bool,
}

/// A table that was not moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftTable {
    /// What made it.
    pub format: &'static str,
    /// Where it is.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl MovedTables {
    /// What is to be done by people, in their order.
    #[must_use]
    pub fn advise(&self) -> Vec<Advice> {
        if self.dry_run {
            return Vec::new();
        }
        let mut advice = Vec::new();
        for table in &self.moved {
            if table.lost_commits > 0 {
                let recover =
                    AdvisedCommand::Tables(TablesAdvice::Recover(Some(table.source.clone())));
                advice.push(Advice::naming("what got lost at the source: {}", [recover]));
            }
            let remove = AdvisedCommand::RemoveFolder(table.source.clone());
            let words = "the source stays; when every writer and reader names the new place: {}";
            advice.push(Advice::naming(words, [remove]));
        }
        advice
    }

    /// What it came to.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where tables were left.
    pub fn judge(&self) -> Result<TransferEnd, OperationError> {
        if !self.left.is_empty() {
            let left = count_things(self.left.len() as u64, "table");
            return Err(OperationError::new(ErrorKind::Partly, format!("{left} not moved")));
        }
        Ok(if self.dry_run { TransferEnd::Pending } else { TransferEnd::Done })
    }
}

/// One table on its way.
struct TableRun<'a> {
    of: &'a TableMove<'a>,
    lake: &'a RetryingStore<'a, dyn Lake + 'a>,
    table: &'a ListedTable,
    job: TransferJob,
    copy: LogCopy<'a>,
    options: Options,
    choices: TransferChoices,
}

/// Whether the data of a table are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DataStanding {
    Whole,
    Lacking,
}

impl TableMove<'_> {
    /// Brings the tables, one after the other; the sources stay. A run that was killed goes on where
    /// it was: what is there is compared and not brought again.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no table, commits would not hold at the destination, another
    /// table is there, or somebody writes to a table all the time. Readers at the destination see
    /// whole versions of those that were brought until then.
    pub async fn carry_out(&self) -> Result<MovedTables, OperationError> {
        if self.source.overlaps(self.dest) {
            let message = "one of the two folders is inside the other";
            return Err(OperationError::new(ErrorKind::Usage, message));
        }
        let lake = self.context.client.retrying();
        let (once, clock) = (self.context.client.store, self.context.client.clock);
        let to = CommitDestination { once, lake: &lake, clock, folder: self.dest };
        require_kept_commits(&to).await?;
        let found = take_inventory(&lake, self.source, &mut |_| ()).await?;
        if found.tables.is_empty() {
            let message = format!("there is no table under `{}`", self.source.describe());
            return Err(OperationError::new(ErrorKind::Absent, message).advise(Advice::naming(
                "{} lists what exists",
                [AdvisedCommand::Tables(TablesAdvice::List)],
            )));
        }
        let dry_run = self.choices.dry_run;
        let mut end = MovedTables { dry_run, ..MovedTables::default() };
        for table in &found.tables {
            let holds = |other: &ListedTable| {
                other.root != table.root && other.root.starts_with(&table.root)
            };
            let reason = match table.kind {
                TableKind::Iceberg => ICEBERG,
                TableKind::Delta | TableKind::Lance if found.tables.iter().any(holds) => NESTED,
                TableKind::Delta | TableKind::Lance => {
                    end.moved.push(self.move_table(&lake, table).await?);
                    continue;
                }
            };
            let (format, place) = (table.kind.name(), self.source_of(table).describe());
            end.left.push(LeftTable { format, place, reason: reason.to_owned() });
        }
        Ok(end)
    }

    fn source_of(&self, table: &ListedTable) -> TablesFolder {
        TablesFolder { bucket: self.source.bucket.clone(), prefix: table.root.clone() }
    }

    async fn move_table(
        &self,
        lake: &RetryingStore<'_, dyn Lake + '_>,
        table: &ListedTable,
    ) -> Result<MovedTable, OperationError> {
        let from = self.source_of(table);
        let name = table.root.strip_prefix(&self.source.prefix).unwrap_or(&table.root);
        let to = self.dest.folder(name);
        let job = TransferJob {
            source: JobSource::Prefix(from.bucket.clone(), from.prefix.clone()),
            dest: JobDestination::Prefix(to.bucket.clone(), to.prefix.clone()),
        };
        let choices = TransferChoices {
            exclude: vec![format!("/{}/", table.kind.log_folder())],
            comparison: ContentComparison::Checksum,
            ..self.choices.clone()
        };
        let options = choices.choose_options(self.context)?;
        let clock = self.context.client.clock;
        let copy = LogCopy { lake, clock, kind: table.kind, from: &from, to: &to };
        TableRun { of: self, lake, table, job, copy, options, choices }.carry_out().await
    }
}

impl TableRun<'_> {
    /// Brings data and log until no commit has come meanwhile.
    async fn carry_out(&self) -> Result<MovedTable, OperationError> {
        let mut log = self.copy.list_source().await?;
        self.copy.require_own_destination(&log).await?;
        if self.options.dry_run {
            return Ok(self.report(&log, 0, LogCopyEnd::default()));
        }
        let mut end = LogCopyEnd::default();
        for round in 1..=ROUNDS {
            // The log was listed first: what its commits name is there to be brought.
            let data = self.bring_data().await?;
            if data == DataStanding::Whole {
                let brought = self.copy.bring(&log).await?;
                end.brought += brought.brought;
                end.refers_outside |= brought.refers_outside;
            }
            let now = self.copy.list_source().await?;
            if now == log && data == DataStanding::Whole {
                self.copy.compare(&log).await?;
                return self.count_lost(self.report(&log, round, end)).await;
            }
            log = now;
        }
        let place = self.copy.from.describe();
        let message = format!("the table `{place}` changes all the time");
        let error = OperationError::new(ErrorKind::TryAgain, message)
            .advise("stop its writers, then the same command continues from here");
        Err(if end.brought == 0 {
            error
        } else {
            error.advise("readers see a whole older version at the destination")
        })
    }

    /// Brings what is not the log, and has it confirmed.
    async fn bring_data(&self) -> Result<DataStanding, OperationError> {
        let TableMove { context, reporter, .. } = *self.of;
        let run = TransferRun { context, choices: &self.choices, options: &self.options, reporter };
        run.carry_out(std::slice::from_ref(&self.job)).await?;
        let how = Verification {
            depth: Depth::Doubtful,
            subset: Subset::ALL,
            filter: self.options.filter.clone(),
            limits: self.options.limits.clone(),
        };
        let side = |folder: &TablesFolder| {
            TransferSide::Bucket(datalake_core::s3::S3Address {
                bucket: Some(folder.bucket.clone()),
                key: folder.prefix.clone(),
            })
        };
        let verification = PairVerification {
            source: &side(self.copy.from),
            dest: &side(self.copy.to),
            links: Links::Skip,
            bucket_only: false,
            has_patterns: true,
            how: &how,
        };
        let findings = verification.compare(context, &self.job, reporter).await?;
        reporter.add_requests(findings.requests);
        if findings.unreadable.items > 0 || findings.damaged.items > 0 {
            verification.judge(&findings)?;
        }
        let lacking = [findings.missing, findings.changed, findings.unsent, findings.edited];
        let is_whole = lacking.iter().all(|tally| tally.items == 0);
        Ok(if is_whole { DataStanding::Whole } else { DataStanding::Lacking })
    }

    /// Adds how many commits got lost at the source, where it kept versions.
    async fn count_lost(&self, report: MovedTable) -> Result<MovedTable, OperationError> {
        let from = self.copy.from;
        let place = TablePlace::from(self.table);
        match search_lost_commits(self.lake, &from.bucket, &[place], usize::MAX).await {
            Ok(search) => {
                let lost_commits = search.lost.iter().map(|(_, lost)| lost.len() as u64).sum();
                Ok(MovedTable { lost_commits, ..report })
            }
            Err(fault) if fault.kind == FaultKind::Unsupported => Ok(report),
            Err(fault) => Err(OperationError::at_bucket(&from.bucket, &fault)),
        }
    }

    fn report(&self, log: &[LogFile], rounds: u32, end: LogCopyEnd) -> MovedTable {
        let commits = log.iter().filter_map(|file| file.part.commit());
        MovedTable {
            format: self.table.kind.name(),
            source: self.copy.from.describe(),
            destination: self.copy.to.describe(),
            version: commits.clone().max(),
            commits: commits.count() as u64,
            log_files_brought: end.brought,
            objects: self.table.objects,
            bytes: self.table.bytes,
            rounds,
            lost_commits: 0,
            refers_outside: end.refers_outside,
        }
    }
}
