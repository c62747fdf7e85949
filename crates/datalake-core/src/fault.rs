//! Why something could not be learned or done, in words that a plan and an exit code need.
//!
//! A [`Fault`] is of one [`FaultKind`]: "absent", "denied" and "unreachable" are three answers, and
//! none is read as "nothing there".

mod ways;

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::HostPath;
use crate::modal::ModalObject;
use crate::s3::{BucketName, ObjectKey};
use crate::secret::PodmanSecret;

pub use ways::WayFault;

/// What is looked at or changed.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The S3 service as a whole.
    Service,
    /// A bucket.
    Bucket(BucketName),
    /// Who may do what in a bucket: its policy, and its public access block.
    Access(BucketName),
    /// An object in a bucket.
    Object(BucketName, ObjectKey),
    /// A file or folder of the host.
    Path(HostPath),
    /// A secret that the service user's podman keeps.
    Secret(PodmanSecret),
    /// The Dagster services of the host.
    Services,
    /// The timers that start datalake's own commands.
    Timers,
    /// A secret of Modal's.
    Vault(ModalObject),
    /// An app of Modal's.
    App(ModalObject),
}

/// An answer that is neither "here it is" nor "it is absent".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, JsonSchema)]
#[error("{kind}{}", detail_text(.detail))]
pub struct Fault {
    /// What went wrong, as far as a program can act on it.
    pub kind: FaultKind,
    /// What was seen: a server's code, an operating system's message. Never a secret.
    pub detail: String,
    /// How long the service asks to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
}

/// The kinds of faults; each has its own hint and exit code.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// S3 `InvalidAccessKeyId`.
    #[error("the service does not know this access key id")]
    UnknownAccessKey,
    /// S3 `SignatureDoesNotMatch`.
    #[error("the secret access key does not fit the access key id")]
    WrongSecret,
    /// S3 `RequestTimeTooSkewed`, or a `Date` far from this host's clock.
    #[error("this host's clock and the service's differ too much")]
    ClockSkew,
    /// S3 `AuthorizationHeaderMalformed`, or a redirect to another region.
    #[error("the service expects another region")]
    WrongRegion,
    /// S3 `AccessDenied`, or the file system's permission denied.
    #[error("access is denied")]
    Denied,
    /// The bucket exists and belongs to someone else.
    #[error("the bucket belongs to someone else: names are shared by all customers")]
    TakenBucket,
    /// S3 `NoSuchBucket`, `NoSuchKey`, or no such file.
    #[error("it does not exist")]
    Absent,
    /// S3 `BucketNotEmpty`.
    #[error("it is not empty")]
    NotEmpty,
    /// S3 `XAmzContentSHA256Mismatch`, `BadDigest`: what arrived is not what was sent.
    #[error("the content was damaged on its way")]
    Damaged,
    /// S3 `NotImplemented`.
    #[error("the service does not offer this")]
    Unsupported,
    /// 429, 503 `SlowDown`.
    #[error("the service asks to slow down")]
    Throttled,
    /// 500, 502, 503, 504.
    #[error("the service has a fault of its own")]
    Unavailable,
    /// No connection, name, TLS session or answer in time.
    #[error("the service cannot be reached")]
    Unreachable,
    /// An answer that makes no sense, or holds what datalake must not lose and does not know.
    #[error("the answer cannot be used")]
    Unreadable,
    /// A file of more bytes than datalake reads.
    #[error("the file is too large")]
    TooLarge,
    /// No systemd runs for the user: neither a login nor lingering has started one.
    #[error("no systemd runs for the user")]
    NoManager,
    /// A service ends, fails, or does not exist.
    #[error("a service does not stay up")]
    Unsettled,
    /// The bucket cannot be used from inside a container.
    #[error("the bucket cannot be used from inside a container")]
    Unproved,
    /// Dagster in a container cannot load the class that stores compute logs.
    #[error("compute logs cannot be stored from inside a container")]
    LogsUnproved,
    /// A program of the host is not installed, or not in `PATH`.
    #[error("a program is not installed")]
    NoProgram,
    /// A symbolic link, device, or other thing where a plain file or folder must be.
    #[error("it is not a plain file or folder")]
    NotPlain,
    /// No space left, or a quota is used up.
    #[error("the disk is full")]
    DiskFull,
    /// The file system is mounted read-only.
    #[error("the file system is read-only")]
    ReadOnly,
    /// Any other fault of the operating system.
    #[error("the operating system refused")]
    Io,
    /// There is no client of Modal's.
    #[error("there is no client of Modal's")]
    NoClient,
    /// Modal's client has no token.
    #[error("Modal's client is not logged in")]
    NoLogin,
    /// Modal does not take the token.
    #[error("Modal does not take the token")]
    WrongLogin,
    /// The world is in neither of the two states that a step knows.
    #[error("someone else changed it in the meantime")]
    Disturbed,
    /// A file that is being written, or whose writer was stopped: what is there is not all of it.
    #[error("it is not whole")]
    NotWhole,
    /// The run may make no more requests (`--max-requests`).
    #[error("the permitted number of requests is used up")]
    RequestsSpent,
    /// An answer of the service that has no kind of its own.
    #[error("the service refused")]
    Refused,
    /// S3 `InvalidObjectState`: the object is in an archive and has to be restored first.
    #[error("the object is archived: it has to be restored before it can be read")]
    Archived,
    /// A name that no object or file can have there: too long, of other characters, taken in other letters.
    #[error("this name cannot be stored there")]
    UnfitName,
    /// Tables lie where old versions are to be kept.
    #[error("it holds a table, whose commits get lost where old versions are kept")]
    HoldsTables,
    /// A bucket for tables keeps old versions.
    #[error("it keeps old versions, and commits to tables get lost there")]
    KeepsVersions,
    /// A bucket for tables has kept old versions, and something of that is left.
    #[error("it has kept old versions, and their remains are not safe for tables")]
    HoldsVersions,
    /// A lifecycle rule has objects expire where tables live.
    #[error("a lifecycle rule has objects expire there, and tables lose their files by it")]
    ExpiresTables,
    /// Tables are to share a bucket in which nobody has shown that their commits are safe.
    #[error("commits to tables may get lost there")]
    UnsafeCommits,
}

