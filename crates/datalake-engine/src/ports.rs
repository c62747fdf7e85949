//! What the engine asks of the outside.

mod absent;
mod absent_store;
mod probe;
mod store;

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind, WayFault};
use datalake_core::host::{Folder, HostPath, Mode, Owner, ServiceStates, UnitName};
use datalake_core::secret::{FilledBody, FingerprintKey, PodmanSecret};
use datalake_core::time::Timestamp;

pub use self::absent::{NoCheckpoints, NoDagster, NoSecrets};
pub use self::absent_store::NoStore;
pub use self::probe::Probe;
pub use self::store::{ObjectHead, ObjectStore, PutTrial, Stored, VersionId};
use crate::Checkpoint;
use crate::ListedLinks;
use crate::Timers;
use crate::vault::SecretVault;

/// All ports together, and the key of this host's fingerprints.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// The S3 service.
    pub store: &'a dyn ObjectStore,
    /// The managed host's files.
    pub files: &'a dyn Files,
    /// The running Dagster.
    pub dagster: &'a dyn Dagster,
    /// The timers that start datalake's own commands.
    pub timers: &'a dyn Timers,
    /// What the service user's podman keeps.
    pub secrets: &'a dyn Secrets,
    /// What Modal keeps.
    pub vault: &'a dyn SecretVault,
    /// datalake's own folder.
    pub state: &'a dyn StateFolder,
    /// Time and randomness.
    pub clock: &'a dyn Clock,
    /// Where a test may stop the run.
    pub checkpoints: &'a dyn Checkpoints,
    /// Recognises contents without showing them.
    pub fingerprints: &'a FingerprintKey,
}

/// The running Dagster: the services of one service user, and their containers.
///
/// A [`Fault`] of kind `NoManager` says that no systemd runs for that user.
#[async_trait]
pub trait Dagster: Send + Sync {
    /// How the services stand, each that runs with the fingerprint of its S3 settings.
    async fn states(&self) -> Result<ServiceStates, Fault>;

    /// Has systemd read the unit files again and brings the services into these states. A second
    /// call restarts them again. `Unsettled`: one of them does not stay up.
    async fn settle(&self, states: &ServiceStates) -> Result<(), Fault>;

    /// Has the container of each service that is up use the bucket. `Unproved`: one cannot.
    async fn prove(&self, services: &ServiceStates, probe: &Probe) -> Result<(), Fault>;
}

/// The secrets that the service user's podman keeps.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The value of a secret. `Absent`: podman keeps none of that name.
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault>;

    /// Has podman keep these very bytes, in place of what it kept under the name. A container that
    /// runs keeps what it was given. After a fault the old value, the new one or none is kept.
    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault>;

    /// Removes a secret; one that is absent counts as removed.
    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault>;

    /// The service user whose secrets they are, where it is known.
    fn user(&self) -> Option<&UnitName> {
        None
    }
}

/// The managed host's files. No call follows a symbolic link below the host's root, but for root's own
/// in folders that only root can write: another link on the way, a device or a socket is a fault of
/// kind `NotPlain`. A look may go behind a link of the service user's with that user's rights alone;
/// nothing is ever written through one.
pub trait Files: Send + Sync {
    /// What lies at `path`; of a file its content too, which must not exceed 1 MiB.
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault>;

    /// The same of the very path: what a link leads to is not what would be changed here, so any link
    /// of the service user's is a fault of kind `NotPlain`.
    fn look_in_place(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.look(path)
    }

    /// What kind of thing lies at `path`. Where a host is real, nothing is opened for it.
    fn look_at_kind(&self, path: &HostPath) -> Result<PathStanding, Fault> {
        Ok(match self.look(path)? {
            SeenEntry::File { mode, owner, .. } => {
                PathStanding { kind: SeenKind::File, mode, owner }
            }
            SeenEntry::Folder(Folder { mode, owner, .. }) => {
                PathStanding { kind: SeenKind::Folder, mode, owner }
            }
        })
    }

    /// Whether a plain file lies at `path`; `false` for a folder. `NotPlain`: it is neither.
    fn is_file(&self, path: &HostPath) -> Result<bool, Fault> {
        match self.look_at_kind(path)?.kind {
            SeenKind::File => Ok(true),
            SeenKind::Folder => Ok(false),
            SeenKind::Other => Err(Fault::new(FaultKind::NotPlain, path.as_str())),
        }
    }

