//! Tables in buckets (Delta, Lance, Iceberg): listed, moved with their history, and searched for
//! commits that got lost.
//!
//! - [`list_tables`] finds all tables below a place;
//! - [`TableMove`] brings tables to a bucket where their commits hold: data first, then the log,
//!   commit by commit, until no commit has come meanwhile;
//! - [`recover_commits`] tells what commits that got lost had added.

mod contents;
mod destination;
mod everywhere;
mod forgetting;
mod listing;
mod log_copy;
mod moving;
mod place;
mod recovery;
mod safety;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use log_copy::read_small;
pub(crate) use safety::{CommitDestination, require_kept_commits};

pub use everywhere::{list_all_tables, recover_all_commits};
pub use forgetting::forget_commits;
pub use listing::{TableReport, TablesReport, list_tables};
pub use moving::{LeftTable, MovedTable, MovedTables, TableMove};
pub use place::TablesFolder;
pub use recovery::{
    LostCommitReport, LostFileReport, LostFileState, RecoveryReport, recover_commits,
};
