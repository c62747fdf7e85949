//! The Dagster deployment of this machine: who serves it, what was found of it.

mod asked;
mod contents;
mod environment;
mod handed_over;
mod report;
mod text;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitManager, UnitName, UserAccount};
use datalake_core::plan::Found;
use datalake_core::secret::FingerprintKey;
use datalake_core::spec::HostSpec;
use datalake_dagster::DROP_IN_NAME;
use datalake_desired::{HostPaths, UnitPaths};
use datalake_engine::{
    Containers, DeployedUnit, Deployment, DeploymentSearch, HostPorts, Images, LiveDagster,
    Patience, ServiceName, ServiceNews, UserPorts, discover_deployment,
};
use datalake_quadlet::{Trouble, UnitFile, find_troubles};

pub use environment::{
    EnvironmentReport, EnvironmentState, Environments, Variables, compare_prints,
};
pub use handed_over::{HandedOverSettings, Source, handed_over};
pub use report::{Report, UnitReport, describe_deployment};
pub use text::{render_deployment, render_environments};

pub use self::contents::EnvironmentContents;
use self::contents::read_content;
use crate::host_paths::look_at_host;
use crate::{Advice, AdvisedCommand, ErrorKind, HostContext, OperationError};

/// The service user's systemd and podman, and where its things lie.
pub struct DagsterHost {
    /// User, and those units whose services go on running.
    pub host: HostSpec,
    /// The service user.
    pub account: UserAccount,
    /// What runs for it.
    pub ports: UserPorts,
    places: HostPaths,
    folders: Vec<HostPath>,
    code_servers: Vec<UnitName>,
}

/// The units whose name contains the word; all without one.
///
/// # Errors
///
/// [`OperationError`] where no name does.
pub fn choose_units<'a>(
    units: &'a [DeployedUnit],
    word: Option<&str>,
) -> Result<Vec<&'a DeployedUnit>, OperationError> {
    let word = word.unwrap_or_default();
    let meant: Vec<_> = units.iter().filter(|unit| unit.name.as_str().contains(word)).collect();
    if meant.is_empty() {
        let known: Vec<_> = units.iter().map(|unit| unit.name.as_str()).collect();
        return Err(OperationError::new(ErrorKind::Usage, format!("no unit is called `{word}`"))
            .advise(format!("the spec has: {}", known.join(", "))));
    }
    Ok(meant)
}

/// A line of a unit file or drop-in that wins over the env file, or keeps a service from starting.
pub struct OldLine {
    /// The file.
    pub path: HostPath,
    /// What is wrong in it.
    pub trouble: Trouble,
}

impl DagsterHost {
    /// The deployment of the machine that `context` is, served as root or as the service user.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a sandbox or another root, an unknown user, or a caller who is neither.
    pub fn open(context: &HostContext<'_>, host: HostSpec) -> Result<Self, OperationError> {
        let Some(machine) = context.machine else {
            let message = "services run on the machine itself, not in a sandbox or below --root";
            return Err(OperationError::new(ErrorKind::Usage, message));
        };
        let (account, mut places) = look_at_host(context, &host)?;
        let mut host = host;
        places.keep_running_units(&mut host);
        Ok(Self {
            folders: places.search_path().to_vec(),
            code_servers: places.find_code_servers(),
            ports: machine.act_for(&host.user, &account)?,
            host,
            account,
            places,
        })
    }

