//! Every failure as what a person and a script get of it: a message, hints, an exit code.

use std::error::Error;

use datalake_core::{Blocker, Conflict, Fault, FaultKind, InvalidSpec, Target, UnitName};
use datalake_engine::{ApplyError, LockFault};
use datalake_host::{AccountFault, GateFault, NotTheUser, WayFault};

use crate::dagster_home::Homeless;
use crate::desired::Unfit;
use crate::exit::Exit;
use crate::faults::{exit_of, hint_of};
use crate::site::named_for;

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

    /// The same; the commands in its hints name this place.
    #[must_use]
    pub(crate) fn named_for(mut self, name: &str) -> Self {
        self.hints.iter_mut().for_each(|hint| *hint = named_for(hint, name));
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

impl From<GateFault> for Failure {
    fn from(fault: GateFault) -> Self {
        let exit = match &fault {
            GateFault::Unusable(_, inner) if inner.kind == FaultKind::Denied => Exit::Denied,
            GateFault::Unusable(_, inner) if inner.kind == FaultKind::Io => Exit::Io,
            fault if fault.is_distrust() => Exit::Denied,
            _ => Exit::Config,
        };
        let failure = Self::new(exit, fault.to_string());
        fault.cure().into_iter().fold(failure, Self::hint)
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
            LockFault::Unusable(fault) if fault.kind == FaultKind::Denied => {
                Self::of(Exit::Denied, &error)
            }
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

impl From<WayFault> for Failure {
    fn from(error: WayFault) -> Self {
        match &error {
            WayFault::At { path, fault } => {
                let failure = Self::about(format!("`{path}`"), fault);
                let is_absent = fault.kind == FaultKind::Absent;
                if is_absent { failure.under(Exit::Absent) } else { failure }
            }
            WayFault::Link { link, .. } => Self::of(Exit::Denied, &error).hint(format!(
                "if the link is meant, list it in the spec: `host: {{ links: [{link}] }}`; its \
                 target must belong to the service user"
            )),
            WayFault::Foreign { .. } => Self::of(Exit::Denied, &error)
                .hint("the target of a listed link must belong to the service user, or to root where root made the link"),
        }
    }
}

impl From<Homeless> for Failure {
    fn from(error: Homeless) -> Self {
        let name = "name the folder on the host: `host: { dagster-home: /PATH }`";
        match error {
            Homeless::Link(fault) => Self::from(fault),
            Homeless::Unread(path, fault) => Self::at(&Target::Path(path), &fault),
            Homeless::Foreign(fault) => Self::new(Exit::Denied, fault.detail)
                .hint(format!("if it is meant, {name}; or list it in `host.links`")),
            Homeless::Unknown(_) | Homeless::Path(_) => Self::of(Exit::Config, &error).hint(name),
        }
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
            Unfit::Home(why) => {
                let failure = Self::from(why.clone());
                let keep = "or keep `logs: local`";
                failure.within(error.to_string()).hint(keep)
            }
            Unfit::NoLogFolder(_) => Self::of(Exit::Config, &error)
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
            ApplyError::Step(failed) | ApplyError::Pending(failed) => {
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
