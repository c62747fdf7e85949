//! Migrations as text.

use datalake_core::size::format_size;
use datalake_core::text::{escape_name, group_digits};

use super::{CodeManager, DuckDbExport, KindRow, PartAhead, TableEnd};

/// So many names of each kind are told as text.
const TOLD: usize = 40;

/// The I/O managers in code, each with the line that would change.
#[must_use]
pub fn render_managers(managers: &[CodeManager]) -> String {
    if managers.is_empty() {
        return String::new();
    }
    let mut text = "\nI/O managers in the code, which was read and not run:\n".to_owned();
    for made in managers {
        let name = made.name.as_ref().map(|name| format!(" `{}`", escape_name(name)));
        let place = if made.place == "-" { String::new() } else { format!("{}: ", made.place) };
        text.push_str(&format!(
            "  {place}{}{}: {}\n",
            made.class,
            name.unwrap_or_default(),
            made.says
        ));
        if !made.assets.is_empty() {
            let assets: Vec<_> = made.assets.iter().map(|asset| escape_name(asset)).collect();
            text.push_str(&format!("    assets: {}\n", assets.join(", ")));
        }
        if let (Some(line), Some(old), Some(new)) = (made.line, &made.old, &made.new) {
            text.push_str(&format!("    @@ line {line} @@\n    -{old}\n    +{new}\n"));
        }
    }
    text
}

/// Databases of `DuckDB`, with the commands that export them.
#[must_use]
pub fn render_exports(exports: &[DuckDbExport]) -> String {
    if exports.is_empty() {
        return String::new();
    }
    let mut text =
        "\nDuckDB databases stay. To have their tables as Parquet, which --tables takes:\n"
            .to_owned();
    for export in exports {
        let open = if export.is_open { "; it is open: stop its writers first" } else { "" };
        let name = escape_name(&export.name);
        text.push_str(&format!("  {name} ({}){open}\n", format_size(export.bytes)));
        if let Some(command) = &export.command {
            text.push_str(&format!("    {command}\n"));
        }
    }
    text
}

/// What became of each table.
#[must_use]
pub fn render_tables(tables: &[TableEnd]) -> String {
    let mut text = String::new();
    for table in tables {
        let name = escape_name(&table.name);
        let told = match (&table.why, table.version, table.version_here) {
            (Some(why), _, _) => format!("not moved: {}", escape_name(why)),
            (None, Some(there), Some(here)) if here > there => format!(
                "version {there} is in the bucket; version {here} was written in the meantime: the same \
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
pub fn render_kinds(kinds: &[KindRow]) -> String {
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

/// What is newer in the bucket, and what stays, by name.
#[must_use]
pub fn render_ahead(ahead: &PartAhead) -> String {
    let equal = datalake_core::text::count_things(ahead.equal.items, "file");
    let mut text = format!("{:<12}{equal} equal on both sides\n", ahead.part.word());
    let mut list = |names: &[String], what: &str| {
        if names.is_empty() {
            return;
        }
        text.push_str(&format!("{:<12}{} {what}:\n", "", group_digits(names.len() as u64)));
        for name in names.iter().take(TOLD) {
            text.push_str(&format!("{:<14}{}\n", "", escape_name(name)));
        }
        if names.len() > TOLD {
            text.push_str(&format!("{:<14}…; --json has all\n", ""));
        }
    };
    // Only their own clients can tell which objects make one table.
    let newer = if ahead.part.is_tabular() {
        "newer in the bucket, and never fetched from there: the local files are stale"
    } else {
        "newer in the bucket: the local files are stale"
    };
    list(&ahead.newer, newer);
    list(&ahead.alone, "only in the bucket");
    list(&ahead.gone, "gone from the bucket: the local files may be older than that");
    list(&ahead.newer_here, "newer here: the local files stay");
    list(&ahead.other_kinds, "of other kinds, which stay in the bucket");
    list(&ahead.failed, "cannot be fetched: materialize them again");
    text
}
