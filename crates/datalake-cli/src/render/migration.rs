//! Migrations as text.

use datalake_operations::migration::{
    CodeManager, DuckDbExport, KindRow, MigrationOutlook, TableEnd,
};

use super::{count, escaped, render_parts, size};

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
