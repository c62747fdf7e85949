//! Reads the world and changes nothing.

use std::collections::BTreeMap;

use datalake_core::{
    BucketName, BucketState, Entry, Fault, FileState, FilledBody, Fingerprint, Found, HostPath,
    Observed, PodmanSecret, ServiceStates, Target,
};

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
}

/// What was found, and what the files hold. The contents may be secret, so they stand apart.
pub struct Sighting {
    /// What was found.
    pub observed: Observed,
    /// What the files hold.
    pub contents: BTreeMap<HostPath, FilledBody>,
}

/// Looks at the service and at all that is `wanted`.
///
/// Where the service itself cannot be used, its buckets are not asked for.
pub async fn observe(wanted: &Wanted, ports: &Ports<'_>) -> Sighting {
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

/// Looks at one target, as before and after a step.
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
    }
}

async fn secret(name: &PodmanSecret, ports: &Ports<'_>) -> Found<Fingerprint> {
    let value = ports.secrets.look(name).await;
    Found::from_answer(value.map(|value| ports.fingerprints.of(value.expose())))
}

/// Services that cannot be asked about are never "none".
async fn services(ports: &Ports<'_>) -> Found<ServiceStates> {
    setting(ports.dagster.states().await)
}

async fn observe_bucket(bucket: &BucketName, ports: &Ports<'_>) -> Found<BucketState> {
    match ports.store.head_bucket(bucket).await {
        Err(fault) => Found::from_answer(Err(fault)),
        Ok(()) => Found::Present(BucketState {
            versioning: setting(ports.store.versioning(bucket).await),
            lifecycle: setting(ports.store.lifecycle(bucket).await),
        }),
    }
}

/// An answer about what must be there: a bucket has every setting, so "absent" is one of its gateways
/// lagging behind.
fn setting<T>(answer: Result<T, Fault>) -> Found<T> {
    match answer {
        Ok(value) => Found::Present(value),
        Err(fault) => Found::Unknown(fault),
    }
}
