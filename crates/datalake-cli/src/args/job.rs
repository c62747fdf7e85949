//! The command line of `job`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use datalake_core::job::{JobName, JobTask};
use datalake_core::price::Money;

use super::Address;

const EXAMPLES: &str = "\
Examples:
  datalake job plan hashes --do checksum s3://acme-lake/raw/    Freeze the list, and price the job
  datalake job run hashes                                       Do what is left of it, here
  datalake job status hashes                                    How far it is, from any machine
  datalake job report hashes                                    Keys that failed, with causes (exit 5)
";

/// What `job` does.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub enum JobCommand {
    /// List what is to be done, freeze it in the bucket, and price it; more than the budget is refused (6)
    ///
    /// The list is below `_datalake/jobs/NAME/` in the spec's bucket, cut into shards of 1,000 keys or
    /// 2 GiB. Nothing else is done.
    Plan(JobPlan),
    /// Do what is left of a job; can be stopped or killed at any time, and run again
    ///
    /// Ends with 0 when every key is done, with 5 where some have failed, were changed since the plan, or
    /// are left. Keys that have failed are tried again by the next run; keys that were changed are not.
    Run(JobRunFlags),
    /// Tell how far a job is: done (exit 0), not done (3), or done with failures (5)
    Status(JobNamed),
    /// List the keys that have failed or were changed since the plan, each with its cause (exit 5)
    Report(JobNamed),
    /// Ask all workers of a job to begin no further shard; `job run` takes that back
    ///
    /// With `--on modal` its app is stopped as well: what runs there ends at once, and costs no more.
    Stop(JobStop),
    /// Do one shard, as one of several workers; what an engine other than this machine calls
    Shard(JobShardFlags),
}

const PLAN_EXAMPLES: &str = "\
Examples:
  datalake job plan hashes --do checksum s3://acme-lake/raw/
  datalake job plan smaller --do recompress s3://acme-lake/raw/ s3://acme-lake/packed/
  datalake job plan clean --do python:clean.py:clean raw/ cleaned/ --core-hour 0.05EUR
";

/// Flags of `job plan`.
#[derive(Debug, Args)]
#[command(before_help = PLAN_EXAMPLES)]
pub struct JobPlan {
    /// What the job is called: lowercase letters, digits and hyphens
    pub name: JobName,
    /// What is done to each object: checksum; copy; recompress (to Zstandard, level 10; what is
    /// Zstandard already is unpacked before, gzip, bzip2 and xz are refused key by key);
    /// python:FILE:FUNCTION (called as FUNCTION(stream, key); the bytes that it returns are stored)
    #[arg(long = "do", value_name = "TASK")]
    pub task: JobTask,
    /// What the keys begin with
    pub source: Address,
    /// What the keys of the results begin with; in another bucket, or below another prefix
    pub dest: Option<Address>,
    /// What an hour of one core costs where the job is run, such as 0.05EUR
    #[arg(long, value_name = "PRICE")]
    pub core_hour: Option<Money>,
}

/// The job that a command is about.
#[derive(Debug, Args)]
pub struct JobNamed {
    /// The job
    pub name: JobName,
}

/// What runs the operator's function.
#[derive(Debug, Args)]
pub struct JobCodeFlags {
    /// The file with the function of a python job, the same as it was planned with
    #[arg(long, value_name = "FILE")]
    pub code: Option<PathBuf>,
    /// The Python that runs it
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub python: String,
}

/// Where a job is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JobEngine {
    /// On this machine
    Local,
    /// In containers of Modal's: a file is written, deployed and called
    Modal,
    /// In runs of Dagster's: an asset is written, whose partitions are ranges of shards
    Dagster,
}

/// Flags of `job stop`.
#[derive(Debug, Args)]
pub struct JobStop {
    /// The job
    pub name: JobName,
    /// Where it is run
    #[arg(long, value_name = "ENGINE", default_value = "local")]
    pub on: JobEngine,
}

const RUN_EXAMPLES: &str = "\
Examples:
  datalake job run hashes                  Do what is left of it
  datalake job run clean --code clean.py   A python job: code from a bucket is never run
  datalake job run hashes --on modal       Show the price, ask, and have Modal do it
  datalake job run hashes --on dagster     Write an asset that does it
";

/// Flags of `job run`.
#[derive(Debug, Args)]
#[command(before_help = RUN_EXAMPLES)]
pub struct JobRunFlags {
    /// The job
    pub name: JobName,
    /// Where it is run
    #[arg(long, value_name = "ENGINE", default_value = "local")]
    pub on: JobEngine,
    /// The folder for the file that Modal or Dagster needs, such as a project
    #[arg(long, default_value = ".")]
    pub dir: PathBuf,
    /// What an hour of one core costs there, such as 0.05EUR
    #[arg(long, value_name = "PRICE")]
    pub core_hour: Option<Money>,
    /// Show what is left and what it costs; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before Modal is used
    #[arg(long, short)]
    pub yes: bool,
    /// What runs the operator's function.
    #[command(flatten)]
    pub code: JobCodeFlags,
}

/// Flags of `job shard`.
#[derive(Debug, Args)]
pub struct JobShardFlags {
    /// The job
    pub name: JobName,
    /// The number of the shard, from 0
    pub shard: u32,
    /// How many workers the job has at one time: each keeps within its share of the requests
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub workers: u32,
    /// What runs the operator's function.
    #[command(flatten)]
    pub code: JobCodeFlags,
}
