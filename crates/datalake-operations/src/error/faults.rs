//! What becomes of each kind of fault: what kind of end it is, and what to do next.

use datalake_core::fault::{FaultKind, Target};

use super::ErrorKind;
use crate::{Advice, AdvisedCommand, TablesAdvice};

/// What to do about an object that lies in an archive, whichever operation meets it.
pub const ARCHIVED: &str = "restore it with a tool of its service, such as `aws s3api restore-object`; that takes minutes \
     to hours; then run the same command again";

const UNFIT_NAME: &str = "rename it: a key has at most 1,024 bytes, a name of a file at most 255";
const HOLDS_TABLES: &str = "keep tables in a bucket of their own that never had versions; for this one set `protect: \
     { versioning: false }`";
const KEEPS_VERSIONS: &str = "name another bucket, which never had versions: `tables: { bucket: NAME }`; a provision makes \
     it. Suspending versioning does not make this one fit";
const UNSAFE_COMMITS: &str = "give tables a bucket of their own: `tables: {}`, or with a name of your choice `tables: \
     { bucket: NAME }`; a provision makes it";
const NO_CLIENT: &str = "install it (`pipx install modal`), name its program (`modal: { client: /PATH/bin/modal \
     }`), or the unit in whose container it is (`modal: { container: UNIT }`)";
const NO_LOGIN: &str = "set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET (`sudo -E` keeps them), or run `modal setup` \
     once as the user that runs this; {} shows what is in use";
const WRONG_LOGIN: &str =
    "tokens can expire: {} shows which one is in use; the environment wins over ~/.modal.toml";
const UNKNOWN_ACCESS_KEY: &str = "compare the id with the project's Security > S3 credentials; a new key can take a minute \
     to be known everywhere";
const WRONG_SECRET: &str =
    "the secret is shown only once, when the key is made: make a new key if it is lost";
const CLOCK_SKEW: &str = "set the clock: `timedatectl set-ntp true`, then `timedatectl status`";
const WRONG_REGION: &str =
    "set `region:` to what the endpoint serves; at Hetzner it is the endpoint's first label";
const TAKEN_BUCKET: &str = "choose another name, for example with your company's name in front";
const NOT_PLAIN: &str =
    "datalake never writes through a link or to a device: put a plain file or folder there";
const DAMAGED: &str =
    "nothing was stored: run it again; if it stays so, a proxy on the way changes what is sent";
const TOO_LARGE: &str =
    "check what that file is: the files that datalake reads whole are far smaller";

/// What kind of end a fault at a place is.
#[must_use]
pub fn kind_of(kind: FaultKind, target: &Target) -> ErrorKind {
    match kind {
        FaultKind::Unreadable if matches!(target, Target::Path(_)) => ErrorKind::Io,
        FaultKind::Refused if matches!(target, Target::Vault(_) | Target::App(_)) => {
            ErrorKind::Config
        }
        FaultKind::UnknownAccessKey
        | FaultKind::WrongSecret
        | FaultKind::WrongLogin
        | FaultKind::Denied => ErrorKind::Denied,
        FaultKind::ClockSkew
        | FaultKind::WrongRegion
        | FaultKind::TakenBucket
        | FaultKind::Unsupported
        | FaultKind::NotPlain
        | FaultKind::NoManager
        | FaultKind::NoClient
        | FaultKind::NoLogin
        | FaultKind::HoldsTables
        | FaultKind::KeepsVersions
        | FaultKind::HoldsVersions
        | FaultKind::ExpiresTables
        | FaultKind::UnsafeCommits
        | FaultKind::Archived
        | FaultKind::UnfitName
        | FaultKind::Absent => ErrorKind::Config,
        FaultKind::Throttled | FaultKind::Damaged | FaultKind::NotWhole => ErrorKind::TryAgain,
        FaultKind::DiskFull | FaultKind::ReadOnly | FaultKind::Io | FaultKind::TooLarge => {
            ErrorKind::Io
        }
        FaultKind::Disturbed | FaultKind::NotEmpty => ErrorKind::Mismatch,
        FaultKind::Unavailable
        | FaultKind::Unreachable
        | FaultKind::Unreadable
        | FaultKind::Unsettled
        | FaultKind::Unproved
        | FaultKind::LogsUnproved
        | FaultKind::NoProgram
        | FaultKind::RequestsSpent
        | FaultKind::Refused => ErrorKind::Unavailable,
    }
}

