//! The command line.

pub mod access;
pub mod bucket;
mod built_in;
pub mod cost;
mod dagster;
pub mod doctor;
mod examples;
pub mod job;
pub mod key;
pub mod lake;
pub mod migrate;
pub mod modal;
pub mod objects;
pub mod project;
pub mod restore;
mod runs;
pub mod schedule;
mod strict;
pub mod tables;
pub mod transfer;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

#[cfg(feature = "sandbox")]
use built_in::DEMO_EXAMPLES;
use built_in::SCHEMA_EXAMPLES;
pub use built_in::Schema;
#[cfg(feature = "sandbox")]
pub use built_in::{Demo, SandboxFlags};
pub use dagster::{Chosen, DagsterCommand, DagsterLogs, Deps, DepsApply, DepsWish};
pub use datalake_core::s3::S3Address as Address;
pub use runs::{EnvironmentHost, History, Init, Provision, Rollback};
pub(crate) use strict::list_global_options;
pub use strict::{build_command, build_strict_command};

const EXAMPLES: &str = "\
Examples:
  datalake --sandbox provision        Try everything on this machine: no account, no root
  sudo datalake provision --dry-run   Show what would change on this server
  sudo datalake provision             Set it up; asks before anything is changed
  sudo datalake rollback              Undo the last run
";

const TOPICS: &str = "\
Options of all commands (--config, --json, --sandbox …): datalake help global-options
Topics: datalake help credentials, environment, exit-codes, spec";

/// Dagster's assets in Hetzner Object Storage: plans, asks, applies, proves, and can be undone.
#[derive(Debug, Parser)]
#[command(name = "datalake", version, before_help = EXAMPLES, after_help = TOPICS)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// Where to work.
    #[command(flatten)]
    pub place: PlaceFlags,
    /// Values of the spec.
    #[command(flatten)]
    pub values: Values,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Where and how to work.
