//! Reads the world and changes nothing.

use std::collections::BTreeMap;

use datalake_core::{
    BucketName, BucketState, Entry, Fault, FaultKind, FileState, FilledBody, Fingerprint, Found,
    Guard, HostPath, ModalObject, Observed, PodmanSecret, ServiceStates, Step, Target, VaultState,
    Versioning,
};

use crate::buckets::{await_bucket, is_listed};
use crate::ports::{Ports, Seen};

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Buckets, with their settings.
    pub buckets: Vec<BucketName>,
    /// Files and folders.
    pub paths: Vec<HostPath>,
    /// Secrets of podman's.
    pub secrets: Vec<PodmanSecret>,
    /// The services of the deployment.
    pub services: bool,
    /// Secrets of Modal's, each with the contents that it may hold: nobody can read them, but ask.
    pub vault: BTreeMap<ModalObject, Vec<Fingerprint>>,
}

/// What was found, and what the files hold. The contents may be secret, so they stand apart.
pub struct Sighting {
    /// What was found.
    pub observed: Observed,
    /// What the files hold.
    pub contents: BTreeMap<HostPath, FilledBody>,
}

/// Looks at the service and at all that is `wanted`; at Modal meanwhile, which may take its time.
///
/// Where the service itself cannot be used, its buckets are not asked for.
pub async fn observe(wanted: &Wanted, ports: &Ports<'_>) -> Sighting {
    let near = observe_near(wanted, ports);
    let (mut sighting, vault) = tokio::join!(near, observe_vault(&wanted.vault, ports));
    sighting.observed.vault = vault;
    sighting
}

/// Looks at secrets of Modal's, each with the contents that it may hold.
pub async fn observe_vault(
    wanted: &BTreeMap<ModalObject, Vec<Fingerprint>>,
    ports: &Ports<'_>,
) -> BTreeMap<ModalObject, Found<VaultState>> {
    let mut found = BTreeMap::new();
    for (secret, asked) in wanted {
        found.insert(secret.clone(), in_vault(secret, asked, ports).await);
    }
    found
}

/// Looks at all but Modal.
async fn observe_near(wanted: &Wanted, ports: &Ports<'_>) -> Sighting {
    let mut sighting = observe_paths(&wanted.paths, ports);
    let observed = &mut sighting.observed;
    for name in &wanted.secrets {
        observed.secrets.insert(name.clone(), secret(name, ports).await);
    }
    if wanted.services {
        observed.services = services(ports).await;
    }
    observed.service = Found::from_answer(ports.store.reach().await);
    if observed.service.present().is_some() {
        for bucket in &wanted.buckets {
            observed.buckets.insert(bucket.clone(), observe_bucket(bucket, ports).await);
        }
    }
    sighting
}

/// Looks at files and folders alone.
pub fn observe_paths<'a>(
    paths: impl IntoIterator<Item = &'a HostPath>,
    ports: &Ports<'_>,
) -> Sighting {
    let mut sighting = Sighting { observed: Observed::nothing(), contents: BTreeMap::new() };
    for path in paths {
        let found = Found::from_answer(ports.files.look(path)).map(|seen| match seen {
            Seen::Folder(folder) => Entry::Folder(folder),
            Seen::File { content, mode, owner } => {
                let state =
                    FileState { content: ports.fingerprints.of(content.expose()), mode, owner };
                sighting.contents.insert(path.clone(), content);
                Entry::File(state)
            }
        });
        sighting.observed.paths.insert(path.clone(), found);
    }
    sighting
}

/// Looks at what a step is about, as before and after it.
pub async fn look_for(step: &Step, ports: &Ports<'_>) -> Observed {
    let Target::Vault(secret) = step.guard.target() else {
        return look_at(&step.guard.target(), ports).await;
    };
    let asked = asked_of_vault([step]).remove(&secret).unwrap_or_default();
    let mut observed = Observed::nothing();
    observed.vault.insert(secret.clone(), in_vault(&secret, &asked, ports).await);
    observed
}

/// What has to be asked about Modal's secrets so that all guards of these steps can be settled.
pub fn asked_of_vault<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
) -> BTreeMap<ModalObject, Vec<Fingerprint>> {
    let mut asked: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for guard in steps.into_iter().flat_map(|step| [&step.guard, &step.undo.guard]) {
        if let Target::Vault(secret) = guard.target() {
            asked.entry(secret).or_default().extend(asked_by(guard));
        }
    }
    asked
}

