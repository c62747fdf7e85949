//! What the images lack, for a diagnosis.

use datalake_core::spec::Logs;
use datalake_dagster::{PackageSource, WantedLibraries};

use super::images::{ImageQuestion, look_into_images};
use super::report::{DepsReport, PackageDeps, UnitDeps};
use crate::DagsterHost;
use crate::HostContext;
use crate::OperationError;

/// What each unit's image lacks that is asked for it, for people; `None` for nothing. Programs of the images are run,
/// without a network; nothing is changed.
///
/// # Errors
///
/// [`OperationError`] where an image cannot be looked into.
pub async fn find_missing_packages(
    context: &HostContext<'_>,
    dagster_host: &DagsterHost,
    logs: Logs,
) -> Result<Vec<(String, Option<String>)>, OperationError> {
    let question = ImageQuestion { wish: WantedLibraries::default(), python: None, logs };
    let looked = look_into_images(&question, context, dagster_host).await?;
    let report = DepsReport::of(&looked, &PackageSource::default())?;
    let lacks = |package: &PackageDeps| {
        let has = package.has.as_deref().unwrap_or("none");
        format!("{} {has}, needed {}", package.name, package.needs)
    };
    let unit = |unit: UnitDeps| {
        let missing = unit.packages.iter().filter(|package| !package.fits).map(lacks);
        let missing: Vec<_> = missing.collect();
        let words = if missing.is_empty() { unit.to_do } else { Some(missing.join(", ")) };
        (unit.unit, words)
    };
    Ok(report.units.into_iter().map(unit).collect())
}
