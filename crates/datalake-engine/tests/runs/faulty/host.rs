//! Host, state folder, Dagster and podman, as they fail.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, Mode, Owner, ServiceStates};
use datalake_core::secret::{FilledBody, PodmanSecret};
use datalake_engine::*;

use super::{Fails, Faulty, Turn, death};

impl Files for Faulty<'_> {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.call(|| self.world.files.look(path))
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.call(|| {
            self.survive(Checkpoint::TemporaryWritten)?;
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
            self.survive(Checkpoint::UnitsReloaded)?;
            self.survive(Checkpoint::ServicesOrdered)?;
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
