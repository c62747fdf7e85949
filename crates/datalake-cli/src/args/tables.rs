//! The command line of `tables`.

use clap::{Args, Subcommand};

use super::Address;
use super::transfer::Within;

const EXAMPLES: &str = "\
Examples:
  datalake tables list                      Tables in the spec's buckets: format, version, size
  datalake tables move s3://lake/sales/ s3://lake-tables/sales/
  datalake tables recover                   What commits that got lost had added
";

/// What `tables` does.
#[derive(Debug, Subcommand)]
#[command(before_help = EXAMPLES)]
pub enum TablesCommand {
    /// List tables: Delta, Lance, Iceberg
    List(TablesList),
    /// Copy tables with their history to a bucket where commits are safe; the source stays
    Move(TablesMove),
    /// Show what lost commits had added (exit 3), or that there are none (exit 0)
    Recover(TablesRecover),
}

/// Flags of `tables list`.
#[derive(Debug, Args)]
pub struct TablesList {
    /// A table or a folder of tables: `s3://BUCKET/FOLDER/`, or a FOLDER in the spec's bucket; without it,
    /// that bucket and the one of `tables:`
    #[arg(value_name = "PLACE", id = "keys", default_value = "", hide_default_value = true)]
    pub place: Address,
}

const MOVE_EXAMPLES: &str = "\
Examples:
  datalake tables move s3://lake/sales/ s3://lake-tables/sales/    One table
  datalake tables move --dry-run s3://lake/ s3://lake-tables/      All tables: what would be moved
";

/// Flags of `tables move`.
#[derive(Debug, Args)]
#[command(before_help = MOVE_EXAMPLES)]
pub struct TablesMove {
    /// A table or a folder of tables; the tables keep their names inside it
    pub source: Address,
    /// The destination: a bucket that never had versions
    pub dest: Address,
    /// Show what would be moved; move nothing
    #[arg(long)]
    pub dry_run: bool,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

const RECOVER_EXAMPLES: &str = "\
Examples:
  datalake tables recover                              In all tables of the spec's buckets
  datalake tables recover --json s3://lake/sales/      For programs: files, rows, partitions
  datalake tables recover --forget s3://lake/sales/    Stop reporting what was appended again
";

/// Flags of `tables recover`.
#[derive(Debug, Args)]
#[command(before_help = RECOVER_EXAMPLES)]
pub struct TablesRecover {
    /// Which tables.
    #[command(flatten)]
    pub of: TablesList,
    /// Remove the old versions with these commits for good, after a question. The files that they added stay
    #[arg(long)]
    pub forget: bool,
    /// Do not ask
    #[arg(long, requires = "forget")]
    pub yes: bool,
}
