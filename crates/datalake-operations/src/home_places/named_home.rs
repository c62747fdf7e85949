//! Whether a folder that was named is a home of Dagster's.

use std::path::Path;
use std::sync::Arc;

use datalake_core::text::printable;
use datalake_core::transfer::TreePath;
use datalake_dagster::{HomeCandidate, HomeSigns, HomeVerdict, SQLITE_MAGIC, judge_home};
use datalake_engine::transfer::{PeekLength, PeekTree, PeekedFile};
use datalake_engine::{HeldFolder, NamedFolders, Owners};

use super::HomeChoice;
use crate::{ErrorKind, OperationError};

/// So many folders above are looked at.
const ABOVE: usize = 8;
/// So many names in it are looked at.
const INSIDE: usize = 1000;
/// So many homes are proposed.
const PROPOSED: usize = 3;

/// Refuses a home that was named and is none; who names the folder of the pickles means that one.
///
/// # Errors
///
/// As `require_home`.
pub async fn require_named_home(
    folders: &dyn NamedFolders,
    choice: &HomeChoice,
) -> Result<(), OperationError> {
    match &choice.home {
        Some(home) if choice.pickles.is_none() => require_home(folders, home).await,
        Some(_) | None => Ok(()),
    }
}

/// Refuses a folder that is no home, and proposes the right one.
///
/// # Errors
///
/// [`OperationError`] with [`ErrorKind::Config`] for a folder that is none.
async fn require_home(folders: &dyn NamedFolders, path: &Path) -> Result<(), OperationError> {
    // What cannot be opened is told by those who look for the home.
    let Ok(folder) = folders.open_named(path) else { return Ok(()) };
    let whole = folder.real_path();
    let opened = open_listed(folder.as_ref())?;
    let named = find_candidate(&whole, opened.as_ref()).await;
    if named.signs.is_certain() {
        return Ok(());
    }
    let mut above = Vec::new();
    for folder in whole.ancestors().skip(1).take(ABOVE) {
        // What cannot be opened is no home that could be proposed.
        if let Some(opened) = open_if_any(folders, folder) {
            above.push(find_candidate(folder, opened.as_ref()).await);
        }
    }
    let mut inside = Vec::new();
    if !named.signs.is_possible() {
        inside = find_candidates_in(folders, &whole, opened.as_ref()).await;
    }
    let shown = printable(&path.display().to_string());
    let as_named = |home: &String| printable(&name_as(folders, path, home));
    match judge_home(&named, &above, &inside) {
        HomeVerdict::Home => Ok(()),
        HomeVerdict::Inside(home) => {
            let home = as_named(&home);
            let message = format!("`{shown}` is a folder in Dagster's home, not the home itself");
            Err(OperationError::new(ErrorKind::Config, message)
                .advise(format!("name the home: --home {home}")))
        }
        HomeVerdict::NoHome(homes) => {
            Err(refuse_home(&shown, &homes.iter().map(as_named).collect::<Vec<_>>()))
        }
    }
}

/// A folder whose names can be asked for.
fn open_listed(folder: &dyn HeldFolder) -> Result<Arc<dyn PeekTree>, OperationError> {
    let opened = folder.owner().and_then(|owner| folder.open_tree(Owners::only(owner)));
    opened
        .map_err(|fault| OperationError::about(format!("`{}`", printable(folder.shown())), &fault))
}

fn open_if_any(folders: &dyn NamedFolders, path: &Path) -> Option<Arc<dyn PeekTree>> {
    open_listed(folders.open_named(path).ok()?.as_ref()).ok()
}

/// A path as it is reached the way that `named` was: from the working folder, if that was.
fn name_as(folders: &dyn NamedFolders, named: &Path, path: &str) -> String {
    let here = folders.working_folder().filter(|_| named.is_relative());
    let below = here.as_ref().and_then(|here| Path::new(path).strip_prefix(here).ok());
    match below {
        Some(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Some(below) => below.display().to_string(),
        None => path.to_owned(),
    }
}

/// The folders in a folder.
async fn find_candidates_in(
    folders: &dyn NamedFolders,
    path: &Path,
    opened: &dyn PeekTree,
) -> Vec<HomeCandidate> {
    let mut names = opened.list_first_names(".", INSIDE).await;
    names.sort();
    let mut inside = Vec::new();
    for name in names {
        if !opened.has_folder(&name).await {
            continue;
        }
        let next = path.join(name);
        if let Some(opened) = open_if_any(folders, &next) {
            inside.push(find_candidate(&next, opened.as_ref()).await);
        }
    }
    inside
}

fn refuse_home(shown: &str, homes: &[String]) -> OperationError {
    let message =
        format!("`{shown}` is not Dagster's home: it has no storage/, history/ or dagster.yaml");
    let refused = OperationError::new(ErrorKind::Config, message);
    if homes.is_empty() {
        return refused
            .advise("name Dagster's home on this host: --home DIR")
            .advise("or the folder of the pickles itself: --pickles DIR");
    }
    let proposed = homes.iter().take(PROPOSED);
    let proposed: Vec<_> = proposed.map(|home| format!("--home {home}")).collect();
    refused.advise(format!("did you mean {}?", proposed.join(" or ")))
}

async fn find_candidate(path: &Path, opened: &dyn PeekTree) -> HomeCandidate {
    HomeCandidate { path: path.display().to_string(), signs: find_signs(opened).await }
}

async fn find_signs(folder: &dyn PeekTree) -> HomeSigns {
    let paths = ["dagster.yaml"].into_iter().chain(HomeSigns::DATABASES);
    let paths: Vec<_> = paths.filter_map(|path| TreePath::try_from(path).ok()).collect();
    let peeked = folder.peek_files(&paths, PeekLength { head: SQLITE_MAGIC.len(), tail: 0 }).await;
    let is_database = |file: &PeekedFile| file.head == SQLITE_MAGIC;
    HomeSigns {
        yaml: peeked.first().is_some_and(Result::is_ok),
        database: peeked.iter().skip(1).any(|file| file.as_ref().is_ok_and(is_database)),
        storage: folder.has_folder("storage").await,
        history: folder.has_folder("history").await,
    }
}

#[cfg(test)]
mod tests;
