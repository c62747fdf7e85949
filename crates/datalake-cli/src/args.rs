//! The command line.

mod address;
pub mod bucket;
pub mod cost;
mod dagster;
pub mod doctor;
pub mod migrate;
pub mod modal;
pub mod objects;
pub mod project;
pub mod transfer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use address::Address;
pub use dagster::{Chosen, Dagster, Deps, DepsApply, DepsWish, Logs};

const EXAMPLES: &str = "\
Examples:
  datalake --sandbox provision        Try everything on this machine: no account, no root
  sudo datalake provision --dry-run   Show what would change on this server
  sudo datalake provision             Set it up; asks before anything is changed
  sudo datalake rollback              Undo the last run
";

const EXITS: &str = "\
Exit codes: 0 done, 2 usage, 3 changes pending or drift, 4 changed meanwhile, 5 partly done,
6 over budget, 7 locked, 66 not there, 69 unavailable, 70 bug, 74 I/O, 75 try again, 77 denied, 78 configuration, 130 interrupted.";

/// Dagster's assets in Hetzner Object Storage: plans, asks, applies, proves, and can be undone.
#[derive(Debug, Parser)]
#[command(name = "datalake", version, before_help = EXAMPLES, after_help = EXITS)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// Where to work.
    #[command(flatten)]
    pub place: Place,
    /// Values of the spec.
    #[command(flatten)]
    pub values: Values,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Where and how to work.
#[derive(Debug, Args)]
pub struct Place {
    /// Work on a built-in S3 service and a pretend host, kept in DIR (.sandbox)
    #[cfg(feature = "sandbox")]
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = ".sandbox")]
    pub sandbox: Option<PathBuf>,
    /// Take all paths of the host as paths below DIR
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Keep journal, receipts and copies in DIR
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Read FILE instead of ./datalake.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON document instead of text; listings one a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Never ask; fail where an answer is needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// Values of the spec; they win over variables and files.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Values of the spec (they win over DATALAKE_… and datalake.yaml)")]
pub struct Values {
    /// fsn1, nbg1, hel1, or another service's region
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The address of another S3 service
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The bucket of the assets
    #[arg(long, global = true, value_name = "NAME")]
    pub bucket: Option<String>,
    /// The prefix of the assets' keys
    #[arg(long, global = true, value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// The user that runs Dagster's podman
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// A quadlet unit that needs the bucket; may be given again
    #[arg(long = "unit", global = true, value_name = "UNIT")]
    pub units: Vec<String>,
    /// How containers get the settings: env-file, podman-secret or in-place
    #[arg(long, global = true, value_name = "WAY")]
    pub handover: Option<String>,
    /// Read the key pair from FILE (mode 0600, lines `AWS_ACCESS_KEY_ID=…` and `AWS_SECRET_ACCESS_KEY=…`)
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "credentials_fd")]
    pub credentials_file: Option<String>,
    /// Read the key pair from open file descriptor N
    #[arg(long, global = true, value_name = "N")]
    pub credentials_fd: Option<i32>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented datalake.yaml
    Init(Init),
    /// Set up bucket and host: plan, ask, apply, prove
    Provision(Provision),
    /// Tell whether bucket and host are in step with the spec (exit 0) or not (exit 3)
    Status,
    /// Find what is wrong anywhere on the way to the bucket (exit 3), and what cures it
    #[command(before_help = doctor::EXAMPLES)]
    Doctor(doctor::Doctor),
    /// Undo a run: the same bytes, modes and owners as before
    Rollback(Rollback),
    /// List all runs
    History,
    /// Reload, restart, stop, start and look at Dagster's services
    Dagster {
        /// What to do.
        #[command(subcommand)]
        what: Dagster,
    },
    /// Create, show, set up and delete buckets
    Bucket {
        /// What to do.
        #[command(subcommand)]
        what: bucket::Bucket,
    },
    /// List keys
    Ls(objects::Ls),
    /// Count what lies in a bucket, folder by folder: real and billed size
    Du(objects::Du),
    /// Print folders and keys as a tree
    Tree(objects::Tree),
    /// Print all that is known of an object, and its versions
    Stat(objects::Stat),
    /// Print the content of objects
    Cat(objects::Cat),
    /// Remove objects; shows what goes, and asks
    Rm(objects::Rm),
    /// Bring files into a bucket
    Put(transfer::Put),
    /// Bring objects into a folder
    Get(transfer::Get),
    /// Copy between this machine and buckets
    Cp(transfer::Copy),
    /// Copy, have the copy confirmed, then delete the source
    #[command(before_help = transfer::MOVE_EXAMPLES)]
    Mv(transfer::Copy),
    /// Make a folder and a folder of a bucket equal, or two of buckets
    Sync(transfer::Sync),
    /// Tell whether a bucket still has what was brought there (exit 0) or not (exit 4)
    Verify(transfer::Verify),
    /// Read a share of what was brought to a bucket again, another one each day
    Scrub(transfer::Scrub),
    /// Move what Dagster keeps on this host into the bucket, and prove it
    Migrate {
        /// What to do.
        #[command(subcommand)]
        what: migrate::Migrate,
    },
    /// Print an address with which anybody can read or store one object for a while
    Presign(objects::Presign),
    /// Tell what things cost, what they will cost, and what is in there
    Cost {
        /// What to tell.
        #[command(subcommand)]
        what: cost::Cost,
    },
    /// Keep and show the history of what a bucket held and of what left it
    Usage {
        /// What to do.
        #[command(subcommand)]
        what: cost::Usage,
    },
    /// Tell all of a bucket: a page for a browser, Markdown or JSON
    Report(cost::Report),
    /// Keep Modal in step: its secret, the functions, the apps that use it
    Modal {
        /// What to do.
        #[command(subcommand)]
        what: modal::Modal,
    },
    /// Show the spec, and where each value comes from
    Config {
        /// What to show.
        #[command(subcommand)]
        show: Config,
    },
    /// Print the JSON Schema of datalake.yaml, or of a document that --json prints
    #[command(before_help = SCHEMA_EXAMPLES)]
    Schema(Schema),
    /// Keep the built-in S3 service in the foreground for other S3 clients
    #[cfg(feature = "sandbox")]
    Sandbox(Sandbox),
    /// Show all of it on this machine in half a minute: no account, no network, no root
    #[cfg(feature = "sandbox")]
    #[command(before_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages into DIR
    #[command(hide = true)]
    Man {
        /// The folder
        dir: PathBuf,
    },
}

