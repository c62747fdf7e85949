//! The report of a migration as a page.

use std::ops::AddAssign;

use datalake_core::migration::{AssetReport, MigrationReport, MigrationVerdict, PartitionReport};
use datalake_core::text::{count_things, group_digits};
use datalake_core::usage::{FolderSum, FolderTree, SummedFolder};
use maud::{Markup, html};

use super::report::{find_fitting, sum_totals};
use crate::folder_list::{FolderList, STYLE as FOLDERS};
use crate::html::{self, HtmlPage};
use crate::treemap::{STYLE as TILES, Treemap};
use datalake_core::size::format_size;
use datalake_core::text::format_share;

/// So many files are listed one by one; what is beyond stands in folders.
const LISTED: usize = 100;
/// So many names without a file are listed.
const NAMED: usize = 1_000;
/// No tree is given up for want of room: all names are in memory anyway.
const ALL: usize = usize::MAX / 4;

/// How much of something was moved.
#[derive(Debug, Clone, Copy, Default)]
struct MovedSum {
    files: u64,
    moved: u64,
    bytes: u64,
}

impl AddAssign for MovedSum {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.moved += other.moved;
        self.bytes += other.bytes;
    }
}

impl FolderSum for MovedSum {
    fn measure_weight(&self) -> u64 {
        // An empty file is one, too.
        self.bytes.max(self.files)
    }
}

