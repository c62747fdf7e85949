//! Every failure as what a person and a script get of it: a message, hints, an exit code.

use std::error::Error;

use datalake_core::{Blocker, Conflict, Fault, FaultKind, InvalidSpec, Target, UnitName};
use datalake_engine::{ApplyError, LockFault};
use datalake_host::{AccountFault, NotTheUser};

use crate::desired::Unfit;
use crate::exit::Exit;

/// A failure ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The messages, the outermost first.
    pub messages: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with one message.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, messages: vec![message.into()], hints: Vec::new() }
    }

    /// The message and sources of an error.
    pub(crate) fn of(exit: Exit, error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let mut source = error.source();
        while let Some(error) = source {
            messages.push(error.to_string());
            source = error.source();
        }
        Self { exit, messages, hints: Vec::new() }
    }

    /// The same with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with what it happened in before its messages.
    #[must_use]
    pub(crate) fn within(mut self, place: impl Into<String>) -> Self {
        self.messages.insert(0, place.into());
        self
    }

    /// A fault met with a service, a container or another thing that has no hint of its own.
    #[must_use]
    pub(crate) fn about(what: impl Into<String>, fault: &Fault) -> Self {
        let messages = vec![what.into(), fault.to_string()];
        Self { exit: exit_of(fault.kind, &Target::Service), messages, hints: Vec::new() }
    }

    /// A fault met at `target`.
    #[must_use]
    pub(crate) fn at(target: &Target, fault: &Fault) -> Self {
        let messages = vec![target.to_string(), fault.to_string()];
        let failure = Self { exit: exit_of(fault.kind, target), messages, hints: Vec::new() };
        hint_of(fault.kind, target).into_iter().fold(failure, Self::hint)
    }
}

/// The exit code of each kind of fault.
fn exit_of(kind: FaultKind, target: &Target) -> Exit {
    match kind {
        FaultKind::Unreadable if matches!(target, Target::Path(_)) => Exit::Io,
        FaultKind::Refused if matches!(target, Target::Vault(_) | Target::App(_)) => Exit::Config,
        FaultKind::UnknownAccessKey
        | FaultKind::WrongSecret
        | FaultKind::WrongLogin
        | FaultKind::Denied => Exit::Denied,
        FaultKind::ClockSkew
        | FaultKind::WrongRegion
        | FaultKind::TakenBucket
        | FaultKind::Unsupported
        | FaultKind::NotPlain
        | FaultKind::NoManager
        | FaultKind::NoClient
        | FaultKind::NoLogin
        | FaultKind::Absent => Exit::Config,
        FaultKind::Throttled | FaultKind::Damaged => Exit::TryAgain,
        FaultKind::DiskFull | FaultKind::ReadOnly | FaultKind::Io => Exit::Io,
        FaultKind::Disturbed | FaultKind::NotEmpty => Exit::Mismatch,
        _ => Exit::Unavailable,
    }
}

fn hint_of(kind: FaultKind, target: &Target) -> Option<&'static str> {
    hint_of_modal(kind, target).or_else(|| hint_of_place(kind, target))
}

/// What to do about a fault of Modal or its client.
fn hint_of_modal(kind: FaultKind, target: &Target) -> Option<&'static str> {
    Some(match (kind, target) {
        (FaultKind::NoClient, _) => {
            "install it (`pipx install modal`), name its program (`modal: { client: /PATH/bin/modal }`), \
             or the unit in whose container it is (`modal: { container: UNIT }`)"
        }
        (FaultKind::NoLogin, _) => {
            "set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET (`sudo -E` keeps them), or run `modal setup` \
             once as the user that runs this; `modal token info` tells what is in use"
        }
        (FaultKind::WrongLogin, _) => {
            "tokens can expire: `modal token info` tells which one is in use; the environment \
             wins over ~/.modal.toml"
        }
        (FaultKind::Refused, Target::Vault(_)) => "nothing was changed in Modal",
        (FaultKind::Disturbed, Target::Vault(_)) => {
            "look with `datalake modal secret status`, and run it again"
        }
        (FaultKind::Unreachable, Target::Vault(_) | Target::App(_)) => {
            "check the network, HTTPS_PROXY and MODAL_SERVER_URL; https://status.modal.com"
        }
        _ => return None,
    })
}

