//! The command line of `restore`.

use clap::Args;
use datalake_core::time::RunId;
use datalake_core::transfer::PastTime;

use super::Address;

const EXAMPLES: &str = "\
Examples:
  datalake restore assets/users                      One deleted object
  datalake restore assets/ --dry-run                 Which deleted objects of a folder would come back
  datalake restore assets/ --at \"2 days ago\"         The folder as it was
  datalake restore \"raw/**.csv\" --at 2026-11-22T18:00:00Z --yes
  datalake restore --undo R-20261122-180000-k3xa     What is there is again what was there before
";

/// Flags of `restore`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct Restore {
    /// Which keys: `s3://BUCKET/KEY`, or a whole KEY in the spec's bucket (the spec's prefix is not
    /// put before it); with wildcards all matching keys, with a `/` at the end a folder
    #[arg(value_name = "KEYS", id = "keys", required_unless_present = "undo")]
    pub keys: Option<Address>,
    /// Restore keys as they were at this time: `2026-11-22T18:00:00Z`, `2026-11-22` (when that day
    /// begins, in UTC) or `2 days ago`; without it, deleted keys come back in their last state
    ///
    /// Keys that were created later get a delete marker. Nothing is removed: newer versions stay.
    #[arg(long, value_name = "TIME")]
    pub at: Option<PastTime>,
    /// Undo this run: remove what it wrote, so that the earlier state is back
    #[arg(long, value_name = "RUN", conflicts_with_all = ["keys", "at", "no_glob"])]
    pub undo: Option<RunId>,
    /// Show what would change; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Take `*`, `?`, `[` and backslashes literally
    #[arg(long)]
    pub no_glob: bool,
}