const INIT_EXAMPLES: &str = "\
Examples:
  datalake init                                              Ask, and write ./datalake.yaml
  datalake init --region fsn1 --bucket acme-dagster-assets   Without a question
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
  sudo datalake rollback --dry-run                 Show the way back of the last run
  sudo datalake rollback                           Go it; needs neither service nor key
  sudo datalake rollback R-20261122-180000-k3xa    Undo that run; `datalake history` lists them
";

/// Flags of `init`.
#[derive(Debug, Args)]
#[command(before_help = INIT_EXAMPLES)]
pub struct Init {
    /// Replace an existing datalake.yaml
    #[arg(long)]
    pub force: bool,
}

/// Flags of `provision`.
#[derive(Debug, Args)]
#[command(before_help = PROVISION_EXAMPLES)]
pub struct Provision {
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
    /// Change files and bucket alone; containers take it up at their next restart
    #[arg(long)]
    pub no_restart: bool,
    /// What becomes of `EnvironmentHost=true` in units and drop-ins
    #[arg(long, value_name = "WISH", value_enum, default_value_t = HostEnvironment::Keep)]
    pub environment_host: HostEnvironment,
}

/// What becomes of lines that hand podman's whole environment to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HostEnvironment {
    /// They are told and stay: somebody may want them
    Keep,
    /// They are taken out, as other old values are
    Remove,
}

/// Flags of `rollback`.
#[derive(Debug, Args)]
#[command(before_help = ROLLBACK_EXAMPLES)]
pub struct Rollback {
    /// The run to undo, or its receipt's file; the last one if none is named
    #[arg(value_name = "RECEIPT")]
    pub receipt: Option<String>,
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
    /// Change files and bucket alone; containers take it up at their next restart
    #[arg(long)]
    pub no_restart: bool,
}

/// What `config` shows.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Config {
    /// Print the whole spec as datalake.yaml
    Show,
    /// Print each value and where it comes from
    Explain,
    /// Print the files and folders that datalake uses here
    Paths,
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  datalake schema                        List the kinds of documents
  datalake schema spec > schema.json     For an editor, to check and complete datalake.yaml
  datalake schema status                 For a program that reads `datalake status --json`
";

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// `spec`, or a kind of document; all their names if none is given
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

#[cfg(feature = "sandbox")]
const DEMO_EXAMPLES: &str = "\
Examples:
  datalake demo                    Play it in a temporary folder
  datalake demo --keep ./demo      Keep the folder, to look at the page and to go on from there
";

/// Flags of `demo`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct Demo {
    /// Play in this new folder, and leave it there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Flags of `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Listen on this loopback port
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Serve https with a certificate of its own
    #[arg(long)]
    pub tls: bool,
    /// Make faults, such as "seed 7, 5% 503, cut-body@1024"
    #[arg(long, value_name = "PLAN")]
    pub faults: Option<String>,
    /// Be plain S3 without Hetzner's quirks
    #[arg(long)]
    pub plain: bool,
}
