//! Flags that transfers share: ends, limits, links.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use datalake_core::size::ByteSize;
use datalake_core::transfer::Bandwidth;
use datalake_engine::transfer::Links;

pub use datalake_operations::transfer::TransferSide as Side;

/// How files and objects are moved.
#[derive(Debug, Default, Args)]
pub struct How {
    /// Include only matching names, as in a .gitignore (repeatable)
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Leave out matching names; wins over --include
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Show what would be done; change nothing (exit 3 if there is something to do)
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// Compare contents: read files that have the same size
    #[arg(long, conflicts_with = "size_only")]
    pub checksum: bool,
    /// Compare only sizes
    #[arg(long)]
    pub size_only: bool,
    /// How much is compared.
    #[command(flatten)]
    pub care: CareFlags,
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

/// How much of what is moved is compared.
#[derive(Debug, Default, Args)]
pub struct CareFlags {
    /// Compare all contents with the service's tags, even if it has refused damaged content before
    #[arg(long, conflicts_with = "trust_service")]
    pub check: bool,
    /// Trust the service and the network with the parts of large files: less is computed
    #[arg(long)]
    pub trust_service: bool,
}

/// What becomes of files in the way of a download.
#[derive(Debug, Default, Args)]
pub struct Down {
    /// Replace local files that changed since a run wrote them, or are newer than the object
    #[arg(long)]
    pub overwrite: bool,
}

/// Which names are verified.
#[derive(Debug, Default, Args)]
pub struct Which {
    /// Include only matching names, as in the transfer
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Leave out matching names, as in the transfer; wins over --include
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// What becomes of symbolic links
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub links: LinkChoice,
    /// Check only the bucket, not SOURCE: whether it still has what was stored there
    #[arg(long)]
    pub bucket_only: bool,
}

/// What becomes of symbolic links below a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LinkChoice {
    /// Report them, do not follow them
    #[default]
    Skip,
    /// Follow them for reading
    Follow,
}

/// What is kept within.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits (those of the service are under `limits:` in the spec)")]
pub struct Within {
    /// Files transferred in parallel [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub transfers: Option<u16>,
    /// Bytes per second: 10M, off, or a timetable such as "08:00,512K 23:00,off"
    #[arg(long, value_name = "LIMIT")]
    pub bwlimit: Option<Bandwidth>,
    /// Stop after this many requests; the same command continues from there
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Parallel connections, at most as many as the spec allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: Option<u32>,
    /// The part size for large files, at least 5M [default: 16M]
    #[arg(long, value_name = "SIZE", value_parser = part_size)]
    pub part_size: Option<ByteSize>,
}

pub(super) fn percent(text: &str) -> Result<u8, String> {
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

impl From<LinkChoice> for Links {
    fn from(choice: LinkChoice) -> Self {
        match choice {
            LinkChoice::Skip => Self::Skip,
            LinkChoice::Follow => Self::Follow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
