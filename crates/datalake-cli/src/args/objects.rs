//! The command line of commands about objects.

use std::time::Duration;

use clap::{Args, ValueEnum};
use datalake_engine::{Expiry, InvalidExpiry};

use datalake_operations::lake::ByteSpan;

use super::Address;

const LS_EXAMPLES: &str = "\
Examples:
  datalake ls                            The top level of the spec's bucket
  datalake ls -l assets/                 With size and time
  datalake ls -r \"raw/**.csv\"            Every key that fits, in all folders
  datalake ls --versions assets/users    Old versions and delete markers, too
  datalake ls -r -0 s3://other/tmp/      For `xargs -0`: whole keys, unescaped
";

/// Flags of `ls`.
#[derive(Debug, Args)]
#[command(before_help = LS_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Ls {
    /// Which keys: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket (the spec's prefix is not
    /// put before it)
    ///
    /// Without a wildcard it means all keys with this prefix: end it with `/` for a folder. With
    /// `*` and `?` (not across `/`), `**` (across it) or `[…]` it means all matching keys.
    #[arg(value_name = "KEYS", id = "keys", default_value = "", hide_default_value = true)]
    pub keys: Address,
    /// Also print size and time
    #[arg(long, short)]
    pub long: bool,
    /// Go into all folders
    #[arg(long, short)]
    pub recursive: bool,
    /// Print all versions and delete markers, in all folders
    #[arg(long)]
    pub versions: bool,
    /// Print bare, unescaped keys, each followed by a zero byte
    #[arg(long, short = '0', conflicts_with_all = ["long", "versions"])]
    pub null: bool,
    /// Take `*`, `?`, `[` and backslashes literally
    #[arg(long)]
    pub no_glob: bool,
}

const DU_EXAMPLES: &str = "\
Examples:
  datalake du                     Each folder of the spec's bucket, and the sum
  datalake du --depth 2 assets/
  datalake du --json | tail -1    The sum, for programs
";

/// Flags of `du`.
#[derive(Debug, Args)]
#[command(before_help = DU_EXAMPLES)]
pub struct Du {
    /// The prefix of the keys: `s3://BUCKET/PREFIX`, or a PREFIX in the spec's bucket (the spec's
    /// prefix is not put before it)
    #[arg(value_name = "PREFIX", id = "keys", default_value = "", hide_default_value = true)]
    pub keys: Address,
    /// Show folders down to this many levels under PREFIX
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub depth: usize,
}

const TREE_EXAMPLES: &str = "\
Examples:
  datalake tree --depth 2 assets/
  datalake tree s3://other
";

/// Flags of `tree`.
#[derive(Debug, Args)]
#[command(before_help = TREE_EXAMPLES)]
pub struct Tree {
    /// The prefix of the keys: `s3://BUCKET/PREFIX`, or a PREFIX in the spec's bucket (the spec's
    /// prefix is not put before it)
    #[arg(value_name = "PREFIX", id = "keys", default_value = "", hide_default_value = true)]
    pub keys: Address,
    /// Descend this many levels under PREFIX [default: all]
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
}

const STAT_EXAMPLES: &str = "\
Examples:
  datalake stat assets/users        Size, time, tag, metadata, versions
  datalake stat s3://other/big.log
";

/// Flags of `stat`.
#[derive(Debug, Args)]
#[command(before_help = STAT_EXAMPLES)]
pub struct Stat {
    /// The object: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket
    #[arg(value_name = "KEY", id = "keys")]
    pub keys: Address,
    /// That version of it
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
}

const CAT_EXAMPLES: &str = "\
Examples:
  datalake cat logs/run.txt | less
  datalake cat --range 0-1023 assets/users         The first 1,024 bytes
  datalake cat --range -100 s3://other/big.log     The last 100 bytes
";

/// Flags of `cat`.
#[derive(Debug, Args)]
#[command(before_help = CAT_EXAMPLES)]
pub struct Cat {
    /// The objects: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket
    #[arg(value_name = "KEY", id = "keys", required = true)]
    pub keys: Vec<Address>,
    /// That version of it
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
    /// Only these bytes: FIRST-LAST (inclusive), FIRST- or -COUNT
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub range: Option<ByteSpan>,
}

const RM_EXAMPLES: &str = "\
Examples:
  datalake rm assets/old                         One object; asks
  datalake rm --recursive tmp/ --dry-run         What would go
  datalake rm --yes \"logs/2025-*.txt\"            All matching keys
  datalake rm --recursive --versions tmp/ --yes  With all versions, for good
  datalake rm --recursive s3://old-data --confirm old-data
";

/// Flags of `rm`.
#[derive(Debug, Args)]
#[command(before_help = RM_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Rm {
    /// Which keys: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket (the spec's prefix is not
    /// put before it); with wildcards all matching keys, with --recursive a folder that ends with `/`
    #[arg(value_name = "KEYS", id = "keys")]
    pub keys: Address,
    /// Remove all keys in a folder
    #[arg(long, short)]
    pub recursive: bool,
    /// Remove old versions and delete markers as well, for good
    #[arg(long)]
    pub versions: bool,
    /// Show what would be removed; remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// The bucket's name, to confirm that everything in it is removed
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Take `*`, `?`, `[` and backslashes literally
    #[arg(long)]
    pub no_glob: bool,
}

const PRESIGN_EXAMPLES: &str = "\
Examples:
  datalake presign get reports/q3.pdf                Whoever has the address can read it
  datalake presign put incoming/x.csv --expires 2h   …or store it, for two hours
";

/// Flags of `presign`.
#[derive(Debug, Args)]
#[command(before_help = PRESIGN_EXAMPLES)]
pub struct PresignFlags {
    /// What the address allows
    #[arg(value_enum, value_name = "get|put", ignore_case = true, hide_possible_values = true)]
    pub method: Method,
    /// The object: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket
    #[arg(value_name = "KEY", id = "keys")]
    pub keys: Address,
    /// How long it is valid: seconds, or a number with s, m, h or d; at most 7d
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse_expiry)]
    pub expires: Expiry,
    /// That version of it
    #[arg(long, value_name = "ID")]
    pub version_id: Option<String>,
}

/// What a signed address permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Reading
    Get,
    /// Storing
    Put,
}

fn parse_expiry(text: &str) -> Result<Expiry, String> {
    let form = || "a time is a number with s, m, h or d, such as 15m".to_owned();
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let unit = units.iter().find_map(|(name, seconds)| Some((text.strip_suffix(*name)?, *seconds)));
    let (digits, unit) = unit.unwrap_or((text, 1));
    let count: u64 = digits.parse().map_err(|_| form())?;
    let length = Duration::from_secs(count.checked_mul(unit).ok_or_else(form)?);
    Expiry::try_from(length).map_err(|error: InvalidExpiry| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        let seconds = |text: &str| parse_expiry(text).map(Expiry::seconds).ok();

        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("15m"), Some(900));
        assert_eq!(seconds("7d"), Some(604_800));
        for text in ["", "m", "8d", "604801", "0s", "-1m", "1w", "99999999999999999999d"] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }
}
