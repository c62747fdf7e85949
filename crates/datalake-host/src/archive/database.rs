//! Databases of `SQLite`, copied and asked by `SQLite` itself.

use std::ffi::{CStr, OsStr};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::chroot;
use std::path::Path;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::fstat;
use rustix::process::fchdir;

use crate::HostFiles;
use crate::child::{ChildBounds, ChildTask, has_children, run_child};
use crate::fault::{fault_of, fault_of_io};
use crate::linked::real_path_of;

/// How an `SQLite` database begins.
pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a copy may take.
const LONGEST: Duration = Duration::from_hours(2);
/// How much a list of keys may be.
const MOST_KEYS: u64 = 64 << 20;
/// Tries of a copy whose database is locked.
const TRIES: u32 = 20;

/// Copies a database that may be in use, and checks the copy. Root has that done by a child which
/// reaches nothing outside of the folder.
pub(super) fn copy_database(folder: &OwnedFd, name: &CStr, to: &Path) -> Result<(), Fault> {
    let name = OsStr::from_bytes(name.to_bytes());
    if has_children() {
        let folder = folder.try_clone().map_err(|error| fault_of_io(&error))?;
        let bounds = ChildBounds { limit: LONGEST, most: 0 };
        run_child(&ChildTask::CopyDatabase(name, to), folder, None, &bounds)?;
    } else {
        let real = real_path_of(folder).unwrap_or_default();
        let mut copy = Connection::open(to).map_err(|error| judge_error(&error))?;
        copy_into(&mut copy, &real.join(name))?;
    }
    check_copy(&Connection::open(to).map_err(|error| judge_error(&error))?)
}

fn copy_into(copy: &mut Connection, from: &Path) -> Result<(), Fault> {
    let source = open_database(from)?;
    let backup = Backup::new(&source, copy).map_err(|error| judge_error(&error))?;
    // A connection is patient by itself; what is locked longer is tried again.
    for _ in 0..TRIES {
        if backup.step(-1).map_err(|error| judge_error(&error))? == StepResult::Done {
            return Ok(());
        }
    }
    Err(Fault::new(FaultKind::Io, "the database stays locked"))
}

/// The work of a child: copies a database of the folder that is its standard input, from which no
/// link and no swapped folder leads out.
pub(crate) fn copy_confined_database(name: &OsStr, to: &Path) -> Result<(), Fault> {
    // Its file is open before the root is another one; it needs no other.
    let mut copy = Connection::open(to).map_err(|error| judge_error(&error))?;
    let mode = copy.query_row("PRAGMA journal_mode=OFF", [], |row| row.get::<_, String>(0));
    mode.map_err(|error| judge_error(&error))?;
    confine_process()?;
    copy_into(&mut copy, &Path::new("/").join(name))
}

/// The work of a child: prints the keys of all assets, one a line.
pub(crate) fn print_confined_keys(name: &OsStr) -> Result<(), Fault> {
    confine_process()?;
    let keys = keys_in(&Path::new("/").join(name))?;
    let mut text = String::new();
    for key in &keys {
        text.push_str(&key.replace('\n', " "));
        text.push('\n');
    }
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| fault_of_io(&error))
}

/// Makes the folder that is the standard input the root of this process.
fn confine_process() -> Result<(), Fault> {
    fchdir(std::io::stdin()).map_err(fault_of)?;
    chroot(".").and_then(|()| std::env::set_current_dir("/")).map_err(|error| fault_of_io(&error))
}

/// The keys of all assets that an instance has ever materialized, as its database `name` in a folder
/// has them: `["raw", "orders"]`. `Absent`: there is no such database.
///
/// # Errors
///
/// A [`Fault`] where it cannot be read.
pub(crate) fn dagster_asset_keys(folder: &HostFiles, name: &str) -> Result<Vec<String>, Fault> {
    let path: HostPath = format!("/{name}")
        .parse()
        .map_err(|error: InvalidPath| Fault::new(FaultKind::Refused, error.to_string()))?;
    let stat = fstat(folder.open_file(&path)?).map_err(fault_of)?;
    if stat.st_nlink > 1 {
        let detail = format!("`{name}` has another name too: it is a hard link");
        return Err(Fault::new(FaultKind::NotPlain, detail));
    }
    if !has_children() {
        return keys_in(&folder.real_path().join(name));
    }
    let bounds = ChildBounds { limit: PATIENCE * 2, most: MOST_KEYS };
    let printed = run_child(&ChildTask::PrintKeys(name), folder.reopened()?, None, &bounds)?;
    Ok(String::from_utf8_lossy(&printed).lines().map(str::to_owned).collect())
}

fn keys_in(index: &Path) -> Result<Vec<String>, Fault> {
    let database = open_database(index)?;
    let keys = || -> rusqlite::Result<Vec<String>> {
        let mut asked = database.prepare("SELECT asset_key FROM asset_keys")?;
        let rows = asked.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect()
    };
    keys().map_err(|error| judge_error(&error))
}

/// Opens a database to read it; never through a link.
fn open_database(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| judge_error(&error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| judge_error(&error))?;
    Ok(connection)
}

fn check_copy(copy: &Connection) -> Result<(), Fault> {
    let told: String = copy
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| judge_error(&error))?;
    if told == "ok" {
        return Ok(());
    }
    Err(Fault::new(FaultKind::Damaged, format!("the database is damaged: {told}")))
}

fn judge_error(error: &rusqlite::Error) -> Fault {
    Fault::new(FaultKind::Io, format!("SQLite: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datalake_engine::NoCheckpoints;

    use super::*;

    fn open_root_of(path: &Path) -> OwnedFd {
        std::fs::File::open(path).unwrap().into()
    }

    #[test]
    fn a_database_in_use_is_copied_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("runs.db"), dir.path().join("copy"));
        let writer = Connection::open(&from).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)").unwrap();
        // What is not committed is not in the copy, and keeps nobody from it.
        writer.execute_batch("BEGIN; INSERT INTO t VALUES (3)").unwrap();

        let folder = open_root_of(dir.path());
        copy_database(&folder, c"runs.db", &to).unwrap();

        let copy = Connection::open(&to).unwrap();
        let count: i64 = copy.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 2);
        writer.execute_batch("COMMIT").unwrap();
    }

    #[test]
    fn keys_of_assets_come_from_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let index = dir.path().join("index.db");
        let folder = HostFiles::open(dir.path(), Arc::new(NoCheckpoints)).unwrap();
        let keys = || dagster_asset_keys(&folder, "index.db");
        assert_eq!(keys().unwrap_err().kind, FaultKind::Absent);
        let database = Connection::open(&index).unwrap();
        let rows = "CREATE TABLE asset_keys (id INTEGER, asset_key TEXT);
                    INSERT INTO asset_keys VALUES (1, '[\"raw\", \"orders\"]')";
        database.execute_batch(rows).unwrap();

        assert_eq!(keys().unwrap(), [r#"["raw", "orders"]"#]);
    }
}
