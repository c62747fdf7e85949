//! The services and containers of a Dagster deployment, and what is asked of them.

mod discover;
mod generator;
mod images;
mod live;
mod named_files;
mod pods;
mod probe;
mod settle;
mod user_files;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::host::HostPath;
use datalake_core::secret::FilledBody;
use datalake_core::time::Timestamp;

pub use discover::{
    DeployedUnit, Deployment, DeploymentSearch, DropIns, HostPorts, discover_deployment, drop_ins,
    quadlet_folders,
};
pub use generator::{Generator, GeneratorAnswer, NotShown, QuadletFolder, QuadletTree};
pub use images::{Build, Image, ImageName, Images, InvalidImageName};
pub use live::LiveDagster;
pub use named_files::{NamedFile, NamedFiles};
pub use pods::PodServices;
pub use probe::AccessProof;
pub use settle::{
    ChangeError, ChangeWatch, Failing, Patience, ServiceNews, Settled, Unsettled, change_services,
};
pub use user_files::{UserFile, UserFileSort, UserFiles, find_search_path};

/// The service user's systemd.
///
/// A [`Fault`] of kind `NoManager` says that no systemd runs for that user, so nothing of the user
/// runs either; `Absent` that a unit is surely not known to it.
#[async_trait]
pub trait Services: Send + Sync {
    /// Reads all units anew, which makes services of quadlet files. Success says nothing about any
    /// of them: a broken quadlet file is left out silently.
    async fn reload(&self) -> Result<(), Fault>;

    /// Asks for a change of all `units` in one call and returns once that is queued. A unit that
    /// already exists stays as it is, but for `Restart`.
    async fn order(&self, verb: Verb, units: &[ServiceName]) -> Result<(), Fault>;

    /// How the units stand, in the order of `units`; one that is not known has `LoadState` of
    /// `NotFound`.
    async fn show(&self, units: &[ServiceName]) -> Result<Vec<UnitStatus>, Fault>;

    /// The pods that containers of `units` live in: those that quadlet has made of a `.pod` file.
    async fn find_pods(&self, units: &[ServiceName]) -> Result<Vec<PodServices>, Fault>;

    /// The services that generators have made, such as quadlet.
    async fn generated(&self) -> Result<Vec<ServiceName>, Fault>;

    /// The last lines of the units' logs, the oldest first; they may hold anything. `Denied`: logs
    /// are not for this user.
    async fn log_tail(&self, units: &[ServiceName], lines: u32) -> Result<FilledBody, Fault>;

    /// Hands `sink` the last lines of the units' logs and each new one, until `sink` says `false`.
    async fn follow_log(
        &self,
        units: &[ServiceName],
        lines: u32,
        sink: LineSink<'_>,
    ) -> Result<(), Fault>;

    /// Whether the host counts as online. As long as it does not, podman's services wait for up to
    /// 90 s before they start.
    async fn is_online(&self) -> Result<bool, Fault>;
}

/// Takes line by line, without their ends, and says whether there may be more.
pub type LineSink<'a> = &'a mut (dyn FnMut(&[u8]) -> bool + Send);

/// The service user's podman.
#[async_trait]
pub trait Containers: Send + Sync {
    /// What podman says of its version.
    async fn version(&self) -> Result<String, Fault>;

    /// All containers, running or not.
    async fn containers(&self) -> Result<Vec<Container>, Fault>;

    /// The environment of a container's first process, as the kernel gives it. `Absent`: it does
    /// not run.
    async fn environment(&self, container: &Container) -> Result<FilledBody, Fault>;

    /// What a program prints that is run inside a container. `Absent`: the container has no such
    /// program.
    async fn exec(&self, container: &Container, words: &[String]) -> Result<FilledBody, Fault>;
}

/// A change of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Start those that do not run.
    Start,
    /// Stop those that run.
    Stop,
    /// Stop and start all.
    Restart,
}

/// The name of a service of systemd: `dagster-webserver.service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

/// The text is not a valid name of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of a service")]
pub struct InvalidServiceName(String);

/// How a service stands, in systemd's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitStatus {
    /// Its name.
    pub unit: ServiceName,
    /// Whether there is such a unit.
    pub load: LoadState,
    /// What it does.
    pub active: ActiveState,
    /// The same in more detail: `running`, `auto-restart`.
    pub sub: String,
    /// How often systemd has started it anew by itself.
    pub restarts: u32,
    /// Which of its lives this is; `None` before the first.
    pub invocation: Option<InvocationId>,
    /// How its last life ended; `success` as long as it goes well.
    pub result: String,
    /// The file that systemd has read.
    pub fragment: Option<HostPath>,
    /// The file that a generator has made that one of.
    pub source: Option<HostPath>,
    /// Since when it does what it does.
    pub since: Option<Timestamp>,
    /// Whether something is still to be done with it.
    pub is_queued: bool,
}

/// Whether a unit is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadState {
    /// It is, and can be used.
    Loaded,
    /// There is none of that name.
    NotFound,
    /// It cannot be used: `masked`, `bad-setting`, `error`.
    Unusable(String),
}

/// What a unit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveState {
    /// It runs, or has run to its good end and counts as done.
    Active,
    /// It runs and reads its settings anew.
    Reloading,
    /// It does not run.
    Inactive,
    /// It does not run, and that is wrong.
    Failed,
    /// It is about to run, also while it waits for its next try.
    Activating,
    /// It is about to end.
    Deactivating,
}

/// Tells one life of a unit from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationId(pub String);

/// A container of podman.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its image.
    pub image: String,
    /// The service that it belongs to.
    pub service: Option<ServiceName>,
    /// What podman says it does: `running`, `exited`.
    pub state: String,
    /// The number of its first process on the host; `None` where it does not run.
    pub process: Option<u32>,
}

impl ServiceName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ServiceName {
    type Err = InvalidServiceName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What systemd permits, less a first hyphen, which would be an option.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b":-_.\\@".contains(&b);
        let is_name = text.len() <= 255
            && text.strip_suffix(".service").is_some_and(|stem| !stem.is_empty())
            && text.bytes().all(plain)
            && !text.starts_with(['-', '.']);
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidServiceName(text.to_owned())) }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        })
    }
}

impl fmt::Display for LoadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loaded => "loaded",
            Self::NotFound => "not-found",
            Self::Unusable(word) => word,
        })
    }
}

impl fmt::Display for ActiveState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Reloading => "reloading",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceName;

    #[test]
    fn a_service_is_never_taken_for_an_option_or_a_path() {
        assert!("dagster-web@1.service".parse::<ServiceName>().is_ok());
        for text in
            ["", ".service", "-M.service", "a.socket", "a/b.service", "a b.service", "*.service"]
        {
            assert!(text.parse::<ServiceName>().is_err(), "{text:?}");
        }
    }
}
