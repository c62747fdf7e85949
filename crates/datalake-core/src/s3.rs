//! Buckets, keys, endpoints and rules in the words of S3.
//!
//! A name that is not valid is refused where it is read: [`BucketName`], [`ObjectKey`],
//! [`Endpoint`] and [`Region`] are made from text alone. [`Lifecycle`] holds all rules of a bucket.

mod address;
mod bucket;
mod conditional_puts;
mod endpoint;
mod key_pattern;
mod lifecycle;
mod object;
mod public_access;
mod region;
mod tables;
mod version_traces;

pub use address::S3Address;
pub use bucket::{BucketName, InvalidBucketName, NameRule};
pub use conditional_puts::ConditionalPuts;
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use key_pattern::{InvalidKeyPattern, KeyPattern};
pub use lifecycle::{Expire, InvalidExpire, Lifecycle, LifecycleRule, Presets, Versioning};
pub use object::{ETag, InvalidETag, InvalidKey, KeyPrefix, LOGS_PREFIX, ObjectKey};
pub use public_access::PublicAccessBlock;
pub use region::{InvalidRegion, Region, RegionName};
pub use tables::{FoundTable, FoundTables, TableKind, TableSearch, TableSign, table_of_key};
pub use version_traces::VersionTraces;
