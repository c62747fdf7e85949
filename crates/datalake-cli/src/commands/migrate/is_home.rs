//! Whether a folder that was named is a home of Dagster's.

use std::path::Path;
use std::sync::Arc;

use datalake_core::TreePath;
use datalake_dagster::{HomeCandidate, HomeSigns, HomeVerdict, SQLITE_MAGIC, judge_home};
use datalake_engine::NoCheckpoints;
use datalake_host::{HostFiles, HostTree, Owners, PeekedFile};

use crate::args::migrate::What;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;

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
/// As [`require_home`].
pub(super) async fn require_named_home(what: &What) -> Result<(), Failure> {
    match &what.home {
        Some(home) if what.pickles.is_none() => require_home(home).await,
        Some(_) | None => Ok(()),
    }
}

/// Refuses a folder that is no home, and proposes the right one.
///
/// # Errors
///
/// [`Failure`] with [`Exit::Config`] for a folder that is none.
async fn require_home(path: &Path) -> Result<(), Failure> {
    // What cannot be opened is told by those who look for the home.
    let Ok(folder) = HostFiles::open_named(path, Arc::new(NoCheckpoints)) else { return Ok(()) };
    let whole = folder.real_path();
    let opened = listed(&folder)?;
    let named = candidate(&whole, &opened).await;
    if named.signs.is_certain() {
        return Ok(());
    }
    let mut above = Vec::new();
    for folder in whole.ancestors().skip(1).take(ABOVE) {
        // What cannot be opened is no home that could be proposed.
        if let Some(opened) = opened_beside(folder) {
            above.push(candidate(folder, &opened).await);
        }
    }
    let mut inside = Vec::new();
    if !named.signs.is_possible() {
        inside = candidates_in(&whole, &opened).await;
    }
    let shown = printable(&path.display().to_string());
    let as_named = |home: &String| printable(&told_as(path, home));
    match judge_home(&named, &above, &inside) {
        HomeVerdict::Home => Ok(()),
        HomeVerdict::Inside(home) => {
            let home = as_named(&home);
            let message = format!("`{shown}` is a folder in Dagster's home, not the home itself");
            Err(Failure::new(Exit::Config, message).hint(format!("name the home: --home {home}")))
        }
        HomeVerdict::NoHome(homes) => {
            Err(no_home(&shown, &homes.iter().map(as_named).collect::<Vec<_>>()))
        }
    }
}

/// A folder whose names can be asked for.
fn listed(folder: &HostFiles) -> Result<HostTree, Failure> {
    let opened = folder.owner().and_then(|owner| HostTree::guarded(folder, Owners::only(owner)));
    opened.map_err(|fault| Failure::about(format!("`{}`", printable(folder.shown())), &fault))
}

fn opened_beside(path: &Path) -> Option<HostTree> {
    listed(&HostFiles::open_named(path, Arc::new(NoCheckpoints)).ok()?).ok()
}

/// A path as it is reached the way that `named` was: from the working folder, if that was.
fn told_as(named: &Path, path: &str) -> String {
    let here = std::env::current_dir().ok().filter(|_| named.is_relative());
    let below = here.as_ref().and_then(|here| Path::new(path).strip_prefix(here).ok());
    match below {
        Some(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Some(below) => below.display().to_string(),
        None => path.to_owned(),
    }
}

/// The folders in a folder.
async fn candidates_in(path: &Path, opened: &HostTree) -> Vec<HomeCandidate> {
    let mut names = opened.first_names(".", INSIDE).await;
    names.sort();
    let mut inside = Vec::new();
    for name in names {
        if !opened.has_folder(&name).await {
            continue;
        }
        let next = path.join(name);
        if let Some(opened) = opened_beside(&next) {
            inside.push(candidate(&next, &opened).await);
        }
    }
    inside
}

fn no_home(shown: &str, homes: &[String]) -> Failure {
    let message =
        format!("`{shown}` is no home of Dagster's: it has no storage/, history/ or dagster.yaml");
    let refused = Failure::new(Exit::Config, message);
    if homes.is_empty() {
        return refused
            .hint("name Dagster's home on this host: --home DIR")
            .hint("or the folder of the pickles itself: --pickles DIR");
    }
    let proposed = homes.iter().take(PROPOSED);
    let proposed: Vec<_> = proposed.map(|home| format!("--home {home}")).collect();
    refused.hint(format!("did you mean {}?", proposed.join(" or ")))
}

async fn candidate(path: &Path, opened: &HostTree) -> HomeCandidate {
    HomeCandidate { path: path.display().to_string(), signs: signs_of(opened).await }
}

async fn signs_of(folder: &HostTree) -> HomeSigns {
    let paths = ["dagster.yaml"].into_iter().chain(HomeSigns::DATABASES);
    let paths: Vec<_> = paths.filter_map(|path| TreePath::try_from(path).ok()).collect();
    let peeked = folder.peek_files(&paths, SQLITE_MAGIC.len(), 0).await;
    let is_database = |file: &PeekedFile| file.head == SQLITE_MAGIC;
    HomeSigns {
        yaml: peeked.first().is_some_and(Result::is_ok),
        database: peeked.iter().skip(1).any(|file| file.as_ref().is_ok_and(is_database)),
        storage: folder.has_folder("storage").await,
        history: folder.has_folder("history").await,
    }
}
