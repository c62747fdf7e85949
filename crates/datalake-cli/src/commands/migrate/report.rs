//! `migrate report`: what became of each asset and partition.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::{Fault, FaultKind};
use datalake_dagster::{ASSETS_QUERY, AssetName, asset_key_of_database, asset_keys, asset_name};
use datalake_engine::Clock as _;
use datalake_engine::transfer::Item;
use datalake_host::{Existing, dagster_asset_keys};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::limits;
use super::folder::FolderPlace;
use super::home::Home;
use super::kinds::LeftRow;
use super::look::look_at;
use super::part::{Migration, PartKind};
use super::pause::{addresses, ask};
use super::standing::{Counts, Standing};
use crate::args::Cli;
use crate::args::migrate::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::remote::Remote;
use crate::render::{self, DocumentKind, Printer, printable};

pub(super) const MIGRATION_REPORT: DocumentKind =
    DocumentKind::of::<MigrationReport>("migration-report");

/// What became of each asset.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MigrationReport {
    /// When it was made.
    pub made: String,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// Whether the instance's own list of assets was there to tell keys from partitions.
    pub keys_known: bool,
    /// How the parts stand.
    pub parts: Vec<Counts>,
    /// The assets.
    pub assets: Vec<AssetRow>,
    /// Assets that the instance knows and that have no file here.
    pub without_file: Vec<String>,
    /// What was left out among the pickles.
    pub left_out: Vec<LeftRow>,
}

/// What became of an asset.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct AssetRow {
    /// Its key, `/`-joined.
    pub asset: String,
    /// Whether the instance knows it.
    pub is_known: bool,
    /// Files that the bucket has.
    pub moved: u64,
    /// Their length, and that of all others.
    pub bytes: u64,
    /// What became of each file.
    pub partitions: Vec<PartitionRow>,
}

/// What became of a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct PartitionRow {
    /// The partition; `None` for an asset without.
    pub partition: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Why.
    pub why: String,
    /// Whether nothing but the asset's code can make it again.
    pub materialize: bool,
}

pub(super) async fn report(cli: &Cli, flags: &Report, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let migration = Migration::of(&remote, &flags.what).await?;
    let limits = limits(&remote, &flags.within)?;
    let (keys, keys_known) = match &migration.home {
        Some(home) => known_keys(home, flags.webserver.as_deref(), printer).await,
        None => (BTreeSet::new(), false),
    };
    let (mut parts, mut assets) = (Vec::new(), BTreeMap::new());
    for part in &migration.parts {
        let is_assets = matches!(part.kind, PartKind::Assets | PartKind::Objects);
        let sink = |item: &Item<'_>, standing: Standing| {
            if is_assets {
                add(&mut assets, asset_name(item.name, &keys), (item, standing));
            }
        };
        parts.push(look_at(&remote, &migration, (part, &limits, false), sink).await?.0);
    }
    let assets: Vec<AssetRow> = assets.into_values().collect();
    let (source, destination) =
        migration.parts.first().map(|part| migration.words(part)).unwrap_or_default();
    let report = MigrationReport {
        made: remote.site.clock.now().to_string(),
        source,
        destination,
        keys_known,
        left_out: parts.iter().flat_map(|part: &Counts| part.left_out.clone()).collect(),
        parts,
        without_file: without_file(&keys, &assets),
        assets,
    };
    if let Some(path) = &flags.html {
        let page = render::migration_page(&report);
        named_path::write_file(path, page.as_bytes(), Existing::IsReplaced)?;
        printer.talk(&format!("wrote {}", printable(&path.display().to_string())));
    }
    printer.result(MIGRATION_REPORT, &report, &render::migration_report(&report));
    let again = report.assets.iter().flat_map(|asset| &asset.partitions);
    Ok(if again.into_iter().any(|row| row.standing != Standing::Moved) {
        Exit::Drift
    } else {
        Exit::Done
    })
}

/// The keys of all assets: of the instance's database, or else of its webserver.
async fn known_keys(
    home: &Home,
    webserver: Option<&str>,
    printer: Printer,
) -> (BTreeSet<Vec<String>>, bool) {
    match database_keys(home) {
        Ok(Some(keys)) => return (keys, true),
        Ok(None) => (),
        Err(fault) => printer.talk(&format!("the database of assets cannot be read: {fault}")),
    }
    for address in addresses(webserver, home) {
        let answer = ask(&address, ASSETS_QUERY).await;
        if let Some(keys) = answer.ok().and_then(|answer| asset_keys(&answer).ok()) {
            return (keys, true);
        }
    }
    printer.talk("no list of assets was found: each file counts as an asset of its own");
    (BTreeSet::new(), false)
}

/// The keys of all assets that the instance's own database knows; `None` where it has none.
pub(super) fn database_keys(home: &Home) -> Result<Option<BTreeSet<Vec<String>>>, Fault> {
    let Ok(databases) = &home.databases else { return Ok(None) };
    match keys_in_database(databases) {
        Ok(keys) => Ok(Some(keys.iter().filter_map(|key| asset_key_of_database(key)).collect())),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The keys in the index of a folder of databases.
fn keys_in_database(databases: &FolderPlace) -> Result<Vec<String>, Fault> {
    let absent = || Fault::new(FaultKind::Absent, "there is no database of runs");
    let folder = databases.join("history/runs").map_err(|_| absent())?;
    if folder.is_absent() {
        return Err(absent());
    }
    let opened = folder
        .open()
        .map_err(|failure| Fault::new(FaultKind::NotPlain, failure.messages.join(": ")))?;
    dagster_asset_keys(&opened, "index.db")
}

fn add(
    assets: &mut BTreeMap<Vec<String>, AssetRow>,
    name: AssetName,
    (item, standing): (&Item<'_>, Standing),
) {
    let AssetName { key, partition, is_known } = name;
    let asset = key.join("/");
    let row =
        assets.entry(key).or_insert_with(|| AssetRow { asset, is_known, ..AssetRow::default() });
    row.bytes += item.size.0;
    row.moved += u64::from(standing == Standing::Moved);
    let why = match standing {
        Standing::Moved => "moved".to_owned(),
        Standing::Left => "not moved yet".to_owned(),
        Standing::Changed => "changed since it was moved".to_owned(),
        Standing::NewerThere => "the bucket has a newer one: it stays there".to_owned(),
        Standing::Failed | Standing::NoFile => item.reason.to_string(),
    };
    let materialize = matches!(standing, Standing::Failed | Standing::NoFile);
    row.partitions.push(PartitionRow { partition, standing, why, materialize });
}

fn without_file(keys: &BTreeSet<Vec<String>>, assets: &[AssetRow]) -> Vec<String> {
    let seen: BTreeSet<_> = assets.iter().map(|asset| asset.asset.as_str()).collect();
    let keys = keys.iter().map(|key| key.join("/"));
    keys.filter(|key| !seen.contains(key.as_str())).collect()
}
