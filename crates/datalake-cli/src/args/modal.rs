//! What `modal` does.

use clap::{Args, Subcommand};

const SECRET_EXAMPLES: &str = "\
Examples:
  datalake modal secret status       Tell whether Modal's secret is in step (exit 0) or not (exit 3)
  datalake modal secret sync         Create or replace it, and give its apps new containers
  datalake modal secret delete       Remove it
";

/// What `modal` does.
#[derive(Debug, Subcommand)]
pub enum Modal {
    /// Keep the secret in Modal in step with the host's variables
    Secret {
        /// What to do.
        #[command(subcommand)]
        what: Secret,
    },
}

/// What `modal secret` does.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Create or replace the secret, and roll over the apps of the spec
    ///
    /// The same steps as in `provision`, for the secret alone. Values reach Modal's client through its
    /// standard input and memory: no argument, variable or file holds them.
    #[command(before_help = SECRET_EXAMPLES)]
    Sync(Change),
    /// Tell how the secret stands: in step (exit 0), drifted or absent (3), unknown
    #[command(before_help = SECRET_EXAMPLES)]
    Status,
    /// Remove the secret
    #[command(before_help = SECRET_EXAMPLES)]
    Delete(Change),
}

/// Flags of what changes something.
#[derive(Debug, Args)]
pub struct Change {
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
}
