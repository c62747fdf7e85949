//! Where Dagster's files really lie on this host: its units, its `dagster.yaml`, and flags.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use datalake_core::FaultKind;
use datalake_dagster::{LogPlace, Place, instance_places};
use datalake_engine::{Files as _, Seen};
use datalake_quadlet::{Mounts, Source, UnitFile, published, volume_name};

use crate::args::migrate::What;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::printable;
use crate::site::Site;

/// The port on which a webserver listens in its container.
const WEBSERVER: u16 = 3000;

/// Dagster's home on this host and what lies in or beside it.
#[derive(Debug)]
pub(super) struct Home {
    /// The folder on this host.
    pub(super) path: PathBuf,
    /// The same folder as Dagster's processes see it.
    pub(super) inside: String,
    /// The folder of the pickles, or why it is not known.
    pub(super) pickles: Result<PathBuf, String>,
    /// Where steps' output goes.
    pub(super) logs: Logs,
    /// The folder of the databases, or why it is not known.
    pub(super) databases: Result<PathBuf, String>,
    /// Where the webserver can be asked, as far as the units tell.
    pub(super) webservers: Vec<String>,
}

/// Where steps' output goes.
#[derive(Debug)]
pub(super) enum Logs {
    /// Into this folder.
    Here(PathBuf),
    /// Into a bucket already, below this prefix.
    Bucket(Option<String>),
    /// It is not known, and why.
    Unknown(String),
}

/// What the units tell of the containers.
#[derive(Default)]
struct Containers {
    mounts: Mounts,
    working: Vec<String>,
    webservers: Vec<String>,
    /// The service user's home, below which podman keeps volumes.
    user_home: String,
    root: PathBuf,
}

impl Home {
    /// Finds the home and reads its `dagster.yaml`.
    ///
    /// # Errors
    ///
    /// [`Failure`] where neither a flag nor the units tell the home, or its `dagster.yaml` cannot
    /// be read.
    pub(super) fn find(site: &Site, what: &What) -> Result<Self, Failure> {
        let containers = match (Containers::read(site), &what.home) {
            (Ok(containers), _) => containers,
            // Who names the home needs no units.
            (Err(_), Some(_)) => Containers { root: site.root.clone(), ..Containers::default() },
            (Err(failure), None) => return Err(failure.hint("or name the folder: --home DIR")),
        };
        let (path, inside) = containers.home(what.home.as_deref())?;
        require_folder(&path, "--home")?;
        what.pickles.iter().try_for_each(|dir| require_folder(dir, "--pickles"))?;
        what.log_dir.iter().try_for_each(|dir| require_folder(dir, "--log-dir"))?;
        let text = yaml(&path.join("dagster.yaml"))?;
        let places = instance_places(&text, &inside).map_err(|error| {
            Failure::of(Exit::Config, &error)
                .within(format!("`{}`", path.join("dagster.yaml").display()))
                .hint("a key that stands twice is taken by Dagster, the last one: take one out")
        })?;
        let here = Resolver { containers: &containers, home: (&path, &inside) };
        Ok(Self {
            pickles: match &what.pickles {
                Some(dir) => Ok(dir.clone()),
                None => here.folder(&places.pickles),
            },
            logs: match (&what.log_dir, places.logs) {
                (Some(dir), _) => Logs::Here(dir.clone()),
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
            webservers: containers.webservers,
            path,
            inside,
        })
    }
}

impl Containers {
    fn read(site: &Site) -> Result<Self, Failure> {
        let host = site.settings.host()?;
        let (account, places) = site.host(&host)?;
        let mut units = Vec::new();
        for unit in &places.units {
            match site.host.look(&unit.file) {
                Ok(Seen::File { content, .. }) => {
                    let text = String::from_utf8_lossy(content.expose());
                    units.push(UnitFile::parse(&text));
                }
                Ok(Seen::Folder(_)) => (),
                Err(fault) if fault.kind == FaultKind::Absent => (),
                Err(fault) => return Err(Failure::about(format!("`{}`", unit.file), &fault)),
            }
        }
        let working = units.iter().filter_map(|unit| unit.last("Container", "WorkingDir"));
        let ports = units.iter().flat_map(|unit| published(unit, WEBSERVER));
        Ok(Self {
            mounts: Mounts::of(&units, &account.home),
            working: working.map(str::to_owned).collect(),
            webservers: ports.map(|port| format!("http://127.0.0.1:{port}")).collect(),
            user_home: account.home.as_str().to_owned(),
            root: site.root.clone(),
        })
    }

