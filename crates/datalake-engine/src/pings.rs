//! The port to those who are told of runs from afar.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;

/// Tells addresses such as healthchecks.io's of runs.
#[async_trait]
pub trait Pings: Send + Sync {
    /// Sends `text` to an address: whoever knows it can tell lies there, so no [`Fault`] shows it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where nobody answers, or not with success.
    async fn ping(&self, address: &FilledBody, text: &str) -> Result<(), Fault>;
}
