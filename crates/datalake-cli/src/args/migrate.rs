//! The command line of `migrate`.

mod back;
mod check;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use self::back::{Back, BackPlan, BackRun};
pub use self::check::MigrateCheck;
use super::Address;
use super::transfer::Within;

const PLAN_EXAMPLES: &str = "\
Examples:
  sudo -E datalake migrate plan                      What Dagster keeps on this host, and where it would go
  sudo -E datalake migrate plan --home /srv/dagster  …if the units do not name it
  sudo -E datalake migrate plan --op-outputs --logs --report plan.txt
  sudo -E datalake migrate plan --tables --code /srv/project   Parquet, CSV, Delta and Lance too; what to change in the code
";

const RUN_EXAMPLES: &str = "\
Examples:
  sudo -E datalake migrate run --while-running       A first pass, while Dagster goes on
  sudo -E datalake migrate run --stop-daemon         …and the rest in a short pause
  sudo -E datalake migrate run --tables --yes        Frames and tables, too
  datalake migrate run --from s3://old-lake/assets   Objects of another bucket of the key
";

/// What `migrate` does.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Show the files, what would be moved and what stays (exit 3 if anything would be moved)
    #[command(before_help = PLAN_EXAMPLES)]
    Plan(MigratePlan),
    /// Copy Dagster's pickles into the bucket, so that every asset loads from there; delete nothing
    #[command(before_help = RUN_EXAMPLES)]
    Run(MigrateRun),
    /// Count the files that are moved, changed since, or left (exit 3 unless all are moved)
    Status(Status),
    /// Check that the bucket still has what was moved (exit 0; 4 if not)
    Verify(MigrateVerify),
    /// Ask Dagster itself whether it reads the moved files from the bucket (exit 0; 4 if not)
    Check(MigrateCheck),
    /// Report the outcome for each asset and partition, and what to materialize again
    Report(MigrateReport),
    /// Archive Dagster's whole home in one file, including the databases
    Backup(Backup),
    /// List the kinds of files: how each is recognized, when it is complete, where it goes, what may be removed
    Kinds,
    /// Remove local files that Dagster reads from the bucket (see `check`), checking the store before each
    Free(Free),
    /// Copy back what is newer in the bucket, after a switch back to local files
    Back {
        /// What to do.
        #[command(subcommand)]
        what: Back,
    },
}

/// What is migrated.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What is migrated")]
pub struct What {
    /// Dagster's home on this host [default: as the units say]
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// The folder of the pickles, if dagster.yaml does not say
    #[arg(long, value_name = "DIR")]
    pub pickles: Option<PathBuf>,
    /// The folder of the logs, if dagster.yaml does not say
    #[arg(long, value_name = "DIR")]
    pub log_dir: Option<PathBuf>,
    /// Search the Python code under DIR for I/O managers with files of their own (repeatable)
    #[arg(long, value_name = "DIR")]
    pub code: Vec<PathBuf>,
    /// Include the outputs of ops: runs that resume from a step read them
    #[arg(long)]
    pub op_outputs: bool,
    /// Include the logs of steps; with `local_dir` at the old place they are shown anyway
    #[arg(long)]
    pub logs: bool,
    /// Include Parquet and CSV files, Delta and Lance tables; they go where the spec's `tables:` says
    #[arg(long)]
    pub tables: bool,
    /// The prefix of the logs' keys [default: as in dagster.yaml, else `dagster`]
    #[arg(long, value_name = "PREFIX")]
    pub logs_prefix: Option<String>,
    /// Copy these objects instead of local files: `s3://BUCKET/PREFIX`
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["home", "pickles", "log_dir", "op_outputs", "logs", "tables"])]
    pub from: Option<Address>,
    /// The service of --from, if it is another one
    #[arg(long, value_name = "URL", requires_all = ["from", "from_credentials_file"])]
    pub from_endpoint: Option<String>,
    /// Its region
    #[arg(long, value_name = "REGION", requires = "from_endpoint", default_value = "us-east-1")]
    pub from_region: String,
    /// The key pair for it: a file of mode 0600, as for --credentials-file
    #[arg(long, value_name = "FILE", requires = "from_endpoint")]
    pub from_credentials_file: Option<String>,
}