/// What to do about a fault of the service, the host or its services.
fn hint_of_place(kind: FaultKind, target: &Target) -> Option<&'static str> {
    Some(match (kind, target) {
        (FaultKind::UnknownAccessKey, _) => {
            "compare the id with the project's Security > S3 credentials; a new key can take a \
             minute to be known everywhere"
        }
        (FaultKind::WrongSecret, _) => {
            "the secret is shown only once, when the key is made: make a new key if it is lost"
        }
        (FaultKind::ClockSkew, _) => {
            "set the clock: `timedatectl set-ntp true`, then `timedatectl status`"
        }
        (FaultKind::WrongRegion, _) => {
            "set `region:` to what the endpoint serves; at Hetzner it is the endpoint's first label"
        }
        (FaultKind::TakenBucket, _) => {
            "choose another name, for example with your company's name in front"
        }
        (FaultKind::Denied, Target::Bucket(_) | Target::Object(..)) => {
            "bucket names are shared by all customers: either this one is taken by someone else, \
             or a bucket policy refuses this key"
        }
        (FaultKind::Absent, Target::Bucket(_)) => {
            "`datalake bucket list` tells what there is; a bucket is seen in its own location only"
        }
        (FaultKind::Denied, Target::Path(_)) => "run it as root or as the service user",
        (FaultKind::NoManager, _) => {
            "let it run without a login: `sudo loginctl enable-linger USER`, then the same again"
        }
        (FaultKind::Unsupported, Target::Secret(_)) => {
            "podman's secrets are changed on the machine itself, by root or the service user"
        }
        (FaultKind::Unsupported, Target::Services) => "leave the services alone: --no-restart",
        (FaultKind::Unreachable, Target::Secret(_)) => {
            "`datalake dagster status` tells what can be seen of podman"
        }
        (FaultKind::Unreachable, Target::Services) => {
            "`datalake dagster status` tells what can be seen; --no-restart leaves the services alone"
        }
        (FaultKind::Unsupported, _) => "switch it off below `protect:` in datalake.yaml",
        (FaultKind::NotPlain, _) => {
            "datalake never writes through a link or to a device: put a plain file or folder there"
        }
        (FaultKind::NotEmpty, _) => {
            "look with `datalake ls --versions` and `datalake bucket uploads list`; `datalake bucket \
             delete --empty` deletes all that is in it, too"
        }
        (FaultKind::Damaged, _) => {
            "nothing was stored: run it again; if it stays so, a proxy on the way changes what is sent"
        }
        (FaultKind::Throttled, _) => "wait a minute and run the same command again",
        (FaultKind::Unreadable, Target::Service) => "is `endpoint:` the address of an S3 service?",
        (FaultKind::Unreachable, _) => "check `endpoint:`, the network and the proxy variables",
        (FaultKind::DiskFull, _) => "free some space and run the same command again",
        (FaultKind::ReadOnly, _) => "mount the file system for writing and run it again",
        (FaultKind::Disturbed, _) => {
            "compare it with what `datalake history` shows; undo the edit, or keep it and undo the \
             rest by hand"
        }
        _ => return None,
    })
}

impl From<Blocker> for Failure {
    fn from(blocker: Blocker) -> Self {
        Self::at(&blocker.target, &blocker.fault)
    }
}

impl From<Vec<Blocker>> for Failure {
    fn from(blockers: Vec<Blocker>) -> Self {
        let mut all = blockers.into_iter().map(Self::from);
        let first = all.next().unwrap_or_else(|| Self::new(Exit::Bug, "blocked by nothing"));
        all.fold(first, Self::and)
    }
}

impl From<Vec<Conflict>> for Failure {
    fn from(conflicts: Vec<Conflict>) -> Self {
        let to_blocker = |conflict: Conflict| Blocker {
            target: conflict.step.action.target(),
            fault: conflict.fault,
        };
        Self::from(conflicts.into_iter().map(to_blocker).collect::<Vec<_>>())
    }
}

impl From<InvalidSpec> for Failure {
    fn from(error: InvalidSpec) -> Self {
        Self::of(Exit::Config, &error)
    }
}

