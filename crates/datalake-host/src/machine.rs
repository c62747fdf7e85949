//! What runs for a service user on this very machine.

use datalake_core::host::{UnitName, UserAccount};
use datalake_engine::{Machine, NotTheUser, Programs, Timers, UserPorts};
use rustix::process::geteuid;

use crate::{
    ContainerPrograms, OwnTimers, Podman, PodmanSecrets, QuadletGenerator, ServiceUser, Systemd,
};

/// This machine, as the user that the process runs as.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn act_for(&self, user: &UnitName, account: &UserAccount) -> Result<UserPorts, NotTheUser> {
        let user = service_user(user, account)?;
        let podman = Podman::new(user.clone());
        Ok(UserPorts {
            lingering: user.lingering(),
            services: Box::new(Systemd::new(user.clone())),
            containers: Box::new(podman.clone()),
            images: Box::new(podman),
            secrets: Box::new(PodmanSecrets::new(user.clone())),
            generator: Box::new(QuadletGenerator::new(user)),
        })
    }

    fn ask_timers(&self) -> &dyn Timers {
        &OwnTimers
    }

    fn enter(
        &self,
        user: &UnitName,
        account: &UserAccount,
        container: &str,
    ) -> Result<Box<dyn Programs>, NotTheUser> {
        Ok(Box::new(ContainerPrograms::new(service_user(user, account)?, container)))
    }
}

fn service_user(name: &UnitName, account: &UserAccount) -> Result<ServiceUser, NotTheUser> {
    ServiceUser::new(name, account, geteuid().as_raw())
}
