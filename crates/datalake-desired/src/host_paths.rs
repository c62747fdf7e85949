//! Where the things of a Dagster host lie.

use std::iter::successors;

use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, InvalidPath, Owner, UnitName, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_quadlet::{
    DagsterHome, STEERING_VARIABLES, UnknownHome, drop_in_path, find_container_units,
};

use crate::{DagsterUnit, HomeUnknown, HostKind, HostUnits, UnitRole};

/// The paths that concern one host.
pub struct HostPaths {
    /// The folders that hold the env file, parents first.
    pub env_folders: Vec<HostPath>,
    /// The env file with the key pair.
    pub env_file: HostPath,
    /// The container units that need the bucket.
    pub units: Vec<UnitPaths>,
    /// Files of others that may give the containers old values.
    pub others: Vec<ForeignFile>,
    /// Folders that nobody could look into, where more such files may lie.
    pub unseen: Vec<(HostPath, Fault)>,
    /// The variables that the containers are to be given.
    pub variables: Vec<String>,
    /// All units of the service user, once they are read.
    pub host_units: Option<HostUnits>,
    /// What kind of host it is, once that is looked for.
    pub kind: HostKind,
    /// Those that are looked at in their environments: an earlier spec may have given more.
    pub watched: Vec<String>,
    /// Dagster's home and its `dagster.yaml`, or why they are not known.
    pub dagster_yaml: Result<(DagsterHome, HostPath), HomeUnknown>,
}

/// A file of others that may give the containers old values.
pub struct ForeignFile {
    /// The file.
    pub path: HostPath,
    /// What it is.
    pub kind: ForeignFileKind,
    /// Why it cannot be changed, if it cannot.
    pub refused: Option<Fault>,
}

/// What a file of others is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFileKind {
    /// A unit file or a drop-in.
    Quadlet,
    /// A file in `environment.d`.
    EnvironmentD,
}

/// The paths that concern one container unit.
pub struct UnitPaths {
    /// The unit file.
    pub file: HostPath,
    /// The folder of its drop-ins.
    pub drop_ins: HostPath,
    /// datalake's drop-in.
    pub drop_in: HostPath,
    /// The folders above that of the drop-ins that may have to be made, parents first.
    pub parents: Vec<HostPath>,
    /// Who owns them and the drop-in.
    pub owner: Owner,
}