/// The content whose marker settles a guard.
fn asked_by(guard: &Guard) -> Option<Fingerprint> {
    match guard {
        Guard::VaultIs(_, print) | Guard::VaultDiffers(_, print) => Some(*print),
        Guard::BucketAbsent(_)
        | Guard::BucketPresent(_)
        | Guard::VersioningIs(..)
        | Guard::LifecycleIs(..)
        | Guard::PathAbsent(_)
        | Guard::FileIs(..)
        | Guard::FolderEmpty(_)
        | Guard::SecretAbsent(_)
        | Guard::SecretIs(..)
        | Guard::ServicesKnown
        | Guard::ServicesAre(_)
        | Guard::VaultAbsent(_)
        | Guard::VaultCleared(_) => None,
    }
}

/// Looks at one target. Of a secret of Modal's it tells only whether it is there.
pub async fn look_at(target: &Target, ports: &Ports<'_>) -> Observed {
    match target {
        Target::Path(path) => observe_paths([path], ports).observed,
        Target::Bucket(bucket) | Target::Object(bucket, _) => {
            let mut observed = Observed::nothing();
            observed.buckets.insert(bucket.clone(), observe_bucket(bucket, ports).await);
            observed
        }
        Target::Secret(name) => {
            let mut observed = Observed::nothing();
            observed.secrets.insert(name.clone(), secret(name, ports).await);
            observed
        }
        Target::Service => Observed {
            service: Found::from_answer(ports.store.reach().await),
            ..Observed::nothing()
        },
        Target::Services => Observed { services: services(ports).await, ..Observed::nothing() },
        Target::Vault(secret) => {
            let mut observed = Observed::nothing();
            observed.vault.insert(secret.clone(), in_vault(secret, &[], ports).await);
            observed
        }
        // Which values its containers hold, nobody tells.
        Target::App(_) => Observed::nothing(),
    }
}

async fn in_vault(
    secret: &ModalObject,
    asked: &[Fingerprint],
    ports: &Ports<'_>,
) -> Found<VaultState> {
    Found::from_answer(ports.vault.look(secret, asked).await)
}

async fn secret(name: &PodmanSecret, ports: &Ports<'_>) -> Found<Fingerprint> {
    let value = ports.secrets.look(name).await;
    Found::from_answer(value.map(|value| ports.fingerprints.of(value.expose())))
}

/// Services that cannot be asked about are never "none".
async fn services(ports: &Ports<'_>) -> Found<ServiceStates> {
    setting(ports.dagster.states().await)
}

/// Looks at a bucket. One that is denied in one answer and told in another was made a moment ago: it
/// is waited for, so that no plan is made from the answer of a gateway that lags behind.
async fn observe_bucket(bucket: &BucketName, ports: &Ports<'_>) -> Found<BucketState> {
    let found = match look_once(bucket, ports).await {
        Look::Steady(found) => return found,
        Look::Denied if !is_listed(bucket, ports.store).await => return Found::Absent,
        Look::Denied | Look::Wavering => await_bucket(bucket, ports.store, ports.clock).await,
    };
    match found {
        Err(fault) => Found::Unknown(fault),
        Ok(()) => Found::Present(settings(bucket, ports).await),
    }
}

/// What one round of questions about a bucket says.
enum Look {
    /// All answers agree.
    Steady(Found<BucketState>),
    /// The bucket is not there.
    Denied,
    /// It is there, and it is not.
    Wavering,
}

async fn look_once(bucket: &BucketName, ports: &Ports<'_>) -> Look {
    match ports.store.head_bucket(bucket).await {
        Err(fault) if fault.kind == FaultKind::Absent => return Look::Denied,
        Err(fault) => return Look::Steady(Found::Unknown(fault)),
        Ok(()) => (),
    }
    let state = settings(bucket, ports).await;
    let denied = |fault: Option<&Fault>| fault.is_some_and(|fault| fault.kind == FaultKind::Absent);
    if denied(state.versioning.unknown()) || denied(state.lifecycle.unknown()) {
        return Look::Wavering;
    }
    Look::Steady(Found::Present(state))
}

async fn settings(bucket: &BucketName, ports: &Ports<'_>) -> BucketState {
    let versioning = setting(ports.store.versioning(bucket).await);
    let tables = match versioning {
        // Only who would switch it on has to know.
        Found::Present(Versioning::Enabled) => Found::Absent,
        _ => setting(ports.store.tables(bucket).await),
    };
    let lifecycle = setting(ports.store.lifecycle(bucket).await);
    BucketState { versioning, lifecycle, tables }
}

/// An answer about what must be there: a bucket has every setting, so "absent" is one of its gateways
/// lagging behind.
fn setting<T>(answer: Result<T, Fault>) -> Found<T> {
    match answer {
        Ok(value) => Found::Present(value),
        Err(fault) => Found::Unknown(fault),
    }
}
