//! What calls workers elsewhere.

use async_trait::async_trait;
use datalake_core::fault::Fault;

/// An engine elsewhere that calls a worker for each shard of one job. What the workers do, their receipts
/// tell, not the engine.
#[async_trait]
pub trait ShardEngine: Send + Sync {
    /// Brings the worker there. A second call brings it once more.
    async fn deploy_worker(&self) -> Result<(), Fault>;

    /// Has the worker called for these shards, such as `0-9,12`, and waits for the end of all calls. Dropped
    /// or after a fault, calls that were made may go on.
    async fn call_worker(&self, shards: &str) -> Result<(), Fault>;

    /// Ends all calls, and takes the worker away. `Absent`: there is none.
    async fn end_workers(&self) -> Result<(), Fault>;
}
