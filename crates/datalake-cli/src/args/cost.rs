//! The command line of commands about money and usage.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use datalake_core::price::{Micros, Money, Month, Vat};
use datalake_core::s3::Expire;
use datalake_core::size::{ByteSize, size_of};
use datalake_core::time::{Days, Timestamp};

use super::Address;

/// What `cost` does.
#[derive(Debug, Subcommand)]
pub enum CostCommand {
    /// Estimate the cost of a bucket that does not exist yet; needs no S3 access
    #[command(before_help = ESTIMATE_EXAMPLES)]
    Estimate(Estimate),
    /// Compare the cost by all known price lists
    #[command(before_help = COMPARE_EXAMPLES)]
    Compare(Estimate),
    /// Report what a bucket costs: by prefix, asset and partition, with hidden storage
    #[command(before_help = REPORT_EXAMPLES)]
    Report(CostReport),
    /// Forecast this month's cost from what `usage record` has stored
    #[command(before_help = FORECAST_EXAMPLES)]
    Forecast(Terms),
    /// Show what would change if objects expired, were compressed, or more was read
    #[command(before_help = WHATIF_EXAMPLES)]
    Whatif(Whatif),
    /// Compare this month's forecast with a budget: exit 0 if within, 6 if over it
    #[command(before_help = CHECK_EXAMPLES)]
    Check(CostCheck),
}

const ESTIMATE_EXAMPLES: &str = "\
Examples:
  datalake cost estimate --storage 100GB --egress 100GB
  datalake cost estimate --storage 80GB --objects 20000000 --vat 19    Small objects count as 64 KB
  datalake cost estimate --storage 100GB --egress 100GB --plan guide   What the by-hand guide reckons
";
const COMPARE_EXAMPLES: &str = "\
Examples:
  datalake cost compare --storage 2.5TB --egress 3TB
";
const REPORT_EXAMPLES: &str = "\
Examples:
  datalake cost report
  datalake cost report --top 50 --partitioned by_region s3://acme-lake/assets/
";
const FORECAST_EXAMPLES: &str = "\
Examples:
  datalake cost forecast --vat 19
";
const WHATIF_EXAMPLES: &str = "\
Examples:
  datalake cost whatif --expire tmp/:7d --expire logs/:90d
  datalake cost whatif --compress 3 --egress 2TB
";
const CHECK_EXAMPLES: &str = "\
Examples:
  datalake cost check --budget 10EUR          For a timer, beside `datalake usage record`
  datalake cost check --budget 10EUR --high   Also if only the upper end of the band is over it
";

/// How a bill is made.
#[derive(Debug, Clone, Default, Args)]
pub struct Terms {
    /// The price list: hetzner, hetzner-usd, aws, b2, r2, wasabi, scaleway, …, guide, or one of the
    /// spec's; `datalake cost compare` lists all
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// The month, such as 2026-11 [default: the current one]
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Add this tax, in percent
    #[arg(long, value_name = "PERCENT")]
    pub vat: Option<Vat>,
    /// The account already pays the base price, which is charged once for all buckets
    #[arg(long)]
    pub base_already_paid: bool,
}

/// Flags of `cost estimate` and `cost compare`.
#[derive(Debug, Args)]
pub struct Estimate {
    /// The stored amount, such as 100GB or 2.5TB (decimal)
    #[arg(long, value_name = "SIZE", value_parser = size_of)]
    pub storage: ByteSize,
    /// Traffic out of the service in the month: to Modal and the internet, not to Hetzner servers
    #[arg(long, value_name = "SIZE", default_value = "0B", value_parser = size_of)]
    pub egress: ByteSize,
    /// The number of objects: small ones are billed as 64 KB
    #[arg(long, value_name = "N")]
    pub objects: Option<u64>,
    /// By what the bill is made.
    #[command(flatten)]
    pub terms: Terms,
}

/// Flags of `cost report`.
#[derive(Debug, Args)]
pub struct CostReport {
    /// What is looked at.
    #[command(flatten)]
    pub what: ReportScope,
    /// By what the bill is made.
    #[command(flatten)]
    pub terms: Terms,
}

/// What a report looks at.
#[derive(Debug, Args)]
pub struct ReportScope {
    /// The prefix of the keys: `s3://BUCKET/PREFIX`, or a PREFIX in the spec's bucket
    #[arg(value_name = "PREFIX", id = "keys", default_value = "", hide_default_value = true)]
    pub keys: Address,
    /// Show this many of the largest prefixes, assets and partitions
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Treat everything after this asset as a partition, even if it does not
    /// look like a date (repeatable)
    #[arg(long, value_name = "ASSET")]
    pub partitioned: Vec<String>,
}

