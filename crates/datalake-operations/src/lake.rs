//! What lies in buckets: named, looked for, listed, counted, read, signed, deleted.
//!
//! A [`BucketClient`] is an S3 service with the spec's words for it. What is asked of single objects
//! says where nothing lies what lies there instead.

mod absence;
mod byte_span;
mod client;
mod contents;
mod cors_document;
mod deletion;
mod faults;
mod listing;
mod object_report;
mod object_words;
mod presigning;
mod reading;
mod settings_text;
mod tree;
mod uploads;
mod usage_report;
mod versions;

#[cfg(test)]
pub(crate) mod test_service;
#[cfg(test)]
mod tests;

pub use self::faults::{at_bucket, at_object};
pub use absence::{
    explain_object_fault, has_key_below, refuse_absent_wildcard, refuse_wildcard, require_folder,
};
pub use byte_span::ByteSpan;
pub use client::BucketClient;
pub use contents::{BucketContents, empty_bucket};
pub use cors_document::{CorsDocument, CorsDocumentRule};
pub use deletion::{DeletionEnd, DeletionReach, DeletionTarget, Finality, undeleted_error};
pub(crate) use listing::no_match_error;
pub use listing::{
    ListedFolder, ListedObject, ListedVersion, ListingReach, ListingReporter, ListingTotals,
    ObjectListing, VersionFacts,
};
pub use object_report::{ObjectReport, find_object};
pub use object_words::{describe_object, describe_version};
pub use presigning::{PresignRequest, PresignedObject, PrintedAddress, SignedAccess};
pub use reading::{ContentEnd, ContentSink, ObjectReader, SinkAnswer};
pub use settings_text::{
    describe_cors, describe_lifecycle, describe_lifecycle_change, describe_lock, describe_rule,
    describe_versioning,
};
pub use tree::{ObjectTree, TreeFolder, TreeObject, TreeReporter, TreeTotals};
pub use uploads::{ListedUpload, UploadSearch, UploadTotals, choose_upload_age};
pub use usage_report::{PrefixUsage, UsageAmount, UsageReport, measure_usage, require_something};
pub use versions::list_versions_of_key;
