//! The port to files of datalake's own folder that are read and written as streams.

use std::io::{Read, Write};

use datalake_core::fault::Fault;

/// Files that may be longer than memory. Names are as those of [`crate::StateFolder`].
pub trait LongFiles: Send + Sync {
    /// Opens a file from its beginning; `None` where there is none.
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Fault>;

    /// Begins a file that takes the place of an older one when it is finished.
    fn create(&self, name: &str) -> Result<Box<dyn NewLongFile>, Fault>;

    /// Opens a file for adding at its end; it comes into being as needed. What was written is kept
    /// when the process is killed; after a loss of power the end may be missing or torn.
    fn append(&self, name: &str) -> Result<Box<dyn Write + Send>, Fault>;

    /// Removes a file; one that is absent counts as removed.
    fn remove(&self, name: &str) -> Result<(), Fault>;
}

/// A file on its way to its place; dropped before it is finished, it leaves nothing there.
pub trait NewLongFile: Write + Send {
    /// Puts the file in its place, durable on return.
    fn finish(self: Box<Self>) -> Result<(), Fault>;
}
