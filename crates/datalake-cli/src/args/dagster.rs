//! The command line of `dagster`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::project::{self, Frames};

/// What `dagster` does. Works as root and as the service user.
#[derive(Debug, Subcommand)]
pub enum DagsterCommand {
    /// Have systemd reload the unit files
    Reload,
    /// Stop and start services, and watch until they have settled
    Restart(Chosen),
    /// Stop services
    Stop(Chosen),
    /// Start stopped services, and watch until they have settled
    Start(Chosen),
    /// Show the state of services, containers and their environment (exit 0 if all is well, 3 if not)
    Status,
    /// Print the services' logs, with secrets hidden
    Logs(DagsterLogs),
    /// Print the variables of the env file and of each container by name and fingerprint
    Env,
    /// Write working assets into a project: pickles, objects and JSON in the bucket
    ///
    /// Resource keys and names that the project already uses are not taken. A file that
    /// someone has changed is reported and left alone (exit 5); all others become as this release
    /// writes them. With --dry-run, exit 3 means that something would be written.
    #[command(before_help = project::INIT_EXAMPLES)]
    Init(project::ProjectInit),
    /// Build images with the library that fits their Dagster
    Deps {
        /// What to do.
        #[command(subcommand)]
        what: Deps,
    },
}

const DEPS_EXAMPLES: &str = "\
Examples:
  sudo datalake dagster deps plan                         Show what each image has, and what fits
  sudo datalake dagster deps apply                        Build what is missing in, once; asks before
  sudo datalake dagster deps apply --wheels /srv/wheels   The same without a way to the package index
  sudo datalake dagster deps apply --frames polars        With what frames of polars need
  sudo datalake rollback                                  Go back to the image from before
";

/// What `dagster deps` does.
#[derive(Debug, Subcommand)]
pub enum Deps {
    /// Check that each image has what fits its Dagster (exit 0; 3 if not)
    #[command(before_help = DEPS_EXAMPLES)]
    Plan(DepsWish),
    /// Build an image with what is missing, test it, and have the services use it
    ///
    /// The Dagster of the image stays as it is: dagster-aws is installed in the one release that fits
    /// it (0.28.6 to 1.12.6), and the new image is removed again if Dagster moved or something cannot
    /// be imported. A drop-in names the new image; `datalake rollback` takes it away.
    #[command(before_help = DEPS_EXAMPLES)]
    Apply(DepsApply),
}

/// What images have to have.
#[derive(Debug, Args)]
pub struct DepsWish {
    /// Also require Modal's client
    #[arg(long)]
    pub modal: bool,
    /// Also require what the I/O manager of `dagster init --frames ENGINE` needs
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub frames: Option<Frames>,
    /// The program in the image that Dagster runs with, such as /opt/venv/bin/python
    #[arg(long, value_name = "PROGRAM")]
    pub python: Option<String>,
}

/// Flags of `dagster deps apply`.
#[derive(Debug, Args)]
pub struct DepsApply {
    /// What images have to have.
    #[command(flatten)]
    pub wish: DepsWish,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
    /// Get packages from this index; its address must not contain a password
    #[arg(long, value_name = "URL", conflicts_with = "wheels")]
    pub index_url: Option<String>,
    /// Let pip read FILE (index, password, proxy, certificates); the image does not keep it
    #[arg(long, value_name = "FILE")]
    pub pip_conf: Option<PathBuf>,
    /// Get packages only from the wheels in DIR, without a network
    #[arg(long, value_name = "DIR")]
    pub wheels: Option<PathBuf>,
}

/// Which of the spec's units are meant.
#[derive(Debug, Args)]
pub struct Chosen {
    /// `webserver`, `daemon`, or another word of a unit's name [default: all units]
    #[arg(value_name = "NAME")]
    pub word: Option<String>,
}

/// Flags of `dagster logs`.
#[derive(Debug, Args)]
pub struct DagsterLogs {
    /// Which units are meant.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Start this many lines before the end
    #[arg(long, short = 'n', value_name = "LINES", default_value_t = 50)]
    pub lines: u32,
    /// Follow new lines until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
}
