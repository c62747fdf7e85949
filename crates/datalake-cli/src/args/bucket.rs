//! The command line of `bucket`.

mod settings;

use clap::{Args, Subcommand};
use datalake_core::s3::BucketName;
use datalake_core::time::Days;

pub use self::settings::{
    CorsCommand, CorsSet, LifecycleCommand, LifecycleRemove, LifecycleSet, LockCommand,
    LockModeFlag, LockSet,
};

const EXAMPLES: &str = "\
Examples:
  datalake bucket list                                   Buckets that the key's project has
  datalake bucket show                                   Settings and contents of the spec's bucket
  datalake bucket lifecycle set --expire tmp/:7d         Objects below tmp/ go after 7 days
  datalake bucket uploads abort --older-than 7d          Stop paying for abandoned uploads
  datalake bucket delete old-data --empty --confirm old-data
";

/// What `bucket` does. Without BUCKET it means the spec's bucket.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub enum BucketCommand {
    /// Create a bucket, and wait until all gateways know it
    Create(Create),
    /// List the buckets of the key's project in this location
    List,
    /// Show location, versioning, lifecycle, CORS, lock, policy and contents
    Show(BucketShow),
    /// Delete a bucket for good; you have to type its name
    Delete(Delete),
    /// Show or change whether old versions are kept
    Versioning {
        /// What to do.
        #[command(subcommand)]
        what: VersioningCommand,
    },
    /// Show or change the rules that delete objects over time
    Lifecycle {
        /// What to do.
        #[command(subcommand)]
        what: LifecycleCommand,
    },
    /// Show or change the CORS rules for web pages of other origins
    Cors {
        /// What to do.
        #[command(subcommand)]
        what: CorsCommand,
    },
    /// Show or change how long new versions are locked
    Lock {
        /// What to do.
        #[command(subcommand)]
        what: LockCommand,
    },
    /// List or abort unfinished uploads, which are billed until they end
    Uploads {
        /// What to do.
        #[command(subcommand)]
        what: UploadsCommand,
    },
}

/// A bucket.
#[derive(Debug, Args)]
pub struct Named {
    /// The bucket [default: the spec's]
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
    /// Allow locks on versions; cannot be added later, and turns versioning on for good
    #[arg(long)]
    pub lock: bool,
}

/// Flags of `bucket show`.
#[derive(Debug, Args)]
pub struct BucketShow {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Do not count the contents, which takes a request per thousand versions
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
    /// The bucket's name, typed again: this cannot be undone
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Also delete all its objects, versions, delete markers and unfinished uploads
    #[arg(long)]
    pub empty: bool,
}

/// What `bucket versioning` does.
#[derive(Debug, Subcommand)]
pub enum VersioningCommand {
    /// Show whether old versions are kept
    Show(Named),
    /// Keep old versions of overwritten and deleted objects
    Enable(Named),
    /// Keep no more old versions; existing ones stay, and lifecycle rules pause
    Suspend(Named),
}

const UPLOADS_EXAMPLES: &str = "\
Examples:
  datalake bucket uploads list
  datalake bucket uploads abort --older-than 7d    Asks; --yes does not
";

/// What `bucket uploads` does.
#[derive(Debug, Subcommand)]
#[command(before_help = UPLOADS_EXAMPLES)]
pub enum UploadsCommand {
    /// Print each unfinished upload with its age and size
    List(UploadsList),
    /// Abort unfinished uploads and delete their parts
    Abort(UploadsAbort),
}

/// Flags of `bucket uploads list`.
#[derive(Debug, Args)]
pub struct UploadsList {
    /// The bucket.
    #[command(flatten)]
    pub named: Named,
    /// Only those older than this, such as 7d
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
