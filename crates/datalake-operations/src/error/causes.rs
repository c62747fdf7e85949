//! What each cause comes to, and what to do about it.

use datalake_core::fault::{FaultKind, Target, WayFault};
use datalake_core::plan::{Blocker, Conflict};
use datalake_core::spec::InvalidSpec;
use datalake_desired::{DesiredError, HomeUnknown, HostKind};
use datalake_engine::{AccountFault, ApplyError, LockFault, NotTheUser};

use super::kind_of;
use crate::{Advice, ErrorKind, OperationError};

impl From<Blocker> for OperationError {
    fn from(blocker: Blocker) -> Self {
        Self::at(&blocker.target, &blocker.fault)
    }
}

impl From<Vec<Blocker>> for OperationError {
    fn from(blockers: Vec<Blocker>) -> Self {
        let mut all = blockers.into_iter().map(Self::from);
        let first = all.next().unwrap_or_else(|| Self::new(ErrorKind::Bug, "blocked by nothing"));
        all.fold(first, Self::and)
    }
}

impl From<Vec<Conflict>> for OperationError {
    fn from(conflicts: Vec<Conflict>) -> Self {
        let to_blocker = |conflict: Conflict| Blocker {
            target: conflict.step.action.target(),
            fault: conflict.fault,
        };
        Self::from(conflicts.into_iter().map(to_blocker).collect::<Vec<_>>())
    }
}

impl From<InvalidSpec> for OperationError {
    fn from(error: InvalidSpec) -> Self {
        Self::of(ErrorKind::Config, &error)
    }
}

impl From<LockFault> for OperationError {
    fn from(error: LockFault) -> Self {
        match &error {
            LockFault::Held(_) => Self::of(ErrorKind::Locked, &error)
                .advise("wait for it to end; a killed run gives the lock back by itself"),
            LockFault::Unusable(fault) if fault.kind == FaultKind::Denied => {
                Self::of(ErrorKind::Denied, &error)
            }
            _ => Self::of(ErrorKind::Io, &error),
        }
    }
}

impl From<AccountFault> for OperationError {
    fn from(error: AccountFault) -> Self {
        let is_absent = matches!(error, AccountFault::Absent(_));
        let of = Self::of(ErrorKind::Config, &error);
        let words =
            "set `host.user` to the user that runs the Dagster containers: `host: { user: NAME }`";
        if is_absent { of.advise(words) } else { of }
    }
}

impl From<NotTheUser> for OperationError {
    fn from(error: NotTheUser) -> Self {
        Self::of(ErrorKind::Denied, &error).advise(Advice::RunAsServiceUser)
    }
}

impl From<WayFault> for OperationError {
    fn from(error: WayFault) -> Self {
        match &error {
            WayFault::At { path, fault } => {
                let about = Self::about(format!("`{path}`"), fault);
                let is_absent = fault.kind == FaultKind::Absent;
                if is_absent { about.under(ErrorKind::Absent) } else { about }
            }
            WayFault::Link { link, .. } => Self::of(ErrorKind::Denied, &error).advise(format!(
                "if the link is meant, list it in the spec: `host: {{ links: [{link}] }}`; its \
                 target must belong to the service user"
            )),
            WayFault::Foreign { .. } => Self::of(ErrorKind::Denied, &error).advise(
                "the target of a listed link must belong to the service user, or to root where \
                 root made the link",
            ),
        }
    }
}

impl From<ApplyError> for OperationError {
    fn from(error: ApplyError) -> Self {
        match &error {
            ApplyError::Records(fault) => {
                Self::at(&Target::Service, fault).at_place(error.to_string())
            }
            ApplyError::Step(failed) | ApplyError::Pending(failed) => {
                let at = Self::at(&failed.step.action.target(), &failed.fault);
                if failed.receipt.done().next().is_some() { at.partly() } else { at }
            }
            ApplyError::Stopped(_) => {
                Self::of(ErrorKind::Interrupted, &error).partly().under(ErrorKind::Interrupted)
            }
            _ => Self::of(ErrorKind::Bug, &error),
        }
    }
}

impl From<HomeUnknown> for OperationError {
    fn from(error: HomeUnknown) -> Self {
        let name = "name the folder on the host: `host: { dagster-home: /PATH }`";
        match error {
            HomeUnknown::Link(fault) => Self::from(fault),
            HomeUnknown::Unread(path, fault) => Self::at(&Target::Path(path), &fault),
            HomeUnknown::Foreign(fault) => Self::new(ErrorKind::Denied, fault.detail)
                .advise(format!("if it is meant, {name}; or list it in `host.links`")),
            HomeUnknown::Unknown(_) | HomeUnknown::Path(_) => {
                Self::of(ErrorKind::Config, &error).advise(name)
            }
        }
    }
}

impl From<DesiredError> for OperationError {
    fn from(error: DesiredError) -> Self {
        match &error {
            DesiredError::NoUnit { kind: HostKind::UnreadFolder(_), .. } => {
                Self::of(ErrorKind::Config, &error)
                    .advise("move the unit to a folder that it names, or have it name that folder")
            }
            DesiredError::NoUnit { kind, .. } if kind.may_be_set_up() => {
                Self::of(ErrorKind::Config, &error)
                    .advise("name the quadlet units that run Dagster: `host: { units: [NAME, …] }`")
            }
            DesiredError::Unit(target, fault) => Self::at(target, fault),
            DesiredError::NotOurs(path, trouble, fault) => {
                Self::of(kind_of(fault.kind, &Target::Path(path.clone())), &error)
                    .advise(trouble.kind.cure())
                    .advise(Advice::RunAsRoot)
            }
            DesiredError::Blocks(..) => Self::of(ErrorKind::Config, &error)
                .advise("put the `# datalake:` lines in it right by hand, or take them out"),
            DesiredError::Home(why) => {
                let unknown = Self::from(why.clone());
                let keep = "or keep `logs: local`";
                unknown.within(error.to_string()).advise(keep)
            }
            DesiredError::NoLogFolder(_) => Self::of(ErrorKind::Config, &error)
                .advise("name the folder on the host: `host: { dagster-home: /PATH }`, or keep `logs: local`"),
            DesiredError::DagsterYaml(..) => Self::of(ErrorKind::Config, &error)
                .advise("put it right by hand, or keep `logs: local`"),
            DesiredError::LogsElsewhere(..) => Self::of(ErrorKind::Config, &error).advise(
                "it stays as it is with `logs: local`; take its `compute_logs` out by hand to send \
                 them to this bucket",
            ),
            DesiredError::NotText(_) => Self::of(ErrorKind::Config, &error)
                .advise("datalake changes text only: put the unit file right by hand"),
            _ => Self::of(ErrorKind::Config, &error),
        }
    }
}