impl What {
    /// The flags as they were typed, for the next command.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::new();
        let mut add = |flag: &str, value: &str| {
            let quoted = if value.contains(char::is_whitespace) { "\"" } else { "" };
            words.push_str(&format!(" --{flag} {quoted}{value}{quoted}"));
        };
        let paths = [("home", &self.home), ("pickles", &self.pickles), ("log-dir", &self.log_dir)];
        for (flag, path) in paths {
            if let Some(path) = path {
                add(flag, &path.display().to_string());
            }
        }
        if let Some(from) = &self.from {
            let bucket = from.bucket.as_ref().map(ToString::to_string).unwrap_or_default();
            add("from", &format!("s3://{bucket}/{}", from.key));
        }
        let texts = [
            ("from-endpoint", &self.from_endpoint),
            ("from-credentials-file", &self.from_credentials_file),
            ("logs-prefix", &self.logs_prefix),
        ];
        for (flag, text) in texts {
            if let Some(text) = text {
                add(flag, text);
            }
        }
        let switches =
            [("op-outputs", self.op_outputs), ("logs", self.logs), ("tables", self.tables)];
        for (flag, is_set) in switches {
            if is_set {
                words.push_str(&format!(" --{flag}"));
            }
        }
        words
    }
}

/// Flags of `migrate plan`.
#[derive(Debug, Args)]
pub struct MigratePlan {
    /// What is migrated.
    #[command(flatten)]
    pub what: What,
    /// Write one line per file into FILE: `+` to move, `*` to replace, `=` moved, `.` stays, `!` cannot be moved
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// Flags of `migrate run`.
#[derive(Debug, Args)]
pub struct MigrateRun {
    /// What is migrated.
    #[command(flatten)]
    pub what: What,
    /// How Dagster is kept from writing.
    #[command(flatten)]
    pub pause: Pause,
    /// Do not ask before copying
    #[arg(long, short)]
    pub yes: bool,
    /// Write one line per file into FILE: `=` equal, `+` new, `*` replaced, `!` not moved
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// How Dagster is kept from writing during the copy.
#[derive(Debug, Args)]
#[command(next_help_heading = "Runs of Dagster")]
pub struct Pause {
    /// Dagster's webserver, which knows the active runs [default: from the units, or port 3000 or 3002]
    #[arg(long, value_name = "URL")]
    pub webserver: Option<String>,
    /// Stop the daemon, wait until no run is active, and start it again at the end
    #[arg(long, conflicts_with = "while_running")]
    pub stop_daemon: bool,
    /// Wait up to this many minutes for runs to end
    #[arg(long, value_name = "MINUTES", default_value_t = 30, requires = "stop_daemon")]
    pub wait: u32,
    /// Copy although runs may be writing: a half-written pickle is left for the next run
    #[arg(long)]
    pub while_running: bool,
}

/// Flags of `migrate status`.
#[derive(Debug, Args)]
pub struct Status {
    /// What is migrated.
    #[command(flatten)]
    pub what: What,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// Flags of `migrate verify`.
#[derive(Debug, Args)]
pub struct MigrateVerify {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// Also read the contents, and compare them with the hashes taken when they were sent
    #[arg(long)]
    pub deep: bool,
    /// Write one line per object into FILE: `=` right, `!` not
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// Flags of `migrate report`.
#[derive(Debug, Args)]
pub struct MigrateReport {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// Write an HTML page to FILE
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Dagster's webserver, which knows the assets if its database is on another host
    #[arg(long, value_name = "URL")]
    pub webserver: Option<String>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

const BACKUP_EXAMPLES: &str = "\
Examples:
  sudo datalake migrate backup                                   dagster-home-DATE.tar.zst in this folder
  sudo datalake migrate backup --check dagster-home.tar.zst      Read it again, every byte
  sudo datalake migrate backup --restore dagster-home.tar.zst --into /srv/restored
";

/// Flags of `migrate backup`.
#[derive(Debug, Args)]
#[command(before_help = BACKUP_EXAMPLES)]
pub struct Backup {
    /// Dagster's home on this host [default: as the units say]
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Write FILE with mode 0600; it must not exist
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Read FILE again and compare it with the hashes in it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["home", "to"])]
    pub check: Option<PathBuf>,
    /// Unpack FILE, checking every byte
    #[arg(long, value_name = "FILE", conflicts_with_all = ["home", "to", "check"], requires = "into")]
    pub restore: Option<PathBuf>,
    /// The folder to unpack into; it must be empty or must not exist
    #[arg(long, value_name = "DIR", requires = "restore")]
    pub into: Option<PathBuf>,
}

/// Flags of `migrate free`.
#[derive(Debug, Args)]
pub struct Free {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// Read every object again before removing its file, instead of trusting the store's tags
    #[arg(long)]
    pub deep: bool,
    /// Show what would be removed; change nothing (exit 3 if anything would be)
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// The bucket's name, instead of a question
    #[arg(long, value_name = "BUCKET")]
    pub confirm: Option<String>,
    /// Write one line per file into FILE: `-` removed, `!` kept
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}
