//! Moving a tree of files into a bucket, back, or from bucket to bucket.
//!
//! Both sides are sorted streams that are merged on the fly, so that memory does not grow with the
//! number of files. What becomes of a name is decided by `datalake_core::judge`; what is to be
//! moved goes through a bounded number of workers that share one [`Limits`].

mod across;
mod compare;
mod courier;
mod feed;
mod fetch;
mod fits;
mod freeing;
mod haul;
mod inspect;
mod leftovers;
mod long_files;
mod manifest;
pub mod memory;
mod merge;
mod options;
mod pace;
mod parts;
mod planner;
mod removal;
mod report;
mod run;
mod tree;
mod upload;
mod verify;

use std::time::Duration;

pub use freeing::{FreeWatch, FreeableFile, Freeing, KeptFile, free_files};
pub use long_files::{LongFiles, NewLongFile};
pub use options::{BucketFolder, Deletion, Limits, Options, Route, TagCheck, TransferPorts};
pub use report::{
    Item, ItemFault, Mark, NotDeleted, Reason, StopCause, Stopped, Summary, Tally, TransferWatch,
    Unwatched,
};
pub use run::sync;
pub use tree::{
    Hashes, Hashing, Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile, TreeEntry,
    TreeWalk,
};
pub use verify::{Finding, Findings, Verification, VerifyWatch, verify};

use crate::Clock;

/// A clock that also measures.
pub trait Stopwatch: Clock {
    /// The time since some fixed point; it never goes back.
    fn elapsed(&self) -> Duration;
}
