//! A part of a migration: where it comes from, and what it takes there.

use datalake_core::migration::PartKind;
use datalake_core::s3::{BucketName, TableKind};
use datalake_dagster::StoredKind;

use super::TablesDestination;
use crate::{
    Advice, AdvisedCommand, ErrorKind, FolderPlace, HomePlaces, LogsFolder, OperationError,
};

/// What the keys of logs begin with, where nothing else is said: Dagster's own default.
const LOGS_PREFIX: &str = "dagster";

/// A part of a migration.
#[derive(Debug, Clone)]
pub struct MigrationPart {
    /// What it holds.
    pub kind: PartKind,
    /// The bucket that it goes into.
    pub bucket: BucketName,
    /// What stands before each name in the bucket.
    pub prefix: String,
    pub(crate) origin: PartOrigin,
}

/// Where a part comes from.
#[derive(Debug, Clone)]
pub(crate) enum PartOrigin {
    Folder(FolderPlace),
    Bucket(ObjectsOrigin),
}

/// The folder of a bucket that objects come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectsOrigin {
    pub(crate) endpoint: String,
    pub(crate) bucket: BucketName,
    pub(crate) prefix: String,
}

impl MigrationPart {
    /// Whether Dagster has not stored anything of it yet: its folder is made with the first file.
    pub(crate) fn is_yet_to_come(&self) -> bool {
        self.folder().is_some_and(FolderPlace::is_absent)
    }

    /// The folder that it comes from, where it is one of this host.
    pub(crate) fn folder(&self) -> Option<&FolderPlace> {
        match &self.origin {
            PartOrigin::Folder(folder) => Some(folder),
            PartOrigin::Bucket(_) => None,
        }
    }
}

/// The kinds of files that a part takes.
pub(crate) fn list_stored_kinds(part: PartKind) -> &'static [StoredKind] {
    match part {
        PartKind::Assets | PartKind::Objects => &[StoredKind::Asset],
        PartKind::OpOutputs => &[StoredKind::OpOutput],
        PartKind::Logs => &[StoredKind::Log, StoredKind::TickLog],
        PartKind::Frames => &[StoredKind::Parquet, StoredKind::Csv],
        PartKind::TableData => {
            &[StoredKind::Table(TableKind::Delta), StoredKind::Table(TableKind::Lance)]
        }
        PartKind::TableLogs => {
            &[StoredKind::TableLog(TableKind::Delta), StoredKind::TableLog(TableKind::Lance)]
        }
    }
}

/// The parts of frames and tables below the folder of the pickles: data before logs.
///
/// # Errors
///
/// [`OperationError`] where the spec does not say where tables are.
pub(crate) fn list_tabular_parts(
    pickles: &FolderPlace,
    tables: Option<&TablesDestination>,
) -> Result<Vec<MigrationPart>, OperationError> {
    let Some(tables) = tables else {
        let message = "the spec does not say where frames and tables go";
        return Err(OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
            "add `tables:` to it, with `bucket: NAME` below, a bucket without versions, then {}",
            [AdvisedCommand::Provision],
        )));
    };
    let part = |kind| MigrationPart {
        kind,
        bucket: tables.bucket.clone(),
        prefix: end_with_slash(tables.prefix.clone()),
        origin: PartOrigin::Folder(pickles.clone()),
    };
    let kinds = [PartKind::Frames, PartKind::TableData, PartKind::TableLogs];
    Ok(kinds.into_iter().map(part).collect())
}

/// A prefix as the beginning of keys.
pub(crate) fn end_with_slash(prefix: String) -> String {
    if prefix.is_empty() || prefix.ends_with('/') { prefix } else { format!("{prefix}/") }
}

/// The folder of the logs, and what their keys begin with.
pub(crate) struct LogsToMove {
    pub(crate) folder: FolderPlace,
    pub(crate) prefix: String,
}

/// Where the logs lie that are to go; `named` is what their keys are to begin with.
///
/// # Errors
///
/// [`OperationError`] where that is not known, or logs go into a bucket already.
pub(crate) fn find_logs(
    home: &HomePlaces,
    named: Option<String>,
) -> Result<LogsToMove, OperationError> {
    let of_instance = match &home.logs {
        LogsFolder::Here(folder) => {
            let prefix = named.unwrap_or_else(|| LOGS_PREFIX.to_owned());
            return Ok(LogsToMove { folder: folder.clone(), prefix: end_with_slash(prefix) });
        }
        LogsFolder::Bucket(prefix) => prefix.clone(),
        LogsFolder::Unknown(why) => {
            let message = format!("the folder of the logs is unknown: {why}");
            return Err(OperationError::new(ErrorKind::Config, message)
                .advise("name the folder: --log-dir DIR"));
        }
    };
    let prefix = named.or(of_instance).unwrap_or_else(|| LOGS_PREFIX.to_owned());
    let message = "`dagster.yaml` sends logs into a bucket already";
    Err(OperationError::new(ErrorKind::Config, message)
        .advise(format!("name the old folder: --log-dir DIR --logs-prefix {prefix}")))
}
