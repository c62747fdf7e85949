//! Users of the managed host.

use crate::host::{HostPath, Owner};

/// A user as `/etc/passwd` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAccount {
    /// The user's number, and that of its first group.
    pub owner: Owner,
    /// The home folder.
    pub home: HostPath,
}
