//! Jobs: something is done to every object below a prefix, by any number of workers that know nothing
//! of each other.
//!
//! All of a job is objects below [`JOBS_PREFIX`]: a [`JobManifest`], frozen when the job is planned, and in
//! the [`JobFolder`] that it names its [`JobShard`]s, bounded by keys and by bytes ([`ShardCutter`]), and a
//! [`ShardReceipt`] for each shard, which is written last and has an outcome for each of its keys. What is left to do is what has no
//! receipt yet ([`JobProgress`]); so a job may be stopped anywhere and continued from any machine.
//!
//! ```
//! use datalake_core::job::{ShardCutter, ShardEntry};
//! use datalake_core::size::ByteSize;
//!
//! let mut cutter = ShardCutter::default();
//! for number in 0..2_500 {
//!     let entry = ShardEntry {
//!         key: format!("raw/{number:04}"),
//!         size: ByteSize(4096),
//!         etag: "9a0364b9e99bb480dd25e1f0284c8555".to_owned(),
//!     };
//!     if let Some(shard) = cutter.add_entry(entry) {
//!         assert_eq!(shard.entries.len(), 1_000);
//!     }
//! }
//! let last = cutter.take_last_shard().expect("some are left");
//! assert_eq!((last.number, last.entries.len()), (2, 500));
//! ```

mod at_once;
mod call;
mod manifest;
mod name;
mod plain_size;
mod progress;
mod receipt;
mod roll_up;
mod shards;
mod spans;
mod task;

pub use at_once::WorkAtOnce;
pub use call::WorkerCall;
pub use manifest::{JobBrake, JobCode, JobKind, JobManifest};
pub use name::{
    InvalidJobId, InvalidJobName, JOBS_PREFIX, JobFolder, JobId, JobName, find_own_names,
    is_own_key,
};
pub use progress::{JobProgress, OutcomeCounts, ShardStanding};
pub use receipt::{KeyOutcome, KeyReceipt, ReceiptTrouble, ShardReceipt};
pub use roll_up::{CountedReceipt, JobRollUp};
pub use shards::{JobShard, SHARD_BYTES, SHARD_KEYS, ShardCutter, ShardEntry};
pub use spans::write_spans;
pub use task::{InvalidJobTask, JobTask};
