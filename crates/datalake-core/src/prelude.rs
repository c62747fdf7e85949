//! The values that nearly every caller needs: `use datalake_core::prelude::*`.

pub use crate::fault::{Fault, FaultKind};
pub use crate::host::HostPath;
pub use crate::plan::{Desired, Found, Observed, Plan, plan_provision};
pub use crate::receipt::{Receipt, plan_rollback};
pub use crate::s3::{BucketName, ObjectKey, Region};
pub use crate::secret::Credentials;
pub use crate::size::ByteSize;
pub use crate::time::Timestamp;
