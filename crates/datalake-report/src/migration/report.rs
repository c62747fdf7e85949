//! The report of a migration as text and as a page.

use datalake_core::migration::{AssetReport, MigrationReport, MigrationVerdict, PartitionReport};
use datalake_core::text::{count_things, group_digits};
use maud::{Markup, html};

use crate::html::{self, HtmlPage};
use crate::{escape_name, format_size};

/// So many rows of a kind are shown as text; the page and `--json` have all.
const TOLD: usize = 40;

/// The report as text.
#[must_use]
pub fn render_migration(report: &MigrationReport) -> String {
    let mut text = format!("{} -> {}\n", report.source, report.destination);
    let (files, moved) = sum_totals(report);
    text.push_str(&format!(
        "{}: {} of {} moved{}\n",
        count_things(report.assets.len() as u64, "asset"),
        group_digits(moved),
        count_things(files, "file"),
        super::describe_others(&report.left_out)
    ));
    for part in report.parts.iter().filter(|part| part.part.is_tabular()) {
        text.push_str(&format!(
            "{}: {} of {} moved -> {}\n",
            part.part.word(),
            group_digits(part.moved.items),
            count_things(part.total().items, "file"),
            part.destination
        ));
    }
    let mut list = |what: &str, names: Vec<String>| {
        if names.is_empty() {
            return;
        }
        text.push_str(&format!("\n{what} ({}):\n", group_digits(names.len() as u64)));
        names.iter().take(TOLD).for_each(|name| text.push_str(&format!("  {name}\n")));
        if names.len() > TOLD {
            text.push_str("  …; --html FILE and --json have all\n");
        }
    };
    list("Materialize again", list_rows(report, |row| row.materialize));
    list(
        "Not moved",
        list_rows(report, |row| row.standing != MigrationVerdict::Moved && !row.materialize),
    );
    list(
        "Known to Dagster, and no file here: they return nothing, or another I/O manager keeps them",
        report.without_file.iter().map(|name| escape_name(name)).collect(),
    );
    list("Left out", report.left_out.iter().map(super::describe_left_out).collect());
    text
}

/// The rows that fit, each as a line.
fn list_rows(report: &MigrationReport, fits: impl Fn(&PartitionReport) -> bool) -> Vec<String> {
    let line = |(asset, row): (&AssetReport, &PartitionReport)| {
        let partition = row.partition.as_ref().map(|name| format!(" [{}]", escape_name(name)));
        let name = escape_name(&asset.asset);
        format!("{name}{}: {}", partition.unwrap_or_default(), escape_name(&row.why))
    };
    find_fitting(report, fits).map(line).collect()
}

fn find_fitting<'a>(
    report: &'a MigrationReport,
    fits: impl Fn(&PartitionReport) -> bool + 'a,
) -> impl Iterator<Item = (&'a AssetReport, &'a PartitionReport)> {
    let all =
        report.assets.iter().flat_map(|asset| asset.partitions.iter().map(move |row| (asset, row)));
    all.filter(move |(_, row)| fits(row))
}

fn sum_totals(report: &MigrationReport) -> (u64, u64) {
    let files = report.assets.iter().map(|asset| asset.partitions.len() as u64).sum();
    (files, report.assets.iter().map(|asset| asset.moved).sum())
}

