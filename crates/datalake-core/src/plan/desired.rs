//! The spec turned into exact things.

use std::collections::{BTreeMap, BTreeSet};

use crate::host::{FileState, HostPath, Mode, Owner, ServiceStates, UnitName};
use crate::modal::ModalObject;
use crate::s3::{BucketName, KeyPrefix, Lifecycle, ObjectKey};
use crate::secret::{FileBody, Fingerprint, PodmanSecret};

/// The world as the operator wants it, down to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The bucket and how it is set.
    pub bucket: DesiredBucket,
    /// Where tables live; `None` where the spec does not speak of them.
    pub tables: Option<DesiredTables>,
    /// The key under which access is proved; nothing stays there.
    pub probe: ObjectKey,
    /// Folders that have to be there, parents first.
    pub folders: Vec<DesiredFolder>,
    /// Secrets that podman has to keep; they are there before the files that name them.
    pub secrets: Vec<DesiredSecret>,
    /// Files that have to be there, in the order in which they are written.
    pub files: Vec<DesiredFile>,
    /// Files that must not be there; they go after all others are in place.
    pub absent: Vec<Unwanted<HostPath>>,
    /// Secrets that podman must not keep; they go after the files that named them.
    pub absent_secrets: Vec<Unwanted<PodmanSecret>>,
    /// The services that read those files; `None` where they are left alone.
    pub services: Option<DesiredServices>,
    /// The class of Dagster's that has to load in each container and keep what steps print; `None`
    /// where nothing of that is changed.
    pub log_manager: Option<String>,
    /// The secret in Modal; it comes last. `None` where the spec knows none.
    pub vault: Option<DesiredVault>,
}

impl Desired {
    /// A bucket, proved under this key, and nothing else.
    #[must_use]
    pub fn new(bucket: DesiredBucket, probe: ObjectKey) -> Self {
        Self {
            bucket,
            tables: None,
            probe,
            folders: Vec::new(),
            secrets: Vec::new(),
            files: Vec::new(),
            absent: Vec::new(),
            absent_secrets: Vec::new(),
            services: None,
            log_manager: None,
            vault: None,
        }
    }
}

/// The services that have to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredServices {
    /// How each has to stand.
    pub states: ServiceStates,
    /// The units inside whose containers the bucket has to be used: those that run user code. Empty
    /// where all are to be asked.
    pub proved: Vec<UnitName>,
    /// Whether an earlier run that was to restart and prove them has not done so: then they are
    /// restarted and proved even if they seem to be in step.
    pub is_owed: bool,
}

/// A bucket and how it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredBucket {
    /// Its name.
    pub name: BucketName,
    /// Whether old versions have to be kept. `false` leaves the bucket as it is, since there is no
    /// way back to a bucket that never kept any.
    pub versioning: bool,
    /// datalake's own lifecycle rules; those of others stay.
    pub lifecycle: Lifecycle,
}

/// Where tables live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesiredTables {
    /// In a bucket of their own, which keeps no old versions and has none to clear away.
    Bucket(DesiredBucket),
    /// Below this prefix of the bucket of the assets.
    Prefix(KeyPrefix),
}

/// A folder that has to be there; one that already exists stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredFolder {
    /// Where.
    pub path: HostPath,
    /// The permission bits of a new one.
    pub mode: Mode,
    /// The owner of a new one.
    pub owner: Owner,
}

/// A file that has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredFile {
    /// Where.
    pub path: HostPath,
    /// How its content comes about.
    pub body: FileBody,
    /// What it has to be.
    pub file: FileState,
    /// Why, for people.
    pub why: String,
}

/// A secret that podman has to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredSecret {
    /// Its name.
    pub name: PodmanSecret,
    /// How its value comes about.
    pub body: FileBody,
    /// What its value has to be.
    pub print: Fingerprint,
    /// Why, for people.
    pub why: String,
}

/// A secret that has to be in Modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredVault {
    /// The secret.
    pub secret: ModalObject,
    /// Its variables, as lines of an env file.
    pub body: FileBody,
    /// What these lines have to be.
    pub print: Fingerprint,
    /// What earlier runs may have stored there, each with the copy of the env file that still has it.
    pub earlier: BTreeMap<Fingerprint, Option<Fingerprint>>,
    /// The apps that use the secret: they get new containers when it changes.
    pub apps: Vec<ModalObject>,
    /// The apps that an earlier run has left without new containers.
    pub owed: BTreeSet<ModalObject>,
}

/// A thing that must not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwanted<T> {
    /// The thing.
    pub what: T,
    /// Why, for people.
    pub why: String,
}
