//! The history of usage in an `SQLite` file of datalake's own folder.

mod rows;
mod schema;

use std::path::PathBuf;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::price::Span;
use datalake_core::time::Timestamp;
use datalake_engine::{AssetUse, EgressNote, UsageLog, UsagePlace, UsageSample};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::StateDir;

/// The file in datalake's own folder.
const FILE: &str = "usage.sqlite";

/// How long a second writer waits for the first.
const PATIENCE: Duration = Duration::from_secs(5);

/// The history of usage.
///
/// It is an `SQLite` file with a rollback journal: a change that was cut off by a kill is taken back
/// by whoever opens the file next.
pub struct UsageDb {
    connection: Connection,
    path: PathBuf,
}

impl UsageDb {
    /// Opens the history in a state folder, and makes it at the first use.
    ///
    /// # Errors
    ///
    /// A [`Fault`] of kind `Unreadable` for a file that is damaged, none of ours, or of a newer
    /// datalake.
    pub fn open(state: &StateDir) -> Result<Self, Fault> {
        let path = state.make_private(FILE)?;
        Self::at(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens the history if there is one. It may be written to as well: what a kill has left undone
    /// has to be taken back before anything is read.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_existing(state: &StateDir) -> Result<Option<Self>, Fault> {
        match state.path_of_file(FILE)? {
            None => Ok(None),
            Some(path) => Self::at(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map(Some),
        }
    }

    fn at(path: PathBuf, flags: OpenFlags) -> Result<Self, Fault> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&path, flags)
            .map_err(|error| judge_error(&path, &error))?;
        let mut log = Self { connection, path };
        log.prepare().map_err(|error| log.fault(&error))?;
        log.check()?;
        schema::bring_up_to_date(&mut log.connection).map_err(|error| match error {
            schema::Outdated::Newer(version) => log.unreadable(&format!(
                "its form {version} is of a newer datalake; this one knows {}",
                schema::NEWEST
            )),
            schema::Outdated::Foreign => log.unreadable("it is not a usage history of datalake's"),
            schema::Outdated::Sqlite(error) => log.fault(&error),
        })?;
        Ok(log)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.busy_timeout(PATIENCE)?;
        // EXTRA flushes the folder too, once the journal is gone: only then is a change durable.
        connection.pragma_update(None, "synchronous", "EXTRA")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)
    }

    /// Looks through the whole file: a history of years is a few megabytes.
    fn check(&self) -> Result<(), Fault> {
        let answer = self
            .connection
            .query_row("PRAGMA integrity_check(1)", (), |row| row.get::<_, String>(0));
        match answer.map_err(|error| self.fault(&error))?.as_str() {
            "ok" => Ok(()),
            damage => Err(self.unreadable(damage)),
        }
    }

    /// Carries out one change as a whole.
    fn change<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let behaviour = TransactionBehavior::Immediate;
        let changed = self.connection.transaction_with_behavior(behaviour).and_then(|change| {
            let result = work(&change)?;
            change.commit()?;
            Ok(result)
        });
        changed.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &rusqlite::Error) -> Fault {
        judge_error(&self.path, error)
    }

    fn unreadable(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Unreadable, format!("`{}`: {why}", self.path.display()))
    }
}

impl UsageLog for UsageDb {
    fn record(&mut self, place: &UsagePlace, sample: &UsageSample) -> Result<(), Fault> {
        self.change(|change| rows::insert_sample(change, place, sample))
    }

    fn record_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<(), Fault> {
        self.change(|change| rows::insert_egress(change, place, egress))
    }

    fn remove_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<bool, Fault> {
        self.change(|change| rows::delete_egress(change, place, egress))
    }

    fn samples(&self, place: &UsagePlace, span: Span) -> Result<Vec<UsageSample>, Fault> {
        rows::read_samples(&self.connection, place, span).map_err(|error| self.fault(&error))
    }

    fn assets(&self, place: &UsagePlace, at: Timestamp) -> Result<Vec<AssetUse>, Fault> {
        rows::read_assets(&self.connection, place, at).map_err(|error| self.fault(&error))
    }

    fn egress(&self, place: &UsagePlace, span: Span) -> Result<Vec<EgressNote>, Fault> {
        rows::read_egress(&self.connection, place, span).map_err(|error| self.fault(&error))
    }
}

/// What an error of `SQLite` means.
fn judge_error(path: &std::path::Path, error: &rusqlite::Error) -> Fault {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FaultKind::Throttled,
        Some(ErrorCode::DiskFull) => FaultKind::DiskFull,
        Some(ErrorCode::ReadOnly) => FaultKind::ReadOnly,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            FaultKind::Denied
        }
        // Without a code it is a value or column of a kind that we never write.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => FaultKind::Unreadable,
        Some(_) => FaultKind::Io,
    };
    Fault::new(kind, format!("`{}`: {error}", path.display()))
}
