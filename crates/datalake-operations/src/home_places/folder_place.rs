//! A folder of Dagster's, reached from a handle and never through a link of somebody else's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath, Mode};
use datalake_core::text::printable;
use datalake_desired::HomeUnknown;
use datalake_engine::transfer::PeekTree;
use datalake_engine::{HeldFolder, NamedFolders, Owners, SeenEntry};

use super::HomeSearch;
use crate::dagster_home::FolderRules;
use crate::{ErrorKind, OperationError};

/// A folder that the operator names, and the flag that names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedFolder<'a> {
    pub(crate) path: &'a Path,
    pub(crate) flag: &'a str,
}

/// A folder that may be there or not, below one that is held open.
#[derive(Clone)]
pub struct FolderPlace {
    base: Arc<dyn HeldFolder>,
    path: HostPath,
    /// The base as people know it.
    above: PathBuf,
    rules: Arc<FolderRules>,
    /// The folder that files of the service user name, which has to be its own.
    told: Option<HostPath>,
}

impl fmt::Debug for FolderPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FolderPlace").field(&self.path_here()).finish()
    }
}

impl FolderPlace {
    /// A folder of the managed host.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the host's root cannot be opened.
    pub(crate) fn on_host(
        search: &HomeSearch<'_>,
        path: &HostPath,
        rules: &Arc<FolderRules>,
    ) -> Result<Self, OperationError> {
        let above = search.root_path.to_owned();
        let base =
            search.root.enter(&root_path()?).map_err(|fault| refuse_folder(&above, &fault))?;
        let told = Some(path.clone());
        Ok(Self { base, path: path.clone(), above, rules: Arc::clone(rules), told })
    }

    /// The same of a folder that the spec names: it may be anybody's.
    pub(crate) fn named_in_spec(self) -> Self {
        Self { told: None, ..self }
    }

    /// A folder that the operator names. What lies there may belong to its owner, or to the service
    /// user and its containers' users where the folder is theirs.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a link of somebody else, and where there is no such folder.
    pub(crate) fn named(
        named: &NamedFolder<'_>,
        folders: &dyn NamedFolders,
        rules: Option<&FolderRules>,
    ) -> Result<Self, OperationError> {
        let NamedFolder { path: named, flag } = *named;
        let base = folders.open_named(named).map_err(|fault| {
            let failure = OperationError::from(fault);
            if failure.kind != ErrorKind::Absent {
                return failure;
            }
            let message =
                format!("there is no folder `{}`", printable(&named.display().to_string()));
            OperationError::new(ErrorKind::Absent, message)
                .advise(format!("name a folder of this host: {flag} DIR"))
        })?;
        let owner = base.owner().map_err(|fault| refuse_folder(named, &fault))?;
        let known = rules.filter(|rules| rules.owners.includes_user(owner.uid));
        let owners = known.map_or_else(|| Owners::only(owner), |rules| rules.owners.clone());
        let rules = Arc::new(FolderRules {
            closed: vec![root_path()?],
            listed: listed_below(&base.real_path(), rules),
            owners,
        });
        let path = root_path()?;
        Ok(Self { base, path, above: named.to_owned(), rules, told: None })
    }

    /// What lies at `below` in it.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] for a path that leads upwards, or has control characters.
    pub(crate) fn join(&self, below: &str) -> Result<Self, InvalidPath> {
        let below = below.trim_matches('/');
        let path = if below.is_empty() { self.path.clone() } else { self.path.join(below)? };
        Ok(Self { path, ..self.clone() })
    }

    /// The same folder, below which no link is followed.
    pub(crate) fn closed(&self) -> Self {
        let mut rules = FolderRules::clone(&self.rules);
        rules.closed.push(self.path.clone());
        Self { rules: Arc::new(rules), ..self.clone() }
    }

    /// Whose files may lie in it, and which links may lead to it.
    pub(crate) fn rules(&self) -> Arc<FolderRules> {
        Arc::clone(&self.rules)
    }

    /// Where it lies on this machine, for people.
    pub(crate) fn path_here(&self) -> PathBuf {
        let below = self.path.as_str().trim_start_matches('/');
        if below.is_empty() { self.above.clone() } else { self.above.join(below) }
    }

    /// The same as text, fit for a terminal.
    pub(crate) fn shown(&self) -> String {
        printable(&self.path_here().display().to_string())
    }

    /// Where it really lies, as far as it is there: what manifests are known by.
    pub(crate) fn real_path(&self) -> PathBuf {
        match self.open() {
            Ok(folder) => folder.real_path(),
            Err(_) => self.base.real_path().join(self.path.as_str().trim_start_matches('/')),
        }
    }

