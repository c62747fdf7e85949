//! Images and their packages as text.

use datalake_core::plan::{Action, describe_plan};
use datalake_core::text::printable;

use super::{DependencyPlan, DepsReport, PackageDeps, UnitDeps};
use crate::{FileChange, diff_change};

/// A table with a line for each unit, and below it what is to be done.
#[must_use]
pub fn render_dependencies(report: &DepsReport) -> String {
    let mut rows = vec![vec!["unit".to_owned(), "image".to_owned(), "dagster".to_owned()]];
    if let (Some(first), Some(unit)) = (rows.first_mut(), report.units.first()) {
        first.extend(unit.packages.iter().map(|package| package.name.to_owned()));
    }
    rows.extend(report.units.iter().map(render_row));
    let mut text = render_table(&rows);
    for unit in &report.units {
        if let Some(to_do) = &unit.to_do {
            text.push_str(&format!("\n{}: {}", printable(&unit.unit), printable(to_do)));
        }
    }
    if report.is_well { text } else { text + "\n" }
}

fn render_row(unit: &UnitDeps) -> Vec<String> {
    let named = [&unit.unit, &unit.image, &unit.dagster].map(|text| printable(text));
    named.into_iter().chain(unit.packages.iter().map(render_cell)).collect()
}

fn render_cell(package: &PackageDeps) -> String {
    let has = package.has.as_deref().map_or_else(|| "none".to_owned(), printable);
    if package.fits { has } else { format!("{has} -> {}", package.needs.trim_start_matches("==")) }
}

/// Columns as wide as their widest cell, two blanks apart.
fn render_table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// The Containerfiles, the plan and the diffs of all files that it writes.
#[must_use]
pub fn render_image_changes(next: &DependencyPlan<'_>) -> String {
    let mut text = String::new();
    for wanted in &next.builds {
        text.push_str(&format!("\nImage {}:\n", wanted.name));
        let lines = wanted.recipe.containerfile.lines();
        lines.for_each(|line| {
            text.push_str(&format!("    {}\n", printable(line)));
        });
    }
    text.push_str(&format!(
        "\nPlan ({} steps):\n{}",
        next.plan.steps.len(),
        describe_plan(&next.plan)
    ));
    text.push_str("\nFiles:\n");
    for step in &next.plan.steps {
        if let Action::WriteFile { path, body, .. } = &step.action {
            let old = next.contents.get(path).map_or(&b""[..], |content| content.expose());
            let path = path.as_str();
            text.push_str(&diff_change(&FileChange { path, old, body, keys: None }));
        }
    }
    text
}

/// The question before the plan is carried out.
#[must_use]
pub fn ask_for_images(next: &DependencyPlan<'_>) -> String {
    match next.builds.len() {
        0 => format!("Apply these {} steps?", next.plan.steps.len()),
        1 => format!("Build the image and apply these {} steps?", next.plan.steps.len()),
        many => format!("Build {many} images and apply these {} steps?", next.plan.steps.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &'static str, has: Option<&str>, needs: &str, fits: bool) -> PackageDeps {
        PackageDeps { name, has: has.map(str::to_owned), needs: needs.to_owned(), fits }
    }

    #[test]
    fn what_is_there_and_what_has_to_be() {
        let unit = |name: &str, image: &str, packages, is_well: bool| UnitDeps {
            unit: name.to_owned(),
            image: image.to_owned(),
            dagster: "1.12.6".to_owned(),
            packages,
            to_do: (!is_well).then(|| "to be built".to_owned()),
        };
        let missing = vec![
            package("dagster-aws", None, "==0.28.6", false),
            package("boto3", Some("1.35.9"), ">=1.38", false),
        ];
        let there = vec![
            package("dagster-aws", Some("0.28.6"), "==0.28.6", true),
            package("boto3", Some("1.44.5"), ">=1.38", true),
        ];
        let report = DepsReport {
            is_well: false,
            units: vec![
                unit("dagster-webserver", "localhost/dagster:1", missing, false),
                unit("dagster-daemon", "localhost/b", there, true),
            ],
            images: vec![],
        };

        assert_eq!(
            render_dependencies(&report),
            "unit               image                dagster  dagster-aws     boto3\n\
             dagster-webserver  localhost/dagster:1  1.12.6   none -> 0.28.6  1.35.9 -> >=1.38\n\
             dagster-daemon     localhost/b          1.12.6   0.28.6          1.44.5\n\
             \n\
             dagster-webserver: to be built\n"
        );
    }
}
