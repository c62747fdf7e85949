//! Reports on tables as lines for people.

use std::fmt;

use datalake_core::size::ByteSize;
use datalake_core::text::{count_things, group_digits, printable_key};

use super::{
    LostCommitReport, LostFileReport, LostFileState, MovedTable, MovedTables, RecoveryReport,
    TableReport, TablesReport,
};

/// What to do about lost commits.
const APPEND_AGAIN: &str = "\
Read these files with any Parquet reader and append their rows to the table again (NAME=VALUE behind a
file are its partition columns, which are not in it); then --forget. Until then old versions may expire.
";

impl fmt::Display for TablesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f, "{table}")?;
        }
        let (tables, objects) = (self.tables.len() as u64, self.other_objects);
        let tables =
            if tables == 0 { "no tables".to_owned() } else { count_things(tables, "table") };
        let objects = count_things(objects, "object");
        writeln!(f, "{tables}; {objects} ({}) in none", ByteSize(self.other_bytes))
    }
}

impl fmt::Display for TableReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.map_or("-".to_owned(), |version| version.to_string());
        let (objects, bytes) = (group_digits(self.objects), ByteSize(self.bytes).to_string());
        let (format, place) = (self.format, printable_key(&self.place));
        write!(f, "{format:<8} {version:>8} {objects:>12} {bytes:>12}  {place}")
    }
}

impl fmt::Display for MovedTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.moved {
            let verb = if self.dry_run { "would be moved" } else { "moved" };
            writeln!(f, "{verb}: {table}")?;
        }
        for left in &self.left {
            writeln!(f, "left: {} {}: {}", left.format, left.place, left.reason)?;
        }
        Ok(())
    }
}

impl fmt::Display for MovedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.map_or("?".to_owned(), |version| version.to_string());
        let (objects, commits) =
            (count_things(self.objects, "object"), count_things(self.commits, "commit"));
        write!(
            f,
            "{} {} -> {}: version {version}, {commits}, {objects} ({})",
            self.format,
            self.source,
            self.destination,
            ByteSize(self.bytes)
        )?;
        if self.lost_commits > 0 {
            let lost = count_things(self.lost_commits, "commit");
            write!(f, "\n  {lost} got lost at the source, and are not in the copy")?;
        }
        if self.refers_outside {
            f.write_str("\n  its log names files at other places: those were not copied")?;
        }
        Ok(())
    }
}

impl fmt::Display for RecoveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for commit in &self.lost {
            write!(f, "{commit}")?;
        }
        if self.tables == 0 {
            return f.write_str("no Delta or Lance tables: no log to search for lost commits\n");
        }
        let (lost, logs) =
            (count_things(self.lost.len() as u64, "commit"), count_things(self.tables, "log"));
        writeln!(f, "{lost} lost in {logs}")?;
        if self.lost.is_empty() {
            return Ok(());
        }
        f.write_str(APPEND_AGAIN)
    }
}

impl fmt::Display for LostCommitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = printable_key(&self.table);
        write!(f, "{table} version {}: ", self.version)?;
        if let Some(reason) = &self.unread {
            return writeln!(f, "stored {}, not read: {reason}", self.stored);
        }
        let operation = printable_key(self.operation.as_deref().unwrap_or("a commit"));
        let rows = self.rows.map_or("? rows".to_owned(), |rows| count_things(rows, "row"));
        let time = self.time.unwrap_or(self.stored);
        writeln!(f, "{operation} of {time}, {rows}, {}", ByteSize(self.bytes))?;
        for file in &self.files {
            writeln!(f, "  {file}")?;
        }
        if self.removed_files > 0 {
            let removed = count_things(self.removed_files, "file");
            writeln!(f, "  it also took out {removed}: run that job again")?;
        }
        if !self.other_actions.is_empty() {
            let others = self.other_actions.join(", ");
            writeln!(f, "  it also set {}: look at it before", printable_key(&others))?;
        }
        Ok(())
    }
}

impl fmt::Display for LostFileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable_key(&self.address))?;
        for (column, value) in &self.partition {
            let value = value.as_deref().unwrap_or("NULL");
            write!(f, " {}={}", printable_key(column), printable_key(value))?;
        }
        match self.state {
            LostFileState::There => Ok(()),
            LostFileState::Absent => f.write_str(" (removed)"),
            LostFileState::Unknown => f.write_str(" (not looked at)"),
        }
    }
}
