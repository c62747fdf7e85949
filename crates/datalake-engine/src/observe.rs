//! Reads the world and changes nothing.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{Entry, FileState, HostPath, ServiceStates};
use datalake_core::modal::{AskedContent, ModalObject, VaultState};
use datalake_core::plan::{Action, BucketState, Found, Guard, Observation, Observed, Step};
use datalake_core::s3::{BucketName, KeyPrefix, Versioning};
use datalake_core::secret::{Fingerprint, PodmanSecret};

use crate::buckets::{await_bucket, is_listed};
use crate::ports::{Ports, PutTrial, SeenEntry};

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WantedLooks {
    /// Buckets, with their settings.
    pub buckets: Vec<BucketName>,
    /// Where tables live.
    pub tables: Option<WantedTables>,
    /// Files and folders.
    pub paths: Vec<HostPath>,
    /// Secrets of podman's.
    pub secrets: Vec<PodmanSecret>,
    /// The services of the deployment.
    pub services: bool,
    /// Secrets of Modal's, each with the contents that it may hold: nobody can read them, but ask.
    pub vault: BTreeMap<ModalObject, Vec<AskedContent>>,
}

/// Where tables live, as far as it has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedTables {
    /// The bucket. Where its versioning is suspended, what that has left is looked for.
    pub bucket: BucketName,
    /// The prefix of their keys in the bucket of the assets: where that keeps versions, conditional
    /// writes are tried out. `None` for a bucket of their own.
    pub prefix: Option<KeyPrefix>,
}

/// Looks at the service and at all that is `wanted`; at Modal meanwhile, which may take its time.
///
/// Where the service itself cannot be used, its buckets are not asked for.
pub async fn observe(wanted: &WantedLooks, ports: &Ports<'_>) -> Observation {
    let near = observe_near(wanted, ports);
    let (mut observation, vault) = tokio::join!(near, observe_vault(&wanted.vault, ports));
    observation.observed.vault = vault;
    observation
}

/// Looks at secrets of Modal's, each with the contents that it may hold.
pub async fn observe_vault(
    wanted: &BTreeMap<ModalObject, Vec<AskedContent>>,
    ports: &Ports<'_>,
) -> BTreeMap<ModalObject, Found<VaultState>> {
    let mut found = BTreeMap::new();
    for (secret, asked) in wanted {
        found.insert(secret.clone(), in_vault(secret, asked, ports).await);
    }
    found
}

/// Looks at all but Modal.
async fn observe_near(wanted: &WantedLooks, ports: &Ports<'_>) -> Observation {
    let mut observation = read_paths(&wanted.paths, ports);
    let observed = &mut observation.observed;
    for name in &wanted.secrets {
        observed.secrets.insert(name.clone(), look_at_secret(name, ports).await);
    }
    if wanted.services {
        observed.services = look_at_services(ports).await;
    }
    observed.service = Found::from_answer(ports.store.reach().await);
    if observed.service.present().is_some() {
        for bucket in &wanted.buckets {
            observed.buckets.insert(bucket.clone(), observe_bucket(bucket, ports).await);
        }
        if let Some(tables) = &wanted.tables {
            look_at_tables(tables, observed, ports).await;
        }
    }
    observation
}

/// Looks whether commits of tables hold there. Where versions never were, they do; where a bucket of
/// their own keeps versions, nobody has to know.
async fn look_at_tables(tables: &WantedTables, observed: &mut Observed, ports: &Ports<'_>) {
    let WantedTables { bucket, prefix } = tables;
    let Found::Present(state) = observed.bucket(bucket) else { return };
    match (state.versioning, prefix) {
        (Found::Present(Versioning::Suspended), _) => {
            let traces = judge_setting(ports.store.version_traces(bucket).await);
            observed.version_traces.insert(bucket.clone(), traces);
        }
        (Found::Present(Versioning::Enabled), Some(prefix)) => {
            let trial = PutTrial { bucket, prefix, random: ports.clock.random() };
            let puts = judge_setting(ports.store.conditional_puts(&trial).await);
            observed.conditional_puts.insert(bucket.clone(), puts);
        }
        (
            Found::Present(Versioning::Never | Versioning::Enabled)
            | Found::Absent
            | Found::Unknown(_),
            _,
        ) => (),
    }
}

