//! Guards judged, and actions imagined, on what was observed.

use std::collections::BTreeSet;

use crate::fault::{Fault, FaultKind};
use crate::host::{Entry, Folder, HostPath, ServiceStates};
use crate::modal::VaultState;
use crate::plan::{Action, BucketState, Found, Guard, Observed, Plan, Step};
use crate::policy::PolicyText;
use crate::s3::{BucketName, Lifecycle, TableSearch, Versioning};
use crate::schedule::TimerStates;

/// How a step stands after a look at the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its guard holds: it can be carried out.
    Ready,
    /// What it brings about already exists.
    Done,
    /// Neither holds: somebody else has changed something.
    Disturbed,
    /// Nobody knows.
    Unknown(Fault),
}

/// A step that cannot be carried out, found before anything was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {fault}", step.action.target())]
pub struct Conflict {
    /// The step.
    pub step: Step,
    /// What stands in its way.
    pub fault: Fault,
}

impl Guard {
    /// Whether the statement is true.
    ///
    /// # Errors
    ///
    /// The [`Fault`] that left the answer unknown.
    pub fn holds(&self, observed: &Observed) -> Result<bool, Fault> {
        match self {
            Self::BucketAbsent(bucket) => {
                settle_found(observed.bucket(bucket), |_| Ok(false), true)
            }
            Self::BucketPresent(bucket) => {
                settle_found(observed.bucket(bucket), |_| Ok(true), false)
            }
            Self::VersioningIs(bucket, versioning) => {
                let same = |state: BucketState| {
                    settle_found(state.versioning, |is| Ok(is == *versioning), false)
                };
                settle_found(observed.bucket(bucket), same, false)
            }
            Self::LifecycleIs(bucket, rules) => {
                let same = |state: BucketState| {
                    settle_found(state.lifecycle, |is| Ok(is == *rules), false)
                };
                settle_found(observed.bucket(bucket), same, false)
            }
            Self::PolicyIs(bucket, text) => has_policy(observed, bucket, text.as_ref()),
            Self::PublicAccessIs(bucket, block) => {
                settle_found(observed.public_access(bucket), |is| Ok(is == *block), false)
            }
            Self::PathAbsent(path) => settle_found(observed.path(path), |_| Ok(false), true),
            Self::FileIs(path, file) => settle_found(
                observed.path(path),
                |entry| Ok(entry == Entry::File(file.clone())),
                false,
            ),
            Self::FolderEmpty(path) => {
                let empty =
                    |entry| Ok(matches!(entry, Entry::Folder(folder) if folder.names.is_empty()));
                settle_found(observed.path(path), empty, false)
            }
            Self::SecretAbsent(name) => settle_found(observed.secret(name), |_| Ok(false), true),
            Self::SecretIs(name, print) => {
                settle_found(observed.secret(name), |found| Ok(found == *print), false)
            }
            Self::ServicesKnown => settle_found(observed.services.clone(), |_| Ok(true), false),
            Self::ServicesAre(states) => are_services(observed, states),
            Self::TimersKnown => settle_found(observed.timers.clone(), |_| Ok(true), false),
            Self::TimersAre(states) => are_timers(observed, states),
            Self::VaultAbsent(secret) => {
                settle_found(observed.vault_secret(secret), |_| Ok(false), true)
            }
            Self::VaultIs(secret, print) => {
                let is = |found| Ok(found == VaultState::Holds(*print));
                settle_found(observed.vault_secret(secret), is, false)
            }
            Self::VaultDiffers(secret, print) => {
                let differs = |found| Ok(found != VaultState::Holds(*print));
                settle_found(observed.vault_secret(secret), differs, false)
            }
            Self::VaultCleared(secret) => {
                let bears_none = |found| Ok(matches!(found, VaultState::Other | VaultState::Apart));
                settle_found(observed.vault_secret(secret), bears_none, true)
            }
        }
    }
}

fn are_services(observed: &Observed, states: &ServiceStates) -> Result<bool, Fault> {
    settle_found(observed.services.clone(), |found| Ok(states.are_met_by(&found)), false)
}

fn are_timers(observed: &Observed, states: &TimerStates) -> Result<bool, Fault> {
    settle_found(observed.timers.clone(), |found| Ok(states.are_met_by(&found)), false)
}

fn has_policy(
    observed: &Observed,
    bucket: &BucketName,
    wanted: Option<&PolicyText>,
) -> Result<bool, Fault> {
    let same = |found: Option<PolicyText>| match (&found, wanted) {
        (Some(found), Some(wanted)) => Ok(found.says_the_same(wanted)),
        (found, wanted) => Ok(found.as_ref() == wanted),
    };
    settle_found(observed.policy(bucket), same, false)
}

