//! Migrations as text.

use super::{count, counted, size};
use crate::commands::{Counts, Outlook};

/// What a migration finds and would do.
#[must_use]
pub(crate) fn outlook(outlook: &Outlook) -> String {
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
    text.push_str(&parts(&outlook.parts));
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
    if !outlook.unknown.is_empty() {
        text.push_str("\nWhat is not known:\n");
        outlook.unknown.iter().for_each(|unknown| text.push_str(&format!("  {unknown}\n")));
    }
    text
}

/// How the files of each part stand.
#[must_use]
pub(crate) fn parts(parts: &[Counts]) -> String {
    let mut text = String::new();
    for part in parts {
        let (word, all) = (part.part.word(), part.all());
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
