//! Archives of Dagster's home as text.

use datalake_core::size::format_size;
use datalake_core::text::{count_things, group_digits, printable};

use super::{BackedUp, BackupGap};

/// So many names are told.
const TOLD: usize = 10;

/// What is in an archive, and what is not.
#[must_use]
pub fn render_backup(made: &BackedUp) -> String {
    let mut text = format!(
        "{} -> {}: {} and {} copied by SQLite, {} in {}; {:.1} s\n",
        made.folder,
        made.file,
        count_things(made.files, "file"),
        count_things(made.databases, "database"),
        format_size(made.bytes),
        format_size(made.packed),
        made.seconds
    );
    let told: Vec<_> = made.left_out.iter().map(BackupGap::describe).collect();
    text.push_str(&list_names("not in it", &told));
    for line in &made.elsewhere {
        text.push_str(&format!("Not in it: {line}\n"));
    }
    if let Some(line) = &made.dump {
        text.push_str(&format!(
            "Not in it: Dagster's database, which is Postgres. Copy it with:\n  {}\n",
            printable(line)
        ));
    }
    text
}

/// Names with what is so with them; nothing where there are none.
#[must_use]
pub fn list_names(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let mut text = format!("{} {what}:\n", group_digits(names.len() as u64));
    for name in names.iter().take(TOLD) {
        text.push_str(&format!("  {}\n", printable(name)));
    }
    if names.len() > TOLD {
        text.push_str(&format!("  … and {} more\n", group_digits((names.len() - TOLD) as u64)));
    }
    text
}
