//! What the service knows: buckets, versions, unfinished uploads.
//!
//! Everything is held in memory and written through: a change is on disk before
//! it is answered. The disk has one small file per thing, see [`disk`].

pub(crate) mod body;
pub(crate) mod disk;
mod load;
mod versions;

use std::collections::BTreeMap;

use s3s::dto::{CORSRule, LifecycleRule, ObjectLockConfiguration, Tag};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::policy::BucketPolicy;

pub(crate) use self::versions::{Condition, NewVersion};

/// All buckets by name.
#[derive(Debug, Default)]
pub(crate) struct AllBuckets {
    pub(crate) buckets: BTreeMap<String, SimBucket>,
}

impl AllBuckets {
    pub(crate) fn bucket(&self, name: &str) -> S3Result<&SimBucket> {
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    pub(crate) fn bucket_mut(&mut self, name: &str) -> S3Result<&mut SimBucket> {
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }
}

fn no_such_bucket() -> s3s::S3Error {
    s3_error!(NoSuchBucket, "The specified bucket does not exist")
}

/// One bucket with all that is in it.
#[derive(Debug)]
pub(crate) struct SimBucket {
    pub(crate) meta: BucketMeta,
    /// The versions of each key, oldest first. No list is empty.
    pub(crate) keys: BTreeMap<String, Vec<SimVersion>>,
    pub(crate) uploads: BTreeMap<String, SimUpload>,
    /// How many requests fell into the time in which the bucket comes and goes.
    pub(crate) early_requests: u64,
}

impl SimBucket {
    pub(crate) fn new(meta: BucketMeta) -> Self {
        Self { meta, keys: BTreeMap::new(), uploads: BTreeMap::new(), early_requests: 0 }
    }
}

/// The settings of a bucket: the file `bucket.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BucketMeta {
    pub(crate) name: String,
    pub(crate) project: u64,
    pub(crate) created: Moment,
    #[serde(default)]
    pub(crate) public_read: bool,
    #[serde(default)]
    pub(crate) versioning: VersioningState,
    #[serde(default)]
    pub(crate) policy: PolicySlot,
    #[serde(default)]
    pub(crate) public_access: SimPublicAccess,
    #[serde(default)]
    pub(crate) lifecycle: Option<Vec<LifecycleRule>>,
    #[serde(default)]
    pub(crate) cors: Option<Vec<CORSRule>>,
    /// Present in buckets that were created with object lock.
    #[serde(default)]
    pub(crate) lock: Option<ObjectLockConfiguration>,
    #[serde(default)]
    pub(crate) tags: Option<Vec<Tag>>,
}

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VersioningState {
    #[default]
    Never,
    Enabled,
    Suspended,
}

/// A bucket's public access block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "S3 knows these four switches")]
pub(crate) struct SimPublicAccess {
    pub(crate) block_public_acls: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) restrict_public_buckets: bool,
}

/// The policy that was put, and the one that acts until the new one does.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct PolicySlot {
    pub(crate) stored: Option<BucketPolicy>,
    pub(crate) acting_before: Option<BucketPolicy>,
    pub(crate) acts_from: Moment,
    /// Whether one of those that were put came with `x-amz-confirm-remove-self-bucket-access`: it sticks
    /// until the policy is removed.
    #[serde(default)]
    pub(crate) binds_owner: bool,
}

impl PolicySlot {
    /// The policy that acts at `now`.
    pub(crate) fn acting(&self, now: Moment) -> Option<&BucketPolicy> {
        if now < self.acts_from { self.acting_before.as_ref() } else { self.stored.as_ref() }
    }

    /// Stores another policy, or none, to act from `acts_from` on.
    pub(crate) fn replace(&mut self, policy: Option<BucketPolicy>, now: Moment, acts_from: Moment) {
        let binds_owner = self.binds_owner && policy.is_some();
        let acting_before = self.acting(now).cloned();
        *self = Self { acting_before, stored: policy, acts_from, binds_owner };
    }
}

/// One version of a key: a file in `versions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SimVersion {
    /// Grows with every version of the service; orders the versions of a key.
    pub(crate) number: u64,
    pub(crate) key: String,
    /// What clients see: `null` or a random word.
    pub(crate) id: String,
    pub(crate) modified: Moment,
    /// Absent in a delete marker.
    pub(crate) content: Option<StoredContent>,
    #[serde(default)]
    pub(crate) lock: VersionLock,
    /// The upload that this version ended.
    #[serde(default)]
    pub(crate) upload: Option<String>,
}

/// The id of the version that is there without versioning.
pub(crate) const NULL_VERSION: &str = "null";

/// The bytes of a version and what is said about them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredContent {
    pub(crate) etag: String,
    pub(crate) size: u64,
    /// The files with the bytes, in order.
    pub(crate) segments: Vec<Segment>,
    pub(crate) about: About,
    /// The project of the key that wrote it; absent for the bucket's own.
    #[serde(default)]
    pub(crate) writer: Option<u64>,
}

/// A file in `bodies` with a part of an object's bytes, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) file: String,
    pub(crate) size: u64,
}

/// What a client says about an object when it uploads it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct About {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) expires: Option<Moment>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) public_read: bool,
    pub(crate) tags: Vec<Tag>,
}

/// What keeps a version from being deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct VersionLock {
    pub(crate) retention: Option<LockedUntil>,
    pub(crate) legal_hold: bool,
}

/// A time before which a version stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LockedUntil {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub(crate) mode: String,
    pub(crate) until: Moment,
}

/// An upload in parts that is not finished: a file in `uploads`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SimUpload {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) initiated: Moment,
    pub(crate) about: About,
    pub(crate) lock: VersionLock,
    /// Each part is a file of its own in `parts`.
    #[serde(skip)]
    pub(crate) parts: BTreeMap<i32, SimPart>,
}

/// A part of an unfinished upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SimPart {
    pub(crate) upload: String,
    pub(crate) number: i32,
    pub(crate) etag: String,
    pub(crate) modified: Moment,
    pub(crate) segment: Option<Segment>,
}

impl SimPart {
    pub(crate) fn size(&self) -> u64 {
        self.segment.as_ref().map_or(0, |segment| segment.size)
    }
}
