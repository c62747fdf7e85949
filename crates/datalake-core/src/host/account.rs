//! Users of the managed host.

use crate::host::{HostPath, InvalidPath, Owner};

/// The user whose units are those of the host's own systemd.
const HOST_USER: &str = "root";

/// Whose systemd and podman run the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitManager {
    /// A user's own: the containers are rootless.
    User,
    /// The host's own: the containers are root's.
    Host,
}

impl UnitManager {
    /// Who runs the containers of the user with this name: those of `root` are the host's.
    #[must_use]
    pub fn of_user(name: &str) -> Self {
        if name == HOST_USER { Self::Host } else { Self::User }
    }
}

/// A user as `/etc/passwd` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAccount {
    /// The user's number, and that of its first group.
    pub owner: Owner,
    /// The home folder.
    pub home: HostPath,
    /// Who runs its containers.
    pub manager: UnitManager,
}

impl UserAccount {
    /// Whether its units are those of the host's own systemd.
    #[must_use]
    pub fn is_host(&self) -> bool {
        self.manager == UnitManager::Host
    }

    /// The folder in which people write quadlets for it.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] never, as long as the home is a path.
    pub fn quadlet_folder(&self) -> Result<HostPath, InvalidPath> {
        match self.manager {
            UnitManager::User => self.home.join(".config/containers/systemd"),
            UnitManager::Host => "/etc/containers/systemd".parse(),
        }
    }

    /// The folder that is there as long as its systemd runs.
    #[must_use]
    pub fn manager_folder(&self) -> String {
        match self.manager {
            UnitManager::User => format!("/run/user/{}", self.owner.uid),
            UnitManager::Host => "/run/systemd/system".to_owned(),
        }
    }
}