/// Looks at files and folders alone, also behind links of the service user's.
pub fn read_paths<'a>(
    paths: impl IntoIterator<Item = &'a HostPath>,
    ports: &Ports<'_>,
) -> Observation {
    sight_paths(paths, |path| ports.files.look(path), ports)
}

/// Looks at files and folders where they lie, as every guard does. What a link leads to is no answer:
/// it may be absent there and be here, and a link may lie there for a moment only.
pub fn look_at_paths<'a>(
    paths: impl IntoIterator<Item = &'a HostPath>,
    ports: &Ports<'_>,
) -> Observation {
    sight_paths(paths, |path| ports.files.look_in_place(path), ports)
}

fn sight_paths<'a>(
    paths: impl IntoIterator<Item = &'a HostPath>,
    look: impl Fn(&HostPath) -> Result<SeenEntry, Fault>,
    ports: &Ports<'_>,
) -> Observation {
    let mut observation = Observation { observed: Observed::nothing(), contents: BTreeMap::new() };
    for path in paths {
        let found = Found::from_answer(look(path)).map(|seen| match seen {
            SeenEntry::Folder(folder) => Entry::Folder(folder),
            SeenEntry::File { content, mode, owner } => {
                let state =
                    FileState { content: ports.fingerprints.of(content.expose()), mode, owner };
                observation.contents.insert(path.clone(), content);
                Entry::File(state)
            }
        });
        observation.observed.paths.insert(path.clone(), found);
    }
    observation
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
) -> BTreeMap<ModalObject, Vec<AskedContent>> {
    let mut asked: BTreeMap<_, Vec<AskedContent>> = BTreeMap::new();
    for step in steps {
        for guard in [&step.guard, &step.undo.guard] {
            if let Target::Vault(secret) = guard.target() {
                let contents = asked.entry(secret).or_default();
                let is_new = |print: &Fingerprint| contents.iter().all(|one| one.print != *print);
                let content = asked_by(guard).filter(is_new).map(|print| content_of(print, step));
                contents.extend(content);
            }
        }
    }
    asked
}

/// The content of that print, with its variables where the step is the one that stores it.
fn content_of(print: Fingerprint, step: &Step) -> AskedContent {
    if let Action::StoreVault { body, print: stored, .. } = &step.action
        && *stored == print
    {
        return AskedContent::of_body(print, body);
    }
    print.into()
}

/// The content whose marker settles a guard.
fn asked_by(guard: &Guard) -> Option<Fingerprint> {
    match guard {
        Guard::VaultIs(_, print) | Guard::VaultDiffers(_, print) => Some(*print),
        Guard::BucketAbsent(_)
        | Guard::BucketPresent(_)
        | Guard::VersioningIs(..)
        | Guard::LifecycleIs(..)
        | Guard::PolicyIs(..)
        | Guard::PublicAccessIs(..)
        | Guard::PathAbsent(_)
        | Guard::FileIs(..)
        | Guard::FolderEmpty(_)
        | Guard::SecretAbsent(_)
        | Guard::SecretIs(..)
        | Guard::ServicesKnown
        | Guard::ServicesAre(_)
        | Guard::TimersKnown
        | Guard::TimersAre(_)
        | Guard::VaultAbsent(_)
        | Guard::VaultCleared(_) => None,
    }
}

