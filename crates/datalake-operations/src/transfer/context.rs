//! What transfers need of the outside.

use datalake_engine::transfer::{NamedPaths, RecordFolders, Stopwatch};

use crate::HostContext;
use crate::lake::BucketClient;

/// What transfers need of the outside.
#[derive(Clone, Copy)]
pub struct TransferContext<'a> {
    /// datalake's own folder, and time.
    pub host: HostContext<'a>,
    /// The service, and what the spec says of it.
    pub client: BucketClient<'a>,
    /// The file system of this machine.
    pub paths: &'a dyn NamedPaths,
    /// Where records are kept.
    pub records: &'a dyn RecordFolders,
    /// Time that is measured.
    pub clock: &'a dyn Stopwatch,
}
