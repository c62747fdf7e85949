//! What became of each asset and partition.

use datalake_core::migration::{AssetReports, MigrationReport, MigrationVerdict, PartCounts};
use datalake_engine::transfer::{Item, TransferLimits};

use super::asset_keys::FoundAssetKeys;
use super::counting::find_reason;
use super::looking::{PartLook, count_part};
use super::{Migration, PartPlaces};
use crate::OperationError;

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
    for part in &migration.parts {
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
    })
}
