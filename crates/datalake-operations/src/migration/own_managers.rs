//! What no file tells: I/O managers in code, read as text.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_dagster::{
    OwnStorage, S3ManagerCall, find_s3_managers, is_python_file, may_hold_code, own_storage,
};
use datalake_engine::{HeldFolder, NamedFolders, SeenEntry};

use super::MigrationContext;
use crate::OperationError;

/// Entries of a folder that are looked at, at most: what is no project has more.
const SOURCES: usize = 20_000;
/// So much code is read.
const MOST_BYTES: usize = 256 << 20;

/// What code tells of its I/O managers, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeFindings {
    /// What is not known: managers that have files of their own, and code that was not read.
    pub unknown: Vec<String>,
    /// Managers that read from another place than files are moved to.
    pub elsewhere: Vec<String>,
}

/// A look through a folder of code.
struct CodeLook<'a> {
    context: &'a MigrationContext<'a>,
    files: Arc<dyn HeldFolder>,
    named: &'a Path,
    bytes: usize,
    found: Vec<String>,
    elsewhere: Vec<String>,
}

/// The I/O managers in the code of these folders that have files of their own, or that read from
/// another place than this migration's destination.
///
/// # Errors
///
/// [`OperationError`] where a folder cannot be read.
pub fn find_own_managers(
    context: &MigrationContext<'_>,
    folders: &dyn NamedFolders,
    code: &[PathBuf],
) -> Result<CodeFindings, OperationError> {
    if code.is_empty() {
        let text = "I/O managers in code with files of their own, such as \
                    `FilesystemIOManager(base_dir=…)`: --code DIR looks for them";
        return Ok(CodeFindings { unknown: vec![text.to_owned()], ..CodeFindings::default() });
    }
    let mut found = CodeFindings::default();
    for named in code {
        let files = folders.open_named(named)?;
        let (unknown, elsewhere) = (Vec::new(), Vec::new());
        let mut look = CodeLook { context, files, named, bytes: 0, found: unknown, elsewhere };
        look.look_through()?;
        found.unknown.append(&mut look.found);
        found.elsewhere.append(&mut look.elsewhere);
    }
    found.unknown.sort();
    found.elsewhere.sort();
    if found.unknown.is_empty() {
        found.unknown.push(
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
                let source = String::from_utf8_lossy(content.expose());
                let calls = find_s3_managers(&source);
                let judge = |call| self.judge_call(&shown, call);
                let mut elsewhere: Vec<_> = calls.iter().filter_map(judge).collect();
                self.elsewhere.append(&mut elsewhere);
                let found = own_storage(&source);
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

    fn judge_call(&self, shown: &str, call: &S3ManagerCall) -> Option<String> {
        let (bucket, prefix) = (self.context.bucket.as_str(), self.context.prefix.as_str());
        let trouble = call.judge(Some(bucket), Some(prefix))?;
        let (class, what) = (printable(&call.class), printable(&trouble.what));
        let line = call.line;
        Some(format!("{shown}:{line}: `{class}`: {what}; write `{}`", printable(&trouble.instead)))
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
