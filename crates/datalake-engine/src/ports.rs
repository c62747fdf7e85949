//! What the engine asks of the outside.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::{
    BucketName, ByteSize, ETag, Fault, FaultKind, FilledBody, FingerprintKey, Folder, HostPath,
    Lifecycle, Mode, ObjectKey, Owner, PodmanSecret, Service, ServiceStates, Timestamp, UnitName,
    Versioning,
};

use crate::Checkpoint;
use crate::deployment::Probe;
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

/// An S3 service, asked with one key pair.
///
/// No call is repeated here; `RetryingStore` does that. A [`Fault`] of kind `Absent` says that the
/// bucket or object is surely not there. After any other fault of a writing call the change may or
/// may not have happened.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Asks with the key for the list of buckets: proves address, signature, region and clock.
    ///
    /// A key that is known and may not list counts as reached.
    async fn reach(&self) -> Result<Service, Fault>;

    /// The buckets that the service lists for the key; those of others granted to it are not
    /// among them.
    async fn buckets(&self) -> Result<Vec<BucketName>, Fault>;

    /// Whether the bucket is there and the key may use it. `Denied`: it is someone else's, or a
    /// policy refuses the key.
    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// Creates a bucket. `TakenBucket`: the name is in use, perhaps by the same account; only
    /// `head_bucket` tells. Success says nothing yet about the bucket being usable.
    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// The bucket's versioning.
    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault>;

    /// Sets the bucket's versioning; a second call changes nothing.
    async fn set_versioning(
        &self,
        bucket: &BucketName,
        versioning: Versioning,
    ) -> Result<(), Fault>;

    /// The bucket's lifecycle rules; none are an empty set. `Unreadable`: a rule holds what
    /// [`Lifecycle`] cannot express and a rewrite would lose.
    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault>;

    /// Replaces the bucket's lifecycle rules; an empty set removes the configuration.
    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault>;

    /// Stores an object whose content fits in memory.
    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault>;

    /// Reads an object whose content fits in memory.
    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault>;

    /// Asks for an object's size and tag.
    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault>;

    /// Deletes an object, or that very version of it. One that is absent counts as deleted.
    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault>;
}

/// What a store says of an object that it has just taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The tag of its content.
    pub etag: ETag,
    /// Its version, where the bucket keeps versions.
    pub version: Option<VersionId>,
}

/// The id of one version of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub String);

/// What a store says of an object without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// The length of its content.
    pub size: ByteSize,
    /// The tag of its content.
    pub etag: ETag,
}

/// The running Dagster: the services of one service user, and their containers.
///
/// A [`Fault`] of kind `NoManager` says that no systemd runs for that user.
#[async_trait]
pub trait Dagster: Send + Sync {
    /// How the services stand, each that runs with the fingerprint of its S3 settings.
    async fn states(&self) -> Result<ServiceStates, Fault>;

    /// Has systemd read the unit files anew and brings the services into these states. A second
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

/// The managed host's files. No call follows a symbolic link anywhere below the host's root: a link
/// on the way, a device or a socket is a fault of kind `NotPlain`.
pub trait Files: Send + Sync {
    /// What lies at `path`; of a file its content too, which must not exceed 1 MiB.
    fn look(&self, path: &HostPath) -> Result<Seen, Fault>;

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
pub enum Seen {
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

/// Checkpoints that let everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCheckpoints;

impl Checkpoints for NoCheckpoints {
    fn pass(&self, _: Checkpoint) {}
}

/// No Dagster that could be asked: a sandbox, or a host that is only a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDagster;

impl NoDagster {
    fn fault() -> Fault {
        let detail = "services run on the machine itself, not in a sandbox or below another root";
        Fault::new(FaultKind::Unsupported, detail)
    }
}

#[async_trait]
impl Dagster for NoDagster {
    async fn states(&self) -> Result<ServiceStates, Fault> {
        Err(Self::fault())
    }

    async fn settle(&self, _: &ServiceStates) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn prove(&self, _: &ServiceStates, _: &Probe) -> Result<(), Fault> {
        Err(Self::fault())
    }
}

/// No podman that could be asked: a sandbox, or a host that is only a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl NoSecrets {
    fn fault() -> Fault {
        let detail = "podman keeps secrets on the machine itself, not in a sandbox or below another \
                      root";
        Fault::new(FaultKind::Unsupported, detail)
    }
}

#[async_trait]
impl Secrets for NoSecrets {
    async fn look(&self, _: &PodmanSecret) -> Result<FilledBody, Fault> {
        Err(Self::fault())
    }

    async fn store(&self, _: &PodmanSecret, _: &FilledBody) -> Result<(), Fault> {
        Err(Self::fault())
    }

    async fn remove(&self, _: &PodmanSecret) -> Result<(), Fault> {
        Err(Self::fault())
    }
}
