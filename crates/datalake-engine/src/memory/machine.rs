//! A machine in memory.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitName, UserAccount};

use super::{MemoryContainers, MemoryImages, MemorySecrets, MemoryServices, MemoryTimers};
use crate::deployment::{Generator, GeneratorAnswer, QuadletTree};
use crate::{Machine, NotTheUser, Programs, Timers, UserPorts};

/// A machine that gives every user what was foreseen.
pub struct MemoryMachine {
    give: Box<dyn Fn() -> UserPorts + Send + Sync>,
    stranger: Option<u32>,
    /// Its timers.
    pub timers: MemoryTimers,
}

/// A machine on which no generator is installed.
struct NoGenerator;

impl MemoryMachine {
    /// A machine that gives every user what `give` gives.
    pub fn new(give: impl Fn() -> UserPorts + Send + Sync + 'static) -> Self {
        Self { give: Box::new(give), stranger: None, timers: MemoryTimers::default() }
    }

    /// The same, called by this user, who may not act for the service user.
    #[must_use]
    pub fn called_by(self, stranger: u32) -> Self {
        Self { stranger: Some(stranger), ..self }
    }

    /// The ports of a user for whom nothing runs and nothing is kept.
    #[must_use]
    pub fn idle(lingering: HostPath) -> UserPorts {
        UserPorts {
            services: Box::new(MemoryServices::default()),
            containers: Box::new(MemoryContainers::default()),
            images: Box::new(MemoryImages::default()),
            secrets: Box::new(MemorySecrets::default()),
            generator: Box::new(NoGenerator),
            lingering,
        }
    }
}

impl Machine for MemoryMachine {
    fn act_for(&self, user: &UnitName, _: &UserAccount) -> Result<UserPorts, NotTheUser> {
        match self.stranger {
            Some(caller) => Err(NotTheUser { caller, user: user.clone() }),
            None => Ok((self.give)()),
        }
    }

    fn ask_timers(&self) -> &dyn Timers {
        &self.timers
    }

    fn enter(
        &self,
        user: &UnitName,
        _: &UserAccount,
        _: &str,
    ) -> Result<Box<dyn Programs>, NotTheUser> {
        Err(NotTheUser { caller: self.stranger.unwrap_or_default(), user: user.clone() })
    }
}

#[async_trait]
impl Generator for NoGenerator {
    async fn generate(&self, _: &QuadletTree) -> Result<GeneratorAnswer, Fault> {
        Err(Fault::new(FaultKind::Absent, "no generator is installed"))
    }
}
