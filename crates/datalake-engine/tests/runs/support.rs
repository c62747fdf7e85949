//! A small world, and the two commands that change it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use datalake_core::*;
use datalake_engine::memory::*;
use datalake_engine::*;

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

/// Why a command came to no good end.
#[derive(Debug)]
pub(crate) enum Stopped {
    Records(Fault),
    Blocked(Vec<Blocker>),
    InTheWay(Vec<Conflict>),
    Apply(ApplyError),
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

/// A watch that lets a run go on to its end.
pub(crate) struct Patient;

impl Watch for Patient {
    fn begin(&self, _: &Step) {}

    fn end(&self, _: &Step, _: &Outcome) {}

    fn go_on(&self) -> bool {
        true
    }
}

impl World {
    /// A host with `/srv/app.conf`, a file and a secret that are left over, and no bucket.
    pub(crate) async fn without_bucket() -> Self {
        let files = Arc::new(MemoryFiles::default());
        let fingerprints = FingerprintKey::new([7; 32]);
        let both =
            UNITS.map(|unit| (unit.parse().unwrap(), ServiceState::UpWith(fingerprints.of(b""))));
        let env_file = (Arc::clone(&files), path(ENV_FILE));
        let world = Self {
            store: MemoryStore::default(),
            dagster: MemoryDagster::new(both.into_iter().collect(), env_file, fingerprints.clone()),
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
            Ok(Seen::File { content, .. }) => {
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

    /// What is wanted of it: a bucket, its settings, a secret, a changed and a new file, nothing
    /// left over, services that have read the new file, and the changed file's lines in Modal.
    ///
    /// `line` goes into the changed file, and its length into the settings.
    pub(crate) fn desired(&self, line: &str) -> Desired {
        let env = [Piece::text("KEY="), Piece::Secret(SecretName::SecretAccessKey)];
        let conf = [Piece::Kept(0..4), Piece::text(line)];
        let keep = Days::new(u32::try_from(line.len()).unwrap()).unwrap();
        let files = vec![
            self.desired_file("/srv/app.conf", FileBody::new(conf)),
            self.desired_file(ENV_FILE, FileBody::new(env)),
        ];
        let up = ServiceState::UpWith(files[1].file.content);
        let states = UNITS.map(|unit| (unit.parse().unwrap(), up)).into_iter().collect();
        Desired {
            bucket: DesiredBucket {
                name: bucket(),
                versioning: true,
                lifecycle: Lifecycle::protection(Some(keep), None),
            },
            probe: "assets/.probe".parse().unwrap(),
            folders: ["/srv", "/srv/datalake"]
                .map(|text| DesiredFolder {
                    path: path(text),
                    mode: Mode::PRIVATE_FOLDER,
                    owner: OWNER,
                })
                .to_vec(),
            secrets: vec![self.desired_secret()],
            files,
            absent: vec![unwanted(path(LEFT_OVER))],
            absent_secrets: vec![unwanted(SECRETS[1].parse().unwrap())],
            services: Some(DesiredServices { states, is_owed: false }),
            log_manager: None,
            vault: Some(self.desired_vault(line)),
        }
    }

    /// What is wanted in Modal; of what was there earlier a copy is kept, or will be.
    pub(crate) fn desired_vault(&self, line: &str) -> DesiredVault {
        let lines = format!("old\n{line}");
        let history = self.history();
        let copy = |print: &Fingerprint| {
            let copy = Records(&self.state).copy(*print, &self.fingerprints);
            (*print, copy.ok().map(|_| *print))
        };
        let mut earlier: BTreeMap<_, _> =
            history.vault_contents(&modal("hetzner-s3")).iter().map(copy).collect();
        if let Some(now) = self.content("/srv/app.conf") {
            let print = self.fingerprints.of(now.as_bytes());
            earlier.insert(print, Some(print));
        }
        DesiredVault {
            secret: modal("hetzner-s3"),
            print: self.fingerprints.of(lines.as_bytes()),
            body: FileBody::new([Piece::text(lines)]),
            earlier,
            apps: vec![modal("dagster-compute")],
            owed: BTreeSet::new(),
        }
    }

    fn desired_secret(&self) -> DesiredSecret {
        DesiredSecret {
            name: SECRETS[0].parse().unwrap(),
            body: FileBody::new([Piece::Secret(SecretName::SecretAccessKey)]),
            print: self.fingerprints.of(SECRET.as_bytes()),
            why: "a test".to_owned(),
        }
    }

    fn desired_file(&self, text: &str, body: FileBody) -> DesiredFile {
        let filled = body.fill(&keys(), b"old\n").unwrap();
        let content = self.fingerprints.of(filled.expose());
        DesiredFile {
            path: path(text),
            body,
            file: FileState { content, mode: Mode::PRIVATE, owner: OWNER },
            why: "a test".to_owned(),
        }
    }

    /// A plan from the world as it is.
    pub(crate) async fn plan(&self, line: &str) -> Plan {
        let desired = self.desired(line);
        let sighting = observe(&wanted(&desired), &self.ports()).await;
        plan_provision(&desired, &sighting.observed).unwrap()
    }

    /// What the command `provision` does, over `ports` to this world.
    pub(crate) async fn provision(&self, line: &str, ports: &Ports<'_>) -> Result<(), Stopped> {
        recover(ports).await.map_err(Stopped::Records)?;
        let history = Records(ports.state).history().map_err(Stopped::Records)?;
        let mut desired = self.desired(line);
        desired.services.as_mut().unwrap().is_owed = history.owes_restart();
        desired.vault.as_mut().unwrap().owed = history.owed_apps();
        let observed = observe(&wanted(&desired), ports).await.observed;
        let plan = plan_provision(&desired, &observed).map_err(Stopped::Blocked)?;
        if plan.is_empty() {
            return Ok(());
        }
        let run =
            Run { unfinished: history.unfinished(), ..self.run(RunKind::Provision, &plan).await };
        apply(run, &Patient, ports).await.map(drop).map_err(Stopped::Apply)
    }

    /// What the command `rollback` does, over `ports` to this world.
    pub(crate) async fn rollback(&self, ports: &Ports<'_>) -> Result<(), Stopped> {
        recover(ports).await.map_err(Stopped::Records)?;
        let history = Records(ports.state).history().map_err(Stopped::Records)?;
        let Some(receipt) = history.to_roll_back() else { return Ok(()) };
        let plan = plan_rollback(receipt);
        let mut looked = Wanted { vault: asked_of_vault(&plan.steps), ..Wanted::default() };
        for step in &plan.steps {
            match step.guard.target() {
                Target::Path(path) => looked.paths.push(path),
                Target::Bucket(bucket) => looked.buckets.push(bucket),
                Target::Secret(name) => looked.secrets.push(name),
                Target::Services => looked.services = true,
                Target::Service | Target::Object(..) | Target::Vault(_) | Target::App(_) => (),
            }
        }
        let conflicts = rehearse(&plan, &observe(&looked, ports).await.observed);
        if !conflicts.is_empty() {
            return Err(Stopped::InTheWay(conflicts));
        }
        let run = self.run(RunKind::Rollback(receipt.run.clone()), &plan).await;
        apply(Run { keys: None, ..run }, &Patient, ports).await.map(drop).map_err(Stopped::Apply)
    }

    /// A new run of `plan`, a second after the one before.
    pub(crate) async fn run<'a>(&self, kind: RunKind, plan: &'a Plan) -> Run<'a> {
        self.clock.sleep(Duration::from_secs(1)).await;
        Run {
            id: RunId::new(self.clock.now(), self.clock.random()),
            kind,
            user: None,
            plan,
            keys: Some(keys_for_runs()),
            unfinished: Unfinished::default(),
        }
    }
}

fn wanted(desired: &Desired) -> Wanted {
    let folders = desired.folders.iter().map(|folder| folder.path.clone());
    let files = desired.files.iter().map(|file| file.path.clone());
    let absent = desired.absent.iter().map(|unwanted| unwanted.what.clone());
    let secrets = desired.secrets.iter().map(|secret| secret.name.clone());
    let gone = desired.absent_secrets.iter().map(|unwanted| unwanted.what.clone());
    Wanted {
        buckets: vec![desired.bucket.name.clone()],
        paths: folders.chain(files).chain(absent).collect(),
        secrets: secrets.chain(gone).collect(),
        services: true,
        vault: desired.vault.iter().map(asked).collect(),
    }
}

fn asked(vault: &DesiredVault) -> (ModalObject, Vec<Fingerprint>) {
    let prints = [vault.print].into_iter().chain(vault.earlier.keys().copied());
    (vault.secret.clone(), prints.collect())
}

pub(crate) fn modal(name: &str) -> ModalObject {
    ModalObject { name: name.parse().unwrap(), environment: None }
}

fn unwanted<T>(what: T) -> Unwanted<T> {
    Unwanted { what, why: "a test".to_owned() }
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

fn keys_for_runs() -> &'static Credentials {
    static KEYS: std::sync::OnceLock<Credentials> = std::sync::OnceLock::new();
    KEYS.get_or_init(keys)
}
