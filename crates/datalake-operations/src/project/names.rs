//! The names that a project uses already.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Folder, HostPath};
use datalake_core::text::printable;
use datalake_dagster::{ProjectFile, UsedNames};
use datalake_engine::{Files, SeenEntry};

use super::ProjectFolder;
use crate::{ErrorKind, OperationError};

/// So many files of a project are read for names.
const MOST_FILES: usize = 20_000;

/// So much of them is read.
const MOST_BYTES: usize = 256 << 20;

/// The names that files of the project use: those of the operator's, and those of the files that are
/// written here. Only what lies below `within` is read. What other calls have written counts as neither.
pub(super) fn find_used_names(
    folder: &ProjectFolder<'_>,
    within: &str,
    own: &[ProjectFile],
) -> Result<UsedNames, OperationError> {
    let Some(files) = folder.files else { return Ok(UsedNames::default()) };
    let own = own.iter().map(|file| format!("/{}", file.path)).collect();
    let shown = printable(folder.shown);
    let mut reader =
        NameReader { files, shown, own, read: 0, bytes: 0, used: UsedNames::default() };
    let mut left = vec![within.to_owned()];
    while let Some(path) = left.pop() {
        if let Ok(path) = path.parse() {
            left.extend(reader.read_folder(&path)?);
        }
    }
    Ok(reader.used)
}

struct NameReader<'a> {
    files: &'a dyn Files,
    /// How the project's folder is called in messages.
    shown: String,
    /// The files that are written here.
    own: Vec<String>,
    read: usize,
    bytes: usize,
    used: UsedNames,
}

impl NameReader<'_> {
    /// Reads the sources in a folder, and tells which folders lie in it.
    fn read_folder(&mut self, folder: &HostPath) -> Result<Vec<String>, OperationError> {
        let names = match self.files.look(folder) {
            Ok(SeenEntry::Folder(seen)) if is_of_project(folder, &seen) => seen.names,
            Ok(_) => return Ok(Vec::new()),
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(Vec::new()),
            Err(fault) => return Err(self.fail_at(folder, &fault)),
        };
        let mut folders = Vec::new();
        for path in names.iter().filter_map(|name| folder.join(name).ok()) {
            match self.files.is_file(&path) {
                Ok(false) => folders.push(path.to_string()),
                Ok(true) if is_source(&path) => {
                    self.read_source(&path)?;
                }
                // Links and pipes are no sources.
                Ok(true) => (),
                Err(fault) if is_no_source(&fault) => (),
                Err(fault) => return Err(self.fail_at(&path, &fault)),
            }
        }
        Ok(folders)
    }

    fn read_source(&mut self, path: &HostPath) -> Result<(), OperationError> {
        self.read += 1;
        if self.read > MOST_FILES || self.bytes > MOST_BYTES {
            let text = format!("`{}` has too many files to be a project", self.shown);
            return Err(
                OperationError::new(ErrorKind::Usage, text).advise("name the project's own folder")
            );
        }
        match self.files.look(path) {
            Ok(SeenEntry::File { content, .. }) => {
                self.bytes += content.expose().len();
                let text = String::from_utf8_lossy(content.expose());
                if self.own.contains(&path.to_string()) {
                    self.used.own.read(&text);
                } else if !ProjectFile::is_signed(&text) {
                    self.used.taken.read(&text);
                }
                Ok(())
            }
            // So large a file is no source, and one with another name is not read.
            Ok(SeenEntry::Folder(_)) => Ok(()),
            Err(fault) if is_no_source(&fault) => Ok(()),
            Err(fault) => Err(self.fail_at(path, &fault)),
        }
    }

    fn fail_at(&self, path: &HostPath, fault: &Fault) -> OperationError {
        OperationError::about(format!("`{}{path}`", self.shown), fault)
    }
}

fn is_no_source(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::NotPlain | FaultKind::Absent | FaultKind::TooLarge)
}

/// Environments and caches hold other people's code.
fn is_of_project(path: &HostPath, folder: &Folder) -> bool {
    let name = path.file_name();
    !name.starts_with('.')
        && !["__pycache__", "node_modules", "site-packages"].contains(&name)
        && (name.is_empty() || !folder.names.contains("pyvenv.cfg"))
}

fn is_source(path: &HostPath) -> bool {
    let ending = path.file_name().rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ["py", "yaml", "yml"].contains(&ending))
}
