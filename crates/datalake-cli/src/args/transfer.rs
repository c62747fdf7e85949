//! The command line of commands that move files and objects.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use datalake_core::{Bandwidth, ByteSize};

use super::Address;

const PUT_EXAMPLES: &str = "\
Examples:
  datalake put report.pdf reports/               One file, under its own name
  datalake put report.pdf reports/2026-q3.pdf    …under another one
  datalake put *.csv s3://acme-lake/raw/
  datalake put --recursive /srv/data raw/        All that is in a folder
";

/// Flags of `put`.
#[derive(Debug, Args)]
#[command(before_help = PUT_EXAMPLES)]
pub struct Put {
    /// The files; with --recursive one folder
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where to: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket; a folder where it ends
    /// with `/` or there are many files
    #[arg(value_name = "DEST")]
    pub dest: Address,
    /// Take all that is in the folder
    #[arg(long, short)]
    pub recursive: bool,
    /// How.
    #[command(flatten)]
    pub how: How,
}

const GET_EXAMPLES: &str = "\
Examples:
  datalake get reports/2026-q3.pdf .         One object, under the last part of its key
  datalake get \"raw/2026-*.csv\" /srv/raw     The keys that fit
  datalake get s3://acme-lake/raw/ /srv/raw  All below a folder, which ends with `/`
";

/// Flags of `get`.
#[derive(Debug, Args)]
#[command(before_help = GET_EXAMPLES)]
pub struct Get {
    /// The objects: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket; with wildcards the keys
    /// that fit, and all below a folder that ends with `/`
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<Address>,
    /// The folder that they go to; it is made where it is missing
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Take all keys below KEY, as if it ended with `/`
    #[arg(long, short)]
    pub recursive: bool,
    /// Take `*`, `?`, `[` and backslashes as they are
    #[arg(long)]
    pub no_glob: bool,
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
pub struct Copy {
    /// Files or `s3://BUCKET/KEY`, which may have wildcards; with --recursive one folder
    #[arg(value_name = "SOURCE", required = true)]
    pub sources: Vec<Side>,
    /// A file, a folder, or `s3://BUCKET/KEY`
    #[arg(value_name = "DEST")]
    pub dest: Side,
    /// Take all that is in the folder SOURCE
    #[arg(long, short)]
    pub recursive: bool,
    /// Take `*`, `?`, `[` and backslashes as they are
    #[arg(long)]
    pub no_glob: bool,
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
    pub pair: Pair,
    /// Delete in DEST what SOURCE has not; not if anything went wrong, and needs --max-delete
    #[arg(long, requires = "max_delete")]
    pub delete: bool,
    /// Delete nothing if it would be more than N
    #[arg(long, value_name = "N")]
    pub max_delete: Option<u64>,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// Two folders, at least one of them in a bucket.
#[derive(Debug, Args)]
pub struct Pair {
    /// A folder, or `s3://BUCKET/FOLDER`
    #[arg(value_name = "SOURCE")]
    pub source: Side,
    /// A folder, or `s3://BUCKET/FOLDER`
    #[arg(value_name = "DEST")]
    pub dest: Side,
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  datalake verify /srv/data s3://acme-lake/raw          Is all still there, as it was sent?
  datalake verify --deep /srv/data s3://acme-lake/raw   Read every byte of it again
";

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(before_help = VERIFY_EXAMPLES)]
pub struct Verify {
    /// The two places, as `sync`, `cp` or `put` had them.
    #[command(flatten)]
    pub pair: Pair,
    /// Read the contents, too, and compare them with the hashes that were taken when they were sent
    #[arg(long)]
    pub deep: bool,
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
    pub pair: Pair,
    /// Which share is read
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    pub subset: u8,
    /// Which of the shares it is; the day's number if left out, so that daily runs meet all in turn
    #[arg(long, value_name = "N")]
    pub round: Option<u64>,
    /// Write one line per object into FILE: `=` right, `!` not
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// How files and objects are moved.
#[derive(Debug, Default, Args)]
pub struct How {
    /// Take only names that fit; as in a .gitignore, may be given again
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Leave out names that fit; wins over --include
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Show what would be done and change nothing; 3 if there is something to do
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// Compare contents; reads what has the same size
    #[arg(long, conflicts_with = "size_only")]
    pub checksum: bool,
    /// Compare sizes alone
    #[arg(long)]
    pub size_only: bool,
    /// What becomes of symbolic links
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub links: LinkChoice,
    /// Write one line per name into FILE: `=` equal, `+` new, `*` replaced, `-` deleted, `!` not moved
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// What becomes of symbolic links below a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LinkChoice {
    /// They are told and not followed
    #[default]
    Skip,
    /// They are followed for reading
    Follow,
}

/// What is kept within.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits (those of the service stand below `limits:` in the spec)")]
pub struct Within {
    /// Files under way at once (64)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub transfers: Option<u16>,
    /// Bytes per second: 10M, off, or a timetable such as "08:00,512K 23:00,off"
    #[arg(long, value_name = "LIMIT")]
    pub bwlimit: Option<Bandwidth>,
    /// Stop after so many requests; the same command goes on from there
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Connections at once, at most as many as the spec allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: Option<u32>,
    /// The size of parts of large files, from 5M on (16M)
    #[arg(long, value_name = "SIZE", value_parser = part_size)]
    pub part_size: Option<ByteSize>,
}

/// One side of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A file or folder of this machine.
    Local(PathBuf),
    /// A key, or what keys begin with.
    Bucket(Address),
}

impl std::str::FromStr for Side {
    type Err = datalake_core::InvalidBucketName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address: Address = text.parse()?;
        Ok(match address.bucket {
            Some(_) => Self::Bucket(address),
            None => Self::Local(PathBuf::from(text)),
        })
    }
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
    let fits = |number: &u8| (1..=100).contains(number);
    number.filter(fits).ok_or_else(|| "a share is 1% to 100%".to_owned())
}

fn part_size(text: &str) -> Result<ByteSize, String> {
    let form = || "a size is a number with K, M or G, from 5M to 5G".to_owned();
    let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
    let unit = units.iter().find_map(|(name, bytes)| Some((text.strip_suffix(*name)?, *bytes)));
    let (digits, unit) = unit.unwrap_or((text, 1));
    let bytes = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    let fits = |bytes: &u64| (5 << 20..=5 << 30).contains(bytes);
    bytes.filter(fits).map(ByteSize).ok_or_else(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_scheme_is_a_file() {
        let side = |text: &str| text.parse::<Side>().ok();

        assert_eq!(side("raw/a"), Some(Side::Local("raw/a".into())));
        assert!(matches!(side("s3://acme/raw/a"), Some(Side::Bucket(_))));
        assert_eq!(side("s3://No/x"), None);
    }

    #[test]
    fn shares_and_sizes_have_their_bounds() {
        assert_eq!(percent("10%"), Ok(10));
        assert_eq!(percent("100"), Ok(100));
        assert!(["", "0%", "101%", "-1", "x"].iter().all(|text| percent(text).is_err()));
        assert_eq!(part_size("5M"), Ok(ByteSize(5 << 20)));
        assert_eq!(part_size("1G"), Ok(ByteSize(1 << 30)));
        assert!(["", "4M", "6G", "M", "8X"].iter().all(|text| part_size(text).is_err()));
    }
}
