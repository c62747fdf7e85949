//! A folder of Dagster's, reached from a handle and never through a link of somebody else's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::{Fault, FaultKind, HostPath, InvalidPath, Mode};
use datalake_engine::{Files as _, NoCheckpoints, Seen};
use datalake_host::{HostFiles, HostTree, Owners};

use crate::dagster_home::{FolderRules, Homeless};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;
use crate::site::Site;

/// A folder that may be there or not, below one that is held open.
#[derive(Clone)]
pub(super) struct FolderPlace {
    base: Arc<HostFiles>,
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
    /// [`Failure`] where the host's root cannot be opened.
    pub(super) fn on_host(
        site: &Site,
        path: &HostPath,
        rules: &Arc<FolderRules>,
    ) -> Result<Self, Failure> {
        let above = site.root.clone();
        let base = site.host.enter(&root_path()?).map_err(|fault| unopened(&above, &fault))?;
        let told = Some(path.clone());
        Ok(Self { base: Arc::new(base), path: path.clone(), above, rules: Arc::clone(rules), told })
    }

    /// The same of a folder that the spec names: it may be anybody's.
    pub(super) fn named_in_spec(self) -> Self {
        Self { told: None, ..self }
    }

    /// A folder that the operator names. What lies there may belong to its owner, or to the service
    /// user and its containers' users where the folder is theirs.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a link of somebody else, and where there is no such folder.
    pub(super) fn named(
        named: &Path,
        flag: &str,
        rules: Option<&FolderRules>,
    ) -> Result<Self, Failure> {
        let base = HostFiles::open_named(named, Arc::new(NoCheckpoints)).map_err(|fault| {
            let failure = Failure::from(fault);
            if failure.exit != Exit::Absent {
                return failure;
            }
            let message =
                format!("there is no folder `{}`", printable(&named.display().to_string()));
            Failure::new(Exit::Absent, message)
                .hint(format!("name a folder of this host: {flag} DIR"))
        })?;
        let owner = base.owner().map_err(|fault| unopened(named, &fault))?;
        let known = rules.filter(|rules| rules.owners.includes_user(owner.uid));
        let owners = known.map_or_else(|| Owners::only(owner), |rules| rules.owners.clone());
        let rules = Arc::new(FolderRules {
            closed: vec![root_path()?],
            listed: listed_below(&base.real_path(), rules),
            owners,
        });
        let path = root_path()?;
        Ok(Self { base: Arc::new(base), path, above: named.to_owned(), rules, told: None })
    }

    /// What lies at `below` in it.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] for a path that leads upwards, or has control characters.
    pub(super) fn join(&self, below: &str) -> Result<Self, InvalidPath> {
        let below = below.trim_matches('/');
        let path = if below.is_empty() { self.path.clone() } else { self.path.join(below)? };
        Ok(Self { path, ..self.clone() })
    }

    /// The same folder, below which no link is followed.
    pub(super) fn closed(&self) -> Self {
        let mut rules = FolderRules::clone(&self.rules);
        rules.closed.push(self.path.clone());
        Self { rules: Arc::new(rules), ..self.clone() }
    }

    /// Whose files may lie in it, and which links may lead to it.
    pub(super) fn rules(&self) -> Arc<FolderRules> {
        Arc::clone(&self.rules)
    }

    /// Where it lies on this machine, for people.
    pub(super) fn path_here(&self) -> PathBuf {
        let below = self.path.as_str().trim_start_matches('/');
        if below.is_empty() { self.above.clone() } else { self.above.join(below) }
    }

    /// The same as text, fit for a terminal.
    pub(super) fn shown(&self) -> String {
        printable(&self.path_here().display().to_string())
    }

    /// Where it really lies, as far as it is there: what manifests are known by.
    pub(super) fn real_path(&self) -> PathBuf {
        match self.open() {
            Ok(folder) => folder.real_path(),
            Err(_) => self.base.real_path().join(self.path.as_str().trim_start_matches('/')),
        }
    }

