//! The port to Dagster's webservers.

use async_trait::async_trait;
use datalake_core::fault::Fault;

/// Asks webservers of Dagster.
#[async_trait]
pub trait Webservers: Send + Sync {
    /// The answer of the webserver at `address`, such as `http://127.0.0.1:3000`, to a GraphQL
    /// query, as it came.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where nobody answers, or not with success.
    async fn query(&self, address: &str, query: &str) -> Result<Vec<u8>, Fault>;
}
