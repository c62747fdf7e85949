//! What lies in Dagster's home beside the folders that are moved.

use std::path::Path;

use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_dagster::stays_in_home;
use datalake_engine::SeenEntry;

use super::{FileLines, Migration, StayingEntry};
use crate::{FolderPlace, HomePlaces, OperationError};

/// So many files beside are told one by one, at most.
const TOLD: usize = 100_000;

/// What lies in the home beside the pickles.
pub(crate) fn list_staying_beside(home: &HomePlaces) -> Result<Vec<StayingEntry>, OperationError> {
    let holds = |name: &String| {
        let path = home.folder.path_here().join(name);
        home.pickles.as_ref().is_ok_and(|pickles| pickles.path_here().starts_with(path))
    };
    let stays = home.folder.list_names()?.into_iter().filter(|name| !holds(name)).map(|name| {
        let why = stays_in_home(&name).unwrap_or("nothing that a migration knows");
        StayingEntry { name: printable(&name), items: None, why: why.to_owned() }
    });
    Ok(stays.collect())
}

/// Writes a line for each file in the home that no part has gone through.
///
/// # Errors
///
/// [`OperationError`] where the home cannot be read.
pub fn write_lines_beside(
    migration: &Migration<'_>,
    lines: &mut dyn FileLines,
) -> Result<(), OperationError> {
    let Some(home) = &migration.home else { return Ok(()) };
    let parts = migration.parts.iter().filter_map(|part| part.folder());
    let parts: Vec<_> = parts.map(FolderPlace::path_here).collect();
    let (whole, opened) = (home.folder.path_here(), home.folder.open()?);
    let mut left: Vec<HostPath> = "/".parse().into_iter().collect();
    let mut told = 0;
    while let Some(folder) = left.pop() {
        let here = whole.join(folder.as_str().trim_start_matches('/'));
        if parts.contains(&here) {
            continue;
        }
        let names = match opened.look(&folder) {
            Ok(SeenEntry::Folder(seen)) => seen.names,
            Ok(SeenEntry::File { .. }) => continue,
            Err(fault) if fault.kind == FaultKind::Absent => continue,
            Err(fault) => return Err(OperationError::about(quote_path(&here), &fault)),
        };
        for name in names {
            let Ok(path) = folder.join(&name) else { continue };
            if opened.is_file(&path) == Ok(false) {
                left.push(path);
                continue;
            }
            told += 1;
            if told > TOLD {
                lines.write_line('.', &home.folder.shown(), "and more beside the pickles");
                return Ok(());
            }
            let why = path.parts().next().and_then(stays_in_home);
            let why = why.unwrap_or("nothing that a migration knows");
            lines.write_line('.', &here.join(&name).display().to_string(), why);
        }
    }
    Ok(())
}

fn quote_path(path: &Path) -> String {
    format!("`{}`", printable(&path.display().to_string()))
}
