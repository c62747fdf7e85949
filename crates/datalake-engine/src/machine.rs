//! The port to what runs for a service user on this machine.

use datalake_core::host::{HostPath, UnitName, UserAccount};

use crate::{Containers, Generator, Images, NotTheUser, Programs, Secrets, Services, Timers};

/// The machine itself, on which services run; a sandbox or another root has none.
pub trait Machine: Send + Sync {
    /// What runs for a service user.
    ///
    /// # Errors
    ///
    /// [`NotTheUser`] for a caller who is neither root nor the user itself.
    fn act_for(&self, user: &UnitName, account: &UserAccount) -> Result<UserPorts, NotTheUser>;

    /// The timers of whoever runs this.
    fn ask_timers(&self) -> &dyn Timers;

    /// Programs inside the container of this id or name.
    ///
    /// # Errors
    ///
    /// [`NotTheUser`] for a caller who is neither root nor the user itself.
    fn enter(
        &self,
        user: &UnitName,
        account: &UserAccount,
        container: &str,
    ) -> Result<Box<dyn Programs>, NotTheUser>;
}

/// What runs for one service user.
pub struct UserPorts {
    /// The user's systemd.
    pub services: Box<dyn Services>,
    /// The containers of the user's podman.
    pub containers: Box<dyn Containers>,
    /// The images of the user's podman.
    pub images: Box<dyn Images>,
    /// The secrets that the user's podman keeps.
    pub secrets: Box<dyn Secrets>,
    /// The installed quadlet generator, run as the user.
    pub generator: Box<dyn Generator>,
    /// The file that lets the user's systemd run without a login.
    pub lingering: HostPath,
}