impl FaultKind {
    /// All kinds, for the documentation.
    pub const ALL: [Self; 38] = [
        Self::UnknownAccessKey,
        Self::WrongSecret,
        Self::ClockSkew,
        Self::WrongRegion,
        Self::Denied,
        Self::TakenBucket,
        Self::Absent,
        Self::NotEmpty,
        Self::Damaged,
        Self::Unsupported,
        Self::Throttled,
        Self::Unavailable,
        Self::Unreachable,
        Self::Unreadable,
        Self::TooLarge,
        Self::NoManager,
        Self::Unsettled,
        Self::Unproved,
        Self::LogsUnproved,
        Self::NoProgram,
        Self::NotPlain,
        Self::DiskFull,
        Self::ReadOnly,
        Self::Io,
        Self::NoClient,
        Self::NoLogin,
        Self::WrongLogin,
        Self::Disturbed,
        Self::NotWhole,
        Self::RequestsSpent,
        Self::Refused,
        Self::Archived,
        Self::UnfitName,
        Self::HoldsTables,
        Self::KeepsVersions,
        Self::HoldsVersions,
        Self::ExpiresTables,
        Self::UnsafeCommits,
    ];

    /// Whether it is about what requests are signed with, keys, clock and region: then it is that of
    /// every request.
    #[must_use]
    pub fn concerns_signature(self) -> bool {
        matches!(
            self,
            Self::UnknownAccessKey | Self::WrongSecret | Self::ClockSkew | Self::WrongRegion
        )
    }
}

impl Fault {
    /// A fault of a kind with what was seen of it.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), wait: None }
    }
}

impl Target {
    /// Whether it is a thing in Modal: of a third party that never holds back the host.
    #[must_use]
    pub fn is_in_modal(&self) -> bool {
        match self {
            Self::Vault(_) | Self::App(_) => true,
            Self::Service
            | Self::Bucket(_)
            | Self::Access(_)
            | Self::Object(..)
            | Self::Path(_)
            | Self::Secret(_)
            | Self::Services
            | Self::Timers => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("the S3 service"),
            Self::Bucket(bucket) => write!(f, "bucket `{bucket}`"),
            Self::Access(bucket) => write!(f, "access to bucket `{bucket}`"),
            Self::Object(bucket, key) => write!(f, "object `{bucket}/{key}`"),
            Self::Path(path) => write!(f, "`{path}`"),
            Self::Secret(name) => write!(f, "podman secret `{name}`"),
            Self::Services => f.write_str("Dagster's services"),
            Self::Timers => f.write_str("the timers"),
            Self::Vault(secret) => write!(f, "Modal secret `{secret}`"),
            Self::App(app) => write!(f, "Modal app `{app}`"),
        }
    }
}

fn detail_text(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}
