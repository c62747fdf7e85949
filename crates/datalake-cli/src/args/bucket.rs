//! The command line of `bucket`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use datalake_core::{BucketName, Days, Expire};

const EXAMPLES: &str = "\
Examples:
  datalake bucket list                                   Buckets that the key's project has
  datalake bucket show                                   Settings and contents of the spec's bucket
  datalake bucket lifecycle set --expire tmp/:7d         Objects below tmp/ go after 7 days
  datalake bucket uploads abort --older-than 7d          Stop paying for uploads that nobody ends
  datalake bucket delete old-data --empty --confirm old-data
";

/// What `bucket` does. Without BUCKET it means the spec's bucket.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub enum Bucket {
    /// Create a bucket, and wait until all gateways have it
    Create(Create),
    /// List the buckets of the key's project in this location
    List,
    /// Show location, versioning, lifecycle, CORS, lock, policy, and what lies in it
    Show(Show),
    /// Delete a bucket for good; needs its name typed
    Delete(Delete),
    /// Show or change whether old versions are kept
    Versioning {
        /// What to do.
        #[command(subcommand)]
        what: Versioning,
    },
    /// Show or change the rules by which things go by themselves
    Lifecycle {
        /// What to do.
        #[command(subcommand)]
        what: Lifecycle,
    },
    /// Show or change the rules for web pages of other origins
    Cors {
        /// What to do.
        #[command(subcommand)]
        what: Cors,
    },
    /// Show or change how long new versions are locked
    Lock {
        /// What to do.
        #[command(subcommand)]
        what: Lock,
    },
    /// List or abort unfinished uploads, which are billed until they end
    Uploads {
        /// What to do.
        #[command(subcommand)]
        what: Uploads,
    },
}

/// A bucket.
#[derive(Debug, Args)]
pub struct Named {
    /// The bucket; the spec's if left out
    #[arg(value_name = "BUCKET", id = "named")]
    pub bucket: Option<BucketName>,
}

const CREATE_EXAMPLES: &str = "\
Examples:
  datalake bucket create acme-reports
  datalake bucket create --lock acme-audit    Its versions can be locked
";

/// Flags of `bucket create`.
#[derive(Debug, Args)]
#[command(before_help = CREATE_EXAMPLES)]
pub struct Create {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Let versions be locked; cannot be had later, and keeps versions for good
    #[arg(long)]
    pub lock: bool,
}

/// Flags of `bucket show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Do not count what lies in it, which takes a request per thousand versions
    #[arg(long)]
    pub no_count: bool,
}

const DELETE_EXAMPLES: &str = "\
Examples:
  datalake bucket delete old-data                              Shows what is in it, deletes nothing
  datalake bucket delete old-data --confirm old-data           If it is empty
  datalake bucket delete old-data --empty --confirm old-data   With all that is in it, for good
";

/// Flags of `bucket delete`.
#[derive(Debug, Args)]
#[command(before_help = DELETE_EXAMPLES)]
pub struct Delete {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// The bucket's name once more: there is no way back
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Delete all objects, versions, delete markers and unfinished uploads in it, too
    #[arg(long)]
    pub empty: bool,
}

/// What `bucket versioning` does.
#[derive(Debug, Subcommand)]
pub enum Versioning {
    /// Tell whether old versions are kept
    Show(Named),
    /// Keep old versions of overwritten and deleted objects
    Enable(Named),
    /// Make no new old versions; those that are there stay, and lifecycle rules stand still
    Suspend(Named),
}

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
pub enum Lifecycle {
    /// Print all rules
    Show(Named),
    /// Add or replace rules of datalake's own; all others stay
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
    /// Objects whose keys begin with PREFIX go after so long; may be given again
    #[arg(long, value_name = "PREFIX:DAYS")]
    pub expire: Vec<Expire>,
    /// Old versions go after so long, such as 30d
    #[arg(long, value_name = "DAYS")]
    pub noncurrent: Option<Days>,
    /// Unfinished uploads go after so long
    #[arg(long, value_name = "DAYS")]
    pub abort_uploads: Option<Days>,
    /// Delete markers without versions go
    #[arg(long)]
    pub expired_markers: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `bucket lifecycle remove`.
#[derive(Debug, Args)]
pub struct LifecycleRemove {
    /// The ids of the rules
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<String>,
    /// Remove every rule, those of others too
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// The bucket; the spec's if left out
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
pub enum Cors {
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
pub enum Lock {
    /// Tell whether and for how long new versions are locked
    Show(Named),
    /// Lock new versions by themselves; the bucket must have been created with `--lock`
    Set(LockSet),
}

/// Flags of `bucket lock set`.
#[derive(Debug, Args)]
pub struct LockSet {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Who can undo a lock: those with a permission for it, or nobody
    #[arg(long, value_enum, required_unless_present = "off")]
    pub mode: Option<LockMode>,
    /// For so many days
    #[arg(long, value_name = "N", conflicts_with = "years", required_unless_present_any = ["years", "off"])]
    pub days: Option<u32>,
    /// For so many years
    #[arg(long, value_name = "N")]
    pub years: Option<u32>,
    /// Lock no new versions by themselves
    #[arg(long, conflicts_with_all = ["mode", "days", "years"])]
    pub off: bool,
    /// Do not ask before a lock that nobody can undo
    #[arg(long, short)]
    pub yes: bool,
}

/// Who can undo a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LockMode {
    /// Those with a permission of their own for it
    Governance,
    /// Nobody, until it runs out
    Compliance,
}

const UPLOADS_EXAMPLES: &str = "\
Examples:
  datalake bucket uploads list
  datalake bucket uploads abort --older-than 7d    Asks; --yes does not
";

/// What `bucket uploads` does.
#[derive(Debug, Subcommand)]
#[command(before_help = UPLOADS_EXAMPLES)]
pub enum Uploads {
    /// Print each unfinished upload with its age and size
    List(UploadsList),
    /// Give up unfinished uploads and their parts
    Abort(UploadsAbort),
}

/// Flags of `bucket uploads list`.
#[derive(Debug, Args)]
pub struct UploadsList {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Only those that began so long ago, such as 7d
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<Days>,
}

/// Flags of `bucket uploads abort`.
#[derive(Debug, Args)]
pub struct UploadsAbort {
    /// Which uploads.
    #[command(flatten)]
    pub which: UploadsList,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}
