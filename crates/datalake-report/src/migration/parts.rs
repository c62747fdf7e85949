//! How the parts of a migration stand, as text.

use datalake_core::migration::{LeftOutRow, PartCounts};
use datalake_core::text::{count_things, group_digits};

use datalake_core::size::format_size;

/// What else lies in the folders of the parts, and stays there.
#[must_use]
pub fn render_left_out(parts: &[PartCounts]) -> String {
    let rows: Vec<_> = parts.iter().flat_map(|part| &part.left_out).collect();
    if rows.is_empty() {
        return String::new();
    }
    let lines = rows.iter().map(|row| format!("  {}\n", describe_left_out(row)));
    format!("\nWhat stays:\n{}", lines.collect::<String>())
}

/// Files of one kind that stay.
#[must_use]
pub fn describe_left_out(row: &LeftOutRow) -> String {
    let others = match row.items {
        1 => String::new(),
        items => format!(" and {} more", group_digits(items - 1)),
    };
    format!("{}{others}: {}", row.name, row.why)
}

/// What is moved and what stays, where not all of it is moved.
#[must_use]
pub fn describe_moved(parts: &[PartCounts]) -> String {
    let mut moved = Vec::new();
    for part in parts {
        let items = part.moved.items;
        let one = if items == 1 { part.part.file_word() } else { part.part.files_word() };
        moved.push(format!("{} {one}", group_digits(items)));
    }
    let is_one = parts.iter().map(|part| part.moved.items).sum::<u64>() == 1;
    let verb = if is_one { "is" } else { "are" };
    let mut text = format!("{} {verb} moved", moved.join(" and "));
    let newer: u64 = parts.iter().map(|part| part.newer_there.items).sum();
    if newer > 0 {
        text.push_str(&format!("; {} newer in the bucket", group_digits(newer)));
    }
    let odd: u64 = parts.iter().map(|part| part.no_files).sum();
    if odd > 0 {
        text.push_str(&format!("; {} no plain files", group_digits(odd)));
    }
    let rows = parts.iter().flat_map(|part| &part.left_out);
    text + &describe_others(rows) + "."
}

/// How many files of other kinds stay; nothing where there are none.
#[must_use]
pub(crate) fn describe_others<'r>(rows: impl IntoIterator<Item = &'r LeftOutRow>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let files: u64 = rows.iter().map(|row| row.items).sum();
    if files == 0 {
        return String::new();
    }
    let kinds: Vec<_> =
        rows.iter().map(|row| format!("{} {}", group_digits(row.items), row.words)).collect();
    let (verb, kinds) = (if files == 1 { "stays" } else { "stay" }, kinds.join(", "));
    format!("; {} of other kinds {verb}: {kinds}", count_things(files, "file"))
}

/// How the files of each part stand.
#[must_use]
pub fn render_parts(parts: &[PartCounts]) -> String {
    let mut text = String::new();
    for part in parts {
        let (word, all) = (part.part.word(), part.total());
        text.push_str(&format!("{word:<12}{} -> {}\n", part.source, part.destination));
        text.push_str(&format!(
            "{:<12}{} ({}): {} moved, {} left, {} changed since\n",
            "",
            count_things(all.items, "file"),
            format_size(all.bytes),
            group_digits(part.moved.items),
            group_digits(part.left.items),
            group_digits(part.changed.items)
        ));
        let mut more = |number: u64, what: &str| {
            if number > 0 {
                text.push_str(&format!("{:<12}{} {what}\n", "", group_digits(number)));
            }
        };
        more(
            part.newer_there.items,
            "newer in the bucket: they stay there, and the old files here",
        );
        more(part.failed.items, "cannot be moved");
        more(part.no_files, "links, pipes and the like, which are no files");
        more(part.there_alone.items, "only in the bucket");
    }
    text
}