    /// Where the link at `path` leads, if one lies there.
    fn link_target(&self, _: &HostPath) -> Option<String> {
        None
    }

    /// The link that keeps from `path`, if one does, and where it leads.
    fn link_on_the_way(&self, _: &HostPath) -> Option<(HostPath, String)> {
        None
    }

    /// The path of a folder without a link in it. Links of the host's own root are followed in
    /// folders that only it can write, those that are listed anywhere else.
    ///
    /// # Errors
    ///
    /// [`WayFault`] for any other link, and where there is no such folder.
    fn resolve(&self, path: &HostPath, ways: &ListedLinks<'_>) -> Result<HostPath, WayFault> {
        let _ = ways;
        Ok(path.clone())
    }

    /// Reaches nothing below the service user's home through a link from now on, whoever has made
    /// it.
    fn close_below(&self, _: &HostPath) {}

    /// Follows links in these folders, to read what they lead to with the rights of `user` alone.
    /// Nothing is ever written through one.
    fn read_links_as(&self, user: Owner, folders: Vec<HostPath>) {
        let _ = (user, folders);
    }

    /// Whether this process may read what the service user cannot: it runs as root.
    fn reads_everything(&self) -> bool {
        false
    }

    /// Whether something new could be written at `path`: asked before the first step of a plan, so
    /// that a bad disk does not stop it half-way.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the folder, or the nearest one above that is there, lies on a file system
    /// that is read-only or full, or may not be written to.
    fn require_writable(&self, _: &HostPath) -> Result<(), Fault> {
        Ok(())
    }

    /// Creates or replaces a file in one go: a reader sees the old or the new one, and after
    /// success the new one survives a loss of power. After a fault the old one is still there.
    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault>;

    /// Removes a file; one that is absent counts as removed.
    fn remove_file(&self, path: &HostPath) -> Result<(), Fault>;

    /// Makes a folder; its parent must be there.
    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault>;

    /// Removes an empty folder; one that is absent counts as removed.
    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault>;

    /// Removes what a killed `write` to `path` may have left beside it.
    fn sweep(&self, path: &HostPath) -> Result<(), Fault>;
}

/// What lies at a path.
pub enum SeenEntry {
    /// A plain file.
    File {
        /// Its content.
        content: FilledBody,
        /// Its permission bits.
        mode: Mode,
        /// Its owner.
        owner: Owner,
    },
    /// A folder.
    Folder(Folder),
}

/// What is known of what lies at a path without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStanding {
    /// Its kind.
    pub kind: SeenKind,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// Kinds of what lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe or a socket.
    Other,
}

/// A file to be written.
pub struct NewFile<'a> {
    /// Its content.
    pub content: &'a FilledBody,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// datalake's own folder: journal, receipts, kept copies, lock. Only its owner can read it.
///
/// Names are relative, with `/` between their parts; folders come into being as needed.
pub trait StateFolder: Send + Sync {
    /// The content of a file.
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault>;

    /// Creates or replaces a file in one go, durable on return.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault>;

    /// Appends to a file, durable on return. After a fault or a kill a part of `content` may be
    /// there.
    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault>;

    /// Removes a file; one that is absent counts as removed.
    fn remove(&self, name: &str) -> Result<(), Fault>;

    /// The names of the files in a folder, sorted; none where there is no such folder.
    fn names(&self, folder: &str) -> Result<Vec<String>, Fault>;

    /// Takes the lock for as long as the answer lives, and writes `holder` into it.
    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault>;
}

/// The lock of a state folder; dropping it gives it back, and so does the end of the process.
pub trait Lock: Send {}

/// Why the lock could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockFault {
    /// Another run holds it.
    #[error("another run is at work here: {0}")]
    Held(String),
    /// The lock's file cannot be used.
    #[error("cannot take the lock: {0}")]
    Unusable(Fault),
}

/// Time and randomness.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, length: Duration);

    /// A random number.
    fn random(&self) -> u64;
}

/// Where a test may stop a run for good.
pub trait Checkpoints: Send + Sync {
    /// Called as the run passes `checkpoint`.
    fn pass(&self, checkpoint: Checkpoint);
}
