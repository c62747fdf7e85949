//! Why Dagster's home is not known.

use datalake_core::fault::{Fault, WayFault};
use datalake_core::host::{HostPath, InvalidPath};
use datalake_quadlet::UnknownHome;

/// Why Dagster's home is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HomeUnknown {
    /// The units do not tell, or tell two.
    #[error(transparent)]
    Unknown(#[from] UnknownHome),
    /// A unit could not be read.
    #[error("`{0}` cannot be read")]
    Unread(HostPath, #[source] Fault),
    /// A link leads there.
    #[error(transparent)]
    Link(#[from] WayFault),
    /// The folder belongs to someone else.
    #[error("{}", .0.detail)]
    Foreign(Fault),
    /// A name makes no plain path.
    #[error(transparent)]
    Path(#[from] InvalidPath),
}
