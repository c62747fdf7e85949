//! Ports that fail or die at a chosen call or checkpoint.
//!
//! To have podman keep a secret is the one call that does not leave all as it was when it fails: the
//! old value is gone by then.

use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::*;
use datalake_engine::*;

use crate::support::World;

/// When the ports fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fails {
    Never,
    /// The call of this number fails and does nothing; all others work.
    Once(usize, FaultKind),
    /// The call of this number is carried out and its answer lost; all others work.
    LosesAnswer(usize, FaultKind),
    /// Host and service are gone before the call of this number; the state folder still works.
    GoneBefore(usize, FaultKind),
    /// The same, and the call of this number was carried out.
    GoneAfter(usize, FaultKind),
    /// The process dies before the call of this number has done anything.
    DiesBefore(usize),
    /// The process dies as it has podman replace a secret.
    DiesStoring,
    /// The process dies where it passes this checkpoint for the so-manieth time.
    DiesAt(Checkpoint, usize),
}

/// The ports to a world that fail as told.
pub(crate) struct Faulty<'a> {
    world: &'a World,
    fails: Fails,
    seen: Mutex<Seen>,
}

/// What has gone through the ports so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) calls: usize,
    pub(crate) passed: Vec<Checkpoint>,
    dead: bool,
}

enum Turn {
    Go,
    Fail(Fault),
    GoAndLose(Fault),
    Dead(Fault),
}

impl<'a> Faulty<'a> {
    pub(crate) fn new(world: &'a World, fails: Fails) -> Self {
        Self { world, fails, seen: Mutex::default() }
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports {
            store: self,
            files: self,
            dagster: self,
            secrets: self,
            vault: self,
            state: self,
            checkpoints: self,
            clock: &self.world.clock,
            fingerprints: &self.world.fingerprints,
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    fn turn(&self) -> Turn {
        let mut seen = self.seen.lock().unwrap();
        let call = seen.calls;
        seen.calls += 1;
        if seen.dead {
            return Turn::Dead(death());
        }
        match self.fails {
            Fails::Once(at, kind) if at == call => Turn::Fail(Fault::new(kind, "injected")),
            Fails::DiesBefore(at) if at == call => {
                seen.dead = true;
                Turn::Fail(death())
            }
            Fails::LosesAnswer(at, kind) if at == call => {
                Turn::GoAndLose(Fault::new(kind, "injected"))
            }
            Fails::GoneBefore(at, kind) if at == call => {
                seen.dead = true;
                Turn::Fail(Fault::new(kind, "injected"))
            }
            Fails::GoneAfter(at, kind) if at == call => {
                seen.dead = true;
                Turn::GoAndLose(Fault::new(kind, "injected"))
            }
            _ => Turn::Go,
        }
    }

    /// The turn of a call to the state folder, which outlives host and service.
    fn turn_of_state(&self) -> Turn {
        match self.fails {
            Fails::GoneBefore(..) | Fails::GoneAfter(..) => Turn::Go,
            _ => self.turn(),
        }
    }

    fn call<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        take(self.turn(), act)
    }

    fn keep<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        take(self.turn_of_state(), act)
    }

    async fn ask<T>(&self, act: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, Fault> {
        match self.turn() {
            Turn::Go => act.await,
            Turn::GoAndLose(fault) => act.await.and(Err(fault)),
            Turn::Fail(fault) | Turn::Dead(fault) => Err(fault),
        }
    }
}

fn take<T>(turn: Turn, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    match turn {
        Turn::Go => act(),
        Turn::GoAndLose(fault) => act().and(Err(fault)),
        Turn::Fail(fault) | Turn::Dead(fault) => Err(fault),
    }
}

fn death() -> Fault {
    Fault::new(FaultKind::Io, "the process is dead")
}

impl Checkpoints for Faulty<'_> {
    fn pass(&self, checkpoint: Checkpoint) {
        let mut seen = self.seen.lock().unwrap();
        if seen.dead {
            return;
        }
        seen.passed.push(checkpoint);
        let times = seen.passed.iter().filter(|passed| **passed == checkpoint).count();
        seen.dead = self.fails == Fails::DiesAt(checkpoint, times);
    }
}

impl Files for Faulty<'_> {
    fn look(&self, path: &HostPath) -> Result<datalake_engine::Seen, Fault> {
        self.call(|| self.world.files.look(path))
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.call(|| {
            self.pass(Checkpoint::TemporaryWritten);
            if self.seen().dead && matches!(self.fails, Fails::DiesAt(..)) {
                return Err(death());
            }
            self.world.files.write(path, file)?;
            self.pass(Checkpoint::FileRenamed);
            Ok(())
        })
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.call(|| self.world.files.remove_file(path))
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.call(|| self.world.files.create_folder(path, mode, owner))
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.call(|| self.world.files.remove_folder(path))
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.call(|| self.world.files.sweep(path))
    }
}

