//! What no file tells: I/O managers in code, read as text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_dagster::{
    CodeAsset, CodeReading, MadeManager, ManagerFamily, OwnStorage, S3ManagerCall, StoredAt,
    find_s3_managers, is_python_file, may_hold_code, own_storage, propose_change, read_managers,
};
use datalake_engine::{HeldFolder, NamedFolders, SeenEntry};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{ErrorKind, OperationError};

/// The key of an asset's manager, where nothing is said.
const DEFAULT_KEY: &str = "io_manager";
/// Entries of a folder that are looked at, at most: what is no project has more.
const SOURCES: usize = 20_000;
/// So much code is read.
const MOST_BYTES: usize = 256 << 20;

/// A look through a folder of code.
struct CodeLook<'a> {
    files: Arc<dyn HeldFolder>,
    named: &'a Path,
    bytes: usize,
    /// How many files of Python it has met.
    sources: usize,
    at: &'a StoredAt,
    found: CodeFindings,
    assets: Vec<CodeAsset>,
}

/// What the code of a project says of its I/O managers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeFindings {
    /// What is not known: managers that have files of their own, and code that was not read.
    pub unknown: Vec<String>,
    /// Managers that read from another place than files are moved to, in words.
    pub elsewhere: Vec<String>,
    /// The managers that the code makes.
    pub managers: Vec<CodeManager>,
}

/// A place in code that makes an I/O manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeManager {
    /// `FILE:LINE`.
    pub place: String,
    /// The class.
    pub class: String,
    /// The key or variable that it is given.
    pub name: Option<String>,
    /// The functions of the assets that name it.
    pub assets: Vec<String>,
    /// What keeps its files where, as far as the text says.
    pub says: String,
    /// The line that would change.
    pub line: Option<usize>,
    /// As it is.
    pub old: Option<String>,
    /// As it would be.
    pub new: Option<String>,
}

/// The I/O managers in the code of these folders that have files of their own, or that read from
/// another place than this migration's destination.
///
/// # Errors
///
/// [`OperationError`] where a folder cannot be read.
pub fn find_own_managers(
    folders: &dyn NamedFolders,
    code: &[PathBuf],
    at: &StoredAt,
) -> Result<CodeFindings, OperationError> {
    if code.is_empty() {
        let text = "I/O managers in code with files of their own, such as \
                    `FilesystemIOManager(base_dir=…)`: --code DIR looks for them";
        return Ok(CodeFindings { unknown: vec![text.to_owned()], ..CodeFindings::default() });
    }
    let (mut found, mut assets) = (CodeFindings::default(), Vec::new());
    for named in code {
        let files = folders.open_named(named).map_err(|fault| refuse_folder(named, fault))?;
        let mut look = CodeLook { files, named, bytes: 0, sources: 0, at, found, assets };
        look.look_through()?;
        if look.sources == 0 {
            let shown = look.shown(None);
            look.found.unknown.push(format!("`{shown}` holds no Python file: nothing was read"));
        }
        (found, assets) = (look.found, look.assets);
    }
    found.unknown.sort();
    found.elsewhere.sort();
    found.managers.sort_by(|one, other| one.place.cmp(&other.place));
    give_assets(&mut found.managers, assets);
    if found.unknown.is_empty() && found.managers.is_empty() {
        found.unknown.push("the named code has no I/O manager with files of its own".to_owned());
    }
    Ok(found)
}

/// Says what is wrong with a folder that cannot be opened.
fn refuse_folder(named: &Path, fault: WayFault) -> OperationError {
    let shown = printable(&named.display().to_string());
    let (kind, message) = match &fault {
        WayFault::At { fault, .. } if fault.kind == FaultKind::Absent => {
            (ErrorKind::Absent, format!("there is no folder `{shown}`"))
        }
        WayFault::At { fault, .. } if fault.kind == FaultKind::NotPlain => {
            (ErrorKind::Usage, format!("`{shown}` is not a folder: {}", fault.detail))
        }
        _ => return fault.into(),
    };
    OperationError::new(kind, message).advise("--code names the folder with the code of assets")
}

