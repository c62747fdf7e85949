//! The Dagster deployment of this machine: who serves it, what was found of it.

mod contents;
mod environment;
mod handed_over;
mod report;

use datalake_core::{
    Fault, FaultKind, FingerprintKey, Found, HostPath, HostSpec, InvalidPath, UnitName,
};
use datalake_dagster::DROP_IN_NAME;
use datalake_engine::{Containers, Images, ServiceName};
use datalake_engine::{
    DeployedUnit, Deployment, HostPorts, LiveDagster, News, Patience, Search, discover,
    quadlet_folders,
};
use datalake_host::{
    Account, NotTheUser, Podman, PodmanSecrets, QuadletGenerator, ServiceUser, Systemd,
};
use datalake_quadlet::{Trouble, UnitFile, find_troubles};
pub(crate) use environment::{
    EnvironmentReport, EnvironmentState, Environments, Variables, differences,
};
pub(crate) use handed_over::{HandedOver, Source, handed_over};
pub(crate) use report::{Report, UnitReport, report};

pub(crate) use self::contents::Contents;
use self::contents::content;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::places::Places;
use crate::site::Site;

/// The service user's systemd and podman, and where its things lie.
pub(crate) struct Ground {
    /// User and units.
    pub host: HostSpec,
    /// The service user.
    pub account: Account,
    /// The user's systemd.
    pub systemd: Systemd,
    places: Places,
    podman: Podman,
    secrets: PodmanSecrets,
    folders: Vec<HostPath>,
    lingering: HostPath,
}

/// A line of a unit file or drop-in that wins over the env file, or keeps a service from starting.
pub(crate) struct OldLine {
    /// The file.
    pub path: HostPath,
    /// What is wrong in it.
    pub trouble: Trouble,
}

/// The service user as this process can act for it.
///
/// # Errors
///
/// [`NotTheUser`] for a caller who is neither root nor the user itself.
pub(crate) fn service_user(name: &UnitName, account: &Account) -> Result<ServiceUser, NotTheUser> {
    ServiceUser::new(name, account, rustix::process::geteuid().as_raw())
}

impl Ground {
    /// The deployment of the machine that `site` is, served as root or as the service user.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a sandbox or another root, an unknown user, or a caller who is neither.
    pub(crate) fn of(site: &Site, host: HostSpec) -> Result<Self, Failure> {
        if !site.is_this_machine() {
            let message = "services run on the machine itself, not in a sandbox or below --root";
            return Err(Failure::new(Exit::Usage, message));
        }
        let (account, places) = site.host(&host)?;
        let user = service_user(&host.user, &account)?;
        let unfit = |error: InvalidPath| Failure::of(Exit::Config, &error);
        Ok(Self {
            folders: quadlet_folders(&account.home, account.owner.uid).map_err(unfit)?,
            lingering: user.lingering(),
            systemd: Systemd::new(user.clone()),
            secrets: PodmanSecrets::new(user.clone()),
            podman: Podman::new(user),
            host,
            account,
            places,
        })
    }

