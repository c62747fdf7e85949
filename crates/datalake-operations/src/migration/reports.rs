//! What became of each asset and partition.

use datalake_core::fault::Fault;
use datalake_core::migration::{
    AssetReports, MigrationReport, MigrationVerdict, PartCounts, PartKind,
};
use datalake_core::transfer::TreePath;
use datalake_engine::transfer::{Item, TransferLimits};
use datalake_engine::{RetryingStore, Walk};

use super::asset_keys::FoundAssetKeys;
use super::counting::find_reason;
use super::looking::{PartLook, count_part};
use super::{Migration, MigrationPart, PartPlaces};
use crate::OperationError;

/// Calls that may be repeated while keys are listed.
const REPETITIONS: u32 = 20;

/// Tells of each asset and partition what became of it.
///
/// # Errors
///
/// [`OperationError`] where a part cannot be looked through.
pub async fn report_assets(
    migration: &Migration<'_>,
    found: &FoundAssetKeys,
    limits: &TransferLimits,
) -> Result<MigrationReport, OperationError> {
    let (mut parts, mut assets) = (Vec::new(), AssetReports::begin(&found.keys));
    let mut unfit_keys = Vec::new();
    for part in &migration.parts {
        if part.kind == PartKind::Assets {
            unfit_keys = list_unfit_keys(migration, part).await?;
        }
        let sink = |item: &Item<'_>, _: MigrationVerdict| {
            if part.kind.names_assets() {
                assets.add(item.name, item.size.0, &find_reason(item));
            }
        };
        let look = PartLook { part, limits, is_named: false };
        parts.push(count_part(migration, look, sink).await?.counts);
    }
    let PartPlaces { source, destination } =
        migration.parts.first().map(|part| migration.describe_places(part)).unwrap_or_default();
    Ok(MigrationReport {
        made: migration.context.clock.now().to_string(),
        source,
        destination,
        keys_known: found.are_known,
        left_out: parts.iter().flat_map(|part: &PartCounts| part.left_out.clone()).collect(),
        parts,
        without_file: assets.list_without_file(),
        assets: assets.finish(),
        unfit_keys,
    })
}

/// Names in the bucket that no file can have; those of folders are none.
async fn list_unfit_keys(
    migration: &Migration<'_>,
    part: &MigrationPart,
) -> Result<Vec<String>, OperationError> {
    let clock = migration.context.home.context.clock;
    let lake = RetryingStore::new(migration.context.lake, clock, REPETITIONS);
    let failed = |fault: Fault| OperationError::at_bucket(&part.bucket, &fault);
    let mut unfit = Vec::new();
    let mut walk = Walk::objects(&lake, &part.bucket, &part.prefix).await.map_err(failed)?;
    while let Some(page) = walk.next().await.map_err(failed)? {
        let names = page.iter().filter_map(|entry| entry.key.as_str().strip_prefix(&part.prefix));
        let is_unfit = |name: &&str| TreePath::try_from(name.trim_end_matches('/')).is_err();
        unfit.extend(names.filter(|name| !name.is_empty()).filter(is_unfit).map(str::to_owned));
    }
    Ok(unfit)
}