    /// The same for these units, whatever the spec names: those of an earlier run.
    #[must_use]
    pub fn with_units<'a>(mut self, units: impl IntoIterator<Item = &'a UnitName>) -> Self {
        for unit in units {
            if !self.host.units.contains(unit) {
                self.host.units.push(unit.clone());
            }
        }
        self
    }

    /// The running Dagster, as a run looks at and changes it.
    pub fn dagster<'a>(
        &'a self,
        context: &'a HostContext<'a>,
        fingerprints: &'a FingerprintKey,
        tell: &'a (dyn Fn(ServiceNews<'_>) + Sync),
    ) -> LiveDagster<'a> {
        LiveDagster {
            ports: HostPorts {
                files: context.files,
                services: self.ports.services.as_ref(),
                containers: self.ports.containers.as_ref(),
            },
            clock: context.clock,
            checkpoints: context.checkpoints,
            units: &self.host.units,
            code_servers: &self.code_servers,
            folders: &self.folders,
            lingering: &self.ports.lingering,
            variables: &self.places.watched,
            fingerprints,
            patience: Patience::default(),
            tell,
        }
    }

    /// Finds the deployment.
    pub async fn found(&self, context: &HostContext<'_>) -> Deployment {
        let search = DeploymentSearch {
            units: &self.host.units,
            folders: &self.folders,
            lingering: &self.ports.lingering,
        };
        let ports = HostPorts {
            files: context.files,
            services: self.ports.services.as_ref(),
            containers: self.ports.containers.as_ref(),
        };
        discover_deployment(&search, &ports).await
    }

    /// Looks at services, containers and what they were given.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the key of fingerprints cannot be read.
    pub async fn look_at_deployment(
        &self,
        context: &HostContext<'_>,
    ) -> Result<Report, OperationError> {
        let key = context.fingerprint_key()?;
        let found = self.found(context).await;
        let environments = self.contents(context, &found).await.prints(&key);
        let old_lines = found.units.iter().map(|unit| self.old_lines(context, unit)).collect();
        Ok(describe_deployment(self, &found, &environments, old_lines))
    }

    /// Reads what is handed over and the environment of each unit's container.
    pub async fn contents(
        &self,
        context: &HostContext<'_>,
        deployment: &Deployment,
    ) -> EnvironmentContents {
        let mut containers = Vec::new();
        for unit in &deployment.units {
            containers.push(match &unit.container {
                Found::Present(container) => {
                    Found::from_answer(self.ports.containers.environment(container).await)
                }
                Found::Absent => Found::Absent,
                Found::Unknown(fault) => Found::Unknown(fault.clone()),
            });
        }
        let handed_over = handed_over(context, &self.places, self.ports.secrets.as_ref()).await;
        EnvironmentContents { handed_over, containers }
    }

    /// The images of the service user's podman.
    pub fn images(&self) -> &dyn Images {
        self.ports.images.as_ref()
    }

    /// The containers of the service user's podman.
    pub fn containers(&self) -> &dyn Containers {
        self.ports.containers.as_ref()
    }

    /// The quadlet folders, the strongest first.
    pub fn folders(&self) -> &[HostPath] {
        &self.folders
    }

    /// The path of the drop-in that names a unit's image.
    ///
    /// # Errors
    ///
    /// [`OperationError`] never, as long as the home is a path.
    pub fn image_drop_in(&self, unit: &UnitName) -> Result<HostPath, OperationError> {
        let path = match self.find_unit_paths(unit) {
            Some(paths) => paths.drop_ins.join(DROP_IN_NAME),
            None => {
                let folder = self.account.quadlet_folder();
                folder.and_then(|it| it.join(&format!("{unit}.container.d/{DROP_IN_NAME}")))
            }
        };
        path.map_err(|error| OperationError::of(ErrorKind::Config, &error))
    }

    /// Where a unit of the spec and its drop-ins lie.
    pub(crate) fn find_unit_paths(&self, unit: &UnitName) -> Option<&UnitPaths> {
        let mut units = self.host.units.iter().zip(&self.places.units);
        units.find(|(name, _)| *name == unit).map(|(_, paths)| paths)
    }

    /// The path of the env file.
    pub fn env_file(&self) -> &HostPath {
        &self.places.env_file
    }

    /// Lines that win over the env file, in the units' own files and in the drop-ins of others.
    pub fn old_lines(&self, context: &HostContext<'_>, unit: &DeployedUnit) -> Vec<OldLine> {
        let own = self.places.units.iter().map(|unit| &unit.drop_in);
        let own: Vec<_> = own.collect();
        let foreign = unit.drop_ins.iter().filter(|path| !own.contains(path));
        let mut lines = Vec::new();
        for path in unit.file.present().into_iter().chain(foreign) {
            if let Found::Present(content) = read_content(context, path) {
                let text = String::from_utf8_lossy(content.expose());
                let troubles = find_troubles(&UnitFile::parse(&text), &self.places.stale());
                let line = |trouble| OldLine { path: path.clone(), trouble };
                lines.extend(troubles.into_iter().map(line));
            }
        }
        lines
    }

    /// The names of the services of these units.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where systemd has made no service of a unit, or could not be asked.
    pub fn name_services<'a>(
        &self,
        units: impl IntoIterator<Item = &'a DeployedUnit>,
    ) -> Result<Vec<ServiceName>, OperationError> {
        let service = |unit: &DeployedUnit| match &unit.status {
            Found::Present(status) => Ok(status.unit.clone()),
            Found::Unknown(fault) => Err(self.failure(unit.name.as_str(), fault)),
            Found::Absent => Err(self.no_service(unit)),
        };
        units.into_iter().map(service).collect()
    }

    fn no_service(&self, unit: &DeployedUnit) -> OperationError {
        let name = &unit.name;
        match &unit.file {
            Found::Present(path) => {
                let message = format!("systemd has made no service of `{path}`");
                let generator = match self.account.manager {
                    UnitManager::User => "user-generators/podman-user-generator -user",
                    UnitManager::Host => "system-generators/podman-system-generator",
                };
                OperationError::new(ErrorKind::Config, message)
                    .advise(Advice::naming(
                        "{} reads it, if it is new",
                        [AdvisedCommand::DagsterReload],
                    ))
                    .advise(format!(
                        "`/usr/lib/systemd/{generator} -dryrun`, run as {}, says what is wrong with it",
                        self.host.user
                    ))
            }
            Found::Absent => {
                let message = format!("there is no `{name}.container` in any quadlet folder");
                OperationError::new(ErrorKind::Config, message)
                    .advise("name the quadlet units that run Dagster: `host: { units: [NAME, …] }`")
            }
            Found::Unknown(fault) => self.failure(name.as_str(), fault),
        }
    }

    /// A fault of the services or containers, with its cure.
    pub fn failure(&self, what: &str, fault: &Fault) -> OperationError {
        let (user, uid) = (&self.host.user, self.account.owner.uid);
        let failure = OperationError::about(what, fault);
        match fault.kind {
            FaultKind::NoManager => failure.advise(format!(
                "let it run without a login: `sudo loginctl enable-linger {user}`"
            )),
            FaultKind::Unreachable if self.account.is_host() => {
                failure.advise("`systemctl is-system-running` shows the state of systemd")
            }
            FaultKind::Unreachable => failure.advise(format!(
                "`systemctl status user@{uid}.service` shows the state of its systemd"
            )),
            _ => failure,
        }
    }
}
