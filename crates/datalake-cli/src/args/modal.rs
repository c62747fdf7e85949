//! What `modal` does.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Command;

const SECRET_EXAMPLES: &str = "\
Examples:
  datalake modal secret status        Tell whether Modal's secret is in step (0) or not (3)
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
    /// Keep the secret in Modal in step with the host's variables
    Secret {
        /// What to do.
        #[command(subcommand)]
        what: Secret,
    },
    /// Write functions that work with today's Modal, and the asset of Dagster's that calls them
    ///
    /// A file that is there already and reads otherwise is left alone and told (exit 5), but for the part of
    /// it that is yours: that stays in any case. Neither bucket nor service need be in the spec.
    #[command(before_help = FUNCTION_EXAMPLES)]
    Init(ModalInit),
    /// Bring the functions to Modal, by `modal deploy`
    #[command(before_help = FUNCTION_EXAMPLES)]
    Deploy(Deploy),
    /// Give apps new containers, which are given the secret as it is now
    #[command(before_help = FUNCTION_EXAMPLES)]
    Rollover(Rollover),
    /// Tell what is wrong with Modal's client, its login, the secret and files of yours (exit 3)
    #[command(before_help = FUNCTION_EXAMPLES)]
    Check(ModalCheck),
}

/// What `modal secret` does.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Create the secret or change datalake's variables in it, and roll over the apps of the spec
    ///
    /// The same steps as in `provision`, for the secret alone. Values reach Modal's client through its
    /// standard input and memory: no argument, variable or file holds them.
    #[command(before_help = SECRET_EXAMPLES)]
    Sync(SecretSync),
    /// Tell how the secret stands: in step (exit 0), drifted or absent (3), unknown
    ///
    /// Modal shows no value to anybody: a value that was edited there cannot be seen. A variable that is
    /// missing is.
    #[command(before_help = SECRET_EXAMPLES)]
    Status,
    /// Take datalake's variables out of the secret, and remove it if nothing else is in it
    ///
    /// Variables of others stay, and the secret with them: it is named then, and the exit code is 5. A
    /// client of Modal's before 1.6 cannot tell whether there are any.
    #[command(before_help = SECRET_EXAMPLES)]
    Delete(SecretDelete),
}

/// Flags of what changes something.
#[derive(Debug, Args)]
pub struct ModalChange {
    /// Show the plan and change nothing
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
    /// Replace all of Modal's secret where its client cannot change a part of it: variables of others
    /// in it are lost
    #[arg(long)]
    pub replace: bool,
    /// Store all values again, also where they seem to be in step: an edited value cannot be seen
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
    /// Show what would run, and run nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `modal rollover`.
#[derive(Debug, Args)]
pub struct Rollover {
    /// The apps; those of the spec if none is named
    #[arg(value_name = "APP")]
    pub apps: Vec<String>,
    /// Show what would run, and run nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `modal check`.
#[derive(Debug, Args)]
pub struct ModalCheck {
    /// Files of yours that use Modal: words that are gone are told
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