#[derive(Debug, Args)]
pub struct PlaceFlags {
    /// Work on a built-in S3 service and a pretend host, kept in DIR (.sandbox)
    #[cfg(feature = "sandbox")]
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = ".sandbox")]
    pub sandbox: Option<PathBuf>,
    /// Use DIR as the host's root directory
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Keep journal, receipts and copies in DIR
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Read FILE instead of ./datalake.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print a JSON document instead of text; listings one per line
    #[arg(long, global = true)]
    pub json: bool,
    /// Never ask; fail where an answer is needed
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print every request and decision; -vv prints headers, too (never the signature)
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
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
    /// The bucket of tables, which keeps no versions
    #[arg(long, global = true, value_name = "NAME")]
    pub tables_bucket: Option<String>,
    /// The user that runs Dagster's podman
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// A quadlet unit that needs the bucket (repeatable)
    #[arg(long = "unit", global = true, value_name = "UNIT")]
    pub units: Vec<String>,
    /// How containers get the settings: env-file, podman-secret or in-place
    #[arg(long, global = true, value_name = "WAY")]
    pub handover: Option<String>,
    /// Read the key pair from FILE (mode 0600, lines `AWS_ACCESS_KEY_ID=…` and `AWS_SECRET_ACCESS_KEY=…`)
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "credentials_fd")]
    pub credentials_file: Option<String>,
    /// Read the key pair from open file descriptor N
    #[arg(long, global = true, value_name = "N", value_parser = descriptor)]
    pub credentials_fd: Option<i32>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented datalake.yaml
    Init(Init),
    /// Show which users of the host run Dagster, by which units, and who would get the settings
    #[command(before_help = runs::DISCOVER_EXAMPLES)]
    Discover,
    /// Set up bucket and host: plan, ask, apply, prove
    Provision(Provision),
    /// Check that bucket and host are in sync with the spec (exit 0; 3 if not)
    Status,
    /// Find problems anywhere on the way to the bucket (exit 3), and how to fix them
    #[command(before_help = doctor::EXAMPLES)]
    Doctor(doctor::Doctor),
    /// Undo a run: the same bytes, modes and owners as before
    Rollback(Rollback),
    /// List all runs, or show what one did
    History(History),
    /// Reload, restart, stop, start and inspect Dagster's services
    Dagster {
        /// What to do.
        #[command(subcommand)]
        what: DagsterCommand,
    },
    /// Create, show, set up and delete buckets
    Bucket {
        /// What to do.
        #[command(subcommand)]
        what: bucket::BucketCommand,
    },
    /// List keys
    Ls(objects::Ls),
    /// Count what a bucket holds, folder by folder: real and billed size
    Du(objects::Du),
    /// Print folders and keys as a tree
    Tree(objects::Tree),
    /// Print everything known about an object and its versions
    Stat(objects::Stat),
    /// Print the content of objects
    Cat(objects::Cat),
    /// Remove objects, after showing them and asking
    Rm(objects::Rm),
    /// Restore deleted objects, or keys as they were at a time; can be undone exactly
    Restore(restore::Restore),
    /// Upload files to a bucket
    Put(transfer::Put),
    /// Download objects to a folder
    Get(transfer::Get),
    /// Copy between this machine and buckets
    Cp(transfer::CopyFlags),
    /// Copy, verify the copy, then delete the source
    #[command(before_help = transfer::MOVE_EXAMPLES)]
    Mv(transfer::CopyFlags),
    /// Make DEST identical to SOURCE
    Sync(transfer::Sync),
    /// Check that a bucket still has what was stored there (exit 0; 4 if not)
    Verify(transfer::VerifyFlags),
    /// Read a share of what was stored in a bucket again, a different one each day
    Scrub(transfer::Scrub),
    /// List tables, move them to where commits are safe, find lost commits
    Tables {
        /// What to do.
        #[command(subcommand)]
        what: tables::TablesCommand,
    },
    /// Move Dagster's files on this host into the bucket, and prove it
    Migrate {
        /// What to do.
        #[command(subcommand)]
        what: migrate::Migrate,
    },
    /// Print an address with which anyone can read or store one object for a while
    Presign(objects::PresignFlags),
    /// Do something to every object below a prefix: checksum, copy, recompress, or a function of yours
    Job {
        /// What to do.
        #[command(subcommand)]
        what: job::JobCommand,
    },
    /// Show what a bucket costs, will cost, and would cost
    Cost {
        /// What to tell.
        #[command(subcommand)]
        what: cost::CostCommand,
    },
    /// Record and show what a bucket held and how much was read
    Usage {
        /// What to do.
        #[command(subcommand)]
        what: cost::UsageCommand,
    },
    /// Write a full report on a bucket (HTML, Markdown, JSON)
    Report(cost::LakeReportFlags),
    /// Test the S3 clients of user code (polars, Delta, Iceberg and more), and print settings for them
    Lake {
        /// What to do.
        #[command(subcommand)]
        what: lake::LakeCommand,
    },
    /// Show who may do what in a bucket, and the policy that the spec asks for
    Access {
        /// What to do.
        #[command(subcommand)]
        what: access::AccessCommand,
    },
    /// Tell whether the key pair works and how old it is; change it without downtime
    Key {
        /// What to do.
        #[command(subcommand)]
        what: key::KeyCommand,
    },
    /// Keep Modal in sync: its secret, the functions, the apps that use it
    Modal {
        /// Modal's environment, in place of the one of the spec
        #[arg(long = "env", global = true, value_name = "NAME")]
        environment: Option<String>,
        /// What to do.
        #[command(subcommand)]
        what: modal::Modal,
    },
    /// Run usage record, cost check, doctor, verify and more by systemd timers
    Schedule {
        /// What to do.
        #[command(subcommand)]
        what: schedule::ScheduleCommand,
    },
    /// Show the spec, and where each value comes from
    Config {
        /// What to show.
        #[command(subcommand)]
        show: ConfigCommand,
    },
    /// Print the JSON Schema of datalake.yaml or of a --json document
    #[command(before_help = SCHEMA_EXAMPLES)]
    Schema(Schema),
    /// Run the built-in S3 service in the foreground for other S3 clients
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxFlags),
    /// Show everything on this machine in half a minute: no account, no network, no root
    #[cfg(feature = "sandbox")]
    #[command(before_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Show the page of a command, or of a topic: credentials, environment, exit-codes, global-options, spec
    #[command(before_help = runs::HELP_EXAMPLES)]
    Help {
        /// A command or a topic
        words: Vec<String>,
    },
    /// Write man pages into DIR
    #[command(hide = true)]
    Man {
        /// The folder
        dir: PathBuf,
    },
}

/// What `config` shows.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Print the whole spec as datalake.yaml
    Show,
    /// Print each value and where it comes from
    Explain,
    /// Print the files and folders that datalake uses here
    Paths,
}

/// The number of an open file.
fn descriptor(text: &str) -> Result<i32, String> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| {
        "a descriptor is the number of an open file: `--credentials-fd 3 3< FILE`".to_owned()
    })
}
