//! The ordered way from observed to desired.

use std::mem::discriminant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Target};
use crate::host::{FileState, HostPath, Mode, Owner, ServiceStates};
use crate::modal::ModalObject;
use crate::policy::{NewPolicy, PolicyText};
use crate::s3::{BucketName, Lifecycle, ObjectKey, PublicAccessBlock, Versioning};
use crate::schedule::TimerStates;
use crate::secret::{FileBody, Fingerprint, PodmanSecret};

/// Steps in the order in which they are carried out. It names secrets and holds none, so it may be
/// printed, stored and reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The steps, first to last.
    pub steps: Vec<Step>,
    /// What is left for the next run, because Modal could not be asked about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
}

/// A thing in Modal that a run leaves for the next one. Modal never holds back the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pending {
    /// The thing.
    pub target: Target,
    /// Why it could not be looked at or changed.
    pub fault: Fault,
}

/// One change with what must hold before it, what holds after it, and the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What must hold when the step begins.
    pub guard: Guard,
    /// The change.
    pub action: Action,
    /// What holds once it is done, and how to go back from there.
    pub undo: Undo,
    /// Why the step is there, for people.
    pub why: String,
}

/// The end of a step: what holds then, and the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undo {
    /// What holds after the step, and must hold before it is undone.
    pub guard: Guard,
    /// The way back.
    pub way: Way,
}

/// Whether there is a way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By this action.
    Back(Action),
    /// There is none, for this reason.
    OneWay(String),
}

/// A statement about the world that one look can settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// No such bucket exists.
    BucketAbsent(BucketName),
    /// The bucket exists, and the key may use it.
    BucketPresent(BucketName),
    /// The bucket's versioning is this.
    VersioningIs(BucketName, Versioning),
    /// The bucket's lifecycle rules are these.
    LifecycleIs(BucketName, Lifecycle),
    /// The bucket's policy is this; `None` where there is none.
    PolicyIs(BucketName, Option<PolicyText>),
    /// The bucket's public access block is this.
    PublicAccessIs(BucketName, PublicAccessBlock),
    /// Nothing lies at the path.
    PathAbsent(HostPath),
    /// This very file lies at the path.
    FileIs(HostPath, FileState),
    /// An empty folder lies at the path.
    FolderEmpty(HostPath),
    /// Podman keeps no secret of that name.
    SecretAbsent(PodmanSecret),
    /// Podman keeps this very value under the name.
    SecretIs(PodmanSecret, Fingerprint),
    /// The service user's systemd and podman tell how the services stand, whatever that is: a
    /// restart is right after any state.
    ServicesKnown,
    /// The services stand so.
    ServicesAre(ServiceStates),
    /// systemd tells how the timers stand, whatever that is.
    TimersKnown,
    /// The timers stand so.
    TimersAre(TimerStates),
    /// Modal has no secret of that name.
    VaultAbsent(ModalObject),
    /// Modal's secret bears the marker of this content.
    VaultIs(ModalObject, Fingerprint),
    /// Modal has the secret, without the marker of this content.
    VaultDiffers(ModalObject, Fingerprint),
    /// Modal has no secret of that name, or one without any marker of datalake's.
    VaultCleared(ModalObject),
}

