//! The command line of commands that move files and objects.

mod carried;
mod how;

use std::path::PathBuf;

use clap::Args;

pub use self::carried::{Carried, Metadata};
use self::how::percent;
pub use self::how::{Down, How, LinkChoice, Side, Which, Within};
use super::Address;

const PUT_EXAMPLES: &str = "\
Examples:
  datalake put report.pdf reports/               One file, under its own name
  datalake put report.pdf reports/2026-q3.pdf    …under another one
  datalake put *.csv s3://acme-lake/raw/
  datalake put --recursive /srv/data raw/        All that is in a folder
  datalake put --metadata team=money --cache-control no-store q3.csv reports/
  pg_dump lake | datalake put - dumps/lake.sql   Standard input
";

/// Flags of `put`.
#[derive(Debug, Args)]
#[command(before_help = PUT_EXAMPLES)]
pub struct Put {
    /// The files; with --recursive one folder; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where to: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket; a folder where it ends
    /// with `/` or there are many files
    #[arg(value_name = "DEST")]
    pub dest: Address,
    /// Copy everything in the folder
    #[arg(long, short)]
    pub recursive: bool,
    /// What goes along.
    #[command(flatten)]
    pub carried: Carried,
    /// How.
    #[command(flatten)]
    pub how: How,
}

const GET_EXAMPLES: &str = "\
Examples:
  datalake get reports/2026-q3.pdf .         One object, under the last part of its key
  datalake get \"raw/2026-*.csv\" /srv/raw     All matching keys
  datalake get s3://acme-lake/raw/ /srv/raw  All below a folder, which ends with `/`
";

/// Flags of `get`.
#[derive(Debug, Args)]
#[command(before_help = GET_EXAMPLES)]
pub struct Get {
    /// The objects: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket; with wildcards all
    /// matching keys, and everything in a folder that ends with `/`
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<Address>,
    /// The destination folder; it is created if it does not exist
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Get all keys under KEY, as if it ended with `/`
    #[arg(long, short)]
    pub recursive: bool,
    /// Take `*`, `?`, `[` and backslashes literally
    #[arg(long)]
    pub no_glob: bool,
    /// What becomes of files here.
    #[command(flatten)]
    pub down: Down,
    /// How.
    #[command(flatten)]
    pub how: How,
}

const COPY_EXAMPLES: &str = "\
Examples:
  datalake cp report.pdf s3://acme-lake/reports/
  datalake cp s3://acme-lake/reports/q3.pdf .
  datalake cp s3://acme-lake/a.csv s3://acme-backup/a.csv     Inside the service
  datalake cp --recursive s3://acme-lake/raw/ s3://acme-backup/raw/
  tar c . | datalake cp - s3://acme-lake/src.tar
  datalake cp s3://acme-lake/src.tar - | tar t                As `cat`: compared with its tag, 4 if it differs
";

/// The first lines of the help of `mv`.
pub const MOVE_EXAMPLES: &str = "\
Examples:
  datalake mv report.pdf s3://acme-lake/reports/
  datalake mv --recursive /srv/done s3://acme-lake/done       Each file goes when its copy is confirmed
  datalake mv s3://acme-lake/a.csv s3://acme-lake/old/a.csv   Inside the service
";

/// Flags of `cp` and `mv`.
#[derive(Debug, Args)]
#[command(before_help = COPY_EXAMPLES)]
pub struct CopyFlags {
    /// Files or `s3://BUCKET/KEY`, which may have wildcards; with --recursive one folder; `-` for
    /// standard input
    #[arg(value_name = "SOURCE", required = true)]
    pub sources: Vec<Side>,
    /// A file, a folder, or `s3://BUCKET/KEY`; `-` for standard output
    #[arg(value_name = "DEST")]
    pub dest: Side,
    /// Copy everything in the folder SOURCE
    #[arg(long, short)]
    pub recursive: bool,
    /// Take `*`, `?`, `[` and backslashes literally
    #[arg(long)]
    pub no_glob: bool,
    /// What goes along.
    #[command(flatten)]
    pub carried: Carried,
    /// What becomes of files here.
    #[command(flatten)]
    pub down: Down,
    /// How.
    #[command(flatten)]
    pub how: How,
}

const SYNC_EXAMPLES: &str = "\
Examples:
  datalake sync /srv/data s3://acme-lake/raw             Only what is new or changed goes
  datalake sync s3://acme-lake/raw /srv/data             …and back
  datalake sync s3://acme-lake/raw s3://acme-backup/raw  Inside the service
  datalake sync --delete --max-delete 100 --dry-run /srv/data s3://acme-lake/raw
  datalake sync --exclude \"*.tmp\" --bwlimit \"08:00,2M 20:00,off\" /srv/data s3://acme-lake/raw
";

/// Flags of `sync`.
#[derive(Debug, Args)]
#[command(before_help = SYNC_EXAMPLES)]
pub struct Sync {
    /// The two places.
    #[command(flatten)]
    pub pair: PairFlags,
    /// Delete files in DEST that are not in SOURCE (skipped after any error; requires --max-delete)
    #[arg(long, requires = "max_delete")]
    pub delete: bool,
    /// Delete nothing if there are more than N
    #[arg(long, value_name = "N")]
    pub max_delete: Option<u64>,
    /// What goes along.
    #[command(flatten)]
    pub carried: Carried,
    /// What becomes of files here.
    #[command(flatten)]
    pub down: Down,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// Two folders, at least one of them in a bucket.
#[derive(Debug, Args)]
pub struct PairFlags {
    /// A folder, or `s3://BUCKET/FOLDER`
    #[arg(value_name = "SOURCE")]
    pub source: Side,
    /// A folder, or `s3://BUCKET/FOLDER`
    #[arg(value_name = "DEST")]
    pub dest: Side,
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  datalake verify /srv/data s3://acme-lake/raw                 Are both equal, and was it compared?
  datalake verify --deep /srv/data s3://acme-lake/raw          Read every byte of the bucket again
  datalake verify --bucket-only /srv/data s3://acme-lake/raw   Is all still there, as it was sent?
";

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(before_help = VERIFY_EXAMPLES)]
pub struct VerifyFlags {
    /// The two places, as `sync`, `cp` or `put` had them.
    #[command(flatten)]
    pub pair: PairFlags,
    /// Also read the contents, and compare them with the files or with stored hashes
    #[arg(long)]
    pub deep: bool,
    /// Which names.
    #[command(flatten)]
    pub which: Which,
    /// Write one line per object into FILE: `=` right, `!` not
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

const SCRUB_EXAMPLES: &str = "\
Examples:
  datalake scrub --subset 10% /srv/data s3://acme-lake/raw    Another tenth each day: for a timer
";

/// Flags of `scrub`.
#[derive(Debug, Args)]
#[command(before_help = SCRUB_EXAMPLES)]
pub struct Scrub {
    /// The two places, as `sync`, `cp` or `put` had them.
    #[command(flatten)]
    pub pair: PairFlags,
    /// Which share is read
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    pub subset: u8,
    /// The number of the share [default: the day's number, so that daily runs read all in turn]
    #[arg(long, value_name = "N")]
    pub round: Option<u64>,
    /// Which names.
    #[command(flatten)]
    pub which: Which,
    /// Write one line per object into FILE: `=` right, `!` not
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}
