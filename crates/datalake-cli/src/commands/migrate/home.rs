//! Where Dagster's files really lie on this host: its units, its `dagster.yaml`, and flags.

use std::path::Path;
use std::sync::Arc;

use datalake_core::HostPath;
use datalake_dagster::{LogPlace, Place, instance_places};
use datalake_quadlet::{HOME_VARIABLE, MountedUnit, UnitFile, folder_of_source, published};

use super::folder::FolderPlace;
use crate::args::migrate::What;
use crate::dagster_home::{FolderRules, FoundHome, read_mounted_units, read_unit_files};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::site::Site;

/// The port on which a webserver listens in its container.
const WEBSERVER: u16 = 3000;

/// Dagster's home on this host and what lies in or beside it.
#[derive(Debug)]
pub(super) struct Home {
    /// The folder on this host.
    pub(super) folder: FolderPlace,
    /// The same folder as Dagster's processes see it.
    pub(super) inside: String,
    /// The folder of the pickles, or why it is not known.
    pub(super) pickles: Result<FolderPlace, String>,
    /// Where steps' output goes.
    pub(super) logs: Logs,
    /// The folder of the databases, or why it is not known.
    pub(super) databases: Result<FolderPlace, String>,
    /// Where the webserver can be asked, as far as the units tell.
    pub(super) webservers: Vec<String>,
}

/// Where steps' output goes.
#[derive(Debug)]
pub(super) enum Logs {
    /// Into this folder.
    Here(FolderPlace),
    /// Into a bucket already, below this prefix.
    Bucket(Option<String>),
    /// It is not known, and why.
    Unknown(String),
}

/// What the units tell of the containers.
struct Containers {
    units: Vec<MountedUnit>,
    working: Vec<String>,
    webservers: Vec<String>,
    /// The service user's home, below which podman keeps volumes.
    user_home: HostPath,
    rules: Arc<FolderRules>,
}

impl Home {
    /// Finds the home and reads its `dagster.yaml`.
    ///
    /// # Errors
    ///
    /// [`Failure`] where neither a flag nor the units tell the home, or its `dagster.yaml` cannot
    /// be read.
    pub(super) fn find(site: &Site, what: &What) -> Result<Self, Failure> {
        let (containers, folder, inside) = match &what.home {
            Some(named) => named_home(site, named)?,
            None => found_home(site)
                .map_err(|failure| failure.hint("or name the folder: --home DIR"))?,
        };
        let text = folder.text("dagster.yaml")?.unwrap_or_default();
        let places = instance_places(&text, &inside).map_err(|error| {
            Failure::of(Exit::Config, &error)
                .within(format!("`{}/dagster.yaml`", folder.shown()))
                .hint("a key that stands twice is taken by Dagster, the last one: take one out")
        })?;
        let folder = folder.closed();
        let rules = containers.as_ref().map(|containers| containers.rules.as_ref());
        let named = |dir: &Path, flag| FolderPlace::named(dir, flag, rules);
        let here = Resolver { site, containers: containers.as_ref(), home: (&folder, &inside) };
        Ok(Self {
            pickles: match &what.pickles {
                Some(dir) => Ok(named(dir, "--pickles")?),
                None => here.folder(&places.pickles),
            },
            logs: match (&what.log_dir, places.logs) {
                (Some(dir), _) => Logs::Here(named(dir, "--log-dir")?),
                (None, LogPlace::Local(place)) => match here.folder(&place) {
                    Ok(folder) => Logs::Here(folder),
                    Err(why) => Logs::Unknown(why),
                },
                (None, LogPlace::Bucket { prefix }) => Logs::Bucket(prefix),
                (None, LogPlace::Elsewhere(class)) => {
                    Logs::Unknown(format!("`compute_logs` is a `{class}`"))
                }
            },
            databases: here.folder(&places.databases),
            webservers: containers.map(|containers| containers.webservers).unwrap_or_default(),
            folder,
            inside,
        })
    }
}

type FoundHere = (Option<Containers>, FolderPlace, String);

/// The home that the operator names; it needs no units.
fn named_home(site: &Site, named: &Path) -> Result<FoundHere, Failure> {
    let containers = Containers::read(site).ok();
    let rules = containers.as_ref().map(|containers| containers.rules.as_ref());
    let folder = FolderPlace::named(named, "--home", rules)?;
    let told = containers.as_ref().and_then(|containers| containers.variable(HOME_VARIABLE));
    let inside = told.map(|inside| inside.trim_end_matches('/').to_owned());
    let inside = inside.unwrap_or_else(|| folder.real_path().display().to_string());
    Ok((containers, folder, inside))
}

