//! Databases of `SQLite`, copied and asked by `SQLite` itself.

use std::path::Path;
use std::time::Duration;

use datalake_core::{Fault, FaultKind};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

/// How an `SQLite` database begins.
pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries of a copy whose database is locked.
const TRIES: u32 = 20;

/// Copies a database that may be in use, and checks the copy.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    let source = open(from)?;
    let mut copy = Connection::open(to).map_err(|error| fault(&error))?;
    let backup = Backup::new(&source, &mut copy).map_err(|error| fault(&error))?;
    // A connection is patient by itself; what is locked longer is tried again.
    for _ in 0..TRIES {
        if backup.step(-1).map_err(|error| fault(&error))? == StepResult::Done {
            drop(backup);
            return check(&copy);
        }
    }
    Err(Fault::new(FaultKind::Io, "the database stays locked"))
}

/// The keys of all assets that an instance has ever materialized, as its database has them:
/// `["raw", "orders"]`. `Absent`: there is no such database.
///
/// # Errors
///
/// A [`Fault`] where it cannot be read.
pub fn dagster_asset_keys(index: &Path) -> Result<Vec<String>, Fault> {
    if !index.exists() {
        return Err(Fault::new(FaultKind::Absent, index.display().to_string()));
    }
    let database = open(index)?;
    let keys = || -> rusqlite::Result<Vec<String>> {
        let mut asked = database.prepare("SELECT asset_key FROM asset_keys")?;
        let rows = asked.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect()
    };
    keys().map_err(|error| fault(&error))
}

/// Opens a database to read it; never through a link.
fn open(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| fault(&error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| fault(&error))?;
    Ok(connection)
}

fn check(copy: &Connection) -> Result<(), Fault> {
    let told: String = copy
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| fault(&error))?;
    if told == "ok" {
        return Ok(());
    }
    Err(Fault::new(FaultKind::Damaged, format!("the database is damaged: {told}")))
}

fn fault(error: &rusqlite::Error) -> Fault {
    Fault::new(FaultKind::Io, format!("SQLite: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_in_use_is_copied_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("runs.db"), dir.path().join("copy"));
        let writer = Connection::open(&from).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)").unwrap();
        // What is not committed is not in the copy, and keeps nobody from it.
        writer.execute_batch("BEGIN; INSERT INTO t VALUES (3)").unwrap();

        copy(&from, &to).unwrap();

        let copy = Connection::open(&to).unwrap();
        let count: i64 = copy.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 2);
        writer.execute_batch("COMMIT").unwrap();
    }

    #[test]
    fn keys_of_assets_come_from_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let index = dir.path().join("index.db");
        assert_eq!(dagster_asset_keys(&index).unwrap_err().kind, FaultKind::Absent);
        let database = Connection::open(&index).unwrap();
        let rows = "CREATE TABLE asset_keys (id INTEGER, asset_key TEXT);
                    INSERT INTO asset_keys VALUES (1, '[\"raw\", \"orders\"]')";
        database.execute_batch(rows).unwrap();

        assert_eq!(dagster_asset_keys(&index).unwrap(), [r#"["raw", "orders"]"#]);
    }
}
