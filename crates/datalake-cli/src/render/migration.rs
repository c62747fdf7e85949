//! Migrations as text.

use datalake_core::migration::{LeftOutRow, PartCounts};
use datalake_operations::migration::MigrationOutlook;

use super::{count, counted, size};

/// What a migration finds and would do.
#[must_use]
pub(crate) fn render_outlook(outlook: &MigrationOutlook) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name:<12}{value}\n"));
    if let (Some(home), Some(inside)) = (&outlook.home, &outlook.home_inside) {
        line("home", home);
        if inside != home {
            line("", &format!("{inside} to Dagster"));
        }
    }
    if let Some(logs) = &outlook.logs {
        line("logs", logs);
    }
    text.push_str(&render_parts(&outlook.parts));
    if !outlook.stays.is_empty() {
        text.push_str("\nWhat stays:\n");
        for stays in &outlook.stays {
            let name = match stays.items {
                Some(1) | None => stays.name.clone(),
                Some(items) => format!("{} and {} more", stays.name, count(items - 1)),
            };
            text.push_str(&format!("  {name}: {}\n", stays.why));
        }
    }
    for (title, lines) in [
        ("What is not known:", &outlook.unknown),
        ("Dagster would not find what is moved:", &outlook.elsewhere),
    ] {
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text
}

/// What else lies in the folders of the parts, and stays there.
#[must_use]
pub(crate) fn left_out(parts: &[PartCounts]) -> String {
    let rows: Vec<_> = parts.iter().flat_map(|part| &part.left_out).collect();
    if rows.is_empty() {
        return String::new();
    }
    let lines = rows.iter().map(|row| format!("  {}\n", left_row(row)));
    format!("\nWhat stays:\n{}", lines.collect::<String>())
}

/// Files of one kind that stay.
#[must_use]
pub(crate) fn left_row(row: &LeftOutRow) -> String {
    let others = match row.items {
        1 => String::new(),
        items => format!(" and {} more", count(items - 1)),
    };
    format!("{}{others}: {}", row.name, row.why)
}

/// What is moved and what stays, where not all of it is moved.
#[must_use]
pub(crate) fn what_is_moved(parts: &[PartCounts]) -> String {
    let mut moved = Vec::new();
    for part in parts {
        let items = part.moved.items;
        let one = if items == 1 { part.part.file_word() } else { part.part.files_word() };
        moved.push(format!("{} {one}", count(items)));
    }
    let is_one = parts.iter().map(|part| part.moved.items).sum::<u64>() == 1;
    let verb = if is_one { "is" } else { "are" };
    let mut text = format!("{} {verb} moved", moved.join(" and "));
    let newer: u64 = parts.iter().map(|part| part.newer_there.items).sum();
    if newer > 0 {
        text.push_str(&format!("; {} newer in the bucket", count(newer)));
    }
    let odd: u64 = parts.iter().map(|part| part.no_files).sum();
    if odd > 0 {
        text.push_str(&format!("; {} no plain files", count(odd)));
    }
    let rows = parts.iter().flat_map(|part| &part.left_out);
    text + &others_stay(rows) + "."
}

/// How many files of other kinds stay; nothing where there are none.
#[must_use]
pub(crate) fn others_stay<'r>(rows: impl IntoIterator<Item = &'r LeftOutRow>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let files: u64 = rows.iter().map(|row| row.items).sum();
    if files == 0 {
        return String::new();
    }
    let kinds: Vec<_> =
        rows.iter().map(|row| format!("{} {}", count(row.items), row.words)).collect();
    let (verb, kinds) = (if files == 1 { "stays" } else { "stay" }, kinds.join(", "));
    format!("; {} of other kinds {verb}: {kinds}", counted(files, "file"))
}

/// How the files of each part stand.
#[must_use]
pub(crate) fn render_parts(parts: &[PartCounts]) -> String {
    let mut text = String::new();
    for part in parts {
        let (word, all) = (part.part.word(), part.total());
        text.push_str(&format!("{word:<12}{} -> {}\n", part.source, part.destination));
        text.push_str(&format!(
            "{:<12}{} ({}): {} moved, {} left, {} changed since\n",
            "",
            counted(all.items, "file"),
            size(all.bytes),
            count(part.moved.items),
            count(part.left.items),
            count(part.changed.items)
        ));
        let mut more = |number: u64, what: &str| {
            if number > 0 {
                text.push_str(&format!("{:<12}{} {what}\n", "", count(number)));
            }
        };
        more(
            part.newer_there.items,
            "newer in the bucket: they stay there, and the old files here",
        );
        more(part.failed.items, "cannot be moved");
        more(part.no_files, "links, pipes and the like, which are no files");
        more(part.there_alone.items, "in the bucket alone");
    }
    text
}