/// The same for an operation that is about `target`: what is not there is an answer.
#[must_use]
pub fn kind_where_named(kind: FaultKind, target: &Target) -> ErrorKind {
    if kind == FaultKind::Absent { ErrorKind::Absent } else { kind_of(kind, target) }
}

/// What to do about it.
#[must_use]
pub fn advice_for(kind: FaultKind, target: &Target) -> Option<Advice> {
    Some(match kind {
        FaultKind::Absent => return advice_for_absence(target),
        FaultKind::Denied => return advice_for_denial(target),
        FaultKind::Disturbed => advice_for_disturbance(target),
        FaultKind::Refused => return advice_for_refusal(target),
        FaultKind::Unreachable => advice_for_silence(target),
        FaultKind::Unreadable => return advice_for_nonsense(target),
        FaultKind::Unsupported => advice_for_unsupported(target),
        FaultKind::Archived => ARCHIVED.into(),
        FaultKind::UnfitName => UNFIT_NAME.into(),
        FaultKind::HoldsTables => HOLDS_TABLES.into(),
        FaultKind::KeepsVersions => KEEPS_VERSIONS.into(),
        FaultKind::HoldsVersions => advice_for_version_traces(target),
        FaultKind::ExpiresTables => advice_for_expiry(target),
        FaultKind::UnsafeCommits => UNSAFE_COMMITS.into(),
        FaultKind::NoClient => NO_CLIENT.into(),
        FaultKind::NoLogin => Advice::naming(NO_LOGIN, [AdvisedCommand::CheckModal]),
        FaultKind::WrongLogin => Advice::naming(WRONG_LOGIN, [AdvisedCommand::CheckModal]),
        FaultKind::NoProgram => "install it, or add its folder to PATH".into(),
        FaultKind::LogsUnproved => {
            let commands = [AdvisedCommand::PlanDependencies];
            Advice::naming("does the image contain dagster-aws? {} shows it", commands)
        }
        FaultKind::NoManager => Advice::EnableLinger(None),
        FaultKind::NotEmpty => Advice::naming(
            "look with {} and {}; {} deletes all that is in it, too",
            [
                AdvisedCommand::ListAllVersions,
                AdvisedCommand::ListUploads,
                AdvisedCommand::EmptyBucket,
            ],
        ),
        FaultKind::UnknownAccessKey => UNKNOWN_ACCESS_KEY.into(),
        FaultKind::WrongSecret => WRONG_SECRET.into(),
        FaultKind::ClockSkew => CLOCK_SKEW.into(),
        FaultKind::WrongRegion => WRONG_REGION.into(),
        FaultKind::TakenBucket => TAKEN_BUCKET.into(),
        FaultKind::NotPlain => NOT_PLAIN.into(),
        FaultKind::Damaged => DAMAGED.into(),
        FaultKind::NotWhole => "run the same command again once its writer has ended".into(),
        FaultKind::Throttled => "wait a minute and run the same command again".into(),
        FaultKind::DiskFull => "free some space and run the same command again".into(),
        FaultKind::TooLarge => TOO_LARGE.into(),
        FaultKind::ReadOnly => "mount the file system for writing and run it again".into(),
        FaultKind::Unavailable
        | FaultKind::Unsettled
        | FaultKind::Unproved
        | FaultKind::Io
        | FaultKind::RequestsSpent => return None,
    })
}

/// What to do about a bucket for tables in which something of its versions is left.
fn advice_for_version_traces(target: &Target) -> Advice {
    let bucket = name_bucket(target);
    Advice::naming(
        "name another bucket, which never had versions (`tables: { bucket: NAME }`; a provision makes \
         it); or list what is left with {}, and remove it key by key with {}",
        [
            AdvisedCommand::ListVersionsBelow(format!("s3://{bucket}/")),
            AdvisedCommand::RemoveVersions(format!("s3://{bucket}/KEY")),
        ],
    )
}

