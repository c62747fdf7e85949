//! Where Dagster's files really lie on this host: its units, its `dagster.yaml`, and flags.

mod folder_place;
mod mounted_yaml;
mod named_home;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::host::HostPath;
use datalake_core::spec::HostSpec;
use datalake_dagster::{FilesPlace, LogPlace, UnreadableInstance, instance_places};
use datalake_engine::{HeldFolder, NamedFolders};
use datalake_quadlet::{
    HOME_VARIABLE, MountedUnit, UnitFile, folder_of_source, list_published_ports,
};

pub use self::folder_place::FolderPlace;
use self::folder_place::NamedFolder;
use self::mounted_yaml::read_mounted_yaml;
pub use self::named_home::require_named_home;
use crate::dagster_home::{FolderRules, FoundHome, read_mounted_units, read_unit_files};
use crate::{ErrorKind, HostContext, OperationError, look_at_host};

/// The port on which a webserver listens in its container.
const WEBSERVER: u16 = 3000;

/// Where Dagster's home is looked for.
#[derive(Clone)]
pub struct HomeSearch<'a> {
    /// The host.
    pub context: HostContext<'a>,
    /// What the spec tells of it, or why it tells nothing.
    pub host: Result<HostSpec, OperationError>,
    /// The host's root, held open.
    pub root: &'a dyn HeldFolder,
    /// What people call that.
    pub root_path: &'a Path,
    /// Folders that the operator names.
    pub named: &'a dyn NamedFolders,
}

/// What the operator names of Dagster's folders; the units and `dagster.yaml` tell the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HomeChoice {
    /// The home.
    pub home: Option<PathBuf>,
    /// The folder of the pickles.
    pub pickles: Option<PathBuf>,
    /// The folder of the logs.
    pub log_dir: Option<PathBuf>,
}

/// Dagster's home on this host and what lies in or beside it.
#[derive(Debug)]
pub struct HomePlaces {
    /// The folder on this host.
    pub folder: FolderPlace,
    /// The same folder as Dagster's processes see it.
    pub inside: String,
    /// The folder of the pickles, or why it is not known.
    pub pickles: Result<FolderPlace, String>,
    /// Where steps' output goes.
    pub logs: LogsFolder,
    /// The folder of the databases, or why it is not known.
    pub databases: Result<FolderPlace, String>,
    /// Where the webserver can be asked, as far as the units tell.
    pub webservers: Vec<String>,
}

/// Where steps' output goes.
#[derive(Debug)]
pub enum LogsFolder {
    /// Into this folder.
    Here(FolderPlace),
    /// Into a bucket already, below this prefix.
    Bucket(Option<String>),
    /// It is not known, and why.
    Unknown(String),
}

/// What the units tell of the containers.
struct MountedContainers {
    units: Vec<MountedUnit>,
    working: Vec<String>,
    webservers: Vec<String>,
    /// The service user's home, below which podman keeps volumes.
    user_home: HostPath,
    rules: Arc<FolderRules>,
}

impl HomeSearch<'_> {
    /// What the spec tells of the host.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a value is missing or wrong.
    pub fn host_spec(&self) -> Result<&HostSpec, OperationError> {
        self.host.as_ref().map_err(Clone::clone)
    }
}

