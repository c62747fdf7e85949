//! A host, Modal and a service with policies in memory, and a process on them that may die.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Mode, Owner};
use datalake_core::modal::ModalObject;
use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessRequest, AccessScene, AccessVerdict, Caller, CephVersion,
    KeySuccession, NewPolicy, PolicyText, simulate_access,
};
use datalake_core::s3::BucketName;
use datalake_core::secret::{AccessKeyId, Credentials, FilledBody, FingerprintKey};
use datalake_core::spec::{Spec, SpecDocument, TablesPlace};
use datalake_engine::memory::{MemoryClock, MemoryFiles, MemoryState, MemoryStore, MemoryVault};
use datalake_engine::{Clock as _, Files as _, NewFile, ObjectStore as _, SeenEntry};

const USER: Owner = Owner { uid: 900, gid: 900 };
pub(crate) const OLD: &str = "AKOLD0000000000000001";
pub(crate) const NEW: &str = "AKNEW0000000000000002";
const UNIT: &str = "/var/lib/dagster/.config/containers/systemd/dagster.container";
pub(crate) const ENV_FILE: &str = "/var/lib/dagster/.config/datalake/s3.env";

/// It denies the old key two calls, and spares it alone where everybody else is denied objects.
const GUARD: &str = r#"{"Statement": [
  {"Sid": "guard", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam:::user/p11:AKOLD0000000000000001"},
   "Action": ["s3:PutBucketAcl", "s3:PutObjectAcl"],
   "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"]},
  {"Sid": "spare", "Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam:::user/p11:AKOLD0000000000000001",
   "arn:aws:iam:::user/p11:AKADMIN"]}, "Action": "s3:*Object", "Resource": "arn:aws:s3:::BUCKET/*"}]}"#;

pub(crate) struct World {
    pub(crate) files: MemoryFiles,
    pub(crate) state: MemoryState,
    pub(crate) store: MemoryStore,
    pub(crate) vault: MemoryVault,
    pub(crate) clock: MemoryClock,
    pub(crate) spec: Spec,
    pub(crate) old: Credentials,
    pub(crate) new: Credentials,
    pub(crate) fingerprints: FingerprintKey,
    /// Whether the old key was deleted in the Console.
    pub(crate) is_old_deleted: AtomicBool,
    /// Whether the new key was deleted in the Console.
    pub(crate) is_new_deleted: AtomicBool,
    /// So many seconds after it was stored a policy acts.
    lag: AtomicI64,
    /// What was stored since there is a lag, and when.
    stored: Mutex<Vec<(BucketName, i64, Option<AccessPolicy>)>>,
    calls: AtomicUsize,
    dies_at: AtomicUsize,
}

pub(crate) fn make_pair(id: &str, secret: &str) -> Credentials {
    Credentials::pair(id.parse().unwrap(), secret.parse().unwrap())
}

impl World {
    pub(crate) async fn new() -> Self {
        let mut document = SpecDocument::defaults();
        document.region = Some("fsn1".to_owned());
        document.bucket = Some("acme-dagster-assets".to_owned());
        document.host.user = Some("dagster-user".to_owned());
        document.host.units = Some(vec!["dagster".to_owned()]);
        document.modal.secret = Some("s3".to_owned());
        document.modal.apps = Some(vec!["etl".to_owned()]);
        let mut spec = document.check().unwrap();
        spec.tables = Some(TablesPlace::Bucket("acme-dagster-tables".parse().unwrap()));
        let world = Self {
            files: make_host(),
            state: MemoryState::default(),
            store: MemoryStore::default(),
            vault: MemoryVault::default(),
            clock: MemoryClock::new(1_790_000_000),
            spec,
            old: make_pair(OLD, "old0secret0old0secret"),
            new: make_pair(NEW, "new0secret0new0secret"),
            fingerprints: FingerprintKey::new([7; 32]),
            is_old_deleted: AtomicBool::new(false),
            is_new_deleted: AtomicBool::new(false),
            lag: AtomicI64::new(0),
            stored: Mutex::default(),
            calls: AtomicUsize::new(0),
            dies_at: AtomicUsize::new(usize::MAX),
        };
        world.vault.deploy(&ModalObject { name: "etl".parse().unwrap(), environment: None });
        for bucket in world.spec.list_buckets() {
            world.store.create_bucket(&bucket).await.unwrap();
        }
        world
    }

    /// Stores the guard in every bucket.
    pub(crate) async fn store_guards(&self) {
        for bucket in self.spec.list_buckets() {
            let policy = NewPolicy { text: guard_of(&bucket), binds_owner: false };
            self.store.set_policy(&bucket, Some(&policy)).await.unwrap();
        }
    }