/// Looks at one target. Of a secret of Modal's it tells only whether it is there.
pub async fn look_at(target: &Target, ports: &Ports<'_>) -> Observed {
    match target {
        Target::Path(path) => look_at_paths([path], ports).observed,
        Target::Bucket(bucket) | Target::Object(bucket, _) => {
            let mut observed = Observed::nothing();
            observed.buckets.insert(bucket.clone(), observe_bucket(bucket, ports).await);
            observed
        }
        Target::Access(bucket) => {
            let mut observed = Observed::nothing();
            let policy = judge_setting(ports.store.policy(bucket).await);
            observed.policies.insert(bucket.clone(), policy);
            let block = judge_setting(ports.store.public_access(bucket).await);
            observed.public_access.insert(bucket.clone(), block);
            observed
        }
        Target::Secret(name) => {
            let mut observed = Observed::nothing();
            observed.secrets.insert(name.clone(), look_at_secret(name, ports).await);
            observed
        }
        Target::Service => Observed {
            service: Found::from_answer(ports.store.reach().await),
            ..Observed::nothing()
        },
        Target::Services => {
            Observed { services: look_at_services(ports).await, ..Observed::nothing() }
        }
        Target::Timers => Observed {
            timers: judge_setting(ports.timers.read_states().await),
            ..Observed::nothing()
        },
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
    asked: &[AskedContent],
    ports: &Ports<'_>,
) -> Found<VaultState> {
    Found::from_answer(ports.vault.look(secret, asked).await)
}

async fn look_at_secret(name: &PodmanSecret, ports: &Ports<'_>) -> Found<Fingerprint> {
    let value = ports.secrets.look(name).await;
    Found::from_answer(value.map(|value| ports.fingerprints.of(value.expose())))
}

/// Services that cannot be asked about are never "none".
async fn look_at_services(ports: &Ports<'_>) -> Found<ServiceStates> {
    judge_setting(ports.dagster.states().await)
}

/// Looks at a bucket. One that is denied in one answer and told in another was made a moment ago: it
/// is waited for, so that no plan is made from the answer of a gateway that lags behind.
async fn observe_bucket(bucket: &BucketName, ports: &Ports<'_>) -> Found<BucketState> {
    let found = match look_once(bucket, ports).await {
        BucketLook::Steady(found) => return found,
        BucketLook::Denied if !is_listed(bucket, ports.store).await => return Found::Absent,
        BucketLook::Denied | BucketLook::Wavering => {
            await_bucket(bucket, ports.store, ports.clock).await
        }
    };
    match found {
        Err(fault) => Found::Unknown(fault),
        Ok(()) => Found::Present(look_at_settings(bucket, ports).await),
    }
}

/// What one round of questions about a bucket says.
enum BucketLook {
    /// All answers agree.
    Steady(Found<BucketState>),
    /// The bucket is not there.
    Denied,
    /// It is there, and it is not.
    Wavering,
}

async fn look_once(bucket: &BucketName, ports: &Ports<'_>) -> BucketLook {
    match ports.store.head_bucket(bucket).await {
        Err(fault) if fault.kind == FaultKind::Absent => return BucketLook::Denied,
        Err(fault) => return BucketLook::Steady(Found::Unknown(fault)),
        Ok(()) => (),
    }
    let state = look_at_settings(bucket, ports).await;
    let denied = |fault: Option<&Fault>| fault.is_some_and(|fault| fault.kind == FaultKind::Absent);
    if denied(state.versioning.unknown()) || denied(state.lifecycle.unknown()) {
        return BucketLook::Wavering;
    }
    BucketLook::Steady(Found::Present(state))
}

async fn look_at_settings(bucket: &BucketName, ports: &Ports<'_>) -> BucketState {
    let versioning = judge_setting(ports.store.versioning(bucket).await);
    let tables = match versioning {
        // Only who would switch it on has to know.
        Found::Present(Versioning::Enabled) => Found::Absent,
        _ => judge_setting(ports.store.tables(bucket).await),
    };
    let lifecycle = judge_setting(ports.store.lifecycle(bucket).await);
    BucketState { versioning, lifecycle, tables }
}

/// An answer about what must be there: a bucket has every setting, so "absent" is one of its gateways
/// lagging behind.
fn judge_setting<T>(answer: Result<T, Fault>) -> Found<T> {
    match answer {
        Ok(value) => Found::Present(value),
        Err(fault) => Found::Unknown(fault),
    }
}