    /// The same for these units, whatever the spec names: those of an earlier run.
    pub(crate) fn with_units<'a>(mut self, units: impl IntoIterator<Item = &'a UnitName>) -> Self {
        for unit in units {
            if !self.host.units.contains(unit) {
                self.host.units.push(unit.clone());
            }
        }
        self
    }

    /// The running Dagster, as a run looks at and changes it.
    pub(crate) fn dagster<'a>(
        &'a self,
        site: &'a Site,
        fingerprints: &'a FingerprintKey,
        tell: &'a (dyn Fn(News<'_>) + Sync),
    ) -> LiveDagster<'a> {
        LiveDagster {
            ports: HostPorts {
                files: &site.host,
                services: &self.systemd,
                containers: &self.podman,
            },
            clock: &site.clock,
            checkpoints: site.checkpoints(),
            units: &self.host.units,
            folders: &self.folders,
            lingering: &self.lingering,
            variables: &self.places.watched,
            fingerprints,
            patience: Patience::default(),
            tell,
        }
    }

    /// Finds the deployment.
    pub(crate) async fn found(&self, site: &Site) -> Deployment {
        let search =
            Search { units: &self.host.units, folders: &self.folders, lingering: &self.lingering };
        let ports =
            HostPorts { files: &site.host, services: &self.systemd, containers: &self.podman };
        discover(&search, &ports).await
    }

    /// Reads what is handed over and the environment of each unit's container.
    pub(crate) async fn contents(&self, site: &Site, deployment: &Deployment) -> Contents {
        let mut containers = Vec::new();
        for unit in &deployment.units {
            containers.push(match &unit.container {
                Found::Present(container) => {
                    Found::from_answer(self.podman.environment(container).await)
                }
                Found::Absent => Found::Absent,
                Found::Unknown(fault) => Found::Unknown(fault.clone()),
            });
        }
        let handed_over = handed_over(site, &self.places, &self.secrets).await;
        Contents { handed_over, containers }
    }

    /// The images of the service user's podman.
    pub(crate) fn images(&self) -> &dyn Images {
        &self.podman
    }

    /// The containers of the service user's podman.
    pub(crate) fn containers(&self) -> &dyn Containers {
        &self.podman
    }

    /// The quadlet folders, the strongest first.
    pub(crate) fn folders(&self) -> &[HostPath] {
        &self.folders
    }

    /// The installed quadlet generator, run as the service user.
    pub(crate) fn generator(&self) -> QuadletGenerator {
        QuadletGenerator::new(self.podman.user().clone())
    }

    /// The path of the drop-in that names a unit's image.
    ///
    /// # Errors
    ///
    /// [`Failure`] never, as long as the home is a path.
    pub(crate) fn image_drop_in(&self, unit: &UnitName) -> Result<HostPath, Failure> {
        let path = format!(".config/containers/systemd/{unit}.container.d/{DROP_IN_NAME}");
        self.account.home.join(&path).map_err(|error| Failure::of(Exit::Config, &error))
    }

    /// The path of the env file.
    pub(crate) fn env_file(&self) -> &HostPath {
        &self.places.env_file
    }

    /// Lines that win over the env file, in the units' own files and in the drop-ins of others.
    pub(crate) fn old_lines(&self, site: &Site, unit: &DeployedUnit) -> Vec<OldLine> {
        let own = self.places.units.iter().map(|unit| &unit.drop_in);
        let own: Vec<_> = own.collect();
        let foreign = unit.drop_ins.iter().filter(|path| !own.contains(path));
        let mut lines = Vec::new();
        for path in unit.file.present().into_iter().chain(foreign) {
            if let Found::Present(content) = content(site, path) {
                let text = String::from_utf8_lossy(content.expose());
                let troubles = find_troubles(&UnitFile::parse(&text), &self.places.stale);
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
    /// [`Failure`] where systemd has made no service of a unit, or could not be asked.
    pub(crate) fn services<'a>(
        &self,
        units: impl IntoIterator<Item = &'a DeployedUnit>,
    ) -> Result<Vec<ServiceName>, Failure> {
        let service = |unit: &DeployedUnit| match &unit.status {
            Found::Present(status) => Ok(status.unit.clone()),
            Found::Unknown(fault) => Err(self.failure(unit.name.as_str(), fault)),
            Found::Absent => Err(self.no_service(unit)),
        };
        units.into_iter().map(service).collect()
    }

    fn no_service(&self, unit: &DeployedUnit) -> Failure {
        let name = &unit.name;
        match &unit.file {
            Found::Present(path) => {
                let message = format!("systemd has made no service of `{path}`");
                Failure::new(Exit::Config, message)
                    .hint("`datalake dagster reload` reads it, if it is new")
                    .hint(format!(
                        "`/usr/lib/systemd/user-generators/podman-user-generator -user -dryrun`, \
                         run as {}, says what is wrong with it",
                        self.host.user
                    ))
            }
            Found::Absent => {
                let message = format!("there is no `{name}.container` in any quadlet folder");
                Failure::new(Exit::Config, message)
                    .hint("name the quadlet units that run Dagster: `host: { units: [NAME, …] }`")
            }
            Found::Unknown(fault) => self.failure(name.as_str(), fault),
        }
    }

    /// A fault of the services or containers, with its cure.
    pub(crate) fn failure(&self, what: &str, fault: &Fault) -> Failure {
        let (user, uid) = (&self.host.user, self.account.owner.uid);
        let failure = Failure::about(what, fault);
        match fault.kind {
            FaultKind::NoManager => failure
                .hint(format!("let it run without a login: `sudo loginctl enable-linger {user}`")),
            FaultKind::Unreachable => failure.hint(format!(
                "`systemctl status user@{uid}.service` tells how its systemd stands"
            )),
            _ => failure,
        }
    }
}
