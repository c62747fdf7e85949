//! What the images lack, for a diagnosis.

use datalake_dagster::{Source, Wish};

use super::look::{Question, look};
use super::report::{DepsReport, PackageDeps};
use crate::deployment::Ground;
use crate::failure::Failure;
use crate::site::Site;

/// What each unit's image lacks, for people; `None` for nothing. Programs of the images are run,
/// without a network; nothing is changed.
///
/// # Errors
///
/// [`Failure`] where an image cannot be looked into.
pub(crate) async fn missing_packages(
    site: &Site,
    ground: &Ground,
) -> Result<Vec<(String, Option<String>)>, Failure> {
    let question = Question { wish: Wish { modal: false }, python: None };
    let looked = look(&question, site, ground).await?;
    let report = DepsReport::of(&looked, &Source::default())?;
    let lacks = |package: &PackageDeps| {
        let has = package.has.as_deref().unwrap_or("none");
        format!("{} {has}, needed {}", package.name, package.needs)
    };
    let unit = |unit: super::UnitDeps| {
        let missing = unit.packages.iter().filter(|package| !package.fits).map(lacks);
        let missing: Vec<_> = missing.collect();
        let words = if missing.is_empty() { unit.to_do } else { Some(missing.join(", ")) };
        (unit.unit, words)
    };
    Ok(report.units.into_iter().map(unit).collect())
}
