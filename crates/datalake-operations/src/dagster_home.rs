//! Where Dagster's home lies: the one finder of all commands, over the host's files.

use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{HostPath, UnitName, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_desired::HomeUnknown;
use datalake_engine::{
    Files, ListedLinks, Owners, PathStanding, SeenEntry, SeenKind, drop_ins, find_search_path,
};
use datalake_quadlet::{DagsterHome, MountBase, MountedUnit, Mounts, UnitFile, UnknownHome};

/// Dagster's home and the units that tell it.
#[derive(Debug, Clone)]
pub struct FoundHome {
    /// The home; no link leads to it.
    pub home: DagsterHome,
    /// The units of the spec.
    pub units: Vec<MountedUnit>,
}

/// Which links may lead to Dagster's folders, and whose these may be.
#[derive(Debug, Clone)]
pub struct FolderRules {
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
    /// [`HomeUnknown`] where the user's subordinate ids cannot be read.
    pub fn of(
        account: &UserAccount,
        host: &HostSpec,
        files: &dyn Files,
    ) -> Result<Self, HomeUnknown> {
        let unread = |fault| HomeUnknown::Unread(account.home.clone(), fault);
        let owners = Owners::read(files, &host.user, account).map_err(unread)?;
        Ok(Self { closed: vec![account.home.clone()], listed: host.links.clone(), owners })
    }

    /// The path of a folder without a link in it; one that is not there stays as it is.
    ///
    /// # Errors
    ///
    /// [`WayFault`] for a link that is not to be followed.
    pub fn resolve(&self, files: &dyn Files, path: &HostPath) -> Result<HostPath, WayFault> {
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
    pub fn require_own(&self, files: &dyn Files, path: &HostPath) -> Result<(), Fault> {
        let is_listed = self.listed.iter().any(|link| is_at_or_below(path, link));
        if is_listed || !files.reads_everything() {
            return Ok(());
        }
        // A link that is not followed, and what is not there, are told by who opens it.
        let Ok(plain) = self.resolve(files, path) else { return Ok(()) };
        match files.look_at_kind(&plain) {
            Ok(standing) if standing.kind == SeenKind::Folder => {
                self.require_owner(path, &standing, "folders")
            }
            _ => Ok(()),
        }
    }

    /// The same of a file that units mount: root would read there what the service user cannot.
    ///
    /// # Errors
    ///
    /// A [`Fault`] with path, owner and mode.
    pub fn require_own_file(&self, files: &dyn Files, path: &HostPath) -> Result<(), Fault> {
        if !files.reads_everything() {
            return Ok(());
        }
        match files.look_at_kind(path) {
            Ok(standing) if standing.kind == SeenKind::File => {
                self.require_owner(path, &standing, "files")
            }
            _ => Ok(()),
        }
    }

    fn require_owner(
        &self,
        path: &HostPath,
        PathStanding { mode, owner, .. }: &PathStanding,
        what: &str,
    ) -> Result<(), Fault> {
        if self.owners.includes_user(owner.uid) {
            return Ok(());
        }
        let text = format!(
            "`{path}` belongs to user {} and has mode {mode}: only {what} of the service user are \
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
    /// [`HomeUnknown`] where the units do not tell, or a link leads there.
    pub fn find(
        account: &UserAccount,
        host: &HostSpec,
        files: &dyn Files,
    ) -> Result<Self, HomeUnknown> {
        let units = read_mounted_units(account, host, files)?;
        let mut rules = FolderRules::of(account, host, files)?;
        let home = DagsterHome::find(&units, host.dagster_home.as_ref(), &account.home);
        if let Err(UnknownHome::OnlySettings { yaml, .. }) = &home {
            rules.require_own_file(files, yaml).map_err(HomeUnknown::Foreign)?;
        }
        let home = home?;
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
            rules.require_own(files, &home.folder).map_err(HomeUnknown::Foreign)?;
        }
        if let Some(yaml) = &home.mounted_yaml {
            rules.require_own_file(files, yaml).map_err(HomeUnknown::Foreign)?;
        }
        Ok(Self { home: DagsterHome { folder, ..home }, units })
    }
}

/// Whether a path is that of the folder, or lies below it.
#[must_use]
pub fn is_at_or_below(path: &HostPath, folder: &HostPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the containers of the spec's units see of the host. A unit that is missing sees nothing.
///
/// # Errors
///
/// [`HomeUnknown`] where a unit or a drop-in cannot be read.
pub fn read_mounted_units(
    account: &UserAccount,
    host: &HostSpec,
    files: &dyn Files,
) -> Result<Vec<MountedUnit>, HomeUnknown> {
    let folder = account.quadlet_folder()?;
    let mounted = |name: &UnitName| {
        let units: Vec<_> = read_unit_files(name, account, files)?;
        let base = MountBase { folder: &folder, home: &account.home };
        Ok(MountedUnit { name: name.clone(), mounts: Mounts::of(&units, base) })
    };
    host.units.iter().map(mounted).collect()
}

/// A unit and its drop-ins, the strongest last.
///
/// # Errors
///
/// [`HomeUnknown`] where one of them cannot be read.
pub fn read_unit_files(
    name: &UnitName,
    account: &UserAccount,
    files: &dyn Files,
) -> Result<Vec<UnitFile>, HomeUnknown> {
    let folders = find_search_path(account, files)?;
    let found = drop_ins(std::slice::from_ref(name), &folders, files);
    let usual = account.quadlet_folder()?.join(&format!("{name}.container"))?;
    let file = found.files.into_iter().find_map(|file| file.present().cloned());
    let paths = [file.unwrap_or(usual)].into_iter().chain(found.paths);
    let mut units = Vec::new();
    for path in paths {
        match files.look(&path) {
            Ok(SeenEntry::File { content, .. }) => {
                units.push(UnitFile::parse(&String::from_utf8_lossy(content.expose())));
            }
            Ok(SeenEntry::Folder(_)) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => return Err(HomeUnknown::Unread(path, fault)),
        }
    }
    Ok(units)
}