/// Flags of `cost whatif`.
#[derive(Debug, Args)]
pub struct Whatif {
    /// The prefix of the keys: `s3://BUCKET/PREFIX`, or a PREFIX in the spec's bucket
    #[arg(value_name = "PREFIX", id = "keys", default_value = "", hide_default_value = true)]
    pub keys: Address,
    /// Assume that objects under PREFIX expire after DAYS (repeatable)
    #[arg(long, value_name = "PREFIX:DAYS")]
    pub expire: Vec<Expire>,
    /// Assume contents this many times smaller, such as 3 or 2.5
    #[arg(long, value_name = "RATIO")]
    pub compress: Option<Micros>,
    /// Assume this much more traffic out of the service in the month
    #[arg(long, value_name = "SIZE", value_parser = size_of)]
    pub egress: Option<ByteSize>,
    /// By what the bill is made.
    #[command(flatten)]
    pub terms: Terms,
}

/// Flags of `cost check`.
#[derive(Debug, Args)]
pub struct CostCheck {
    /// The most that a month may cost, such as 10EUR [default: the spec's `cost: budget:`]. With a
    /// tax it is compared with the total including it
    #[arg(long, value_name = "SUM")]
    pub budget: Option<Money>,
    /// Use the upper end of the band, not its middle
    #[arg(long)]
    pub high: bool,
    /// By what the bill is made.
    #[command(flatten)]
    pub terms: Terms,
}

const RECORD_EXAMPLES: &str = "\
Examples:
  datalake usage record                              Once a day, from a timer
  datalake usage egress 120GB --note \"Modal, week 47\"   What others have read
";
const EGRESS_EXAMPLES: &str = "\
Examples:
  datalake usage egress 120GB --note \"Modal, week 47\"
  datalake usage egress --remove 2026-11-22T18:00:00Z   It was entered by mistake
";
const SHOW_EXAMPLES: &str = "\
Examples:
  datalake usage show --since 30d
";

/// What `usage` does.
#[derive(Debug, Subcommand)]
pub enum UsageCommand {
    /// Count what the bucket holds, and store it in the history on this machine
    #[command(before_help = RECORD_EXAMPLES)]
    Record(UsageRecordFlags),
    /// Record traffic out of Hetzner's network, which the service does not report
    #[command(before_help = EGRESS_EXAMPLES)]
    Egress(EgressFlags),
    /// Print the history, and which assets have grown
    #[command(before_help = SHOW_EXAMPLES)]
    Show(UsageShow),
}

/// Flags of `usage record`.
#[derive(Debug, Args)]
pub struct UsageRecordFlags {
    /// Treat everything after this asset as a partition of it (repeatable)
    #[arg(long, value_name = "ASSET")]
    pub partitioned: Vec<String>,
}

/// Flags of `usage egress`.
#[derive(Debug, Args)]
pub struct EgressFlags {
    /// How much, such as 120GB
    #[arg(value_name = "SIZE", value_parser = size_of, required_unless_present = "remove")]
    pub size: Option<ByteSize>,
    /// Remove the entry for TIME, as `usage show` lists it; SIZE selects one of several
    #[arg(long, value_name = "TIME", conflicts_with_all = ["note", "at"])]
    pub remove: Option<Timestamp>,
    /// What it was
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub note: String,
    /// When, such as 2026-11-22T18:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// Flags of `usage show`.
#[derive(Debug, Args)]
pub struct UsageShow {
    /// Only the last days
    #[arg(long, value_name = "DAYS", default_value = "30d")]
    pub since: Days,
}

const PAGE_EXAMPLES: &str = "\
Examples:
  datalake report --html lake.html    One page for a browser, complete in itself
  datalake report --markdown          For a ticket
  datalake report --json              For programs
";

/// Flags of `report`.
#[derive(Debug, Args)]
#[command(before_help = PAGE_EXAMPLES)]
pub struct LakeReportFlags {
    /// Write a page to FILE
    #[arg(long, value_name = "FILE", conflicts_with = "markdown")]
    pub html: Option<PathBuf>,
    /// Print it as Markdown
    #[arg(long)]
    pub markdown: bool,
    /// What is looked at.
    #[command(flatten)]
    pub what: ReportScope,
    /// By what the bill is made.
    #[command(flatten)]
    pub terms: Terms,
}