    /// From now on a policy acts so many seconds after it was stored; what acts now goes on.
    pub(crate) async fn delay_policies(&self, seconds: i64) {
        let mut present = Vec::new();
        for bucket in self.spec.list_buckets() {
            let policy = self.enforced_policy(&bucket).await;
            present.push((bucket, i64::MIN / 2, policy));
        }
        *self.stored.lock().unwrap() = present;
        self.lag.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn is_late(&self) -> bool {
        self.lag.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn note_policy(&self, bucket: &BucketName, policy: Option<AccessPolicy>) {
        let now = self.clock.now().unix();
        self.stored.lock().unwrap().push((bucket.clone(), now, policy));
    }

    /// The policy that gateways act on.
    pub(crate) async fn enforced_policy(&self, bucket: &BucketName) -> Option<AccessPolicy> {
        if !self.is_late() {
            let text = self.store.policy(bucket).await.unwrap();
            return text.map(|text| text.read_policy().unwrap());
        }
        let acts_until = self.clock.now().unix() - self.lag.load(Ordering::Relaxed);
        let stored = self.stored.lock().unwrap();
        let acting = stored.iter().rev().find(|(of, at, _)| of == bucket && *at <= acts_until);
        acting.and_then(|(_, _, policy)| policy.clone())
    }

    /// The process dies at this call, counted from now.
    pub(crate) fn die_at(&self, call: usize) {
        self.calls.store(0, Ordering::Relaxed);
        self.dies_at.store(call, Ordering::Relaxed);
    }

    pub(crate) fn count_calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// A call before its effect: the dead do nothing.
    pub(crate) fn begin_call(&self) -> Result<(), Fault> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let dies_at = self.dies_at.load(Ordering::Relaxed);
        let is_before = dies_at.is_multiple_of(2);
        if call > dies_at || call == dies_at && is_before { Err(make_kill()) } else { Ok(()) }
    }

    /// A call after its effect: half of the deaths come here.
    pub(crate) fn end_call<T>(&self, answer: T) -> Result<T, Fault> {
        if self.calls.load(Ordering::Relaxed) > self.dies_at.load(Ordering::Relaxed) {
            Err(make_kill())
        } else {
            Ok(answer)
        }
    }

    pub(crate) fn env_file(&self) -> String {
        match self.files.look(&ENV_FILE.parse().unwrap()) {
            Ok(SeenEntry::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).into_owned()
            }
            Ok(SeenEntry::Folder(_)) | Err(_) => String::new(),
        }
    }

    /// Writes the env file past datalake.
    pub(crate) fn write_env_file(&self, text: &str) {
        let content = &FilledBody::new(text.as_bytes().to_vec());
        let file = NewFile { content, mode: Mode::PUBLIC, owner: USER };
        self.files.write(&ENV_FILE.parse().unwrap(), &file).unwrap();
    }

    pub(crate) async fn read_policies(&self) -> Vec<Option<AccessPolicy>> {
        let mut policies = Vec::new();
        for bucket in self.spec.list_buckets() {
            let text = self.store.policy(&bucket).await.unwrap();
            policies.push(text.map(|text| text.read_policy().unwrap()));
        }
        policies
    }

    /// Whether anything outside of the state folder has the new key.
    pub(crate) fn has_new_key(&self) -> bool {
        let vault = self.vault.everything();
        let in_vault =
            vault.values().any(|(_, lines)| String::from_utf8_lossy(lines).contains(NEW));
        in_vault || self.env_file().contains(NEW)
    }

    /// The names of generations that are kept.
    pub(crate) fn list_generations(&self) -> BTreeSet<String> {
        let names = self.state.file_names().into_iter();
        names.filter(|name| name.starts_with("rotation/generation-")).collect()
    }
}

fn make_kill() -> Fault {
    Fault::new(FaultKind::Io, "the process is dead")
}

pub(crate) fn guard_of(bucket: &BucketName) -> PolicyText {
    PolicyText::new(GUARD.replace("BUCKET", bucket.as_str()))
}

pub(crate) fn make_succession() -> KeySuccession {
    KeySuccession {
        project: "p11".parse().unwrap(),
        old: OLD.parse().unwrap(),
        new: NEW.parse().unwrap(),
    }
}

/// What a gateway answers to a key of the bucket's project.
pub(crate) fn ask_gateway(
    policy: Option<&AccessPolicy>,
    bucket: &BucketName,
    key: &AccessKeyId,
    call: AccessCall,
) -> bool {
    let owner: datalake_core::policy::ProjectId = "p11".parse().unwrap();
    let scene = AccessScene {
        bucket: bucket.clone(),
        owner: owner.clone(),
        policy,
        version: CephVersion::Reef,
        binds_owner: true,
    };
    let caller = Caller::Key { project: owner.clone(), key: key.clone() };
    let request = AccessRequest::new(caller, call).of_object("assets/a", &owner);
    simulate_access(&scene, &request).verdict == AccessVerdict::Allowed
}

/// Fails unless the key may nothing that the old one might not do at first.
pub(crate) fn require_no_wider(policy: Option<&AccessPolicy>, bucket: &BucketName, key: &str) {
    let guard = guard_of(bucket).read_policy().unwrap();
    let (key, old) = (key.parse().unwrap(), OLD.parse().unwrap());
    for call in AccessCall::ALL {
        let may = ask_gateway(policy, bucket, &key, *call);
        let might = ask_gateway(Some(&guard), bucket, &old, *call);
        assert!(might || !may, "{key} may {call:?} in {bucket}: {policy:?}");
    }
}

fn make_host() -> MemoryFiles {
    let files = MemoryFiles::default();
    let write = |path: &str, text: &str| {
        for (at, _) in path.match_indices('/').skip(1) {
            let folder = path[..at].parse().unwrap();
            files.create_folder(&folder, Mode::PUBLIC_FOLDER, USER).unwrap();
        }
        let content = &FilledBody::new(text.as_bytes().to_vec());
        let file = NewFile { content, mode: Mode::PUBLIC, owner: USER };
        files.write(&path.parse().unwrap(), &file).unwrap();
    };
    write("/etc/passwd", "dagster-user:x:900:900::/var/lib/dagster:/bin/sh\n");
    write(UNIT, "[Container]\nImage=docker.io/acme/dagster:1\n");
    files
}
