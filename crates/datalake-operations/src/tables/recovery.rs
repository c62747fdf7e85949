//! What commits that got lost had added.

use std::collections::BTreeMap;

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, TableKind};
use datalake_core::tables::{DeltaCommit, LostCommit};
use datalake_core::time::Timestamp;
use datalake_engine::{
    AnyKey, Clock, Lake, ObjectSource, TablePlace, VersionId, search_lost_commits,
};
use futures::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::TablesFolder;
use super::listing::take_inventory;
use super::log_copy::read_small;
use crate::OperationError;

/// Files that are asked for at one time.
const AT_ONCE: usize = 8;

/// The commits that got lost below a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecoveryReport {
    /// So many logs were looked at.
    pub tables: u64,
    /// The commits, table by table, by version.
    pub lost: Vec<LostCommitReport>,
}

/// A commit that its writer was told is there, and that is in no version of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LostCommitReport {
    /// The table's folder, `s3://BUCKET/FOLDER/`.
    pub table: String,
    /// Its bucket.
    #[serde(skip)]
    pub bucket: BucketName,
    /// `Delta` or `Lance`.
    pub format: &'static str,
    /// The version that it was to make.
    pub version: u64,
    /// The key of its file in the log.
    pub key: String,
    /// The id of the version of that key that holds it.
    pub version_id: String,
    /// The ids of older versions of that key that hold the same.
    #[serde(skip)]
    pub resent_ids: Vec<String>,
    /// When it was stored.
    pub stored: Timestamp,
    /// When the commit was stored that readers see instead.
    pub replaced: Timestamp,
    /// When its writer made it, as it says itself.
    pub time: Option<Timestamp>,
    /// What its writer did: `WRITE`, `MERGE`, `DELETE`.
    pub operation: Option<String>,
    /// How many rows it added; `null` where it does not say so.
    pub rows: Option<u64>,
    /// How many bytes it added.
    pub bytes: u64,
    /// The files that it added.
    pub files: Vec<LostFileReport>,
    /// How many files it took out of the table: it was no plain append.
    pub removed_files: u64,
    /// Other actions in it: `metaData`, `protocol`, `txn`.
    pub other_actions: Vec<String>,
    /// Why it could not be read, if so.
    pub unread: Option<String>,
}

/// A file that a lost commit added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LostFileReport {
    /// Its address.
    pub address: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many rows it has; `null` where the commit does not say so.
    pub rows: Option<u64>,
    /// The values of the columns that the table is partitioned by; they are not in the file.
    pub partition: BTreeMap<String, Option<String>>,
    /// Whether it is still there.
    pub state: LostFileState,
}

/// Whether a file of a lost commit is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LostFileState {
    /// It is.
    There,
    /// It was removed.
    Absent,
    /// It lies at another place, or the service does not tell.
    Unknown,
}

/// A commit that got lost, and where.
struct LostPlace<'a> {
    bucket: &'a BucketName,
    table: &'a TablePlace,
    commit: &'a LostCommit,
}

/// Searches the logs of all tables below a place for lost commits, and reads what each had added;
/// `watch` is told how many keys have come by.
///
/// # Errors
///
/// [`OperationError`] where a listing fails, and where no key lies below a folder. A commit that cannot be read is told as such.
pub async fn recover_commits(
    lake: &dyn Lake,
    clock: &dyn Clock,
    folder: &TablesFolder,
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<RecoveryReport, OperationError> {
    let bucket = &folder.bucket;
    let found = take_inventory(lake, folder, watch).await?;
    found.require_keys(folder)?;
    let places: Vec<_> = found.tables.iter().map(TablePlace::from).collect();
    let search = search_lost_commits(lake, bucket, &places, usize::MAX).await;
    let search = search.map_err(|fault| OperationError::at_bucket(bucket, &fault))?;
    let mut report = RecoveryReport { tables: search.tables, lost: Vec::new() };
    for (root, commits) in &search.lost {
        let Some(table) = places.iter().find(|place| place.root == *root) else { continue };
        for commit in commits {
            let place = LostPlace { bucket, table, commit };
            report.lost.push(place.read(lake, clock).await);
        }
    }
    Ok(report)
}

impl LostPlace<'_> {
    async fn read(&self, lake: &dyn Lake, clock: &dyn Clock) -> LostCommitReport {
        if self.table.kind != TableKind::Delta {
            return self.report_unread("a manifest of Lance is not read here".to_owned());
        }
        let Ok(key) = AnyKey::try_from(self.key()) else {
            return self.report_unread("its key cannot be asked for".to_owned());
        };
        let version = Some(VersionId(self.commit.id.clone()));
        let source = ObjectSource { version, ..ObjectSource::current(self.bucket, &key) };
        match read_small(lake, clock, &source).await {
            Err(error) => self.report_unread(error.messages.join(": ")),
            Ok(content) => match DeltaCommit::parse(&content) {
                Err(error) => self.report_unread(error.to_string()),
                Ok(commit) => self.report(lake, commit).await,
            },
        }
    }

    fn key(&self) -> String {
        format!("{}{}", self.table.log_prefix(), self.commit.name)
    }

    fn report_unread(&self, reason: String) -> LostCommitReport {
        let LostCommit { number, id, resent, stored, replaced, .. } = self.commit;
        LostCommitReport {
            table: format!("s3://{}/{}", self.bucket, self.table.root),
            bucket: self.bucket.clone(),
            format: self.table.kind.name(),
            version: *number,
            key: self.key(),
            version_id: id.clone(),
            resent_ids: resent.clone(),
            stored: *stored,
            replaced: *replaced,
            time: None,
            operation: None,
            rows: None,
            bytes: 0,
            files: Vec::new(),
            removed_files: 0,
            other_actions: Vec::new(),
            unread: Some(reason),
        }
    }

    async fn report(&self, lake: &dyn Lake, commit: DeltaCommit) -> LostCommitReport {
        let (rows, bytes) = (commit.rows(), commit.bytes());
        let files = commit.added.into_iter().map(|file| async move {
            let is_address = file.path.contains("://");
            let key = format!("{}{}", self.table.root, file.path);
            let state =
                if is_address { LostFileState::Unknown } else { self.ask_for(lake, &key).await };
            LostFileReport {
                address: if is_address { file.path } else { format!("s3://{}/{key}", self.bucket) },
                bytes: file.size,
                rows: file.rows,
                partition: file.partition,
                state,
            }
        });
        LostCommitReport {
            time: commit.time,
            operation: commit.operation,
            rows,
            bytes,
            files: stream::iter(files).buffered(AT_ONCE).collect().await,
            removed_files: commit.removed.len() as u64,
            other_actions: commit.others.into_iter().collect(),
            unread: None,
            ..self.report_unread(String::new())
        }
    }

    async fn ask_for(&self, lake: &dyn Lake, key: &str) -> LostFileState {
        let Ok(key) = AnyKey::try_from(key) else { return LostFileState::Unknown };
        match lake.head(&ObjectSource::current(self.bucket, &key)).await {
            Ok(_) => LostFileState::There,
            Err(fault) if fault.kind == FaultKind::Absent => LostFileState::Absent,
            Err(_) => LostFileState::Unknown,
        }
    }
}
