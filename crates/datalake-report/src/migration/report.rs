//! The report of a migration as text.

use datalake_core::migration::{AssetReport, MigrationReport, MigrationVerdict, PartitionReport};
use datalake_core::text::{count_things, group_digits};

use datalake_core::text::escape_name;

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

pub(super) fn find_fitting<'a>(
    report: &'a MigrationReport,
    fits: impl Fn(&PartitionReport) -> bool + 'a,
) -> impl Iterator<Item = (&'a AssetReport, &'a PartitionReport)> {
    let all =
        report.assets.iter().flat_map(|asset| asset.partitions.iter().map(move |row| (asset, row)));
    all.filter(move |(_, row)| fits(row))
}

pub(super) fn sum_totals(report: &MigrationReport) -> (u64, u64) {
    let files = report.assets.iter().map(|asset| asset.partitions.len() as u64).sum();
    (files, report.assets.iter().map(|asset| asset.moved).sum())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::migration) fn report() -> MigrationReport {
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
}
