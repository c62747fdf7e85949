//! Buckets as a whole: made, walked through, counted, emptied.

mod clear;
mod create;
mod due;
mod folders;
mod late;
mod usage;
mod walk;

pub use clear::{Clear, Cleared, Extent, FAILURES_KEPT, OldUploads, abort_uploads, clear_objects};
pub use create::{NewBucket, create_bucket};
pub use due::Due;
pub use folders::CountedFolder;
pub use late::await_new_bucket;
pub use usage::{
    Scope, SizedUpload, Surveyor, Thing, ThingKind, measure_prefix, size_uploads, survey_prefix,
};
pub use walk::{FolderEntry, Walk};

pub(crate) use create::await_settled;
pub(crate) use late::{await_bucket, await_result, is_listed};