/// One change. Of a file, a folder or a setting it succeeds or fails as a whole.
///
/// What takes several calls may stop between them: a bucket that is made and not yet stably there, a
/// probe that is left, services of which some are restarted, a secret that podman has dropped and
/// not yet replaced. A guard tells how far it has come, and the lost secret is put back from its copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Creates a bucket in the service's region and waits until it is stably there.
    CreateBucket(BucketName),
    /// Puts, reads and deletes a probe object, version and all.
    ProveAccess(BucketName, ObjectKey),
    /// Sets a bucket's versioning.
    SetVersioning(BucketName, Versioning),
    /// Replaces all lifecycle rules of a bucket.
    SetLifecycle(BucketName, Lifecycle),
    /// Stores a bucket's policy in place of the one there, or removes that.
    SetPolicy(BucketName, Option<NewPolicy>),
    /// Sets a bucket's public access block.
    SetPublicAccess(BucketName, PublicAccessBlock),
    /// Makes a folder.
    CreateFolder {
        /// Where.
        path: HostPath,
        /// Its permission bits.
        mode: Mode,
        /// Its owner.
        owner: Owner,
    },
    /// Removes an empty folder.
    RemoveFolder(HostPath),
    /// Writes a file in one go. What it replaces is kept as a copy under its fingerprint first.
    WriteFile {
        /// Where.
        path: HostPath,
        /// What it will hold.
        body: FileBody,
        /// What it will be.
        file: FileState,
    },
    /// Puts a kept copy back in one go. Where the way back restores what it replaces, that is kept as
    /// a copy first.
    RestoreFile {
        /// Where.
        path: HostPath,
        /// What it was.
        file: FileState,
    },
    /// Removes a file. Where the way back restores it, it is kept as a copy first.
    RemoveFile(HostPath),
    /// Has podman keep a secret. What it replaces is kept as a copy under its fingerprint first:
    /// podman drops the old value before it keeps the new one.
    StoreSecret {
        /// Its name.
        name: PodmanSecret,
        /// How its value comes about.
        body: FileBody,
        /// What its value will be.
        print: Fingerprint,
    },
    /// Has podman keep a value again that was kept as a copy.
    RestoreSecret {
        /// Its name.
        name: PodmanSecret,
        /// What its value was.
        print: Fingerprint,
    },
    /// Removes a secret of podman's. Where the way back restores it, it is kept as a copy first.
    RemoveSecret(PodmanSecret),
    /// Has systemd read the unit files again, stops the services that have to be down, restarts the
    /// others in one call, and waits until they have settled.
    SettleServices(ServiceStates),
    /// Stops the timers that have to be down, has systemd read the unit files again, and starts the others.
    SettleTimers(TimerStates),
    /// Puts, lists, reads and deletes a probe object from inside each container of these services.
    ProveContainers {
        /// The services, as they stand.
        services: ServiceStates,
        /// The bucket.
        bucket: BucketName,
        /// The probe's key; each container adds its unit's name.
        key: ObjectKey,
        /// The class of Dagster's that has to load there and keep what steps print.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        log_manager: Option<String>,
    },
    /// Creates a secret in Modal, or changes datalake's variables in it; those of others stay. Modal shows
    /// no value to anybody.
    StoreVault {
        /// The secret.
        secret: ModalObject,
        /// Its variables, as lines of an env file.
        body: FileBody,
        /// What these lines will be.
        print: Fingerprint,
    },
    /// The same from the kept copy of an env file.
    RestoreVault {
        /// The secret.
        secret: ModalObject,
        /// What its lines were.
        print: Fingerprint,
        /// The copy that has them.
        copy: Fingerprint,
    },
    /// Removes a secret in Modal, whatever is in it.
    RemoveVault(ModalObject),
    /// Takes datalake's variables with this marker out of a secret in Modal, and removes the secret where
    /// it is known to hold nothing else.
    ClearVault(ModalObject, Fingerprint),
    /// Gives an app in Modal new containers. One that is not deployed counts as done.
    RollOver(ModalObject),
}

impl Plan {
    /// A plan of these steps that leaves nothing for the next run.
    #[must_use]
    pub fn of_steps(steps: Vec<Step>) -> Self {
        Self { steps, pending: Vec::new() }
    }