impl HomePlaces {
    /// Finds the home and reads its `dagster.yaml`.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where neither a flag nor the units tell the home, or its `dagster.yaml` cannot
    /// be read.
    pub fn find(search: &HomeSearch<'_>, choice: &HomeChoice) -> Result<Self, OperationError> {
        let FoundFolder { containers, folder, inside, mounted_yaml } = match &choice.home {
            Some(named) => open_named_home(search, named)?,
            None => find_home(search)
                .map_err(|failure| failure.advise("or name the folder: --home DIR"))?,
        };
        let own = || folder.read_text("dagster.yaml");
        let text = mounted_yaml.as_ref().map_or_else(own, |yaml| read_mounted_yaml(search, yaml));
        let text = text?.unwrap_or_default();
        let places = instance_places(&text, &inside).map_err(|error| {
            let in_folder = || format!("{}/dagster.yaml", folder.shown());
            let path = mounted_yaml.as_ref().map_or_else(in_folder, ToString::to_string);
            OperationError::of(ErrorKind::Config, &error).within(format!("`{path}`")).advise(
                match error {
                    UnreadableInstance::Twice(_) => "take one of the two out",
                    _ => "Dagster cannot read it either: put the line right",
                },
            )
        })?;
        let folder = folder.closed();
        let rules = containers.as_ref().map(|containers| containers.rules.as_ref());
        let named = |path: &Path, flag| {
            FolderPlace::named(&NamedFolder { path, flag }, search.named, rules)
        };
        let here = Resolver {
            search,
            containers: containers.as_ref(),
            home: &folder,
            home_inside: &inside,
        };
        Ok(Self {
            pickles: match &choice.pickles {
                Some(dir) => Ok(named(dir, "--pickles")?),
                None => here.folder(&places.pickles),
            },
            logs: match (&choice.log_dir, places.logs) {
                (Some(dir), _) => LogsFolder::Here(named(dir, "--log-dir")?),
                (None, LogPlace::Local(place)) => match here.folder(&place) {
                    Ok(folder) => LogsFolder::Here(folder),
                    Err(why) => LogsFolder::Unknown(why),
                },
                (None, LogPlace::Bucket { prefix }) => LogsFolder::Bucket(prefix),
                (None, LogPlace::Elsewhere(why)) => LogsFolder::Unknown(why),
            },
            databases: here.folder(&places.databases),
            webservers: containers.map(|containers| containers.webservers).unwrap_or_default(),
            folder,
            inside,
        })
    }
}

/// The folder of the home, and how Dagster's processes see it.
struct FoundFolder {
    containers: Option<MountedContainers>,
    folder: FolderPlace,
    inside: String,
    /// The file that is mounted as `dagster.yaml`, where it lies elsewhere.
    mounted_yaml: Option<HostPath>,
}

/// The home that the operator names; it needs no units.
fn open_named_home(search: &HomeSearch<'_>, named: &Path) -> Result<FoundFolder, OperationError> {
    let containers = MountedContainers::read(search).ok();
    let rules = containers.as_ref().map(|containers| containers.rules.as_ref());
    let folder =
        FolderPlace::named(&NamedFolder { path: named, flag: "--home" }, search.named, rules)?;
    let told = containers.as_ref().and_then(|containers| containers.variable(HOME_VARIABLE));
    let inside = told.map(|inside| inside.trim_end_matches('/').to_owned());
    let inside = inside.unwrap_or_else(|| folder.real_path().display().to_string());
    Ok(FoundFolder { containers, folder, inside, mounted_yaml: None })
}

/// The home that the units or the spec tell.
fn find_home(search: &HomeSearch<'_>) -> Result<FoundFolder, OperationError> {
    let containers = MountedContainers::read(search)?;
    let (host, context) = (search.host_spec()?, &search.context);
    let (account, _) = look_at_host(context, host)?;
    let home = FoundHome::find(&account, host, context.files)?.home;
    let folder = FolderPlace::on_host(search, &home.folder, &containers.rules)?;
    let folder = if host.dagster_home.is_some() { folder.named_in_spec() } else { folder };
    if folder.is_absent() {
        let message = format!("there is no folder `{}`", folder.shown());
        return Err(OperationError::new(ErrorKind::Absent, message));
    }
    let inside = home.inside.unwrap_or_else(|| home.folder.to_string());
    let inside = inside.trim_end_matches('/').to_owned();
    let mounted_yaml = home.mounted_yaml;
    Ok(FoundFolder { containers: Some(containers), folder, inside, mounted_yaml })
}

