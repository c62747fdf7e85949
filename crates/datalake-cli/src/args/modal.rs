//! What `modal` does.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Command;

const SECRET_EXAMPLES: &str = "\
Examples:
  datalake modal secret status        Check that Modal's secret is in sync (0; 3 if not)
  datalake modal secret sync          Create it or change datalake's variables in it; new containers
  datalake modal secret sync --force  Store all values again: an edited one cannot be seen
  datalake modal secret delete        Take datalake's variables out of it
  datalake modal secret delete --all  Remove it with all that is in it
";

const FUNCTION_EXAMPLES: &str = "\
Examples:
  datalake modal init                  Write the functions, and the asset that calls them
  datalake modal deploy --dry-run      Show what would run
  datalake modal deploy                Bring the functions to Modal
  datalake modal check *.py            Look for what is wrong, in files of yours too
  datalake modal rollover              Give the apps of the spec new containers
";

/// The environment of Modal's that a command names.
pub(crate) fn named_environment(command: &Command) -> Option<&str> {
    let Command::Modal { environment, .. } = command else { return None };
    environment.as_deref()
}

/// What `modal` does.
#[derive(Debug, Subcommand)]
pub enum Modal {
    /// Keep the secret in Modal in sync with the host's variables
    Secret {
        /// What to do.
        #[command(subcommand)]
        what: Secret,
    },
    /// Write functions for current Modal, and the Dagster asset that calls them
    ///
    /// An existing file with other content is reported and left alone (exit 5), except for the part of
    /// it that is yours, which always stays. The spec needs neither a bucket nor a service.
    #[command(before_help = FUNCTION_EXAMPLES)]
    Init(ModalInit),
    /// Deploy the functions to Modal with `modal deploy`
    #[command(before_help = FUNCTION_EXAMPLES)]
    Deploy(Deploy),
    /// Give apps new containers, which get the current secret
    #[command(before_help = FUNCTION_EXAMPLES)]
    Rollover(Rollover),
    /// Find problems of Modal's client, its login, the secret and your files (exit 3)
    #[command(before_help = FUNCTION_EXAMPLES)]
    Check(ModalCheck),
}

/// What `modal secret` does.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Create the secret or update datalake's variables in it, and restart the apps of the spec
    ///
    /// The same steps as in `provision`, only for the secret. Values reach Modal's client through its
    /// standard input and memory: no argument, variable or file holds them.
    #[command(before_help = SECRET_EXAMPLES)]
    Sync(SecretSync),
    /// Show the state of the secret: in sync (exit 0), drifted or absent (3), unknown
    ///
    /// Modal never shows a value, so a value that was edited there cannot be detected. A missing variable
    /// missing is.
    #[command(before_help = SECRET_EXAMPLES)]
    Status,
    /// Take datalake's variables out of the secret, and remove it if nothing else is in it
    ///
    /// Variables of others stay, and so does the secret: then it is named, and the exit code is 5. A
    /// Modal client before 1.6 cannot see whether there are any.
    #[command(before_help = SECRET_EXAMPLES)]
    Delete(SecretDelete),
}

/// Flags of what changes something.
#[derive(Debug, Args)]
pub struct ModalChange {
    /// Show the plan; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
}

/// Flags of `modal secret sync`.
#[derive(Debug, Args)]
pub struct SecretSync {
    /// Flags of what changes something.
    #[command(flatten)]
    pub change: ModalChange,
    /// Replace the whole secret in Modal if its client cannot change a part of it: variables of others
    /// in it are lost
    #[arg(long)]
    pub replace: bool,
    /// Store all values again, even if they seem to be in sync: an edited value cannot be detected
    #[arg(long)]
    pub force: bool,
}

/// Flags of `modal secret delete`.
#[derive(Debug, Args)]
pub struct SecretDelete {
    /// Flags of what changes something.
    #[command(flatten)]
    pub change: ModalChange,
    /// Remove the whole secret: variables of others in it are lost
    #[arg(long)]
    pub all: bool,
}

/// Flags of `modal init`.
#[derive(Debug, Args)]
pub struct ModalInit {
    /// The project
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// Flags of `modal deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The file with the functions
    #[arg(value_name = "FILE", default_value = "modal_functions.py")]
    pub file: PathBuf,
    /// Show what would run; run nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `modal rollover`.
#[derive(Debug, Args)]
pub struct Rollover {
    /// The apps [default: those of the spec]
    #[arg(value_name = "APP")]
    pub apps: Vec<String>,
    /// Show what would run; run nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `modal check`.
#[derive(Debug, Args)]
pub struct ModalCheck {
    /// Your files that use Modal: outdated names are reported
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