/// The home that the units or the spec tell.
fn found_home(site: &Site) -> Result<FoundHere, Failure> {
    let containers = Containers::read(site)?;
    let host = site.settings.host()?;
    let (account, _) = site.host(&host)?;
    let home = FoundHome::find(&account, &host, &site.host)?.home;
    let folder = FolderPlace::on_host(site, &home.folder, &containers.rules)?;
    let folder = if host.dagster_home.is_some() { folder.named_in_spec() } else { folder };
    if folder.is_absent() {
        let message = format!("there is no folder `{}`", folder.shown());
        return Err(Failure::new(Exit::Absent, message));
    }
    let inside = home.inside.unwrap_or_else(|| home.folder.to_string());
    Ok((Some(containers), folder, inside.trim_end_matches('/').to_owned()))
}

impl Containers {
    fn read(site: &Site) -> Result<Self, Failure> {
        let host = site.settings.host()?;
        let (account, _) = site.host(&host)?;
        let units = read_mounted_units(&account, &host, &site.host)?;
        let mut files: Vec<UnitFile> = Vec::new();
        for name in &host.units {
            files.extend(read_unit_files(name, &account, &site.host)?);
        }
        let working = files.iter().filter_map(|unit| unit.last("Container", "WorkingDir"));
        let ports = files.iter().flat_map(|unit| published(unit, WEBSERVER));
        Ok(Self {
            working: working.map(str::to_owned).collect(),
            webservers: ports.map(|port| format!("http://127.0.0.1:{port}")).collect(),
            rules: Arc::new(FolderRules::of(&account, &host, &site.host)?),
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
    site: &'a Site,
    containers: Option<&'a Containers>,
    home: (&'a FolderPlace, &'a str),
}

impl Resolver<'_> {
    fn folder(&self, place: &Place) -> Result<FolderPlace, String> {
        match place {
            Place::Folder(inside) => self.outside(inside),
            Place::Relative(path) => match self.working().as_slice() {
                [working, others @ ..] if others.iter().all(|other| other == working) => {
                    let path = path.trim_start_matches("./");
                    self.outside(&format!("{}/{path}", working.trim_end_matches('/')))
                }
                _ => Err(place.to_string()),
            },
            Place::Variable(name, behind) => {
                match self.containers.and_then(|all| all.variable(name)) {
                    Some(value) if value.starts_with('/') => {
                        let path = format!("{}/{behind}", value.trim_end_matches('/'));
                        self.outside(path.trim_end_matches('/'))
                    }
                    _ => Err(place.to_string()),
                }
            }
            Place::Unknown(why) => Err(why.clone()),
        }
    }

    fn working(&self) -> Vec<&str> {
        let all = self.containers.map(|containers| containers.working.as_slice());
        all.unwrap_or_default().iter().map(String::as_str).collect()
    }

    fn outside(&self, inside: &str) -> Result<FolderPlace, String> {
        let (folder, home) = self.home;
        if inside.split('/').any(|part| part == "..") {
            return Err(format!("`{inside}` leads upwards"));
        }
        let below = inside.strip_prefix(home);
        if let Some(rest) = below.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return folder.join(rest).map_err(|error| error.to_string());
        }
        let unknown = || format!("`{inside}` lies on no folder of this host that is known");
        if let Some(outside) = self.containers.and_then(|all| all.outside(inside)) {
            return self.on_host(&outside).ok_or_else(unknown);
        }
        // Without containers, Dagster sees what this host sees.
        let sees_host = self.containers.is_none_or(Containers::see_nothing);
        let plain = inside.trim_end_matches('/').parse().ok().filter(|_| sees_host);
        let plain = plain.and_then(|path: HostPath| self.on_host(&path));
        plain.filter(|folder| !folder.is_absent()).ok_or_else(unknown)
    }

    fn on_host(&self, path: &HostPath) -> Option<FolderPlace> {
        let rules = match self.containers {
            Some(containers) => Arc::clone(&containers.rules),
            None => self.home.0.rules(),
        };
        FolderPlace::on_host(self.site, path, &rules).ok()
    }
}