/// Gives each asset to the manager of its key, and tells of Dagster's own default where no manager
/// has that name.
fn give_assets(managers: &mut Vec<CodeManager>, assets: Vec<CodeAsset>) {
    let mut without: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for asset in assets {
        let key = asset.manager.unwrap_or_else(|| DEFAULT_KEY.to_owned());
        let mut named = managers
            .iter_mut()
            .filter(|made| made.name.as_deref() == Some(key.as_str()))
            .peekable();
        if named.peek().is_none() {
            without.entry(key).or_default().push(asset.name);
            continue;
        }
        named.for_each(|made| made.assets.push(asset.name.clone()));
    }
    for (key, assets) in without {
        let is_default = key == DEFAULT_KEY;
        managers.push(CodeManager {
            place: "-".to_owned(),
            class: if is_default { "FilesystemIOManager" } else { "unknown" }.to_owned(),
            says: if is_default {
                "Dagster's own default: pickles in its storage, unless code that was not read says \
                 otherwise"
            } else {
                "no manager of this name is made in the code that was read"
            }
            .to_owned(),
            name: Some(key),
            assets,
            line: None,
            old: None,
            new: None,
        });
    }
}

/// What the arguments of a manager say of its place.
fn tell_arguments(made: &MadeManager) -> String {
    let names =
        ["base_dir", "base_path", "s3_bucket", "s3_prefix", "database", "root_uri", "schema"];
    let told = made.arguments.iter().filter(|argument| names.contains(&argument.name.as_str()));
    let told: Vec<_> = told
        .map(|argument| match &argument.text {
            Some(text) => format!("{}=\"{}\"", argument.name, printable(text)),
            None => format!("{} is computed: not known", argument.name),
        })
        .collect();
    match (told.is_empty(), made.family) {
        (false, _) => told.join(", "),
        (true, ManagerFamily::Polars) => "no `base_dir`: Dagster's own storage".to_owned(),
        (true, ManagerFamily::S3Pickles) => {
            "no `s3_prefix`: the library's own, `dagster`".to_owned()
        }
        (true, _) => "the place of its files is unknown".to_owned(),
    }
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
                self.found.unknown.push(format!("{folder}: too many files to look at all"));
                break;
            }
            match self.files.is_file(&path) {
                Ok(true) if is_python_file(path.file_name()) => {
                    self.sources += 1;
                    self.read_code(&path);
                }
                Ok(true) => (),
                Err(fault) if fault.kind == FaultKind::Absent => (),
                // Nobody knows what lies behind a link.
                Err(fault) if fault.kind == FaultKind::NotPlain => {
                    if may_be_code(&path) {
                        self.found.unknown.push(tell_unread(&fault));
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
                self.read_managers(&source, &shown);
                self.judge_places(&source, &shown);
                let mut found = own_storage(&source);
                // What makes a manager that is known is told with it; pickles elsewhere are moved
                // only where their folder is named.
                let made = read_managers(&source).managers.into_iter();
                let made: BTreeSet<_> = made
                    .filter(|made| made.family != ManagerFamily::LocalPickles)
                    .map(|made| made.line)
                    .collect();
                found.retain(|own| !made.contains(&own.line));
                let line = |own: &OwnStorage| {
                    let text = printable(&own.text);
                    format!("{shown}:{}: `{text}`: the place of its files is unknown", own.line)
                };
                self.found.unknown.extend(found.iter().map(line));
            }
            Ok(SeenEntry::Folder(_)) => (),
            Err(fault) if matches!(fault.kind, FaultKind::NotPlain | FaultKind::TooLarge) => {
                self.found.unknown.push(tell_unread(&fault));
            }
            Err(fault) => self.found.unknown.push(format!("{shown}: cannot be read: {fault}")),
        }
    }

    fn read_managers(&mut self, source: &str, shown: &str) {
        let CodeReading { managers, assets } = read_managers(source);
        self.assets.extend(assets);
        for made in managers {
            let change = propose_change(source, &made, self.at);
            self.found.managers.push(CodeManager {
                place: format!("{shown}:{}", made.line),
                class: made.class.clone(),
                name: made.name.as_deref().map(printable),
                assets: Vec::new(),
                says: tell_arguments(&made),
                line: change.as_ref().map(|change| change.line),
                old: change.as_ref().map(|change| printable(&change.old)),
                new: change.as_ref().map(|change| printable(&change.new)),
            });
        }
    }

    fn judge_places(&mut self, source: &str, shown: &str) {
        let calls = find_s3_managers(source);
        let told = calls.iter().filter_map(|call| self.judge_call(shown, call));
        let mut told: Vec<_> = told.collect();
        self.found.elsewhere.append(&mut told);
    }

    fn judge_call(&self, shown: &str, call: &S3ManagerCall) -> Option<String> {
        let (bucket, prefix) = (self.at.bucket.as_str(), self.at.prefix.as_str());
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
