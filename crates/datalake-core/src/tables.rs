//! Tables in buckets: what their logs are made of, which commits got lost, how they are moved.
//!
//! Delta and Lance commit by a put of the next file of a log that asks for nothing to be there. Where
//! a bucket keeps versions, Ceph 16 and 18 do not look at that, and Ceph 20 lets concurrent writers
//! through (measured 2026-11-30): each writer is told that it has committed, and the newest version
//! is the only one that readers see. Each of the others stays as one more version of the same key
//! until a lifecycle rule removes it.

mod commit;
mod deletion_vector;
mod delta_state;
mod inventory;
mod log;
mod lost;

pub use commit::{AddedFile, DeltaCommit, InvalidCommit};
pub use delta_state::{DeltaStanding, DeltaState};
pub use inventory::{ListedTable, TableInventory};
pub use log::{LogFile, LogPart, order_log, table_root};
pub use lost::{LogVersion, LostCommit, LostSearch, find_lost_commits};