    /// The name of the folder itself.
    pub(crate) fn name(&self) -> String {
        match self.path.file_name() {
            "" => {
                let real = self.base.real_path();
                real.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            name => name.to_owned(),
        }
    }

    /// Whether nothing lies there. A link counts as something.
    pub(crate) fn is_absent(&self) -> bool {
        self.open().is_err_and(|failure| failure.kind == ErrorKind::Absent)
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a link, for anything else than a folder, and where there is nothing.
    pub(crate) fn open(&self) -> Result<Arc<dyn HeldFolder>, OperationError> {
        if let Some(told) = &self.told {
            let own = self.rules.require_own(self.base.as_ref(), told);
            own.map_err(HomeUnknown::Foreign)?;
        }
        let path = self.rules.resolve(self.base.as_ref(), &self.path)?;
        self.base.enter(&path).map_err(|fault| refuse_folder(&self.path_here(), &fault))
    }

    /// Opens it for transfers.
    ///
    /// # Errors
    ///
    /// [`OperationError`], as [`FolderPlace::open`].
    pub(crate) fn open_tree(&self) -> Result<Arc<dyn PeekTree>, OperationError> {
        let tree = self.open()?.open_tree(self.rules.owners.clone());
        tree.map_err(|fault| refuse_folder(&self.path_here(), &fault))
    }

    /// The names in it, sorted.
    ///
    /// # Errors
    ///
    /// [`OperationError`], as [`FolderPlace::open`].
    pub(crate) fn list_names(&self) -> Result<Vec<String>, OperationError> {
        match self.open()?.look(&root_path()?) {
            Ok(SeenEntry::Folder(folder)) => Ok(folder.names.into_iter().collect()),
            Ok(SeenEntry::File { .. }) => Ok(Vec::new()),
            Err(fault) => Err(refuse_folder(&self.path_here(), &fault)),
        }
    }

    /// The text of a small file in it; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for anything that is no plain file of at most 1 MiB.
    pub(crate) fn read_text(&self, name: &str) -> Result<Option<String>, OperationError> {
        let path = root_path()?.join(name).map_err(|error| refuse_path(&error))?;
        let shown = self.path_here().join(name);
        match self.open()?.look(&path) {
            Ok(SeenEntry::File { content, .. }) => match std::str::from_utf8(content.expose()) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(error) => {
                    Err(OperationError::of(ErrorKind::Config, &error).within(quoted_path(&shown)))
                }
            },
            Ok(SeenEntry::Folder(_)) => {
                let fault = Fault::new(FaultKind::NotPlain, "it is a folder");
                Err(refuse_folder(&shown, &fault))
            }
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) if fault.kind == FaultKind::TooLarge => {
                Err(refuse_folder(&shown, &fault).under(ErrorKind::Config))
            }
            Err(fault) => Err(refuse_folder(&shown, &fault)),
        }
    }

    /// A new folder of that name beside it, for files that its owner may have.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the folder above belongs to somebody else.
    pub(crate) fn make_beside(&self, name: &str) -> Result<Self, OperationError> {
        let beside = self.place_beside(name)?;
        let above = beside.path.parent().map_or_else(root_path, Ok)?;
        let folder = beside.base.enter(&above);
        let owner = folder.and_then(|folder| folder.owner()).and_then(|owner| {
            if beside.base.reads_everything() {
                self.rules.owners.heir(owner)
            } else {
                Ok(beside.base.caller())
            }
        });
        let made = owner
            .and_then(|owner| beside.base.create_folder(&beside.path, Mode::PUBLIC_FOLDER, owner));
        made.map_err(|fault| refuse_folder(&beside.path_here(), &fault))?;
        Ok(beside)
    }

    /// The place of that name beside it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the folder above cannot be opened.
    pub(crate) fn place_beside(&self, name: &str) -> Result<Self, OperationError> {
        let path = self.rules.resolve(self.base.as_ref(), &self.path)?;
        if let Some(above) = path.parent() {
            let path = above.join(name).map_err(|error| refuse_path(&error))?;
            return Ok(Self { path, ..self.clone() });
        }
        let real = self.base.real_path();
        let above = real.parent().unwrap_or(&real);
        let base = self.base.open_parent()?;
        let path = root_path()?.join(name).map_err(|error| refuse_path(&error))?;
        Ok(Self { base, path, above: above.to_owned(), rules: Arc::clone(&self.rules), told: None })
    }
}

/// The listed links below a folder, as paths that count from it.
fn listed_below(folder: &Path, rules: Option<&FolderRules>) -> Vec<HostPath> {
    let folder = folder.to_string_lossy();
    let listed = rules.map(|rules| rules.listed.as_slice()).unwrap_or_default();
    let below = listed.iter().filter_map(|path| path.as_str().strip_prefix(folder.as_ref()));
    below.filter_map(|path| path.parse().ok()).collect()
}

fn root_path() -> Result<HostPath, OperationError> {
    "/".parse().map_err(|error: InvalidPath| refuse_path(&error))
}

fn refuse_path(error: &InvalidPath) -> OperationError {
    OperationError::of(ErrorKind::Config, error)
}

fn quoted_path(path: &Path) -> String {
    format!("`{}`", printable(&path.display().to_string()))
}

fn refuse_folder(path: &Path, fault: &Fault) -> OperationError {
    let failure = OperationError::about(quoted_path(path), fault);
    if fault.kind == FaultKind::Absent { failure.under(ErrorKind::Absent) } else { failure }
}
