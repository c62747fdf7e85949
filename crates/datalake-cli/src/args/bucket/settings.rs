//! Flags of what sets a bucket up: lifecycle, CORS, lock.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use datalake_core::s3::{BucketName, Expire};
use datalake_core::time::Days;

use super::Named;

const LIFECYCLE_EXAMPLES: &str = "\
Examples:
  datalake bucket lifecycle set                               What the spec's `protect:` says
  datalake bucket lifecycle set --expire assets/:90d --noncurrent 30d
  datalake bucket lifecycle set --abort-uploads 7d --expired-markers --dry-run
  datalake bucket lifecycle remove datalake-expire-assets/    That rule; all others stay
";

/// What `bucket lifecycle` does.
#[derive(Debug, Subcommand)]
#[command(before_help = LIFECYCLE_EXAMPLES)]
pub enum LifecycleCommand {
    /// Print all rules
    Show(Named),
    /// Add or replace datalake's own rules; all others stay
    ///
    /// Without a rule it sets those of the spec's `protect:`, as `provision` does. Rules that other
    /// tools have made are read, kept and written back; where one holds what Hetzner does not know
    /// (transitions, filters by tag or size), nothing is changed.
    Set(LifecycleSet),
    /// Remove rules by their ids; all others stay
    Remove(LifecycleRemove),
}

/// Flags of `bucket lifecycle set`.
#[derive(Debug, Args)]
pub struct LifecycleSet {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Delete objects under PREFIX after this time (repeatable)
    #[arg(long, value_name = "PREFIX:DAYS")]
    pub expire: Vec<Expire>,
    /// Delete old versions after this time, such as 30d
    #[arg(long, value_name = "DAYS")]
    pub noncurrent: Option<Days>,
    /// Abort unfinished uploads after this time
    #[arg(long, value_name = "DAYS")]
    pub abort_uploads: Option<Days>,
    /// Remove delete markers without versions
    #[arg(long)]
    pub expired_markers: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `bucket lifecycle remove`.
#[derive(Debug, Args)]
pub struct LifecycleRemove {
    /// The ids of the rules
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<String>,
    /// Remove every rule, including those of others
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// The bucket [default: the spec's]
    #[arg(long = "of", value_name = "BUCKET")]
    pub of: Option<BucketName>,
}

const CORS_EXAMPLES: &str = "\
Examples:
  datalake bucket cors show --json > cors.json    All rules, as `set` reads them
  datalake bucket cors set cors.json              Exactly these, and no others
  datalake bucket cors remove
";

/// What `bucket cors` does.
#[derive(Debug, Subcommand)]
#[command(before_help = CORS_EXAMPLES)]
pub enum CorsCommand {
    /// Print all rules
    Show(Named),
    /// Replace all rules by those in FILE
    ///
    /// FILE is JSON or YAML with the names that S3 uses: a list `CORSRules` of `AllowedOrigins`,
    /// `AllowedMethods`, `AllowedHeaders`, `ExposeHeaders`, `MaxAgeSeconds` and `ID`. What
    /// `show --json` prints is one, too.
    Set(CorsSet),
    /// Remove all rules
    Remove(Named),
}

/// Flags of `bucket cors set`.
#[derive(Debug, Args)]
pub struct CorsSet {
    /// The rules; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
}

const LOCK_EXAMPLES: &str = "\
Examples:
  datalake bucket lock show
  datalake bucket lock set --mode governance --days 30   Each new version, for thirty days
  datalake bucket lock set --off                         Versions that are locked stay so
";

/// What `bucket lock` does.
#[derive(Debug, Subcommand)]
#[command(before_help = LOCK_EXAMPLES)]
pub enum LockCommand {
    /// Show whether and for how long new versions are locked
    Show(Named),
    /// Lock new versions automatically; the bucket must have been created with `--lock`
    Set(LockSet),
}

/// Flags of `bucket lock set`.
#[derive(Debug, Args)]
pub struct LockSet {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Who can undo a lock: those with permission (governance), or no one (compliance)
    #[arg(long, value_enum, required_unless_present = "off")]
    pub mode: Option<LockModeFlag>,
    /// Number of days
    #[arg(long, value_name = "N", conflicts_with = "years", required_unless_present_any = ["years", "off"])]
    pub days: Option<u32>,
    /// Number of years
    #[arg(long, value_name = "N")]
    pub years: Option<u32>,
    /// Stop locking new versions
    #[arg(long, conflicts_with_all = ["mode", "days", "years"])]
    pub off: bool,
    /// Do not ask before a lock that no one can undo
    #[arg(long, short)]
    pub yes: bool,
}

/// Who can undo a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LockModeFlag {
    /// Those with a special permission
    Governance,
    /// No one, until it expires
    Compliance,
}
