//! Migrations as text.

use datalake_core::migration::{LeftOutRow, PartCounts};
use datalake_operations::migration::{
    CodeManager, DuckDbExport, KindRow, MigrationOutlook, TableEnd,
};

use super::{count, counted, escaped, size};

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
    text.push_str(&managers_text(&outlook.managers));
    text.push_str(&exports_text(&outlook.exports));
    for (title, lines) in [
        ("What is not known:", &outlook.unknown),
        ("Dagster would not find what is moved:", &outlook.elsewhere),
    ] {
        if !lines.is_empty() {
            text.push_str(&format!("\n{title}\n"));
            for line in lines {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    text
}

/// The I/O managers in code, each with the line that would change.
fn managers_text(managers: &[CodeManager]) -> String {
    if managers.is_empty() {
        return String::new();
    }
    let mut text = "\nI/O managers in the code, which was read and not run:\n".to_owned();
    for made in managers {
        let name = made.name.as_ref().map(|name| format!(" `{}`", escaped(name)));
        let place = if made.place == "-" { String::new() } else { format!("{}: ", made.place) };
        text.push_str(&format!(
            "  {place}{}{}: {}\n",
            made.class,
            name.unwrap_or_default(),
            made.says
        ));
        if !made.assets.is_empty() {
            let assets: Vec<_> = made.assets.iter().map(|asset| escaped(asset)).collect();
            text.push_str(&format!("    assets: {}\n", assets.join(", ")));
        }
        if let (Some(line), Some(old), Some(new)) = (made.line, &made.old, &made.new) {
            text.push_str(&format!("    @@ line {line} @@\n    -{old}\n    +{new}\n"));
        }
    }
    text
}

/// Databases of `DuckDB`, with the commands that export them.
fn exports_text(exports: &[DuckDbExport]) -> String {
    if exports.is_empty() {
        return String::new();
    }
    let mut text =
        "\nDuckDB databases stay. To have their tables as Parquet, which --tables takes:\n"
            .to_owned();
    for export in exports {
        let open = if export.is_open { "; it is open: stop its writers first" } else { "" };
        let name = escaped(&export.name);
        text.push_str(&format!("  {name} ({}){open}\n", size(export.bytes)));
        if let Some(command) = &export.command {
            text.push_str(&format!("    {command}\n"));
        }
    }
    text
}

/// What became of each table.
#[must_use]
pub(crate) fn render_tables(tables: &[TableEnd]) -> String {
    let mut text = String::new();
    for table in tables {
        let name = escaped(&table.name);
        let told = match (&table.why, table.version, table.version_here) {
            (Some(why), _, _) => format!("not moved: {}", escaped(why)),
            (None, Some(there), Some(here)) if here > there => format!(
                "version {there} is in the bucket; version {here} was written meanwhile: the same \
                 command brings it"
            ),
            (None, Some(there), Some(here)) if there > here => {
                format!("version {there} in the bucket is newer, and left there")
            }
            (None, Some(there), _) => format!("version {there} is in the bucket"),
            (None, None, _) => "nothing of it is in the bucket yet".to_owned(),
        };
        text.push_str(&format!("{:<12}{} table {name}: {told}\n", "", table.format));
    }
    text
}

/// The kinds of files, one after the other.
#[must_use]
pub(crate) fn render_kinds(kinds: &[KindRow]) -> String {
    let block = |row: &KindRow| {
        let mut text = format!("{} ({})\n", row.words, row.kind);
        for (name, value) in [
            ("recognised", row.recognised),
            ("whole", row.whole),
            ("goes", row.goes),
            ("read", row.read),
            ("free", row.free),
        ] {
            text.push_str(&format!("  {name:<12}{value}\n"));
        }
        text
    };
    kinds.iter().map(block).collect()
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
