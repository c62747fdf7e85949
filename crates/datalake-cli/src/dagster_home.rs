//! Where Dagster's home lies: the one finder of all commands, over the host's files.

use datalake_core::{Fault, FaultKind, HostPath, HostSpec, InvalidPath, UnitName};
use datalake_engine::{Files, Seen, drop_ins, quadlet_folders};
use datalake_host::{Account, HostFiles, ListedLinks, Owners, WayFault};
use datalake_quadlet::{DagsterHome, MountedUnit, Mounts, UnitFile, UnknownHome};

/// Why Dagster's home is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Homeless {
    /// The units do not tell, or tell two.
    #[error(transparent)]
    Unknown(#[from] UnknownHome),
    /// A unit could not be read.
    #[error("`{0}` cannot be read")]
    Unread(HostPath, #[source] Fault),
    /// A link leads there.
    #[error(transparent)]
    Link(#[from] WayFault),
    /// The folder belongs to somebody else.
    #[error("{}", .0.detail)]
    Foreign(Fault),
    /// A name makes no plain path.
    #[error(transparent)]
    Path(#[from] InvalidPath),
}

/// Dagster's home and the units that tell it.
#[derive(Debug, Clone)]
pub(crate) struct FoundHome {
    /// The home; no link leads to it.
    pub home: DagsterHome,
    /// The units of the spec.
    pub units: Vec<MountedUnit>,
}

/// Which links may lead to Dagster's folders, and whose these may be.
#[derive(Debug, Clone)]
pub(crate) struct FolderRules {
    /// Below these folders no link is followed that is not listed.
    pub closed: Vec<HostPath>,
    /// The links that the operator has listed.
    pub listed: Vec<HostPath>,
    /// Whose files the folders may hold.
    pub owners: Owners,
}

impl FolderRules {
    /// The rules of a host: nothing is followed below the service user's home.
    ///
    /// # Errors
    ///
    /// [`Homeless`] where the user's subordinate ids cannot be read.
    pub(crate) fn of(
        account: &Account,
        host: &HostSpec,
        files: &dyn Files,
    ) -> Result<Self, Homeless> {
        let unread = |fault| Homeless::Unread(account.home.clone(), fault);
        let owners = Owners::read(files, &host.user, account).map_err(unread)?;
        Ok(Self { closed: vec![account.home.clone()], listed: host.links.clone(), owners })
    }

    /// The path of a folder without a link in it; one that is not there stays as it is.
    ///
    /// # Errors
    ///
    /// [`WayFault`] for a link that is not to be followed.
    pub(crate) fn resolve(&self, files: &HostFiles, path: &HostPath) -> Result<HostPath, WayFault> {
        let (closed, listed) = (self.closed.as_slice(), self.listed.as_slice());
        match files.resolve(path, &ListedLinks { closed, listed, owners: &self.owners }) {
            // What is not there, or no folder, is told by who looks at it.
            Err(WayFault::At { .. }) => Ok(path.clone()),
            resolved => resolved,
        }
    }
}

impl FolderRules {
    /// Refuses a folder that files of the service user name and that belongs to somebody else: root
    /// would read, move and remove there what that user cannot. A listed link is the operator's word.
    ///
    /// # Errors
    ///
    /// A [`Fault`] with path, owner and mode.
    pub(crate) fn require_own(&self, files: &HostFiles, path: &HostPath) -> Result<(), Fault> {
        let is_listed = self.listed.iter().any(|link| is_at_or_below(path, link));
        if is_listed || !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        // A link that is not followed, and what is not there, are told by who opens it.
        let Ok(plain) = self.resolve(files, path) else { return Ok(()) };
        let Ok(folder) = files.enter(&plain) else { return Ok(()) };
        let (owner, mode) = (folder.owner()?, folder.mode()?);
        if self.owners.includes_user(owner.uid) {
            return Ok(());
        }
        let text = format!(
            "`{path}` belongs to user {} and has mode {mode}: only folders of the service user are \
             taken for Dagster's",
            owner.uid
        );
        Err(Fault::new(FaultKind::Denied, text))
    }
}

impl FoundHome {
    /// Finds it in the units and their drop-ins, or takes the folder that the spec names.
    ///
    /// # Errors
    ///
    /// [`Homeless`] where the units do not tell, or a link leads there.
    pub(crate) fn find(
        account: &Account,
        host: &HostSpec,
        files: &HostFiles,
    ) -> Result<Self, Homeless> {
        let units = read_mounted_units(account, host, files)?;
        let home = DagsterHome::find(&units, host.dagster_home.as_ref(), &account.home)?;
        let mut rules = FolderRules::of(account, host, files)?;
        // A volume that is a link hides where its files lie.
        for volume in units.iter().flat_map(|unit| unit.mounts.folders()) {
            if is_at_or_below(&home.folder, volume) {
                rules.resolve(files, volume)?;
                rules.closed.push(volume.clone());
            }
        }
        let folder = rules.resolve(files, &home.folder)?;
        // What the operator names is his word.
        if host.dagster_home.is_none() {
            rules.require_own(files, &home.folder).map_err(Homeless::Foreign)?;
        }
        Ok(Self { home: DagsterHome { folder, ..home }, units })
    }
}

pub(crate) fn is_at_or_below(path: &HostPath, folder: &HostPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the containers of the spec's units see of the host. A unit that is missing sees nothing.
///
/// # Errors
///
/// [`Homeless`] where a unit or a drop-in cannot be read.
pub(crate) fn read_mounted_units(
    account: &Account,
    host: &HostSpec,
    files: &dyn Files,
) -> Result<Vec<MountedUnit>, Homeless> {
    let mounted = |name: &UnitName| {
        let units: Vec<_> = read_unit_files(name, account, files)?;
        Ok(MountedUnit { name: name.clone(), mounts: Mounts::of(&units, &account.home) })
    };
    host.units.iter().map(mounted).collect()
}

/// A unit and its drop-ins, the strongest last.
///
/// # Errors
///
/// [`Homeless`] where one of them cannot be read.
pub(crate) fn read_unit_files(
    name: &UnitName,
    account: &Account,
    files: &dyn Files,
) -> Result<Vec<UnitFile>, Homeless> {
    let folders = quadlet_folders(&account.home, account.owner.uid)?;
    let quadlets = account.home.join(".config/containers/systemd")?;
    let mut paths = vec![quadlets.join(&format!("{name}.container"))?];
    paths.extend(drop_ins(std::slice::from_ref(name), &folders, files).paths);
    let mut units = Vec::new();
    for path in paths {
        match files.look(&path) {
            Ok(Seen::File { content, .. }) => {
                units.push(UnitFile::parse(&String::from_utf8_lossy(content.expose())));
            }
            Ok(Seen::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Err(Homeless::Unread(path, fault)),
        }
    }
    Ok(units)
}