impl From<LockFault> for Failure {
    fn from(error: LockFault) -> Self {
        match &error {
            LockFault::Held(_) => Self::of(Exit::Locked, &error)
                .hint("wait for it to end; a killed run gives the lock back by itself"),
            _ => Self::of(Exit::Io, &error),
        }
    }
}

impl From<AccountFault> for Failure {
    fn from(error: AccountFault) -> Self {
        let failure = Self::of(Exit::Config, &error);
        match error {
            AccountFault::Absent(_) => {
                failure.hint("name the user that runs Dagster's podman: `host: { user: NAME }`")
            }
            _ => failure,
        }
    }
}

impl From<NotTheUser> for Failure {
    fn from(error: NotTheUser) -> Self {
        Self::of(Exit::Denied, &error)
            .hint("run it as root (`sudo datalake …`) or as the service user")
    }
}

impl From<Unfit> for Failure {
    fn from(error: Unfit) -> Self {
        match &error {
            Unfit::Unit(target, fault) if fault.kind == FaultKind::Absent => {
                Self::at(target, fault)
                    .hint("name the quadlet units that run Dagster: `host: { units: [NAME, …] }`")
            }
            Unfit::Unit(target, fault) => Self::at(target, fault),
            Unfit::NotOurs(path, trouble, fault) => {
                Self::of(exit_of(fault.kind, &Target::Path(path.clone())), &error)
                    .hint(trouble.kind.cure())
                    .hint("run it as root (`sudo datalake …`), which may change it")
            }
            Unfit::Blocks(..) => Self::of(Exit::Config, &error)
                .hint("put the `# datalake:` lines in it right by hand, or take them out"),
            Unfit::Home(_) | Unfit::NoLogFolder(_) => Self::of(Exit::Config, &error)
                .hint("name the folder on the host: `host: { dagster-home: /PATH }`, or keep `logs: local`"),
            Unfit::DagsterYaml(..) => Self::of(Exit::Config, &error)
                .hint("put it right by hand, or keep `logs: local`"),
            Unfit::LogsElsewhere(..) => Self::of(Exit::Config, &error).hint(
                "it stays as it is with `logs: local`; take its `compute_logs` out by hand to send \
                 them to this bucket",
            ),
            Unfit::NotText(_) => Self::of(Exit::Config, &error)
                .hint("datalake changes text only: put the unit file right by hand"),
            _ => Self::of(Exit::Config, &error),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match &error {
            ApplyError::Records(fault) => Self::at(&Target::Service, fault).named(&error),
            ApplyError::Step(failed) => {
                let failure = Self::at(&failed.step.action.target(), &failed.fault);
                if failed.receipt.done().next().is_some() { failure.partly() } else { failure }
            }
            ApplyError::Stopped(_) => Self::of(Exit::Interrupted, &error).partly_hint(),
            _ => Self::of(Exit::Bug, &error),
        }
    }
}

impl Failure {
    /// Both failures in one, under the first one's exit code.
    pub(crate) fn and(self, other: Self) -> Self {
        let new = |hint: &String| !self.hints.contains(hint);
        let hints: Vec<_> = other.hints.into_iter().filter(new).collect();
        let messages =
            vec![format!("{}\nerror: {}", self.messages.join(": "), other.messages.join(": "))];
        Self { exit: self.exit, messages, hints: [self.hints, hints].concat() }
    }

    /// The same under another exit code.
    pub(crate) fn under(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// The same with the service user's name in its hints.
    pub(crate) fn for_user(mut self, user: &UnitName) -> Self {
        for hint in &mut self.hints {
            *hint = hint.replace("USER", user.as_str());
        }
        self
    }

    fn named(self, error: &dyn Error) -> Self {
        self.at_place(error.to_string())
    }

    /// The same with other words for what it happened at.
    #[must_use]
    pub(crate) fn at_place(mut self, place: impl Into<String>) -> Self {
        if let Some(first) = self.messages.first_mut() {
            *first = place.into();
        }
        self
    }

    fn partly(self) -> Self {
        Self { exit: Exit::Partly, ..self }.partly_hint()
    }

    fn partly_hint(self) -> Self {
        self.hint("the same command goes on from here; `datalake rollback` undoes what was done")
    }
}
