//! Moving a tree of files into a bucket, back, or from bucket to bucket.
//!
//! Both sides are sorted streams that are merged on the fly, so that memory does not grow with the
//! number of files. What becomes of a name is decided by `datalake_core::transfer::judge`; what is to be
//! moved goes through a bounded number of workers that share one [`TransferLimits`].

mod across;
mod bucket_view;
mod compare;
mod courier;
mod feed;
mod fetch;
mod fits;
mod freeing;
mod hashes;
mod haul;
mod input;
mod inspect;
mod key_aliases;
mod leftovers;
mod long_files;
mod manifest;
pub mod memory;
mod merge;
mod named_paths;
mod options;
mod pace;
mod parts;
mod peek;
mod planner;
mod reading;
mod record_folders;
mod removal;
mod renames;
mod report;
mod run;
mod source_notes;
mod sources;
mod stream;
mod tree;
mod tree_view;
mod trust;
mod upload;
mod verify;

use std::time::Duration;

pub use bucket_view::{BucketView, KeySelection};
pub use courier::{Courier, Tries};
pub use freeing::{FreeWatch, FreeableFile, Freeing, FreeingPorts, KeptFile, free_files};
pub use hashes::{Digests, Hashes, Hashing};
pub use input::{
    ByteStream, ContentEnded, StreamEnded, StreamFault, StreamUpload, upload_stream, upload_through,
};
pub use key_aliases::KeyAliases;
pub use long_files::{LongFiles, NewLongFile};
pub use named_paths::{Links, NamedKind, NamedPaths, NamedTree};
pub use options::{
    BucketFolder, Deletion, Options, OtherRecords, Route, SharedFiles, TagCheck, TransferLimits,
    TransferPorts,
};
pub use peek::{PeekLength, PeekTree, PeekedFile};
pub use record_folders::{RecordFolder, RecordFolders};
pub use report::{
    Item, ItemFault, ItemTally, Mark, NotDeleted, Reason, StopCause, Summary, TransferStopped,
    TransferWatch, Unwatched,
};
pub use run::sync;
pub use source_notes::{SourceFact, SourceNotes};
pub use sources::{SourceFile, SourceObject};
pub use stream::StreamCheck;
pub use tree::{Landing, LocalTree, NewTreeFile, Oddity, OpenFile, ReadFile, TreeEntry, TreeWalk};
pub use tree_view::{TreeView, UnopenedFile};
pub use verify::{Depth, Findings, Verification, Verified, VerifyFinding, VerifyWatch, verify};

use crate::Clock;

/// A clock that also measures.
pub trait Stopwatch: Clock {
    /// The time since some fixed point; it never goes back.
    fn elapsed(&self) -> Duration;
}
