//! All tables below a place.

use datalake_core::fault::Fault;
use datalake_core::s3::KeyPattern;
use datalake_core::tables::{ListedTable, TableInventory};
use datalake_engine::{Lake, Walk};
use schemars::JsonSchema;
use serde::Serialize;

use super::TablesFolder;
use crate::OperationError;
use crate::lake::{at_bucket, no_match_error};

/// The tables below a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TablesReport {
    /// The tables, by their folders.
    pub tables: Vec<TableReport>,
    /// How many objects are in no table.
    pub other_objects: u64,
    /// Their size in bytes.
    pub other_bytes: u64,
}

/// A table in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableReport {
    /// Its folder, `s3://BUCKET/FOLDER/`.
    pub place: String,
    /// `Delta`, `Lance` or `Iceberg`.
    pub format: &'static str,
    /// Its newest version, as far as the names in its log tell.
    pub version: Option<u64>,
    /// How many objects are under its folder.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// What a walk through a place has brought.
#[derive(Debug)]
pub(super) struct FolderInventory {
    pub(super) tables: Vec<ListedTable>,
    others: (u64, u64),
    /// How many keys lie below the place.
    keys: u64,
}

impl FolderInventory {
    /// Refuses a place that a person has named where no key lies below it. A whole bucket may be
    /// empty.
    ///
    /// # Errors
    ///
    /// [`OperationError`] that says so.
    pub(super) fn require_keys(&self, folder: &TablesFolder) -> Result<(), OperationError> {
        if self.keys > 0 || folder.prefix.is_empty() {
            return Ok(());
        }
        let pattern = KeyPattern::plain(&folder.prefix);
        Err(no_match_error(&folder.bucket, &folder.prefix, &pattern))
    }
}

/// Lists the tables below a place; `watch` is told how many keys have come by.
///
/// # Errors
///
/// [`OperationError`] where the listing fails, and where no key lies below a folder.
pub async fn list_tables(
    lake: &dyn Lake,
    folder: &TablesFolder,
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<TablesReport, OperationError> {
    let found = take_inventory(lake, folder, watch).await?;
    found.require_keys(folder)?;
    let report = |table: &ListedTable| TableReport {
        place: format!("s3://{}/{}", folder.bucket, table.root),
        format: table.kind.name(),
        version: table.version,
        objects: table.objects,
        bytes: table.bytes,
    };
    let mut tables: Vec<_> = found.tables.iter().map(report).collect();
    tables.sort_by(|one, other| one.place.cmp(&other.place));
    let (other_objects, other_bytes) = found.others;
    Ok(TablesReport { tables, other_objects, other_bytes })
}

/// Goes through all keys of a place.
///
/// # Errors
///
/// [`OperationError`] where the listing fails.
pub(super) async fn take_inventory(
    lake: &dyn Lake,
    folder: &TablesFolder,
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<FolderInventory, OperationError> {
    let walked = walk_folder(lake, folder, watch).await;
    walked.map_err(at_bucket(&folder.bucket))
}

async fn walk_folder(
    lake: &dyn Lake,
    folder: &TablesFolder,
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<FolderInventory, Fault> {
    let (mut inventory, mut tables, mut keys) = (TableInventory::new(), Vec::new(), 0);
    let mut walk = Walk::objects(lake, &folder.bucket, &folder.prefix).await?;
    while let Some(page) = walk.next().await? {
        for object in &page {
            tables.extend(inventory.add(object.key.as_str(), object.size.0));
        }
        keys += page.len() as u64;
        watch(keys);
    }
    tables.extend(inventory.finish());
    // A folder above the place is not its business.
    tables.retain(|table| table.root.starts_with(&folder.prefix));
    Ok(FolderInventory { tables, others: inventory.count_others(), keys })
}