impl MountedContainers {
    fn read(search: &HomeSearch<'_>) -> Result<Self, OperationError> {
        let (host, context) = (search.host_spec()?, &search.context);
        let (account, _) = look_at_host(context, host)?;
        let units = read_mounted_units(&account, host, context.files)?;
        let mut files: Vec<UnitFile> = Vec::new();
        for name in &host.units {
            files.extend(read_unit_files(name, &account, context.files)?);
        }
        let working = files.iter().filter_map(|unit| unit.last("Container", "WorkingDir"));
        let ports = files.iter().flat_map(|unit| list_published_ports(unit, WEBSERVER));
        Ok(Self {
            working: working.map(str::to_owned).collect(),
            webservers: ports.map(|port| format!("http://127.0.0.1:{port}")).collect(),
            rules: Arc::new(FolderRules::of(&account, host, context.files)?),
            user_home: account.home,
            units,
        })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.units.iter().find_map(|unit| unit.mounts.variable(name))
    }

    /// The folder of the host behind a path of a container.
    fn outside(&self, inside: &str) -> Option<HostPath> {
        let sources = self.units.iter().filter_map(|unit| unit.mounts.behind(inside));
        let mut folders =
            sources.filter_map(|source| folder_of_source(&source, &self.user_home).ok()?);
        folders.next()
    }

    fn see_nothing(&self) -> bool {
        self.units.iter().all(|unit| unit.mounts.is_empty())
    }
}

/// Turns places as Dagster sees them into folders of this host.
struct Resolver<'a> {
    search: &'a HomeSearch<'a>,
    containers: Option<&'a MountedContainers>,
    home: &'a FolderPlace,
    /// The home as Dagster's processes see it.
    home_inside: &'a str,
}

impl Resolver<'_> {
    fn folder(&self, place: &FilesPlace) -> Result<FolderPlace, String> {
        match place {
            FilesPlace::Folder(inside) => self.outside(inside),
            FilesPlace::Relative(path) => match self.working().as_slice() {
                [working, others @ ..] if others.iter().all(|other| other == working) => {
                    let path = path.trim_start_matches("./");
                    self.outside(&format!("{}/{path}", working.trim_end_matches('/')))
                }
                _ => Err(place.to_string()),
            },
            FilesPlace::Variable(name, behind) => {
                match self.containers.and_then(|all| all.variable(name)) {
                    Some(value) if value.starts_with('/') => {
                        let path = format!("{}/{behind}", value.trim_end_matches('/'));
                        self.outside(path.trim_end_matches('/'))
                    }
                    _ => Err(place.to_string()),
                }
            }
            FilesPlace::Unknown(why) => Err(why.clone()),
        }
    }

    fn working(&self) -> Vec<&str> {
        let all = self.containers.map(|containers| containers.working.as_slice());
        all.unwrap_or_default().iter().map(String::as_str).collect()
    }

    fn outside(&self, inside: &str) -> Result<FolderPlace, String> {
        if inside.split('/').any(|part| part == "..") {
            return Err(format!("`{inside}` leads upwards"));
        }
        let below = inside.strip_prefix(self.home_inside);
        if let Some(rest) = below.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return self.home.join(rest).map_err(|error| error.to_string());
        }
        let unknown = || format!("`{inside}` is on no known folder of this host");
        if let Some(outside) = self.containers.and_then(|all| all.outside(inside)) {
            return self.on_host(&outside).ok_or_else(unknown);
        }
        // Without containers, Dagster sees what this host sees.
        let sees_host = self.containers.is_none_or(MountedContainers::see_nothing);
        let plain = inside.trim_end_matches('/').parse().ok().filter(|_| sees_host);
        let plain = plain.and_then(|path: HostPath| self.on_host(&path));
        plain.filter(|folder| !folder.is_absent()).ok_or_else(unknown)
    }

    fn on_host(&self, path: &HostPath) -> Option<FolderPlace> {
        let rules = match self.containers {
            Some(containers) => Arc::clone(&containers.rules),
            None => self.home.rules(),
        };
        FolderPlace::on_host(self.search, path, &rules).ok()
    }
}

#[cfg(test)]
mod tests;
