//! Flags of what begins, makes and undoes a run.

use clap::{Args, ValueEnum};
use datalake_core::host::HostPath;
use datalake_core::time::RunId;
use datalake_desired::HostEnvironment;

const INIT_EXAMPLES: &str = "\
Examples:
  datalake init                                              Ask for location, bucket and prefix
  datalake init --no-input --region fsn1 --bucket acme-dagster-assets
  datalake init --no-tables                                  Without a bucket for tables
  datalake --sandbox init                                    Try it: no account, no root
";

pub(super) const HELP_EXAMPLES: &str = "\
Examples:
  datalake help migrate run       The page of a command
  datalake help exit-codes        What a script learns from the code
  datalake help global-options    --config, --json, --sandbox and the values of the spec
";

pub(super) const DISCOVER_EXAMPLES: &str = "\
Examples:
  sudo datalake discover          All users of this host
  datalake discover               What can be seen without root
  sudo datalake discover --json   The same for a program
";

const PROVISION_EXAMPLES: &str = "\
Examples:
  datalake --sandbox provision                     Try it on this machine: no account, no root
  sudo -E datalake provision --dry-run             Show what would change (exit 3); change nothing
  sudo -E datalake provision                       Ask, apply, restart the services, prove
  sudo datalake provision --yes --credentials-file=hetzner.env
";

const ROLLBACK_EXAMPLES: &str = "\
Examples:
  sudo datalake rollback --dry-run                 Show how the last run would be undone
  sudo datalake rollback                           Undo it; needs no S3 access
  sudo datalake rollback R-20261122-180000-k3xa    Undo that run; `datalake history` lists them
  sudo datalake rollback --keep /etc/x.conf        Leave a file that was edited since; undo the rest
";

const HISTORY_EXAMPLES: &str = "\
Examples:
  datalake history                                 List all runs, the newest first
  datalake history R-20261122-180000-k3xa          What that run did, with the changes in files
";

/// Flags of `init`.
#[derive(Debug, Args)]
#[command(before_help = INIT_EXAMPLES)]
pub struct Init {
    /// Replace an existing datalake.yaml
    #[arg(long)]
    pub force: bool,
    /// Do not ask for a bucket for tables
    #[arg(long)]
    pub no_tables: bool,
}

/// Flags of `provision`.
#[derive(Debug, Args)]
#[command(before_help = PROVISION_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Provision {
    /// Show the plan; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
    /// Change only files and bucket; containers use the change after their next restart
    #[arg(long)]
    pub no_restart: bool,
    /// What to do with `EnvironmentHost=true` in units and drop-ins
    #[arg(long, value_name = "WISH", value_enum, default_value_t = EnvironmentHost::Keep)]
    pub environment_host: EnvironmentHost,
    /// Replace the whole secret in Modal if its client cannot change a part of it: variables of others
    /// in it are lost
    #[arg(long)]
    pub replace: bool,
}

/// What becomes of lines that hand podman's whole environment to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EnvironmentHost {
    /// Report them, leave them in place
    Keep,
    /// Remove them, like other old values
    Remove,
}

impl From<EnvironmentHost> for HostEnvironment {
    fn from(choice: EnvironmentHost) -> Self {
        match choice {
            EnvironmentHost::Keep => Self::Keep,
            EnvironmentHost::Remove => Self::Remove,
        }
    }
}

/// Flags of `rollback`.
#[derive(Debug, Args)]
#[command(before_help = ROLLBACK_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Rollback {
    /// The run to undo, or the file of its receipt [default: the last run]
    #[arg(value_name = "RECEIPT")]
    pub receipt: Option<String>,
    /// Show the plan; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
    /// Change only files and bucket; containers use the change after their next restart
    #[arg(long)]
    pub no_restart: bool,
    /// Replace the whole secret in Modal if its client cannot change a part of it: variables of others
    /// in it are lost
    #[arg(long)]
    pub replace: bool,
    /// Undo PATH although it changed since, and keep a copy of the present file (repeatable)
    #[arg(long, value_name = "PATH")]
    pub overwrite: Vec<HostPath>,
    /// Leave PATH as it is and undo the rest (repeatable)
    #[arg(long, value_name = "PATH")]
    pub keep: Vec<HostPath>,
}

/// Flags of `history`.
#[derive(Debug, Args)]
#[command(before_help = HISTORY_EXAMPLES)]
pub struct History {
    /// Show what this run did, step by step, with the changes in files
    #[arg(value_name = "RUN")]
    pub run: Option<RunId>,
}