    /// The home on this host, and as the containers see it.
    fn home(&self, named: Option<&Path>) -> Result<(PathBuf, String), Failure> {
        if let Some(named) = named {
            let shown = || absolute(named).display().to_string();
            return Ok((named.to_owned(), self.inside().unwrap_or_else(shown)));
        }
        let unknown = |message: &str| {
            Failure::new(Exit::Config, message).hint("name the folder on this host: --home DIR")
        };
        let inside = self.inside().ok_or_else(|| {
            unknown("no unit says where Dagster's home is: none has `Environment=DAGSTER_HOME=…`")
        })?;
        let path = self.outside(&inside).ok_or_else(|| {
            unknown(&format!("no `Volume=` of the units tells where `{inside}` lies on this host"))
        })?;
        Ok((path, inside))
    }

    /// The home as the containers see it.
    fn inside(&self) -> Option<String> {
        let said = self.mounts.variable("DAGSTER_HOME")?;
        Some(said.trim_end_matches('/').to_owned())
    }

    fn outside(&self, inside: &str) -> Option<PathBuf> {
        let path = match self.mounts.behind(inside)? {
            Source::Folder(path) => path.as_str().to_owned(),
            Source::Named { name, below } => {
                let (home, name) = (&self.user_home, volume_name(&name)?);
                format!("{home}/.local/share/containers/storage/volumes/{name}/_data{below}")
            }
        };
        Some(self.root.join(path.trim_start_matches('/')))
    }
}

/// Turns places as Dagster sees them into folders of this host.
struct Resolver<'a> {
    containers: &'a Containers,
    home: (&'a Path, &'a str),
}

impl Resolver<'_> {
    fn folder(&self, place: &Place) -> Result<PathBuf, String> {
        match place {
            Place::Folder(inside) => self.outside(inside),
            Place::Relative(path) => match self.containers.working.as_slice() {
                [working, others @ ..] if others.iter().all(|other| other == working) => {
                    let path = path.trim_start_matches("./");
                    self.outside(&format!("{}/{path}", working.trim_end_matches('/')))
                }
                _ => Err(place.to_string()),
            },
            Place::Variable(name, behind) => match self.containers.mounts.variable(name) {
                Some(value) if value.starts_with('/') => {
                    let path = format!("{}/{behind}", value.trim_end_matches('/'));
                    self.outside(path.trim_end_matches('/'))
                }
                _ => Err(place.to_string()),
            },
            Place::Unknown(why) => Err(why.clone()),
        }
    }

    fn outside(&self, inside: &str) -> Result<PathBuf, String> {
        let (path, home) = self.home;
        if inside.split('/').any(|part| part == "..") {
            return Err(format!("`{inside}` leads upwards"));
        }
        let below = inside.strip_prefix(home);
        if let Some(rest) = below.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Ok(path.join(rest.trim_start_matches('/')));
        }
        if let Some(outside) = self.containers.outside(inside) {
            return Ok(outside);
        }
        // Without containers, Dagster sees what this host sees.
        let plain = self.containers.root.join(inside.trim_start_matches('/'));
        if self.containers.mounts.is_empty() && plain.is_dir() {
            return Ok(plain);
        }
        Err(format!("`{inside}` lies on no folder of this host that is known"))
    }
}

fn require_folder(path: &Path, flag: &str) -> Result<(), Failure> {
    if path.is_dir() {
        return Ok(());
    }
    let message = format!("there is no folder `{}`", printable(&path.display().to_string()));
    Err(Failure::new(Exit::Absent, message).hint(format!("name a folder of this host: {flag} DIR")))
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn yaml(path: &Path) -> Result<String, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::io(path, &error)),
    }
}
