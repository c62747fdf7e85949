//! Databases of `DuckDB`: the commands by which their own `DuckDB` exports them.

use std::sync::Arc;

use datalake_core::host::HostPath;
use datalake_core::spec::HostSpec;
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_dagster::StoredKind;
use datalake_engine::transfer::{LocalTree as _, TreeEntry};
use datalake_engine::{SeenEntry, find_search_path};
use datalake_quadlet::UnitFile;
use schemars::JsonSchema;
use serde::Serialize;

use super::Migration;
use super::tree::PartTree;
use crate::{FolderPlace, HomePlaces, HomeSearch, OperationError, look_at_host};

/// What its log is called.
const LOG: &str = ".wal";

/// A database, and how its tables get into the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DuckDbExport {
    /// Its name below the folder of the pickles.
    pub name: String,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Whether a log lies beside it: it is open, or was not closed.
    pub is_open: bool,
    /// The command that exports it as Parquet; `None` where its name does not fit into one.
    pub command: Option<String>,
}

/// The databases of `DuckDB` among the pickles, and the command that exports each.
///
/// # Errors
///
/// [`OperationError`] where the folder cannot be read.
pub async fn list_exports(migration: &Migration<'_>) -> Result<Vec<DuckDbExport>, OperationError> {
    let Some(home) = &migration.home else { return Ok(Vec::new()) };
    let Ok(pickles) = &home.pickles else { return Ok(Vec::new()) };
    if pickles.is_absent() {
        return Ok(Vec::new());
    }
    let files = list_databases(pickles).await?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let before = find_podman_words(&migration.context.home);
    let has = |name: &str| files.iter().any(|(path, _)| path.as_str() == name);
    let databases = files.iter().filter(|(path, _)| !path.as_str().ends_with(LOG));
    let export = |(path, facts): &(TreePath, FileFacts)| DuckDbExport {
        name: datalake_core::text::printable(path.as_str()),
        bytes: facts.size.0,
        is_open: has(&format!("{}{LOG}", path.as_str())),
        command: write_command(&before, &find_path_inside(home, pickles, path)),
    };
    Ok(databases.map(export).collect())
}

async fn list_databases(
    pickles: &FolderPlace,
) -> Result<Vec<(TreePath, FileFacts)>, OperationError> {
    let tree = pickles.open_tree()?;
    let files = PartTree::new(&tree, &[StoredKind::DuckDb], &Arc::default());
    let (mut walk, mut found) = (files.walk(), Vec::new());
    let unread = |fault| OperationError::about(pickles.shown(), &fault);
    while let Some(entries) = walk.next().await.map_err(unread)? {
        found.extend(entries.into_iter().filter_map(|entry| match entry {
            TreeEntry::File(path, facts) => Some((path, facts)),
            TreeEntry::Odd(..) => None,
        }));
    }
    Ok(found)
}

/// The path of a file as the container sees it.
fn find_path_inside(home: &HomePlaces, pickles: &FolderPlace, path: &TreePath) -> String {
    let here = pickles.path_here();
    let folder = match here.strip_prefix(home.folder.path_here()) {
        Ok(below) => format!("{}/{}", home.inside.trim_end_matches('/'), below.display()),
        Err(_) => here.display().to_string(),
    };
    format!("{folder}/{}", path.as_str())
}

/// What comes before a command that is to run in Dagster's container; nothing where no container is
/// known.
fn find_podman_words(search: &HomeSearch<'_>) -> String {
    let Ok(host) = &search.host else { return String::new() };
    let Ok((account, _)) = look_at_host(&search.context, host) else { return String::new() };
    let Ok(folders) = find_search_path(&account, search.context.files) else {
        return String::new();
    };
    let Some(container) = find_container(search, &folders, host) else { return String::new() };
    if account.is_host() {
        return format!("sudo podman exec {container} ");
    }
    format!(
        "sudo -u {} env -C / XDG_RUNTIME_DIR=/run/user/{} podman exec {container} ",
        host.user, account.owner.uid
    )
}

/// The container that runs user code, as far as its name tells; else the first of the spec's.
fn find_container(
    search: &HomeSearch<'_>,
    folders: &[HostPath],
    host: &HostSpec,
) -> Option<String> {
    let of_dagster = |unit: &str| unit.contains("webserver") || unit.contains("daemon");
    let units = host.units.iter().map(ToString::to_string);
    let mut units: Vec<_> = units.collect();
    units.sort_by_key(|unit| of_dagster(unit));
    let unit = units.first()?;
    let named = folders.iter().find_map(|folder| {
        let path = folder.join(&format!("{unit}.container")).ok()?;
        let Ok(SeenEntry::File { content, .. }) = search.context.files.look(&path) else {
            return None;
        };
        let file = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
        file.last("Container", "ContainerName").map(str::to_owned)
    });
    let name = named.unwrap_or_else(|| format!("systemd-{unit}"));
    is_plain(&name).then_some(name)
}

/// What is no plain text would be another command to a shell.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-=+@: ".contains(&byte))
}

fn write_command(before: &str, path: &str) -> Option<String> {
    is_plain(path).then(|| {
        format!(
            "{before}python3 -c \"import duckdb; duckdb.connect('{path}', read_only=True)\
             .execute(\\\"EXPORT DATABASE '{path}-export' (FORMAT parquet)\\\")\""
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::scene::{HOME, NOON, Scene, choice};

    const DUCKDB: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK\x40\0\0\0";

    #[tokio::test(start_paused = true)]
    async fn each_database_is_named_with_the_command_that_exports_it() {
        let scene = Scene::new().await;
        scene.storage().file("lake.duckdb", DUCKDB, NOON);
        scene.storage().file("open.duckdb", DUCKDB, NOON);
        scene.storage().file("open.duckdb.wal", &b"anything"[..], NOON);
        scene.storage().file("it's.duckdb", DUCKDB, NOON);
        let context = scene.context();
        let migration = Migration::find(&context, &choice()).await.unwrap();

        let found = list_exports(&migration).await.unwrap();

        let told: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.is_open)).collect();
        assert_eq!(told, [("it's.duckdb", false), ("lake.duckdb", false), ("open.duckdb", true)]);
        assert_eq!(found[0].command, None, "a quote would end the text");
        let path = format!("{HOME}/storage/lake.duckdb");
        let command = format!(
            "python3 -c \"import duckdb; duckdb.connect('{path}', read_only=True)\
             .execute(\\\"EXPORT DATABASE '{path}-export' (FORMAT parquet)\\\")\""
        );
        assert_eq!(found[1].command.as_deref(), Some(command.as_str()));
    }
}
