//! Moves tables: data first, then their logs, commit by commit.
//!
//! Each pass lists the logs, brings all data, and then only what was listed: whatever a commit names
//! was there before it was listed, and so is in the bucket before it. A reader sees no table, or a
//! whole version that was, whenever the work ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use datalake_core::migration::{FileTotal, PartKind};
use datalake_core::tables::LogFile;
use datalake_core::text::printable;
use datalake_core::transfer::FileFacts;
use datalake_engine::transfer::{LocalTree as _, Summary, TransferLimits};
use datalake_engine::{
    AnyKey, NoKey, ObjectSource, RetryingStore, TablePlace, hold_mutex, list_log,
};

use super::moving::{PASSES, PassWatch};
use super::open_part::OpenPart;
use super::proving::{require_right, verify_part};
use super::table_logs::{
    CommitSizes, LocalTable, LocalTableAt, LogComparison, SharedVersions, compare_logs, find_lack,
    group_logs, read_log_file,
};
use super::tree::{Facts, PartTree};
use super::{Migration, MigrationPart, MigrationReporter, MovedPart, TableEnd};
use crate::tables::{CommitDestination, TablesFolder, read_small, require_kept_commits};
use crate::{ErrorKind, OperationError};

/// Calls that may be repeated while logs are compared.
const REPETITIONS: u32 = 20;

/// Tables on their way.
struct TableMoves<'a> {
    migration: &'a Migration<'a>,
    data: OpenPart<'a>,
    logs: OpenPart<'a>,
    limits: &'a TransferLimits,
    reporter: &'a dyn MigrationReporter,
    /// What the data were when they were last met.
    met: Arc<Facts>,
}

/// What one pass has come to.
struct TablePass {
    data: Summary,
    logs: Summary,
    ends: Vec<TableEnd>,
    newer_there: u64,
}

/// Tables whose logs were listed, and why some of them stay.
#[derive(Default)]
struct ListedLogs {
    tables: BTreeMap<String, LocalTable>,
    there: BTreeMap<String, Option<u64>>,
    missing: BTreeMap<String, BTreeSet<u64>>,
    blocked: BTreeMap<String, String>,
    ahead: BTreeSet<String>,
}

impl ListedLogs {
    /// Holds every log back that has something to bring: nobody knows whose file is missing.
    fn hold_logs(&mut self, why: &str) {
        let waiting = std::mem::take(&mut self.missing).into_iter();
        for (root, versions) in waiting {
            if versions.is_empty() {
                self.missing.insert(root, versions);
            } else {
                self.blocked.insert(root, why.to_owned());
            }
        }
    }
}

/// Moves the data of all tables, and their logs behind them.
pub(super) async fn move_tables<'a>(
    migration: &'a Migration<'a>,
    data: &MigrationPart,
    limits: &'a TransferLimits,
    reporter: &'a dyn MigrationReporter,
) -> Result<[MovedPart; 2], OperationError> {
    let logs = MigrationPart { kind: PartKind::TableLogs, ..data.clone() };
    let mut moved =
        [data, &logs].map(|part| MovedPart::none(part.kind, migration.describe_places(part)));
    if data.is_yet_to_come() {
        return Ok(moved);
    }
    let met: Arc<Facts> = Arc::default();
    let moves = TableMoves {
        data: migration.open_part(data, false)?.remembering(&met),
        logs: migration.open_part(&logs, false)?,
        migration,
        limits,
        reporter,
        met,
    };
    let last = moves.move_all(&mut moved).await?;
    moves.end_parts(&mut moved, last).await?;
    Ok(moved)
}

