//! How an engine elsewhere calls a worker.

use super::JobManifest;

/// What a file is made of that has an engine elsewhere call a worker for each shard of a job. It holds no
/// secret.
#[derive(Debug, Clone, Copy)]
pub struct WorkerCall<'a> {
    /// The job.
    pub job: &'a JobManifest,
    /// The bucket that has the job.
    pub bucket: &'a str,
    /// The program `datalake` on this machine.
    pub program: &'a str,
    /// The file with the operator's function on this machine, of a job that has one.
    pub code: Option<&'a str>,
}

impl WorkerCall<'_> {
    /// What the names of files and functions of the job begin with.
    #[must_use]
    pub fn name_module(&self) -> String {
        format!("datalake_job_{}", self.job.name.as_str().replace('-', "_"))
    }

    /// A text as a literal of Python's.
    #[must_use]
    pub fn quote_text(text: &str) -> String {
        serde_json::Value::from(text).to_string()
    }
}
