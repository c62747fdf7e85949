//! The port to those who are told of runs from afar.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::host::HostPath;
use datalake_core::secret::FilledBody;

/// Tells addresses such as healthchecks.io's of runs.
#[async_trait]
pub trait Pings: Send + Sync {
    /// The content of the file of mode 0600 that has the addresses.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it cannot be read, others may read it, or others may have put it there.
    fn read_addresses(&self, file: &HostPath) -> Result<FilledBody, Fault>;

    /// Sends `text` to an address: whoever knows it can tell lies there, so no [`Fault`] shows it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where nobody answers, or not with success.
    async fn send_text(&self, address: &FilledBody, text: &str) -> Result<(), Fault>;
}
