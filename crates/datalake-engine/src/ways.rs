//! Links on the way to folders of the service user's.

use datalake_core::host::HostPath;

use crate::Owners;

/// Links that may lead to a folder of the service user's.
pub struct ListedLinks<'a> {
    /// Below these folders no link is followed that is not listed.
    pub closed: &'a [HostPath],
    /// The links that the operator has listed.
    pub listed: &'a [HostPath],
    /// Whose files they may lead to; where root made the link, to root's as well.
    pub owners: &'a Owners,
}
