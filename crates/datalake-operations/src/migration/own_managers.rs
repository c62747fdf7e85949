//! What no file tells: I/O managers in code.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_dagster::{OwnStorage, is_python_file, may_hold_code, own_storage};
use datalake_engine::{HeldFolder, NamedFolders, SeenEntry};

use crate::OperationError;

/// Entries of a folder that are looked at, at most: what is no project has more.
const SOURCES: usize = 20_000;
/// So much code is read.
const MOST_BYTES: usize = 256 << 20;

/// A look through a folder of code.
struct CodeLook<'a> {
    files: Arc<dyn HeldFolder>,
    named: &'a Path,
    bytes: usize,
    found: Vec<String>,
}

/// The I/O managers in the code of these folders that have files of their own, in words.
///
/// # Errors
///
/// [`OperationError`] where a folder cannot be read.
pub fn find_own_managers(
    folders: &dyn NamedFolders,
    code: &[PathBuf],
) -> Result<Vec<String>, OperationError> {
    if code.is_empty() {
        let text = "I/O managers in code with files of their own, such as \
                    `FilesystemIOManager(base_dir=…)`: --code DIR looks for them";
        return Ok(vec![text.to_owned()]);
    }
    let mut found = Vec::new();
    for named in code {
        let files = folders.open_named(named)?;
        let mut look = CodeLook { files, named, bytes: 0, found: Vec::new() };
        look.look_through()?;
        found.append(&mut look.found);
    }
    found.sort();
    if found.is_empty() {
        found.push(
            "no I/O manager with files of its own stands in the code that was named".to_owned(),
        );
    }
    Ok(found)
}

impl CodeLook<'_> {
    fn look_through(&mut self) -> Result<(), OperationError> {
        let root: Result<HostPath, _> = "/".parse();
        let mut left: Vec<_> = root.into_iter().collect();
        let mut seen = 0;
        while let Some(path) = left.pop() {
            seen += 1;
            if seen > SOURCES || self.bytes > MOST_BYTES {
                let folder = self.shown(None);
                self.found.push(format!("{folder}: too many files to look at all"));
                break;
            }
            match self.files.is_file(&path) {
                Ok(true) if is_python_file(path.file_name()) => self.read_code(&path),
                Ok(true) => (),
                Err(fault) if fault.kind == FaultKind::Absent => (),
                // Nobody knows what lies behind a link.
                Err(fault) if fault.kind == FaultKind::NotPlain => {
                    if may_be_code(&path) {
                        self.found.push(tell_unread(&fault));
                    }
                }
                Ok(false) => left.extend(self.list_paths(&path)?),
                Err(fault) => return Err(OperationError::about(self.shown(Some(&path)), &fault)),
            }
        }
        Ok(())
    }

    fn list_paths(&self, folder: &HostPath) -> Result<Vec<HostPath>, OperationError> {
        match self.files.look(folder) {
            Ok(SeenEntry::Folder(seen)) => {
                Ok(seen.names.iter().filter_map(|name| folder.join(name).ok()).collect())
            }
            Ok(SeenEntry::File { .. }) => Ok(Vec::new()),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(Vec::new()),
            Err(fault) => Err(OperationError::about(self.shown(Some(folder)), &fault)),
        }
    }

    fn read_code(&mut self, path: &HostPath) {
        let shown = self.shown(Some(path));
        match self.files.look(path) {
            Ok(SeenEntry::File { content, .. }) => {
                self.bytes += content.expose().len();
                let found = own_storage(&String::from_utf8_lossy(content.expose()));
                let line = |own: &OwnStorage| {
                    let text = printable(&own.text);
                    format!("{shown}:{}: `{text}`: where its files lie is not known", own.line)
                };
                self.found.extend(found.iter().map(line));
            }
            Ok(SeenEntry::Folder(_)) => (),
            Err(fault) if matches!(fault.kind, FaultKind::NotPlain | FaultKind::TooLarge) => {
                self.found.push(tell_unread(&fault));
            }
            Err(fault) => self.found.push(format!("{shown}: cannot be read: {fault}")),
        }
    }

    fn shown(&self, path: Option<&HostPath>) -> String {
        let below = path.map(|path| path.as_str().trim_start_matches('/')).unwrap_or_default();
        let whole = if below.is_empty() { self.named.to_owned() } else { self.named.join(below) };
        printable(&whole.display().to_string())
    }
}

/// Such a fault names the path.
fn tell_unread(fault: &Fault) -> String {
    format!("code that was not read: {}", printable(&fault.detail))
}

/// Whether a path is one of Python's, or may be a folder of the operator's own code.
fn may_be_code(path: &HostPath) -> bool {
    let mut parts: Vec<_> = path.as_str().split('/').filter(|part| !part.is_empty()).collect();
    let Some(name) = parts.pop() else { return false };
    parts.iter().all(|part| may_hold_code(part)) && (is_python_file(name) || may_hold_code(name))
}

#[cfg(test)]
mod tests;
