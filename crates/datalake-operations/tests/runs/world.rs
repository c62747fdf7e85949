//! A host, a state folder and a service in memory.

use datalake_core::fault::FaultKind;
use datalake_core::host::{Mode, Owner};
use datalake_core::secret::{Credentials, FilledBody, FingerprintKey};
use datalake_core::spec::{Spec, SpecDocument, TablesPlace};
use datalake_engine::memory::{MemoryClock, MemoryFiles, MemoryState, MemoryStore};
use datalake_engine::{
    Files as _, NewFile, NoCheckpoints, NoDagster, NoSecrets, NoTimers, NoVault, Ports, SeenEntry,
};

use crate::failing::Failing;

const USER: Owner = Owner { uid: 900, gid: 900 };
pub(crate) const TABLES: &str = "acme-dagster-assets-tables";
const UNIT: &str = "/var/lib/dagster/.config/containers/systemd/dagster.container";

pub(crate) struct World {
    pub(crate) files: MemoryFiles,
    pub(crate) state: MemoryState,
    pub(crate) store: MemoryStore,
    pub(crate) clock: MemoryClock,
    pub(crate) spec: Spec,
    pub(crate) keys: Credentials,
    pub(crate) fingerprints: FingerprintKey,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut document = SpecDocument::defaults();
        document.region = Some("fsn1".to_owned());
        document.bucket = Some("acme-dagster-assets".to_owned());
        document.host.user = Some("dagster-user".to_owned());
        document.host.units = Some(vec!["dagster".to_owned()]);
        let id = "AKIDEXAMPLE".parse().expect("an id");
        Self {
            files: host(),
            state: MemoryState::default(),
            store: MemoryStore::default(),
            clock: MemoryClock::new(1_790_000_000),
            spec: document.check().expect("a spec"),
            keys: Credentials::pair(id, "0123456789abcdef".parse().expect("a secret")),
            fingerprints: FingerprintKey::new([7; 32]),
        }
    }

    /// The same with a spec that has a bucket for tables.
    pub(crate) fn with_tables() -> Self {
        let bucket = TABLES.parse().expect("a bucket");
        let mut world = Self::new();
        world.spec.tables = Some(TablesPlace::Bucket(bucket));
        world
    }

    /// The text of a file; empty where there is none.
    pub(crate) fn text(&self, path: &str) -> String {
        match self.files.look(&path.parse().expect("a path")) {
            Ok(SeenEntry::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).into_owned()
            }
            Ok(SeenEntry::Folder(_)) | Err(_) => String::new(),
        }
    }

    /// The ports as they are.
    pub(crate) fn sound(&self) -> Failing<'_> {
        self.failing_at(usize::MAX, FaultKind::Io)
    }

    /// The ports, whose call of this number fails.
    pub(crate) fn failing_at(&self, call: usize, kind: FaultKind) -> Failing<'_> {
        Failing::new(self, call, kind)
    }

    pub(crate) fn ports<'a>(&'a self, failing: &'a Failing<'a>) -> Ports<'a> {
        Ports {
            store: failing,
            files: failing,
            dagster: &NoDagster,
            timers: &NoTimers,
            secrets: &NoSecrets,
            vault: &NoVault,
            state: failing,
            clock: &self.clock,
            checkpoints: &NoCheckpoints,
            fingerprints: &self.fingerprints,
        }
    }
}

fn host() -> MemoryFiles {
    let files = MemoryFiles::default();
    let write = |path: &str, text: &str| {
        for (at, _) in path.match_indices('/').skip(1) {
            let folder = path[..at].parse().expect("a path");
            files.create_folder(&folder, Mode::PUBLIC_FOLDER, USER).expect("a folder above");
        }
        let content = &FilledBody::new(text.as_bytes().to_vec());
        let file = NewFile { content, mode: Mode::PUBLIC, owner: USER };
        files.write(&path.parse().expect("a path"), &file).expect("a folder above");
    };
    write("/etc/passwd", "dagster-user:x:900:900::/var/lib/dagster:/bin/sh\n");
    write(UNIT, "[Container]\nImage=docker.io/acme/dagster:1\n");
    files
}
