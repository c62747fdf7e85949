//! What this process asks of the kernel for itself.

use datalake_core::fault::Fault;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

use crate::fault::fault_of;

/// Keeps the memory of this process, which may hold secrets, out of core files, and from being read
/// by other processes of its user. The programs that it starts write no core file either.
///
/// # Errors
///
/// A [`Fault`] where the kernel refuses.
pub fn forbid_core_files() -> Result<(), Fault> {
    let maximum = getrlimit(Resource::Core).maximum;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum }).map_err(fault_of)?;
    // A core file that goes through a pipe knows no limit.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(fault_of)
}