impl StateFolder for Faulty<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.keep(|| self.world.state.read(name))
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.keep(|| self.world.state.write(name, content))
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        match self.turn_of_state() {
            Turn::Go => self.world.state.append(name, content),
            Turn::GoAndLose(fault) => self.world.state.append(name, content).and(Err(fault)),
            // A part of the line may be there.
            Turn::Fail(fault) => {
                self.world.state.append(name, &content[..content.len() / 2]).and(Err(fault))
            }
            Turn::Dead(fault) => Err(fault),
        }
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.keep(|| self.world.state.remove(name))
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        self.keep(|| self.world.state.names(folder))
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.world.state.lock(holder)
    }
}

#[async_trait]
impl Dagster for Faulty<'_> {
    async fn states(&self) -> Result<ServiceStates, Fault> {
        self.ask(self.world.dagster.states()).await
    }

    async fn settle(&self, states: &ServiceStates) -> Result<(), Fault> {
        self.ask(async {
            for checkpoint in [Checkpoint::UnitsReloaded, Checkpoint::ServicesOrdered] {
                self.pass(checkpoint);
                if self.seen().dead && matches!(self.fails, Fails::DiesAt(..)) {
                    return Err(death());
                }
            }
            self.world.dagster.settle(states).await
        })
        .await
    }

    async fn prove(&self, services: &ServiceStates, probe: &Probe) -> Result<(), Fault> {
        self.ask(self.world.dagster.prove(services, probe)).await
    }
}

#[async_trait]
impl Secrets for Faulty<'_> {
    async fn look(&self, name: &PodmanSecret) -> Result<FilledBody, Fault> {
        self.ask(self.world.secrets.look(name)).await
    }

    async fn store(&self, name: &PodmanSecret, value: &FilledBody) -> Result<(), Fault> {
        let mut turn = self.turn();
        if self.fails == Fails::DiesStoring && matches!(turn, Turn::Go) {
            self.seen.lock().unwrap().dead = true;
            turn = Turn::Fail(death());
        }
        match turn {
            Turn::Go => self.world.secrets.store(name, value).await,
            Turn::GoAndLose(fault) => self.world.secrets.store(name, value).await.and(Err(fault)),
            Turn::Fail(fault) => self.world.secrets.remove(name).await.and(Err(fault)),
            Turn::Dead(fault) => Err(fault),
        }
    }

    async fn remove(&self, name: &PodmanSecret) -> Result<(), Fault> {
        self.ask(self.world.secrets.remove(name)).await
    }
}

#[async_trait]
impl SecretVault for Faulty<'_> {
    async fn look(&self, secret: &ModalObject, asked: &[Fingerprint]) -> Result<VaultState, Fault> {
        self.ask(self.world.vault.look(secret, asked)).await
    }

    async fn create(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.ask(self.world.vault.create(secret, lines, print)).await
    }

    async fn replace(
        &self,
        secret: &ModalObject,
        lines: &FilledBody,
        print: Fingerprint,
    ) -> Result<(), Fault> {
        self.ask(self.world.vault.replace(secret, lines, print)).await
    }

    async fn remove(&self, secret: &ModalObject) -> Result<(), Fault> {
        self.ask(self.world.vault.remove(secret)).await
    }

    async fn roll_over(&self, app: &ModalObject) -> Result<(), Fault> {
        self.ask(self.world.vault.roll_over(app)).await
    }
}

#[async_trait]
impl ObjectStore for Faulty<'_> {
    async fn reach(&self) -> Result<Service, Fault> {
        self.ask(self.world.store.reach()).await
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        self.ask(self.world.store.buckets()).await
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.ask(self.world.store.head_bucket(bucket)).await
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.ask(self.world.store.create_bucket(bucket)).await
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.ask(self.world.store.versioning(bucket)).await
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        self.ask(self.world.store.set_versioning(bucket, to)).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.ask(self.world.store.lifecycle(bucket)).await
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.ask(self.world.store.set_lifecycle(bucket, rules)).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        self.ask(self.world.store.put_object(bucket, key, content)).await
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.ask(self.world.store.get_object(bucket, key)).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.ask(self.world.store.head_object(bucket, key)).await
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.ask(self.world.store.delete_object(bucket, key, version)).await
    }
}