/// What to do about a rule by which tables would lose their files.
fn advice_for_expiry(target: &Target) -> Advice {
    Advice::naming(
        "take the rule out with {}, where ID is its name above; or give tables another place",
        [AdvisedCommand::Tables(TablesAdvice::RemoveRule(name_bucket(target).to_owned()))],
    )
}

/// The bucket that a fault is about, or what stands for one.
fn name_bucket(target: &Target) -> &str {
    match target {
        Target::Bucket(bucket) | Target::Access(bucket) | Target::Object(bucket, _) => {
            bucket.as_str()
        }
        Target::Service
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => "BUCKET",
    }
}

/// What to do about something that is not there.
fn advice_for_absence(target: &Target) -> Option<Advice> {
    match target {
        Target::Bucket(_) | Target::Access(_) => Some(Advice::naming(
            "run {} to see your buckets; a bucket is visible only in its own location",
            [AdvisedCommand::ListBuckets],
        )),
        Target::Object(..) => Some(deleted_advice()),
        Target::Service
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    }
}

/// What to do where the key or the user may not.
fn advice_for_denial(target: &Target) -> Option<Advice> {
    match target {
        Target::Path(_) => Some(Advice::RunAsServiceUser),
        Target::Bucket(_) | Target::Access(_) | Target::Object(..) => Some(
            "bucket names are shared by all customers: either someone else has taken this one, \
             or a bucket policy refuses this key"
                .into(),
        ),
        Target::Service
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    }
}

/// What to do where somebody else has changed it meanwhile.
fn advice_for_disturbance(target: &Target) -> Advice {
    match target {
        Target::Vault(_) => {
            Advice::naming("look with {}, and run it again", [AdvisedCommand::ModalSecretStatus])
        }
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::App(_) => Advice::naming(
            "compare it with what {} shows; undo the edit, or keep it and undo the rest by hand",
            [AdvisedCommand::History],
        ),
    }
}

/// What to do about a refusal that has no kind of its own.
fn advice_for_refusal(target: &Target) -> Option<Advice> {
    match target {
        Target::Vault(_) => Some("nothing was changed in Modal".into()),
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::App(_) => None,
    }
}

/// What to do where nobody answers.
fn advice_for_silence(target: &Target) -> Advice {
    match target {
        Target::Vault(_) | Target::App(_) => {
            "check the network, HTTPS_PROXY and MODAL_SERVER_URL; https://status.modal.com".into()
        }
        Target::Secret(_) => {
            Advice::naming("{} shows what podman reports", [AdvisedCommand::DagsterStatus])
        }
        Target::Timers => {
            "`systemctl list-timers` shows what systemd reports; for a user's own timers \
                           `systemctl --user list-timers`"
                .into()
        }
        Target::Services => Advice::naming(
            "{} shows the state of the services; --no-restart leaves them alone",
            [AdvisedCommand::DagsterStatus],
        ),
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_) => "check `endpoint:`, the network and the proxy variables".into(),
    }
}

/// What to do about an answer that makes no sense.
fn advice_for_nonsense(target: &Target) -> Option<Advice> {
    match target {
        Target::Service => Some("is `endpoint:` the address of an S3 service?".into()),
        Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    }
}

/// What to do about what is not offered there.
fn advice_for_unsupported(target: &Target) -> Advice {
    match target {
        Target::Vault(_) => Advice::naming(
            "update Modal's client to 1.3.5 or newer; or, if nobody else has variables in this secret, \
             have it replaced with --replace, or removed with {}",
            [AdvisedCommand::DeleteModalSecret],
        ),
        Target::Secret(_) => {
            "podman's secrets are changed on the machine itself, by root or the service user".into()
        }
        Target::Services => "leave the services alone: --no-restart".into(),
        Target::Timers => "timers need a systemd on the machine itself".into(),
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Path(_)
        | Target::App(_) => {
            "where datalake.yaml asks for it below `protect:`, switch it off there".into()
        }
    }
}

/// What to do about an object that does not exist.
#[must_use]
pub fn deleted_advice() -> Advice {
    Advice::naming("{} shows whether it was deleted", [AdvisedCommand::ListVersionsOfKey])
}
