//! The form of the history, version by version.

use rusqlite::{Connection, Error, TransactionBehavior};

/// What the file says it is: "dlus".
const APPLICATION: i64 = 0x646c_7573;

/// The steps from one version to the next; a step is never changed once it was released.
const STEPS: [&str; 2] = [FIRST, EGRESS];

/// The version that the last step leads to.
pub(super) const NEWEST: usize = STEPS.len();

/// What buckets held.
const FIRST: &str = "
CREATE TABLE place (
  id INTEGER PRIMARY KEY,
  endpoint TEXT NOT NULL,
  bucket TEXT NOT NULL,
  UNIQUE (endpoint, bucket)
) STRICT;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY,
  place INTEGER NOT NULL REFERENCES place,
  at INTEGER NOT NULL,
  current_count INTEGER NOT NULL, current_bytes INTEGER NOT NULL, current_billed INTEGER NOT NULL,
  noncurrent_count INTEGER NOT NULL, noncurrent_bytes INTEGER NOT NULL, noncurrent_billed INTEGER NOT NULL,
  markers_count INTEGER NOT NULL, markers_bytes INTEGER NOT NULL, markers_billed INTEGER NOT NULL,
  uploads_count INTEGER NOT NULL, uploads_bytes INTEGER NOT NULL, uploads_billed INTEGER NOT NULL,
  UNIQUE (place, at)
) STRICT;
CREATE TABLE asset_use (
  sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
  asset TEXT NOT NULL,
  count INTEGER NOT NULL, bytes INTEGER NOT NULL, billed INTEGER NOT NULL,
  PRIMARY KEY (sample, asset)
) STRICT, WITHOUT ROWID;
";

/// What left them.
const EGRESS: &str = "
CREATE TABLE egress (
  id INTEGER PRIMARY KEY,
  place INTEGER NOT NULL REFERENCES place,
  at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  known_by TEXT NOT NULL CHECK (known_by IN ('datalake', 'operator')),
  note TEXT NOT NULL
) STRICT;
CREATE INDEX egress_by_time ON egress (place, at);
";

/// Why a file cannot be brought up to date.
pub(super) enum Outdated {
    /// It has a version that is not known here.
    Newer(usize),
    /// It is another program's.
    Foreign,
    /// `SQLite` says so.
    Sqlite(Error),
}

impl From<Error> for Outdated {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Goes the steps that are missing, all of them or none.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), Outdated> {
    if read_version(connection)? == NEWEST {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have gone them meanwhile.
    for step in STEPS.iter().skip(read_version(&change)?) {
        change.execute_batch(step)?;
    }
    mark_version(&change, NEWEST)?;
    change.commit()?;
    Ok(())
}

fn mark_version(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap_or(i64::MAX))
}

/// The version of a file; 0 for a new one.
fn read_version(connection: &Connection) -> Result<usize, Outdated> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    let is_empty = connection
        .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get::<_, i64>(0))?
        == 0;
    match version {
        _ if !is_empty && application != APPLICATION => Err(Outdated::Foreign),
        0..=NEWEST => Ok(version),
        newer => Err(Outdated::Newer(newer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(version: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for step in STEPS.iter().take(version) {
            connection.execute_batch(step).unwrap();
        }
        mark_version(&connection, version).unwrap();
        connection
    }

    #[test]
    fn each_older_form_is_brought_up_to_date_with_what_is_in_it() {
        let mut connection = old(1);
        let row = "INSERT INTO place (endpoint, bucket) VALUES ('https://x', 'kept')";
        connection.execute(row, ()).unwrap();

        assert!(bring_up_to_date(&mut connection).is_ok());

        let bucket: String =
            connection.query_row("SELECT bucket FROM place", (), |row| row.get(0)).unwrap();
        let egress: i64 =
            connection.query_row("SELECT count(*) FROM egress", (), |row| row.get(0)).unwrap();
        assert_eq!((bucket.as_str(), egress), ("kept", 0));
        assert!(matches!(read_version(&connection), Ok(NEWEST)));
    }

    #[test]
    fn a_newer_form_and_a_foreign_file_are_told() {
        let mut newer = old(NEWEST);
        mark_version(&newer, NEWEST + 1).unwrap();
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE x (y)").unwrap();

        assert!(matches!(bring_up_to_date(&mut newer), Err(Outdated::Newer(3))));
        assert!(matches!(bring_up_to_date(&mut foreign), Err(Outdated::Foreign)));
    }
}