/// Names as those take them who only read them.
#[must_use]
pub fn names_of(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

impl HostPaths {
    /// The places of a host whose service user has this account: quadlets below
    /// `~/.config/containers/systemd`, or `/etc/containers/systemd` for root; the env file apart from
    /// `environment.d`, which systemd would hand to every service of the user.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub fn of(
        account: &UserAccount,
        host: &HostSpec,
        variables: Vec<String>,
    ) -> Result<Self, InvalidPath> {
        let config = account.home.join(".config")?;
        let folder = config.join("datalake")?;
        let quadlets = account.quadlet_folder()?;
        let place = DropInPlace { folder: quadlets, parents: Vec::new(), owner: account.owner };
        let unit = |name: &UnitName| {
            let file = place.folder.join(&format!("{name}.container"))?;
            place.place_unit(name, file)
        };
        Ok(Self {
            env_file: folder.join("s3.env")?,
            env_folders: vec![config, folder],
            units: host.units.iter().map(unit).collect::<Result<_, _>>()?,
            others: Vec::new(),
            unseen: Vec::new(),
            watched: variables.clone(),
            host_units: None,
            kind: HostKind::Unclear,
            variables,
            dagster_yaml: Err(UnknownHome::NoVariable.into()),
        })
    }

    /// The variables that the containers are to be given, and the ones that must not reach them: left
    /// over, they are taken out.
    #[must_use]
    pub fn stale(&self) -> Vec<&str> {
        names_of(&self.variables).into_iter().chain(STEERING_VARIABLES).collect()
    }

    /// The folders in which quadlet looks for units, the strongest first; none before they are read.
    #[must_use]
    pub fn search_path(&self) -> &[HostPath] {
        self.host_units.as_ref().map_or(&[], |units| &units.folders)
    }

    /// The units that do nothing but run user code: they are restarted before those who ask them.
    #[must_use]
    pub fn find_code_servers(&self) -> Vec<UnitName> {
        let roles = self.host_units.iter().flat_map(HostUnits::find_roles);
        roles.filter(DagsterUnit::is_code_server).map(|unit| unit.container.name).collect()
    }

    /// The units in the order in which a new key pair is tried out on them: those that schedule, then
    /// those that serve the page, then those that only run user code. None is in two groups.
    #[must_use]
    pub fn group_restarts(&self) -> Vec<Vec<UnitName>> {
        let mut groups = vec![Vec::new(); 3];
        for unit in self.host_units.iter().flat_map(HostUnits::find_roles) {
            let at = match &unit {
                unit if unit.has_role(UnitRole::Schedules) => 0,
                unit if unit.has_role(UnitRole::ServesUi) => 1,
                unit if unit.is_code_server() => 2,
                _ => continue,
            };
            groups
                .get_mut(at)
                .into_iter()
                .for_each(|group| group.push(unit.container.name.clone()));
        }
        groups
    }

    /// The units among `planned` whose services go on running: these are restarted and watched.
    #[must_use]
    pub fn find_running_units(&self, planned: &[UnitName]) -> Vec<UnitName> {
        let roles = self.host_units.as_ref().map(HostUnits::find_roles).unwrap_or_default();
        let rests = |name: &&UnitName| {
            let mut named = roles.iter().filter(|unit| unit.container.name == **name);
            named.any(|unit| !unit.goes_on_running())
        };
        planned.iter().filter(|name| !rests(name)).cloned().collect()
    }

    /// Leaves only those of the spec's units whose services go on running.
    pub fn keep_running_units(&mut self, host: &mut HostSpec) {
        let running = self.find_running_units(&host.units);
        let mut names = host.units.iter();
        self.units.retain(|_| names.next().is_some_and(|name| running.contains(name)));
        host.units = running;
    }

    /// The units among `planned` in which user code runs; all of them where none is known to run it.
    /// Those that do not go on running are not among them.
    #[must_use]
    pub fn find_code_units(&self, planned: &[UnitName]) -> Vec<UnitName> {
        let planned = self.find_running_units(planned);
        let roles = self.host_units.as_ref().map(HostUnits::find_roles).unwrap_or_default();
        let runs_code = |name: &&UnitName| {
            let mut named = roles.iter().filter(|unit| unit.is_called(name));
            named.any(|unit| unit.has_role(UnitRole::RunsUserCode))
        };
        let found: Vec<_> = planned.iter().filter(runs_code).cloned().collect();
        if found.is_empty() { planned } else { found }
    }

    /// Takes each unit where it was found. Its drop-in lies in a folder that the generator reads, and
    /// below no link of a sub-folder: in that of the user's own units, or where root keeps units for
    /// this user alone.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub fn place_units(
        &mut self,
        host: &HostSpec,
        account: &UserAccount,
        units: &HostUnits,
    ) -> Result<(), InvalidPath> {
        let found = find_container_units(&units.files, &units.folders);
        for (paths, name) in self.units.iter_mut().zip(&host.units) {
            if let Some(unit) = found.iter().find(|unit| unit.name == *name) {
                let place = DropInPlace::beside(unit.folder, account, &units.folders)?;
                *paths = place.place_unit(name, unit.unit.path.clone())?;
            } else if let Some(folder) = units.folders.first()
                && !units.folders.iter().any(|folder| paths.file.parent().as_ref() == Some(folder))
            {
                // What lies in the usual folder does not count where the generator reads others.
                let place = DropInPlace::beside(folder, account, &units.folders)?;
                *paths = place.place_unit(name, folder.join(&format!("{name}.container"))?)?;
            }
        }
        Ok(())
    }
}

/// A folder that the generator reads and in which drop-ins are put.
struct DropInPlace {
    folder: HostPath,
    parents: Vec<HostPath>,
    owner: Owner,
}

/// Where root keeps units for users.
const ROOTS_FOLDER: &str = "/etc/containers/systemd/users";

impl DropInPlace {
    /// The place for drop-ins of units in that folder of the search path.
    fn beside(
        folder: &HostPath,
        account: &UserAccount,
        search: &[HostPath],
    ) -> Result<Self, InvalidPath> {
        let own = account.quadlet_folder()?;
        if !account.is_host() && folder.as_str().starts_with("/etc/containers/") {
            // One for all users would count for units of others.
            let folder: HostPath = format!("{ROOTS_FOLDER}/{}", account.owner.uid).parse()?;
            let owner = Owner { uid: 0, gid: 0 };
            return Ok(Self { parents: vec![folder.clone()], folder, owner });
        }
        if *folder == own || !search.contains(&own) {
            let folder = if search.contains(&own) { own } else { folder.clone() };
            return Ok(Self { folder, parents: Vec::new(), owner: account.owner });
        }
        // Neither the home nor `/etc` is made.
        let above = successors(Some(own.clone()), HostPath::parent);
        let is_kept = |path: &HostPath| *path == account.home || path.as_str() == "/etc";
        let mut parents: Vec<_> = above.take_while(|path| !is_kept(path)).collect();
        parents.reverse();
        Ok(Self { folder: own, parents, owner: account.owner })
    }

    fn place_unit(&self, name: &UnitName, file: HostPath) -> Result<UnitPaths, InvalidPath> {
        let beside = self.folder.join(&format!("{name}.container"))?;
        Ok(UnitPaths {
            drop_ins: self.folder.join(&format!("{name}.container.d"))?,
            drop_in: drop_in_path(&beside)?,
            file,
            parents: self.parents.clone(),
            owner: self.owner,
        })
    }
}

#[cfg(test)]
mod tests;