    /// The name of the folder itself.
    pub(super) fn name(&self) -> String {
        match self.path.file_name() {
            "" => {
                let real = self.base.real_path();
                real.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
            name => name.to_owned(),
        }
    }

    /// Whether nothing lies there. A link counts as something.
    pub(super) fn is_absent(&self) -> bool {
        self.open().is_err_and(|failure| failure.exit == Exit::Absent)
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a link, for anything else than a folder, and where there is nothing.
    pub(super) fn open(&self) -> Result<HostFiles, Failure> {
        if let Some(told) = &self.told {
            let own = self.rules.require_own(&self.base, told);
            own.map_err(Homeless::Foreign)?;
        }
        let path = self.rules.resolve(&self.base, &self.path)?;
        self.base.enter(&path).map_err(|fault| unopened(&self.path_here(), &fault))
    }

    /// Opens it for transfers.
    ///
    /// # Errors
    ///
    /// [`Failure`], as [`FolderPlace::open`].
    pub(super) fn open_tree(&self) -> Result<HostTree, Failure> {
        let folder = self.open()?;
        HostTree::guarded(&folder, self.rules.owners.clone())
            .map_err(|fault| unopened(&self.path_here(), &fault))
    }

    /// The names in it, sorted.
    ///
    /// # Errors
    ///
    /// [`Failure`], as [`FolderPlace::open`].
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        match self.open()?.look(&root_path()?) {
            Ok(Seen::Folder(folder)) => Ok(folder.names.into_iter().collect()),
            Ok(Seen::File { .. }) => Ok(Vec::new()),
            Err(fault) => Err(unopened(&self.path_here(), &fault)),
        }
    }

    /// The text of a small file in it; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Failure`] for anything that is no plain file of at most 1 MiB.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let path = root_path()?.join(name).map_err(|error| unfit(&error))?;
        let shown = self.path_here().join(name);
        match self.open()?.look(&path) {
            Ok(Seen::File { content, .. }) => match std::str::from_utf8(content.expose()) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(error) => Err(Failure::of(Exit::Config, &error).within(quoted_path(&shown))),
            },
            Ok(Seen::Folder(_)) => {
                let fault = Fault::new(FaultKind::NotPlain, "it is a folder");
                Err(unopened(&shown, &fault))
            }
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) if fault.kind == FaultKind::TooLarge => {
                Err(unopened(&shown, &fault).under(Exit::Config))
            }
            Err(fault) => Err(unopened(&shown, &fault)),
        }
    }

    /// A new folder of that name beside it, for files that its owner may have.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the folder above belongs to somebody else.
    pub(super) fn make_beside(&self, name: &str) -> Result<Self, Failure> {
        let beside = self.beside(name)?;
        let above = beside.path.parent().map_or_else(root_path, Ok)?;
        let folder = beside.base.enter(&above);
        let owner = folder.and_then(|folder| folder.owner()).and_then(|owner| {
            if rustix::process::geteuid().is_root() {
                self.rules.owners.heir(owner)
            } else {
                Ok(crate::site::me())
            }
        });
        let made = owner
            .and_then(|owner| beside.base.create_folder(&beside.path, Mode::PUBLIC_FOLDER, owner));
        made.map_err(|fault| unopened(&beside.path_here(), &fault))?;
        Ok(beside)
    }

    /// The place of that name beside it.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the folder above cannot be opened.
    pub(super) fn beside(&self, name: &str) -> Result<Self, Failure> {
        let path = self.rules.resolve(&self.base, &self.path)?;
        if let Some(above) = path.parent() {
            let path = above.join(name).map_err(|error| unfit(&error))?;
            return Ok(Self { path, ..self.clone() });
        }
        let real = self.base.real_path();
        let above = real.parent().unwrap_or(&real);
        let base = HostFiles::open_named(above, Arc::new(NoCheckpoints))?;
        let path = root_path()?.join(name).map_err(|error| unfit(&error))?;
        Ok(Self {
            base: Arc::new(base),
            path,
            above: above.to_owned(),
            rules: Arc::clone(&self.rules),
            told: None,
        })
    }
}

/// The listed links below a folder, as paths that count from it.
fn listed_below(folder: &Path, rules: Option<&FolderRules>) -> Vec<HostPath> {
    let folder = folder.to_string_lossy();
    let listed = rules.map(|rules| rules.listed.as_slice()).unwrap_or_default();
    let below = listed.iter().filter_map(|path| path.as_str().strip_prefix(folder.as_ref()));
    below.filter_map(|path| path.parse().ok()).collect()
}

fn root_path() -> Result<HostPath, Failure> {
    "/".parse().map_err(|error: InvalidPath| unfit(&error))
}

fn unfit(error: &InvalidPath) -> Failure {
    Failure::of(Exit::Config, error)
}

fn quoted_path(path: &Path) -> String {
    format!("`{}`", printable(&path.display().to_string()))
}

fn unopened(path: &Path, fault: &Fault) -> Failure {
    let failure = Failure::about(quoted_path(path), fault);
    if fault.kind == FaultKind::Absent { failure.under(Exit::Absent) } else { failure }
}