    /// Whether there is nothing to do now. Something may be [`pending`](Self::pending) all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Guard {
    /// What has to be looked at to settle it.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::BucketAbsent(bucket)
            | Self::BucketPresent(bucket)
            | Self::VersioningIs(bucket, _)
            | Self::LifecycleIs(bucket, _) => Target::Bucket(bucket.clone()),
            Self::PolicyIs(bucket, _) | Self::PublicAccessIs(bucket, _) => {
                Target::Access(bucket.clone())
            }
            Self::PathAbsent(path) | Self::FileIs(path, _) | Self::FolderEmpty(path) => {
                Target::Path(path.clone())
            }
            Self::SecretAbsent(name) | Self::SecretIs(name, _) => Target::Secret(name.clone()),
            Self::ServicesKnown | Self::ServicesAre(_) => Target::Services,
            Self::TimersKnown | Self::TimersAre(_) => Target::Timers,
            Self::VaultAbsent(secret)
            | Self::VaultIs(secret, _)
            | Self::VaultDiffers(secret, _)
            | Self::VaultCleared(secret) => Target::Vault(secret.clone()),
        }
    }

    /// Whether both are statements about one path or secret, or about one setting of one bucket.
    pub(crate) fn is_about_same(&self, other: &Self) -> bool {
        let same_setting = match self.target() {
            Target::Path(_)
            | Target::Secret(_)
            | Target::Services
            | Target::Timers
            | Target::Vault(_)
            | Target::App(_) => true,
            Target::Service | Target::Bucket(_) | Target::Access(_) | Target::Object(..) => {
                discriminant(self) == discriminant(other)
            }
        };
        same_setting && self.target() == other.target()
    }
}

impl Action {
    /// What is changed.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::CreateBucket(bucket)
            | Self::SetVersioning(bucket, _)
            | Self::SetLifecycle(bucket, _) => Target::Bucket(bucket.clone()),
            Self::SetPolicy(bucket, _) | Self::SetPublicAccess(bucket, _) => {
                Target::Access(bucket.clone())
            }
            Self::ProveAccess(bucket, key) => Target::Object(bucket.clone(), key.clone()),
            Self::CreateFolder { path, .. }
            | Self::RemoveFolder(path)
            | Self::WriteFile { path, .. }
            | Self::RestoreFile { path, .. }
            | Self::RemoveFile(path) => Target::Path(path.clone()),
            Self::StoreSecret { name, .. }
            | Self::RestoreSecret { name, .. }
            | Self::RemoveSecret(name) => Target::Secret(name.clone()),
            Self::SettleServices(_) | Self::ProveContainers { .. } => Target::Services,
            Self::SettleTimers(_) => Target::Timers,
            Self::StoreVault { secret, .. }
            | Self::RestoreVault { secret, .. }
            | Self::RemoveVault(secret)
            | Self::ClearVault(secret, _) => Target::Vault(secret.clone()),
            Self::RollOver(app) => Target::App(app.clone()),
        }
    }

    /// The action in a word or two of S3's and the file system's.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::CreateBucket(_) => "create bucket",
            Self::ProveAccess(..) => "prove access",
            Self::SetVersioning(..) => "set versioning",
            Self::SetLifecycle(..) => "set lifecycle",
            Self::SetPolicy(_, Some(_)) => "set policy",
            Self::SetPolicy(_, None) => "remove policy",
            Self::SetPublicAccess(..) => "block public",
            Self::CreateFolder { .. } => "create folder",
            Self::RemoveFolder(_) => "remove folder",
            Self::WriteFile { .. } => "write file",
            Self::RestoreFile { .. } => "restore file",
            Self::RemoveFile(_) => "remove file",
            Self::StoreSecret { .. } => "store secret",
            Self::RestoreSecret { .. } => "restore secret",
            Self::RemoveSecret(_) => "remove secret",
            Self::SettleServices(_) => "restart",
            Self::SettleTimers(_) => "set timers",
            Self::ProveContainers { .. } => "prove inside",
            Self::StoreVault { .. } => "store in Modal",
            Self::RestoreVault { .. } => "restore in Modal",
            Self::RemoveVault(_) => "remove in Modal",
            Self::ClearVault(..) => "take out of Modal",
            Self::RollOver(_) => "roll over",
        }
    }
}