impl Step {
    /// How the step stands in the world as observed.
    #[must_use]
    pub fn standing(&self, observed: &Observed) -> Standing {
        match (self.guard.holds(observed), self.undo.guard.holds(observed)) {
            (Err(fault), _) | (Ok(false), Err(fault)) => Standing::Unknown(fault),
            (Ok(true), _) => Standing::Ready,
            (Ok(false), Ok(true)) => Standing::Done,
            (Ok(false), Ok(false)) => Standing::Disturbed,
        }
    }
}

/// Goes through `plan` in mind, from the world as observed, and finds the steps that could not be
/// carried out. Nothing is changed; run it before anything is.
#[must_use]
pub fn rehearse(plan: &Plan, observed: &Observed) -> Vec<Conflict> {
    let mut world = observed.clone();
    let mut conflicts = Vec::new();
    for step in &plan.steps {
        let fault = match step.standing(&world) {
            Standing::Ready | Standing::Done => None,
            Standing::Disturbed => Some(Fault::new(FaultKind::Disturbed, "")),
            Standing::Unknown(fault) => Some(fault),
        };
        conflicts.extend(fault.map(|fault| Conflict { step: step.clone(), fault }));
        world = imagine(&step.action, world);
    }
    conflicts
}

/// The world as it would be after `action`.
#[must_use]
pub fn imagine(action: &Action, mut world: Observed) -> Observed {
    match action {
        Action::CreateBucket(bucket) => {
            world.buckets.insert(bucket.clone(), Found::Present(BucketState::new_bucket()));
        }
        Action::ProveAccess(..) | Action::ProveContainers { .. } | Action::RollOver(_) => (),
        Action::SetVersioning(bucket, versioning) => {
            if let Some(Found::Present(state)) = world.buckets.get_mut(bucket) {
                state.versioning = Found::Present(*versioning);
            }
        }
        Action::SetLifecycle(bucket, rules) => {
            if let Some(Found::Present(state)) = world.buckets.get_mut(bucket) {
                state.lifecycle = Found::Present(rules.clone());
            }
        }
        Action::SetPolicy(bucket, policy) => {
            let text = policy.as_ref().map(|policy| policy.text.clone());
            world.policies.insert(bucket.clone(), Found::Present(text));
        }
        Action::SetPublicAccess(bucket, block) => {
            world.public_access.insert(bucket.clone(), Found::Present(*block));
        }
        Action::CreateFolder { path, mode, owner } => {
            let folder = Folder { mode: *mode, owner: *owner, names: BTreeSet::new() };
            put_entry(&mut world, path, Entry::Folder(folder));
        }
        Action::WriteFile { path, file, .. } | Action::RestoreFile { path, file } => {
            put_entry(&mut world, path, Entry::File(file.clone()));
        }
        Action::RemoveFolder(path) | Action::RemoveFile(path) => take_entry(&mut world, path),
        Action::StoreSecret { name, print, .. } | Action::RestoreSecret { name, print } => {
            world.secrets.insert(name.clone(), Found::Present(*print));
        }
        Action::RemoveSecret(name) => {
            world.secrets.insert(name.clone(), Found::Absent);
        }
        Action::SettleServices(states) => world.services = Found::Present(states.clone()),
        Action::SettleTimers(states) => world.timers = Found::Present(states.clone()),
        Action::StoreVault { secret, print, .. } | Action::RestoreVault { secret, print, .. } => {
            let holds = Found::Present(VaultState::Holds(*print));
            world.vault.insert(secret.clone(), holds);
        }
        Action::RemoveVault(secret) | Action::ClearVault(secret, _) => {
            world.vault.insert(secret.clone(), Found::Absent);
        }
    }
    world
}

impl BucketState {
    /// A bucket just created: it keeps no versions and has no rules.
    #[must_use]
    pub fn new_bucket() -> Self {
        Self {
            versioning: Found::Present(Versioning::Never),
            lifecycle: Found::Present(Lifecycle::default()),
            tables: Found::Present(TableSearch::of_nothing()),
        }
    }
}

fn settle_found<T>(
    found: Found<T>,
    present: impl FnOnce(T) -> Result<bool, Fault>,
    absent: bool,
) -> Result<bool, Fault> {
    match found {
        Found::Present(value) => present(value),
        Found::Absent => Ok(absent),
        Found::Unknown(fault) => Err(fault),
    }
}

fn put_entry(world: &mut Observed, path: &HostPath, entry: Entry) {
    if let Some(folder) = folder_of(world, path) {
        folder.names.insert(path.file_name().to_owned());
    }
    world.paths.insert(path.clone(), Found::Present(entry));
}

fn take_entry(world: &mut Observed, path: &HostPath) {
    if let Some(folder) = folder_of(world, path) {
        folder.names.remove(path.file_name());
    }
    world.paths.insert(path.clone(), Found::Absent);
}

fn folder_of<'a>(world: &'a mut Observed, path: &HostPath) -> Option<&'a mut Folder> {
    match world.paths.get_mut(&path.parent()?)? {
        Found::Present(Entry::Folder(folder)) => Some(folder),
        _ => None,
    }
}
