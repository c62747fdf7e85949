//! Migrations as text.

use datalake_operations::migration::{MigrationOutlook, render_exports, render_managers};

use super::{count, render_parts};

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
    text.push_str(&render_managers(&outlook.managers));
    text.push_str(&render_exports(&outlook.exports));
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
