//! What the engine asks of an S3 service.

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, ETag, KeyPrefix, Lifecycle, ObjectKey, PublicAccessBlock,
    TableSearch, VersionTraces, Versioning,
};
use datalake_core::size::ByteSize;

/// An S3 service, asked with one key pair.
///
/// No call is repeated here; `RetryingStore` does that. A [`Fault`] of kind `Absent` says that the
/// bucket or object is surely not there. After any other fault of a writing call the change may or
/// may not have happened.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Asks with the key for the list of buckets: proves address, signature, region and clock.
    ///
    /// A key that is known and may not list counts as reached.
    async fn reach(&self) -> Result<Service, Fault>;

    /// The buckets that the service lists for the key; those of others granted to it are not
    /// among them.
    async fn buckets(&self) -> Result<Vec<BucketName>, Fault>;

    /// Whether the bucket is there and the key may use it. `Denied`: it is someone else's, or a
    /// policy refuses the key.
    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// Creates a bucket. `TakenBucket`: the name is in use, perhaps by the same account; only
    /// `head_bucket` tells. Success says nothing yet about the bucket being usable.
    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// The bucket's versioning.
    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault>;

    /// Sets the bucket's versioning; a second call changes nothing.
    async fn set_versioning(
        &self,
        bucket: &BucketName,
        versioning: Versioning,
    ) -> Result<(), Fault>;

    /// Looks for tables in the bucket, folder by folder, with a bounded number of requests: their
    /// commits get lost where old versions are kept.
    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault>;

    /// Looks for delete markers and old versions in the bucket, and ends with the page of a listing
    /// that has some: they stand in the way of tables.
    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault>;

    /// Has several writers store new keys at one time, each only if nothing is there, and tells how many
    /// of them the service lets through. Nothing is left behind.
    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault>;

    /// The bucket's lifecycle rules; none are an empty set. `Unreadable`: a rule holds what
    /// [`Lifecycle`] cannot express and a rewrite would lose.
    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault>;

    /// Replaces the bucket's lifecycle rules; an empty set removes the configuration.
    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault>;

    /// The bucket's policy as the JSON text that was set; `None` where there is none.
    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault>;

    /// Sets the policy, or removes it. At Hetzner it acts up to a minute later, and one that denies
    /// the acting key itself cannot be taken back.
    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault>;

    /// The bucket's public access block; nothing is on where there is none. `Unsupported`, or
    /// `Refused`: the service offers none.
    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault>;

    /// Sets the bucket's public access block; one with nothing on removes it.
    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault>;

    /// Stores an object whose content fits in memory.
    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault>;

    /// Reads an object whose content fits in memory.
    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault>;

    /// Asks for an object's size and tag.
    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault>;

    /// Deletes an object, or that very version of it. One that is absent counts as deleted.
    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault>;
}

/// Where conditional writes are tried out.
#[derive(Debug, Clone, Copy)]
pub struct PutTrial<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a KeyPrefix,
    /// A number that no other trial has in its names.
    pub random: u64,
}

/// What a store says of an object that it has just taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The tag of its content.
    pub etag: ETag,
    /// Its version, where the bucket keeps versions.
    pub version: Option<VersionId>,
}

/// The id of one version of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub String);

/// What a store says of an object without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// The length of its content.
    pub size: ByteSize,
    /// The tag of its content.
    pub etag: ETag,
}
