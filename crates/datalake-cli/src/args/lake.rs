//! The command line of `lake`.

use clap::{Args, Subcommand};
use datalake_operations::lake_clients::{KNOWN_CLIENTS, SnippetClient};

const CHECK_EXAMPLES: &str = "\
Examples:
  sudo datalake lake check                           Try every client where user code runs
  sudo datalake lake check --unit dagster-daemon     The same in the container of one unit
  datalake lake check --python /opt/venv/bin/python  The same with a Python of this host
  datalake lake check --client deltalake             Only this client
";

const SNIPPET_EXAMPLES: &str = "\
Examples:
  datalake lake snippet duckdb      SQL that reads and writes the bucket of this spec
  datalake lake snippet pyiceberg   The same in Python
";

/// What `lake` does.
#[derive(Debug, Subcommand)]
pub enum LakeCommand {
    /// Test the S3 clients that are installed where user code runs (exit 3 if one is broken)
    ///
    /// Each client writes, reads and lists below a prefix of its own, and several writers append to a
    /// table at once; all of it is removed afterwards. Without --unit and --python all containers that
    /// run user code are asked. It takes some minutes.
    #[command(before_help = CHECK_EXAMPLES)]
    Check(LakeCheck),
    /// Print the settings with which a client works with this spec, without secrets
    #[command(before_help = SNIPPET_EXAMPLES)]
    Snippet(LakeSnippet),
}

/// Flags of `lake check`.
#[derive(Debug, Args)]
pub struct LakeCheck {
    /// Ask this Python of this host instead, with the variables of the env file
    #[arg(long, value_name = "PATH")]
    pub python: Option<String>,
    /// Test only this client (repeatable)
    #[arg(long = "client", value_name = "NAME", value_parser = KNOWN_CLIENTS)]
    pub clients: Vec<String>,
}

/// Flags of `lake snippet`.
#[derive(Debug, Args)]
pub struct LakeSnippet {
    /// duckdb, polars, delta, pyiceberg, pandas, pyarrow or dlt
    #[arg(value_name = "CLIENT")]
    pub client: SnippetClient,
}
