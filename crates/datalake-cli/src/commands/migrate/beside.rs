//! What lies in Dagster's home beside the folders that are moved.

use std::fs;
use std::path::PathBuf;

use datalake_dagster::stays_in_home;

use super::home::Home;
use super::lines::Lines;
use super::look::Stays;
use super::part::Migration;
use crate::failure::Failure;
use crate::render::printable;

/// So many files beside are told one by one, at most.
const TOLD: usize = 100_000;

/// What lies in the home beside the pickles.
pub(super) fn stays_beside(home: &Home) -> Result<Vec<Stays>, Failure> {
    let failed = |error| Failure::io(&home.path, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(&home.path).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name());
    }
    names.sort();
    let holds = |name: &std::ffi::OsStr| {
        let path = home.path.join(name);
        home.pickles.as_ref().is_ok_and(|pickles| pickles.starts_with(path))
    };
    let stays = names.into_iter().filter(|name| !holds(name)).map(|name| {
        let name = name.to_string_lossy().into_owned();
        let why = stays_in_home(&name).unwrap_or("nothing that a migration knows");
        Stays { name: printable(&name), items: None, why: why.to_owned() }
    });
    Ok(stays.collect())
}

/// Writes a line for each file in the home that no part has gone through.
///
/// # Errors
///
/// [`Failure`] where the home cannot be read.
pub(super) fn write_lines(
    home: &Home,
    migration: &Migration<'_>,
    lines: &mut Lines,
) -> Result<(), Failure> {
    let parts: Vec<_> = migration.parts.iter().filter_map(|part| part.folder()).collect();
    let mut left = vec![home.path.clone()];
    let mut told = 0;
    while let Some(folder) = left.pop() {
        if parts.iter().any(|part| *part == folder) {
            continue;
        }
        let failed = |error| Failure::io(&folder, &error);
        let mut entries: Vec<(PathBuf, bool)> = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries.push((entry.path(), entry.file_type().map_err(failed)?.is_dir()));
        }
        entries.sort();
        for (path, is_folder) in entries {
            if is_folder {
                left.push(path);
                continue;
            }
            told += 1;
            if told > TOLD {
                lines.write('.', &home.path.display().to_string(), "and more beside the pickles");
                return Ok(());
            }
            lines.write('.', &path.display().to_string(), why_beside(home, &path));
        }
    }
    Ok(())
}

/// Why a file beside the pickles stays.
fn why_beside(home: &Home, path: &std::path::Path) -> &'static str {
    let first = path.strip_prefix(&home.path).ok().and_then(|rest| rest.iter().next());
    let known = first.and_then(|name| stays_in_home(&name.to_string_lossy()));
    known.unwrap_or("nothing that a migration knows")
}