/// The report as a page that is complete in itself.
#[must_use]
pub fn render_migration_page(report: &MigrationReport) -> String {
    let again: Vec<_> = find_fitting(report, |row| row.materialize).collect();
    let open: Vec<_> =
        find_fitting(report, |row| row.standing != MigrationVerdict::Moved && !row.materialize)
            .collect();
    let tree = sum_assets(report);
    let body = html! {
        (draw_cards(report, again.len() as u64, open.len() as u64))
        (html::section("Assets by size", &draw_map(&tree)))
        (html::section("To materialize again", &draw_partitions("To materialize again", &again, "Every file is whole.")))
        (html::section("Not moved", &draw_partitions("Not moved", &open, "Everything is moved.")))
        (html::section("Assets", &draw_assets(report, &tree)))
        @if !report.without_file.is_empty() {
            (html::section("Known to Dagster, without a file here", &draw_without_file(report)))
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
    let (title, style) = ("Migration of Dagster's assets", format!("{TILES}{FOLDERS}"));
    HtmlPage { title, subtitle: &subtitle, style: &style, body }.text()
}

fn draw_cards(report: &MigrationReport, again: u64, open: u64) -> Markup {
    let (files, moved) = sum_totals(report);
    let bytes: u64 = report.assets.iter().map(|asset| asset.bytes).sum();
    let share = format!("of {} ({})", group_digits(files), format_share(moved, files));
    html! {
        div.cards {
            (html::card("Assets", &group_digits(report.assets.len() as u64), &format_size(bytes)))
            (html::card("Files moved", &group_digits(moved), &share))
            (html::card("To materialize again", &group_digits(again), "no copy can be made"))
            (html::card("Not moved", &group_digits(open), "the next run, or newer there"))
        }
    }
}

fn sum_assets(report: &MigrationReport) -> SummedFolder<MovedSum> {
    let mut tree = FolderTree::new(ALL);
    for asset in &report.assets {
        let files = asset.partitions.len() as u64;
        tree.add_name(&asset.asset, &MovedSum { files, moved: asset.moved, bytes: asset.bytes });
    }
    tree.sum_up()
}

fn draw_map(root: &SummedFolder<MovedSum>) -> Markup {
    let short = |sum: &MovedSum| format_size(sum.bytes);
    let long = |sum: &MovedSum| {
        let moved = group_digits(sum.moved);
        format!("{moved} of {} moved, {}", count_things(sum.files, "file"), format_size(sum.bytes))
    };
    let label = "Assets by their size, coloured by how much of them was moved";
    let colour: &dyn Fn(&MovedSum) -> &'static str = &|sum| judge_sum(sum);
    html! {
        (Treemap { label, root, short: &short, long: &long, colour: Some(colour) }.draw_treemap())
        ul.legend {
            li { (draw_swatch("all")) "all files moved" }
            li { (draw_swatch("some")) "some of them" }
            li { (draw_swatch("none")) "none" }
        }
    }
}

fn judge_sum(sum: &MovedSum) -> &'static str {
    match sum.moved {
        moved if moved == sum.files => "all",
        0 => "none",
        _ => "some",
    }
}

fn draw_swatch(class: &str) -> Markup {
    html! {
        svg.swatch.tiles viewBox="0 0 28 12" aria-hidden="true" {
            rect class=(class) x="0" y="0" width="28" height="12" {}
        }
    }
}

/// The first of the files, and how many more there are in which folders.
fn draw_partitions(label: &str, rows: &[(&AssetReport, &PartitionReport)], none: &str) -> Markup {
    if rows.is_empty() {
        return html! { p.good { (none) } };
    }
    let row = |(asset, row): &(&AssetReport, &PartitionReport)| {
        let partition = row.partition.as_deref().unwrap_or("–");
        vec![html::name(&asset.asset), html::name(partition), html! { (row.why) }]
    };
    let listed: Vec<_> = rows.iter().take(LISTED).map(row).collect();
    html! {
        div.words { (html::table(label, &["Asset", "Partition", "Why"], &listed)) }
        @if let Some(more) = rows.get(LISTED..).filter(|more| !more.is_empty()) {
            p { (count_things(more.len() as u64, "more file")) ", by folder; `--json` has each:" }
            (draw_more(more))
        }
    }
}

/// Files in the folders of their assets.
fn draw_more(rows: &[(&AssetReport, &PartitionReport)]) -> Markup {
    let mut tree = FolderTree::new(ALL);
    for (asset, _) in rows {
        tree.add_name(&asset.asset, &FileCount(1));
    }
    let cells = |count: &FileCount| [html! { (group_digits(count.0)) }, html! {}, html! {}];
    let root = tree.sum_up();
    FolderList { noun: "asset", heads: ["Files", "", ""], root: &root, cells: &cells }
        .draw_folders()
}

/// A number of files.
#[derive(Debug, Clone, Copy, Default)]
struct FileCount(u64);

impl AddAssign for FileCount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl FolderSum for FileCount {
    fn measure_weight(&self) -> u64 {
        self.0
    }
}

fn draw_assets(report: &MigrationReport, root: &SummedFolder<MovedSum>) -> Markup {
    let cells = |sum: &MovedSum| {
        let is_whole = sum.moved == sum.files;
        [
            html! { (group_digits(sum.files)) },
            html! { span.good[is_whole].warn[!is_whole] { (group_digits(sum.moved)) } },
            html! { (format_size(sum.bytes)) },
        ]
    };
    html! {
        @if !report.keys_known {
            p.note { "No list of assets was found: each file counts as an asset of its own." }
        }
        (FolderList { noun: "asset", heads: ["Files", "Moved", "Size"], root, cells: &cells }.draw_folders())
    }
}

fn draw_without_file(report: &MigrationReport) -> Markup {
    let more = report.without_file.len().saturating_sub(NAMED) as u64;
    html! {
        p { "They return nothing, or another I/O manager keeps them." }
        ul {
            @for name in report.without_file.iter().take(NAMED) { li { (html::name(name)) } }
            @if more > 0 { li { "(" (group_digits(more)) " more)" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::report;
    use super::*;

    #[test]
    fn a_hostile_name_is_text_in_the_page() {
        let page = render_migration_page(&report());

        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u{1b}[2J"), "{page}");
        assert!(page.contains("2026-01-02"), "{page}");
    }

    #[test]
    fn each_region_has_a_name_of_its_own() {
        let page = render_migration_page(&report());

        let labels: Vec<_> = page.split("role=\"region\" aria-label=").skip(1).collect();
        let names: std::collections::BTreeSet<_> =
            labels.iter().map(|text| text.split('"').nth(1)).collect();

        assert_eq!((labels.len(), names.len()), (2, 2), "{names:?}");
    }

    #[test]
    fn a_hundred_thousand_assets_are_one_page_folded_by_folder() {
        let mut report = report();
        let asset = report.assets[0].clone();
        let name = |at: usize| format!("team{:02}/asset_{at:06}", at % 40);
        let mut names: Vec<_> = (0..100_000).map(name).collect();
        names.sort_unstable();
        report.assets =
            names.into_iter().map(|name| AssetReport { asset: name, ..asset.clone() }).collect();

        let page = render_migration_page(&report);

        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        assert!(page.contains("99,900 more files, by folder"), "{}", page.len());
        assert!(page.contains("2,500 assets") && page.contains("300,000"), "{}", page.len());
    }
}
