//! A job as an asset: a partition is a range of its shards.

use datalake_core::job::WorkerCall;

const JOB: &str = include_str!("job.py");

/// So many runs an instance of Dagster's has at one time unless it says more.
const RUNS_AT_ONCE: u32 = 10;

/// The file with the asset of a job, for a project that loads every file below its `defs`.
#[must_use]
pub fn render_job_asset(call: &WorkerCall<'_>) -> String {
    render_with(call, "")
}

/// The same as a file that is loaded by itself.
#[must_use]
pub fn render_job_alone(call: &WorkerCall<'_>) -> String {
    render_with(call, "defs = dg.Definitions(assets=[{{name}}], jobs=[{{name}}_all])\n")
}

fn render_with(call: &WorkerCall<'_>, definitions: &str) -> String {
    let workers = call.job.brake.bound_workers(RUNS_AT_ONCE.min(call.job.shards));
    let (import, flags) = match call.code {
        Some(code) => (
            "import sys\n",
            format!(
                "\n        words += [\"--code\", {}, \"--python\", sys.executable]",
                WorkerCall::quote_text(code)
            ),
        ),
        None => ("", String::new()),
    };
    JOB.replace("{{definitions}}", definitions)
        .replace("{{name}}", &call.name_module())
        .replace("{{job}}", call.job.name.as_str())
        .replace("{{bucket}}", call.bucket)
        .replace("{{shards}}", &call.job.shards.to_string())
        .replace("{{workers}}", &workers.to_string())
        .replace("{{program}}", &WorkerCall::quote_text(call.program))
        .replace("{{import}}", import)
        .replace("{{flags}}", &flags)
}
