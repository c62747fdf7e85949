//! Where the things of a Dagster host lie.

use datalake_core::{Fault, FaultKind, HostPath, HostSpec, InvalidPath, UnitName};
use datalake_engine::{Files, Seen, Wanted, drop_ins, quadlet_folders};
use datalake_host::{Account, HostFiles};
use datalake_quadlet::{
    DagsterHome, MODAL_VARIABLES, S3_VARIABLES, STEERING_VARIABLES, UnknownHome, drop_in_path,
};

use crate::dagster_home::{FoundHome, Homeless};
use crate::host_units::HostUnits;

/// The paths that concern one host.
pub(crate) struct Places {
    /// The folders that hold the env file, parents first.
    pub env_folders: Vec<HostPath>,
    /// The env file with the key pair.
    pub env_file: HostPath,
    /// The container units that need the bucket.
    pub units: Vec<UnitPlaces>,
    /// Files of others that may give the containers old values.
    pub others: Vec<Other>,
    /// Folders that nobody could look into, where more such files may lie.
    pub unseen: Vec<(HostPath, Fault)>,
    /// The variables that the containers are to be given.
    pub variables: Vec<&'static str>,
    /// Those, and the ones that must not reach them: left over, they are taken out.
    pub stale: Vec<&'static str>,
    /// All units of the service user, once they are read.
    pub host_units: Option<HostUnits>,
    /// Those that are looked at in their environments: an earlier spec may have given more.
    pub watched: Vec<&'static str>,
    /// Dagster's home and its `dagster.yaml`, or why they are not known.
    pub dagster_yaml: Result<(DagsterHome, HostPath), Homeless>,
}

/// A file of others that may give the containers old values.
pub(crate) struct Other {
    /// The file.
    pub path: HostPath,
    /// What it is.
    pub kind: OtherKind,
    /// Why it cannot be changed, if it cannot.
    pub refused: Option<Fault>,
}

/// What a file of others is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherKind {
    /// A unit file or a drop-in.
    Quadlet,
    /// A file in `environment.d`.
    EnvironmentD,
}

/// The paths that concern one container unit.
pub(crate) struct UnitPlaces {
    /// The unit file.
    pub file: HostPath,
    /// The folder of its drop-ins.
    pub drop_ins: HostPath,
    /// datalake's drop-in.
    pub drop_in: HostPath,
}

/// The variables that containers are given: Modal's token is among them where the spec asks for it.
#[must_use]
pub(crate) fn variables(with_token: bool) -> Vec<&'static str> {
    let token = MODAL_VARIABLES.into_iter().filter(|_| with_token);
    S3_VARIABLES.into_iter().chain(token).collect()
}

impl Places {
    /// The places of a host whose service user has this account: rootless quadlets below
    /// `~/.config/containers/systemd`, the env file apart from `environment.d`, which systemd
    /// would hand to every service of the user.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub(crate) fn of(
        account: &Account,
        host: &HostSpec,
        variables: Vec<&'static str>,
    ) -> Result<Self, InvalidPath> {
        let config = account.home.join(".config")?;
        let folder = config.join("datalake")?;
        let quadlets = config.join("containers/systemd")?;
        let unit = |name: &UnitName| {
            let file = quadlets.join(&format!("{name}.container"))?;
            Ok(UnitPlaces {
                drop_ins: quadlets.join(&format!("{name}.container.d"))?,
                drop_in: drop_in_path(&file)?,
                file,
            })
        };
        Ok(Self {
            env_file: folder.join("s3.env")?,
            env_folders: vec![config, folder],
            units: host.units.iter().map(unit).collect::<Result<_, _>>()?,
            others: Vec::new(),
            unseen: Vec::new(),
            watched: variables.clone(),
            stale: variables.iter().copied().chain(STEERING_VARIABLES).collect(),
            host_units: None,
            variables,
            dagster_yaml: Err(UnknownHome::NoVariable.into()),
        })
    }

    /// Whether what lies there hands Modal's token over.
    fn names_modal(&self, files: &HostFiles) -> bool {
        let drop_ins = self.units.iter().map(|unit| &unit.drop_in);
        let mut paths = drop_ins.chain([&self.env_file]);
        paths.any(|path| match files.look(path) {
            Ok(Seen::File { content, .. }) => {
                let text = String::from_utf8_lossy(content.expose());
                MODAL_VARIABLES.iter().any(|name| text.contains(name))
            }
            Ok(Seen::Folder(_)) | Err(_) => false,
        })
    }

    /// The same with the files of others that are there: drop-ins in all quadlet folders, and what
    /// systemd reads in the user's `environment.d`.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub(crate) fn with_others(
        mut self,
        account: &Account,
        host: &HostSpec,
        files: &HostFiles,
    ) -> Result<Self, InvalidPath> {
        let folders = quadlet_folders(&account.home, account.owner.uid)?;
        let found = drop_ins(&host.units, &folders, files);
        let is_own = |path: &HostPath| self.units.iter().any(|unit| unit.drop_in == *path);
        let drop_ins = found.paths.into_iter().filter(|path| !is_own(path));
        let mut all: Vec<_> = drop_ins.map(|path| (path, OtherKind::Quadlet)).collect();
        // What is closed to this user is closed to the service user's podman, too.
        self.unseen = found.unseen;
        self.unseen.retain(|(_, fault)| fault.kind != FaultKind::Denied);
        let folder = account.home.join(".config/environment.d")?;
        match files.look(&folder) {
            Ok(Seen::Folder(seen)) => {
                for name in seen.names.iter().filter(|name| is_conf(name)) {
                    all.push((folder.join(name)?, OtherKind::EnvironmentD));
                }
            }
            Ok(Seen::File { .. }) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => self.unseen.push((folder, fault)),
        }
        let other =
            |(path, kind)| Other { refused: files.require_writable(&path).err(), path, kind };
        self.others = all.into_iter().map(other).collect();
        if self.names_modal(files) {
            self.watched = variables(true);
        }
        self.host_units = Some(HostUnits::collect(account, host, files)?);
        self.dagster_yaml = FoundHome::find(account, host, files)
            .map(|found| found.home)
            .and_then(|home| home.yaml().map(|yaml| (home, yaml)).map_err(Homeless::from));
        Ok(self)
    }

    /// Everything to look at on the host.
    #[must_use]
    pub(crate) fn wanted(&self) -> Wanted {
        let units = self.units.iter().flat_map(|unit| [&unit.file, &unit.drop_ins, &unit.drop_in]);
        let others = self.others.iter().map(|other| &other.path);
        let yaml = self.dagster_yaml.iter().map(|(_, yaml)| yaml);
        let paths = self.env_folders.iter().chain([&self.env_file]).chain(units);
        let paths = paths.chain(others).chain(yaml);
        Wanted { paths: paths.cloned().collect(), ..Wanted::default() }
    }
}

fn is_conf(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "conf")
}