impl TableMoves<'_> {
    /// Goes over the tables until nothing has changed meanwhile.
    async fn move_all(&self, moved: &mut [MovedPart; 2]) -> Result<TablePass, OperationError> {
        let mut passes = 0;
        loop {
            passes += 1;
            let pass = self.move_once(passes == 1).await?;
            let sums = [&pass.data, &pass.logs]
                .map(|summary| FileTotal::from(summary.new).plus(summary.replaced.into()));
            for (part, sum) in moved.iter_mut().zip(sums) {
                part.passes = passes;
                part.moved = part.moved.plus(sum);
            }
            if sums.iter().all(|sum| sum.items == 0) || passes == PASSES {
                return Ok(pass);
            }
        }
    }

    async fn move_once(&self, is_first: bool) -> Result<TablePass, OperationError> {
        let mut listed = self.list_logs().await?;
        if is_first && !listed.tables.is_empty() {
            self.require_safe_bucket().await?;
        }
        self.compare_all(&mut listed).await?;
        let (data, newer_data) = self.move_data(&listed).await?;
        if data.failed.items > 0 {
            listed.hold_logs("a data file of a table could not be brought: its log waits");
        }
        self.find_lacking(&mut listed).await?;
        let (logs, newer_logs) = self.move_logs(&listed).await?;
        let ends = self.tell_ends(&listed, &logs).await?;
        Ok(TablePass { data, logs, ends, newer_there: newer_data + newer_logs })
    }

    fn files(&self) -> Result<&PartTree, OperationError> {
        Ok(self.logs.files()?.files)
    }

    /// The logs as they are now.
    async fn list_logs(&self) -> Result<ListedLogs, OperationError> {
        let met: Arc<Facts> = Arc::default();
        let files = self.files()?.clone().remembering(&met);
        files.choose_files(None);
        let mut walk = files.walk();
        let unread = |fault| OperationError::about("the folder cannot be read", &fault);
        while walk.next().await.map_err(unread)?.is_some() {}
        let tables = group_logs(&hold_mutex(&met));
        Ok(ListedLogs { tables, ..ListedLogs::default() })
    }

    async fn require_safe_bucket(&self) -> Result<(), OperationError> {
        let folder = TablesFolder {
            bucket: self.logs.folder.bucket.clone(),
            prefix: self.logs.folder.prefix.clone(),
        };
        let (once, clock) =
            (self.migration.context.lake, self.migration.context.home.context.clock);
        let lake = RetryingStore::new(once, clock, REPETITIONS);
        require_kept_commits(&CommitDestination { once, lake: &lake, clock, folder: &folder }).await
    }

    /// Compares each log with what the bucket has of it.
    async fn compare_all(&self, listed: &mut ListedLogs) -> Result<(), OperationError> {
        for (root, table) in listed.tables.clone() {
            let there = self.list_there(&root, &table).await?;
            let sizes: CommitSizes =
                there.iter().filter_map(|file| Some((file.part.commit()?, file.size))).collect();
            listed.there.insert(root.clone(), sizes.keys().max().copied());
            match compare_logs(&table.commit_sizes(), &sizes) {
                LogComparison::GoesOn { missing, shared } => {
                    let at = LocalTableAt { root: &root, table: &table };
                    if let Some(version) = self.find_other(at, shared, &there).await? {
                        listed.blocked.insert(root, tell_other(version));
                    } else {
                        listed.missing.insert(root, missing);
                    }
                }
                LogComparison::Ahead(_) => drop(listed.ahead.insert(root)),
                LogComparison::Other(version) => {
                    listed.blocked.insert(root, tell_other(version));
                }
            }
        }
        Ok(())
    }

    async fn list_there(
        &self,
        root: &str,
        table: &LocalTable,
    ) -> Result<Vec<LogFile>, OperationError> {
        let folder = &self.logs.folder;
        let place = TablePlace { kind: table.kind, root: format!("{}{root}/", folder.prefix) };
        let clock = self.migration.context.home.context.clock;
        let lake = RetryingStore::new(self.migration.context.lake, clock, REPETITIONS);
        let listed = list_log(&lake, &folder.bucket, &place).await;
        listed.map_err(|fault| OperationError::at_bucket(&folder.bucket, &fault))
    }

    /// The first of the shared versions whose commit has another content there. Histories that have
    /// parted do not meet again, so the first and the last version tell of those between them.
    async fn find_other(
        &self,
        at: LocalTableAt<'_>,
        shared: Option<SharedVersions>,
        there: &[LogFile],
    ) -> Result<Option<u64>, OperationError> {
        let Some(SharedVersions { first, last }) = shared else { return Ok(None) };
        let LocalTableAt { root, table } = at;
        let clock = self.migration.context.home.context.clock;
        let lake = RetryingStore::new(self.migration.context.lake, clock, REPETITIONS);
        let tree = self.logs.files()?.tree;
        for version in BTreeSet::from([first, last]) {
            let Some(name) = table.name_of_commit(version) else { continue };
            let Some(facts) = table.files.get(name) else { continue };
            let Some(file) = there.iter().find(|file| file.part.commit() == Some(version)) else {
                continue;
            };
            let (folder, log) = (&self.logs.folder, table.kind.log_folder());
            let key = AnyKey::try_from(format!("{}{root}/{log}/{}", folder.prefix, file.name));
            let key = key.map_err(|error: NoKey| OperationError::of(ErrorKind::Usage, &error))?;
            let there =
                read_small(&lake, clock, &ObjectSource::current(&folder.bucket, &key)).await?;
            let path = format!("{root}/{log}/{name}");
            let here = read_log_file(tree.as_ref(), &path, facts).await;
            let here = here.map_err(|fault| OperationError::about(printable(&path), &fault))?;
            if here != there {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Brings the data of the tables that may go on.
    async fn move_data(&self, listed: &ListedLogs) -> Result<PassEnd, OperationError> {
        hold_mutex(&self.met).clear();
        let stay: BTreeSet<String> =
            listed.blocked.keys().chain(&listed.ahead).map(|root| format!("{root}/")).collect();
        let takes_part = move |name: &str, _: &FileFacts| {
            !stay.iter().any(|root| name.starts_with(root.as_str()))
        };
        self.data.files()?.files.choose_files(Some(Arc::new(takes_part)));
        self.move_part(&self.data, self.limits).await
    }

    /// Finds the tables whose newest version names files that are not there.
    async fn find_lacking(&self, listed: &mut ListedLogs) -> Result<(), OperationError> {
        let met = hold_mutex(&self.met).clone();
        let tree = self.logs.files()?.tree;
        for (root, missing) in listed.missing.clone() {
            let Some(table) = listed.tables.get(&root) else { continue };
            if missing.is_empty() {
                continue;
            }
            let at = LocalTableAt { root: &root, table };
            let lack = find_lack(tree.as_ref(), at, |path, size| {
                met.get(path).is_some_and(|facts| facts.size.as_u64() >= size)
            })
            .await;
            let why = match lack {
                Ok(None) => continue,
                Ok(Some(why)) => why,
                Err(fault) => fault.to_string(),
            };
            listed.missing.remove(&root);
            listed.blocked.insert(root, why);
        }
        Ok(())
    }

    /// Brings what was listed of the logs, one file after the other.
    async fn move_logs(&self, listed: &ListedLogs) -> Result<PassEnd, OperationError> {
        let prefix = &self.logs.folder.prefix;
        let missing = listed.missing.iter();
        let missing =
            missing.map(|(root, versions)| (format!("{prefix}{root}/"), versions.clone()));
        self.migration.logs.expect_commits(missing.collect());
        let mut wanted: BTreeMap<String, FileFacts> = BTreeMap::new();
        for root in listed.missing.keys() {
            let Some(table) = listed.tables.get(root) else { continue };
            let log = table.kind.log_folder();
            let files = table.files.iter();
            wanted.extend(files.map(|(name, facts)| (format!("{root}/{log}/{name}"), *facts)));
        }
        // What was replaced since names what may not be there yet: the next pass takes it.
        let takes_part =
            move |name: &str, facts: &FileFacts| wanted.get(name).is_some_and(|was| was == facts);
        self.files()?.choose_files(Some(Arc::new(takes_part)));
        let one = TransferLimits { items: 1, ..self.limits.clone() };
        self.move_part(&self.logs, &one).await
    }

    async fn move_part(
        &self,
        open: &OpenPart<'_>,
        limits: &TransferLimits,
    ) -> Result<PassEnd, OperationError> {
        let (reporter, left_out) = (self.reporter, open.left_out());
        let watch = PassWatch { reporter, left_out: &left_out, newer_there: AtomicU64::new(0) };
        let pass = open.move_changed(limits, &watch).await;
        let summary = pass.map_err(|stopped| open.explain_stop(stopped))?;
        reporter.end_pass(&summary);
        Ok((summary, watch.newer_there.into_inner()))
    }

    /// What the bucket has of each table now.
    async fn tell_ends(
        &self,
        listed: &ListedLogs,
        logs: &Summary,
    ) -> Result<Vec<TableEnd>, OperationError> {
        let mut ends = Vec::new();
        for (root, table) in &listed.tables {
            let mut version = listed.there.get(root).copied().flatten();
            if logs.new.items > 0 {
                let there = self.list_there(root, table).await?;
                version = there.iter().filter_map(|file| file.part.commit()).max();
            }
            let (name, format) = (printable(root), table.kind.name());
            let why = listed.blocked.get(root).cloned();
            ends.push(TableEnd { name, format, version, version_here: table.newest(), why });
        }
        Ok(ends)
    }

    async fn end_parts(
        &self,
        moved: &mut [MovedPart; 2],
        last: TablePass,
    ) -> Result<(), OperationError> {
        let now = self.list_logs().await?;
        let mut ends = last.ends;
        for end in &mut ends {
            let table = now.tables.iter().find(|(root, _)| printable(root) == end.name);
            end.version_here = table.and_then(|(_, table)| table.newest()).or(end.version_here);
        }
        let blocked = ends.iter().filter(|end| end.why.is_some()).count() as u64;
        let [data, logs] = moved;
        for (part, open, summary) in
            [(&mut *data, &self.data, &last.data), (&mut *logs, &self.logs, &last.logs)]
        {
            let findings = verify_part(open, self.limits, false, self.reporter).await?;
            require_right(&findings)?;
            part.proved = findings.right.into();
            part.failed = summary.failed.items;
        }
        logs.failed += blocked;
        logs.newer_there = last.newer_there;
        logs.tables = ends;
        Ok(())
    }
}

/// A pass over a part, and how many objects are newer than their files.
type PassEnd = (Summary, u64);

fn tell_other(version: u64) -> String {
    format!("the bucket has another table there: its version {version} is not the one here")
}
