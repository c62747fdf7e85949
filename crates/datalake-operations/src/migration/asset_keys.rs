//! The keys of the assets that an instance knows.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::AssetKeys;
use datalake_dagster::{ASSETS_QUERY, asset_key_of_database, asset_keys};

use super::webserver::list_addresses;
use super::{Migration, MigrationContext};
use crate::{FolderPlace, HomePlaces};

/// The keys of all assets, and how they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundAssetKeys {
    /// The keys; none where nobody tells.
    pub keys: AssetKeys,
    /// Whether somebody told: without that, each file counts as an asset of its own.
    pub are_known: bool,
    /// Why the database could not be read, where it is there and could not.
    pub database_fault: Option<Fault>,
}

/// Finds the keys of all assets: in the instance's database, or else at its webserver, which the
/// operator may name.
pub async fn find_asset_keys(migration: &Migration<'_>, webserver: Option<&str>) -> FoundAssetKeys {
    let Some(home) = &migration.home else { return FoundAssetKeys::default() };
    let database_fault = match read_database_keys(home) {
        Ok(Some(keys)) => {
            return FoundAssetKeys { keys, are_known: true, database_fault: None };
        }
        Ok(None) => None,
        Err(fault) => Some(fault),
    };
    let keys = ask_for_keys(migration.context, home, webserver).await;
    let are_known = keys.is_some();
    FoundAssetKeys { keys: keys.unwrap_or_default(), are_known, database_fault }
}

async fn ask_for_keys(
    context: &MigrationContext<'_>,
    home: &HomePlaces,
    webserver: Option<&str>,
) -> Option<AssetKeys> {
    for address in list_addresses(webserver, home) {
        let answer = context.webservers.query(&address, ASSETS_QUERY).await;
        if let Some(keys) = answer.ok().and_then(|answer| asset_keys(&answer).ok()) {
            return Some(keys);
        }
    }
    None
}

/// The keys of all assets that the instance's own database knows; `None` where it has none.
pub(crate) fn read_database_keys(home: &HomePlaces) -> Result<Option<AssetKeys>, Fault> {
    let Ok(databases) = &home.databases else { return Ok(None) };
    match read_keys_in(databases) {
        Ok(keys) => Ok(Some(keys.iter().filter_map(|key| asset_key_of_database(key)).collect())),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The keys in the index of a folder of databases.
fn read_keys_in(databases: &FolderPlace) -> Result<Vec<String>, Fault> {
    let absent = || Fault::new(FaultKind::Absent, "there is no database of runs");
    let folder = databases.join("history/runs").map_err(|_| absent())?;
    if folder.is_absent() {
        return Err(absent());
    }
    let opened = folder
        .open()
        .map_err(|error| Fault::new(FaultKind::NotPlain, error.messages.join(": ")))?;
    opened.read_asset_keys("index.db")
}