/// The report as a page that is complete in itself.
#[must_use]
pub fn render_migration_page(report: &MigrationReport) -> String {
    let (files, moved) = sum_totals(report);
    let again: Vec<_> = find_fitting(report, |row| row.materialize).collect();
    let open: Vec<_> =
        find_fitting(report, |row| row.standing != MigrationVerdict::Moved && !row.materialize)
            .collect();
    let bytes: u64 = report.assets.iter().map(|asset| asset.bytes).sum();
    let body = html! {
        div.cards {
            (html::card("Assets", &group_digits(report.assets.len() as u64), &format_size(bytes)))
            (html::card("Files moved", &group_digits(moved), &format!("of {}", group_digits(files))))
            (html::card("To materialize again", &group_digits(again.len() as u64), "no copy can be made"))
            (html::card("Not moved", &group_digits(open.len() as u64), "the next run, or newer there"))
        }
        (html::section("To materialize again", &draw_partitions(&again, "Every file is whole.")))
        (html::section("Not moved", &draw_partitions(&open, "Everything is moved.")))
        (html::section("Assets", &render_assets(report)))
        @if !report.without_file.is_empty() {
            (html::section("Known to Dagster, and no file here", &html! {
                p { "They return nothing, or another I/O manager keeps them." }
                ul { @for name in &report.without_file { li { (html::name(name)) } } }
            }))
        }
        @if !report.left_out.is_empty() {
            (html::section("Left out", &html! {
                ul { @for left in &report.left_out {
                    li { (html::name(&left.name)) " and others, " (group_digits(left.items)) ": " (left.why) }
                } }
            }))
        }
    };
    let subtitle = format!("{} to {}, {}", report.source, report.destination, report.made);
    HtmlPage { title: "Migration of Dagster's assets", subtitle: &subtitle, style: "", body }.text()
}

fn draw_partitions(rows: &[(&AssetReport, &PartitionReport)], none: &str) -> Markup {
    if rows.is_empty() {
        return html! { p.good { (none) } };
    }
    let row = |(asset, row): &(&AssetReport, &PartitionReport)| {
        let partition = row.partition.as_deref().unwrap_or("–");
        vec![html::name(&asset.asset), html::name(partition), html! { (row.why) }]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    html! { div.words { (html::table("Files", &["Asset", "Partition", "Why"], &rows)) } }
}

fn render_assets(report: &MigrationReport) -> Markup {
    let row = |asset: &AssetReport| {
        let files = asset.partitions.len() as u64;
        let whole = asset.moved == files;
        vec![
            html::name(&asset.asset),
            html! { (group_digits(files)) },
            html! { span.good[whole].warn[!whole] { (group_digits(asset.moved)) } },
            html! { (format_size(asset.bytes)) },
        ]
    };
    let rows: Vec<_> = report.assets.iter().map(row).collect();
    html! {
        @if !report.keys_known {
            p.note { "No list of assets was found: each file counts as an asset of its own." }
        }
        (html::table("Assets", &["Asset", "Files", "Moved", "Size"], &rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> MigrationReport {
        let row = |partition: Option<&str>, standing, materialize| PartitionReport {
            partition: partition.map(str::to_owned),
            standing,
            why: "half a pickle".to_owned(),
            materialize,
        };
        MigrationReport {
            made: "2026-11-29T09:00:00Z".to_owned(),
            source: "/home/storage".to_owned(),
            destination: "s3://lake/assets/".to_owned(),
            keys_known: true,
            parts: Vec::new(),
            assets: vec![AssetReport {
                asset: "raw/<script>alert(1)</script>\u{1b}[2J".to_owned(),
                is_known: true,
                moved: 1,
                bytes: 10,
                partitions: vec![
                    row(Some("2026-01-01"), MigrationVerdict::Moved, false),
                    row(Some("2026-01-02"), MigrationVerdict::Failed, true),
                    row(None, MigrationVerdict::Changed, false),
                ],
            }],
            without_file: vec!["nothing".to_owned()],
            left_out: Vec::new(),
            unfit_keys: Vec::new(),
        }
    }

    #[test]
    fn what_has_to_be_made_again_is_told_by_asset_and_partition() {
        let text = render_migration(&report());

        assert!(text.contains("1 asset: 1 of 3 files moved"), "{text}");
        assert!(text.contains("Materialize again (1):\n  raw/"), "{text}");
        assert!(text.contains("[2026-01-02]: half a pickle"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn a_hostile_name_is_text_in_the_page() {
        let page = render_migration_page(&report());

        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[2J"), "{page}");
        assert!(page.contains("2026-01-02"), "{page}");
    }
}
