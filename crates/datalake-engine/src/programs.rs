//! Programs that are started on the host or inside a container.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;

/// A place where programs can be started.
#[async_trait]
pub trait Programs: Send + Sync {
    /// Runs a program, the first of `words`, with `input` as its standard input, to its end, and ends it
    /// after `limit`. `Absent`: there is no such program. Whatever status it ends with is no fault.
    async fn run(
        &self,
        words: &[String],
        input: &FilledBody,
        limit: Duration,
    ) -> Result<Ran, Fault>;
}

/// How a program has ended, and what it has printed.
pub struct Ran {
    /// Whether it says that it has done its work.
    pub is_done: bool,
    /// Its standard output, which may hold secrets.
    pub stdout: FilledBody,
    /// The end of its standard error, which may hold secrets as well.
    pub stderr: FilledBody,
}
