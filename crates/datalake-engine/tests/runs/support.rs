//! A small world.

mod commands;
mod desired;

use std::collections::BTreeMap;
use std::sync::Arc;

use datalake_core::host::{HostPath, Mode, Owner, ServiceState, ServiceStates};
use datalake_core::modal::ModalObject;
use datalake_core::receipt::History;
use datalake_core::s3::{BucketName, Lifecycle, LifecycleRule, Versioning};
use datalake_core::secret::{Credentials, FilledBody, Fingerprint, FingerprintKey, PodmanSecret};
use datalake_core::time::Days;
use datalake_engine::memory::*;
use datalake_engine::*;

pub(crate) use self::commands::{Patient, Stopped};

pub(crate) const SECRET: &str = "sEcReTsEcReTsEcReTsEcReTsEcReTsEcReT1234";
pub(crate) const UNITS: [&str; 2] = ["dagster-daemon", "dagster-webserver"];
const ENV_FILE: &str = "/srv/datalake/s3.env";
/// What a run has to remove.
pub(crate) const LEFT_OVER: &str = "/srv/left.conf";
const SECRETS: [&str; 2] = ["datalake-key", "left-over"];
pub(crate) const OWNER: Owner = Owner { uid: 1000, gid: 1000 };

/// Everything outside, in memory.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) files: Arc<MemoryFiles>,
    pub(crate) dagster: MemoryDagster,
    pub(crate) secrets: MemorySecrets,
    pub(crate) vault: MemoryVault,
    pub(crate) state: MemoryState,
    pub(crate) clock: MemoryClock,
    pub(crate) fingerprints: FingerprintKey,
}

/// All that a rollback has to bring back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) files: Everything,
    pub(crate) settings: Option<(Versioning, Lifecycle)>,
    pub(crate) services: ServiceStates,
    pub(crate) secrets: BTreeMap<PodmanSecret, Vec<u8>>,
    pub(crate) vault: BTreeMap<ModalObject, (Option<Fingerprint>, Vec<u8>)>,
}

impl World {
    /// A host with `/srv/app.conf`, a file and a secret that are left over, and no bucket.
    pub(crate) async fn without_bucket() -> Self {
        let files = Arc::new(MemoryFiles::default());
        let fingerprints = FingerprintKey::new([7; 32]);
        let both =
            UNITS.map(|unit| (unit.parse().unwrap(), ServiceState::UpWith(fingerprints.of(b""))));
        let world = Self {
            store: MemoryStore::default(),
            dagster: MemoryDagster::new(
                both.into_iter().collect(),
                Arc::clone(&files),
                path(ENV_FILE),
                fingerprints.clone(),
            ),
            files,
            secrets: MemorySecrets::default(),
            vault: MemoryVault::default(),
            state: MemoryState::default(),
            clock: MemoryClock::new(1_800_000_000),
            fingerprints,
        };
        world.files.create_folder(&path("/srv"), Mode::PUBLIC_FOLDER, OWNER).unwrap();
        world.edit("/srv/app.conf", "old\n");
        world.edit(LEFT_OVER, "left\n");
        world.keep(SECRETS[1], "left over").await;
        world
    }

    /// The same with a bucket and a secret that somebody else has set up.
    pub(crate) async fn with_bucket() -> Self {
        let world = Self::without_bucket().await;
        let expire = Some(Days::new(90).unwrap());
        let theirs = LifecycleRule { enabled: true, expire, ..LifecycleRule::default() };
        let rules = Lifecycle::new([("theirs".to_owned(), theirs)]);
        world.store.create_bucket(&bucket()).await.unwrap();
        world.store.set_versioning(&bucket(), Versioning::Suspended).await.unwrap();
        world.store.set_lifecycle(&bucket(), &rules).await.unwrap();
        world.keep(SECRETS[0], "theirs").await;
        world
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports {
            store: &self.store,
            files: self.files.as_ref(),
            dagster: &self.dagster,
            timers: &NoTimers,
            secrets: &self.secrets,
            vault: &self.vault,
            state: &self.state,
            clock: &self.clock,
            checkpoints: &NoCheckpoints,
            fingerprints: &self.fingerprints,
        }
    }

    /// Writes a file as somebody else would.
    pub(crate) fn edit(&self, text: &str, content: &str) {
        let content = FilledBody::new(content.as_bytes().to_vec());
        let mode = Mode::new(0o640);
        self.files.write(&path(text), &NewFile { content: &content, mode, owner: OWNER }).unwrap();
    }

    /// Has podman keep a secret as somebody else would.
    pub(crate) async fn keep(&self, name: &str, value: &str) {
        let value = FilledBody::new(value.as_bytes().to_vec());
        self.secrets.store(&name.parse().unwrap(), &value).await.unwrap();
    }

    /// The content of a file; nothing where there is none.
    pub(crate) fn content(&self, text: &str) -> Option<String> {
        match self.files.look(&path(text)) {
            Ok(SeenEntry::File { content, .. }) => {
                Some(String::from_utf8(content.expose().to_vec()).unwrap())
            }
            _ => None,
        }
    }

    /// What a rollback has to bring back; a bucket that was made stays, so it does not count.
    pub(crate) async fn picture(&self, bucket_was_there: bool) -> Picture {
        let settings = if bucket_was_there {
            let versioning = self.store.versioning(&bucket()).await.unwrap();
            Some((versioning, self.store.lifecycle(&bucket()).await.unwrap()))
        } else {
            None
        };
        let services = self.dagster.states().await.unwrap();
        let (secrets, vault) = (self.secrets.everything(), self.vault.everything());
        Picture { files: self.files.everything(), settings, services, secrets, vault }
    }

    pub(crate) fn history(&self) -> History {
        Records(&self.state).history().unwrap()
    }
}

pub(crate) fn modal(name: &str) -> ModalObject {
    ModalObject { name: name.parse().unwrap(), environment: None }
}

pub(crate) fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

pub(crate) fn bucket() -> BucketName {
    "acme-dagster-assets".parse().unwrap()
}

pub(crate) fn keys() -> Credentials {
    Credentials::pair("AKIDAKIDAKID".parse().unwrap(), SECRET.parse().unwrap())
}
