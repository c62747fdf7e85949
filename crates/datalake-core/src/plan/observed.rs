//! What was found in the world.

use std::collections::BTreeMap;

use crate::fault::{Fault, FaultKind, Target};
use crate::host::{Entry, HostPath, ServiceStates};
use crate::modal::{ModalObject, VaultState};
use crate::policy::PolicyText;
use crate::s3::{
    BucketName, ConditionalPuts, Lifecycle, PublicAccessBlock, TableSearch, VersionTraces,
    Versioning,
};
use crate::schedule::TimerStates;
use crate::secret::{FilledBody, Fingerprint, PodmanSecret};

/// An answer about one thing. Unknown is never absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// It is there, and so it is.
    Present(T),
    /// It is surely not there.
    Absent,
    /// Nobody knows.
    Unknown(Fault),
}

/// What was found, and what the files hold. The contents may be secret, so they stand apart.
pub struct Observation {
    /// What was found.
    pub observed: Observed,
    /// What the files hold.
    pub contents: BTreeMap<HostPath, FilledBody>,
}

/// The parts of the world that a plan looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The S3 service, reached with the operator's key.
    pub service: Found<Service>,
    /// The buckets that were looked at.
    pub buckets: BTreeMap<BucketName, Found<BucketState>>,
    /// What versioning has left in buckets for tables, where it is suspended.
    pub version_traces: BTreeMap<BucketName, Found<VersionTraces>>,
    /// What buckets that keep versions and are to hold tables make of conditional writes.
    pub conditional_puts: BTreeMap<BucketName, Found<ConditionalPuts>>,
    /// The policies of buckets that were looked at.
    pub policies: BTreeMap<BucketName, Found<Option<PolicyText>>>,
    /// The public access blocks of buckets that were looked at.
    pub public_access: BTreeMap<BucketName, Found<PublicAccessBlock>>,
    /// The paths that were looked at.
    pub paths: BTreeMap<HostPath, Found<Entry>>,
    /// The secrets of podman's that were looked at, by the fingerprints of their values.
    pub secrets: BTreeMap<PodmanSecret, Found<Fingerprint>>,
    /// The services of the deployment.
    pub services: Found<ServiceStates>,
    /// The timers that start datalake's own commands.
    pub timers: Found<TimerStates>,
    /// The secrets of Modal's that were looked at.
    pub vault: BTreeMap<ModalObject, Found<VaultState>>,
}

/// What a service tells to a key that it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// How far the service's clock is ahead of this host's, in seconds.
    pub clock_ahead: i64,
    /// The account's id; `p` and the project's number at Hetzner.
    pub owner: Option<String>,
}

/// What a bucket is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketState {
    /// Whether it keeps old versions.
    pub versioning: Found<Versioning>,
    /// Its lifecycle rules; no rules are an empty set.
    pub lifecycle: Found<Lifecycle>,
    /// The tables in it, which lose commits where old versions are kept; absent where they are kept
    /// already, and nobody looked.
    pub tables: Found<TableSearch>,
}

impl<T> Found<T> {
    /// What is there.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why nobody knows.
    pub fn unknown(&self) -> Option<&Fault> {
        match self {
            Self::Unknown(fault) => Some(fault),
            Self::Present(_) | Self::Absent => None,
        }
    }

    /// Turns a port's answer into what was found.
    pub fn from_answer(answer: Result<T, Fault>) -> Self {
        match answer {
            Ok(value) => Self::Present(value),
            Err(fault) if fault.kind == FaultKind::Absent => Self::Absent,
            Err(fault) => Self::Unknown(fault),
        }
    }

    /// The same with what is there changed by `change`.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Present(value) => Found::Present(change(value)),
            Self::Absent => Found::Absent,
            Self::Unknown(fault) => Found::Unknown(fault),
        }
    }
}

impl Observed {
    /// Nothing looked at yet, and the service not asked.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            service: Found::Unknown(not_looked(&Target::Service)),
            buckets: BTreeMap::new(),
            version_traces: BTreeMap::new(),
            conditional_puts: BTreeMap::new(),
            policies: BTreeMap::new(),
            public_access: BTreeMap::new(),
            paths: BTreeMap::new(),
            secrets: BTreeMap::new(),
            services: Found::Unknown(not_looked(&Target::Services)),
            timers: Found::Unknown(not_looked(&Target::Timers)),
            vault: BTreeMap::new(),
        }
    }

    /// What was found of a bucket.
    #[must_use]
    pub fn bucket(&self, bucket: &BucketName) -> Found<BucketState> {
        let unasked = || Found::Unknown(not_looked(&Target::Bucket(bucket.clone())));
        self.buckets.get(bucket).cloned().unwrap_or_else(unasked)
    }

    /// What versioning has left in a bucket.
    #[must_use]
    pub fn version_traces(&self, bucket: &BucketName) -> Found<VersionTraces> {
        let unasked = || Found::Unknown(not_looked(&Target::Bucket(bucket.clone())));
        self.version_traces.get(bucket).cloned().unwrap_or_else(unasked)
    }

    /// What a bucket makes of conditional writes.
    #[must_use]
    pub fn conditional_puts(&self, bucket: &BucketName) -> Found<ConditionalPuts> {
        let unasked = || Found::Unknown(not_looked(&Target::Bucket(bucket.clone())));
        self.conditional_puts.get(bucket).cloned().unwrap_or_else(unasked)
    }

    /// What was found of a bucket's policy.
    #[must_use]
    pub fn policy(&self, bucket: &BucketName) -> Found<Option<PolicyText>> {
        let unasked = || Found::Unknown(not_looked(&Target::Access(bucket.clone())));
        self.policies.get(bucket).cloned().unwrap_or_else(unasked)
    }

    /// What was found of a bucket's public access block.
    #[must_use]
    pub fn public_access(&self, bucket: &BucketName) -> Found<PublicAccessBlock> {
        let unasked = || Found::Unknown(not_looked(&Target::Access(bucket.clone())));
        self.public_access.get(bucket).cloned().unwrap_or_else(unasked)
    }

    /// What was found at a path.
    #[must_use]
    pub fn path(&self, path: &HostPath) -> Found<Entry> {
        let unasked = || Found::Unknown(not_looked(&Target::Path(path.clone())));
        self.paths.get(path).cloned().unwrap_or_else(unasked)
    }

    /// What was found of a secret of podman's.
    #[must_use]
    pub fn secret(&self, name: &PodmanSecret) -> Found<Fingerprint> {
        let unasked = || Found::Unknown(not_looked(&Target::Secret(name.clone())));
        self.secrets.get(name).cloned().unwrap_or_else(unasked)
    }

    /// What was found of a secret of Modal's.
    #[must_use]
    pub fn vault_secret(&self, secret: &ModalObject) -> Found<VaultState> {
        let unasked = || Found::Unknown(not_looked(&Target::Vault(secret.clone())));
        self.vault.get(secret).cloned().unwrap_or_else(unasked)
    }
}

fn not_looked(target: &Target) -> Fault {
    Fault::new(FaultKind::Unreadable, format!("{target} was not checked"))
}
