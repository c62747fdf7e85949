//! The whole of an S3 service: listings, streams, uploads in parts, settings, signed addresses.
//!
//! [`ObjectStore`] is what provisioning needs; these traits are the rest, in the same spirit: one
//! call is one request, nothing is repeated, an answer that makes no sense is a fault of kind
//! `Unreadable` and never an empty answer. Bodies are streams and shared buffers, so that memory
//! stays flat and nothing is copied.
//!
//! [`ObjectPages`], [`VersionPages`] and [`UploadPages`] walk through whole listings and see to it
//! that a service which repeats itself is found out.

mod attributes;
mod content;
mod content_type;
mod key;
mod listing;
mod multipart;
mod pages;
mod settings;
mod signed;
mod tables;
mod total;
mod version_traces;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;

pub use attributes::Attributes;
pub use content::{
    ByteRange, ContentHash, DeleteTarget, DeletedObject, Download, InvalidRange, NewObject,
    ObjectSource, Payload, Precondition, StoredObject,
};
pub(crate) use content_type::guess_content_type;
pub use key::{AnyKey, NoKey};
pub use listing::{
    ListAsk, ObjectEntry, ObjectPage, PageToken, Upload, UploadId, UploadPage, VersionEntry,
    VersionKind, VersionPage,
};
pub use multipart::{InvalidPartNumber, PartEntry, PartNumber, PartPage, TakenPart};
pub use pages::{ObjectPages, PartPages, UploadPages, VersionPages};
pub use settings::{BucketLock, Cors, CorsMethod, CorsRule, LockMode, LockPeriod, Retention};
pub use signed::{Expiry, InvalidExpiry, Presign, SignedCall, SignedUrl};
pub use tables::{find_tables, search_tables};
pub use total::SizeTotal;
pub use version_traces::search_version_traces;

use crate::ports::{ObjectStore, Stored, VersionId};

/// Everything that one S3 service offers.
pub trait Lake: ObjectStore + Objects + Uploads + BucketSettings {
    /// The same service as the port that provisioning asks.
    fn store(&self) -> &dyn ObjectStore;
}

impl<T: ObjectStore + Objects + Uploads + BucketSettings> Lake for T {
    fn store(&self) -> &dyn ObjectStore {
        self
    }
}

/// The most entries that a page of any listing holds, and the most objects that one
/// [`Objects::delete_many`] takes.
pub const PAGE: u16 = 1000;

/// Objects: listed, read, written, copied, deleted.
///
/// Faults of all calls, besides those that [`ObjectStore`] tells of:
/// - `Absent`: there surely is no such bucket, object or version.
/// - `Disturbed`: a precondition does not hold; nothing was changed or sent.
/// - `Throttled`: slow down, with `wait` where the service names a time.
/// - `Unavailable`, `Unreachable`: may go away. A writing call may have happened all the same.
/// - `Damaged`: the content was changed on its way and not taken; the same call can be made again.
/// - `Unreadable`: the answer cannot be used: cut, repeated, or another document.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Lists one page of the current objects below a prefix, in the order of their keys' bytes.
    ///
    /// `next` of the answer is the way to the following page; its absence means that this was the
    /// last one. A page that was cut without a token, or whose token is the one it was asked with,
    /// is `Unreadable`. A page may be empty and have a next one.
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault>;

    /// Lists one page of all versions and delete markers below a prefix, by key, the newest of a
    /// key first. The delimiter of `ask` is not used. Otherwise as [`Objects::list`].
    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault>;

    /// Asks for everything about an object but its content. A delete marker is `Absent`.
    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault>;

    /// Begins to read an object, or a part of it. The answer has come when this returns; the
    /// content comes as [`Download::content`] is read.
    ///
    /// A stream that ends without a fault has given exactly the bytes that were asked for: a body
    /// that is cut short or goes on is a fault in it, and so is one that stands still for longer
    /// than the store waits (`Unreachable`). `Disturbed`: `if_match` of the source does not hold.
    /// A range that begins behind the end is `Refused`; the part behind the end is left out
    /// (see [`Download::range`]).
    async fn get(&self, source: &ObjectSource, range: Option<ByteRange>)
    -> Result<Download, Fault>;

    /// Stores an object in one go; readers see the old or the new one. The service checks the
    /// payload against its hash before it takes it.
    ///
    /// At most 5 GB. With a [`Precondition`] that does not hold: `Disturbed`. Hetzner does not
    /// look at preconditions in a bucket that keeps versions.
    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault>;

    /// Copies an object inside the service; its attributes go along, or are replaced by those
    /// given. At most 5 GB, and Hetzner may refuse it for reasons of its own: reading and writing
    /// is the way then. A copy onto itself needs attributes.
    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault>;

    /// Deletes an object or a version for good; one that is absent counts as deleted. Without a
    /// version, a bucket that keeps versions gets a delete marker instead. Version `null` is the
    /// one from before versions were kept.
    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault>;

    /// Deletes up to [`PAGE`] objects or versions with one request.
    ///
    /// The answer holds one outcome for each of `doomed`, in that order; one that the service did
    /// not speak of is `Unreadable`. The outer fault is one of the whole request. A key that
    /// [`AnyKey::fits_xml`] denies is not sent and comes back as `Unsupported`: delete it alone.
    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault>;
}

/// Uploads in parts: 1 to 10,000 parts of 5 MiB to 5 GiB, the last one of any size.
///
/// Faults are those of [`Objects`]; `Absent` also says that there is no such upload any more: it
/// was completed or aborted.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Lists one page of unfinished uploads below a prefix, by key and then by id. The delimiter
    /// of `ask` is not used.
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault>;

    /// Lists one page of the parts that an upload has, by number, those behind `after`.
    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault>;

    /// Begins an upload; the attributes are those of the object that it becomes. After an
    /// unclear fault there may be an upload that nobody knows the id of but a listing.
    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault>;

    /// Sends one part; it takes the place of an older one with that number. The service checks it
    /// against its hash before it takes it.
    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault>;

    /// Makes a part from a range of an object in the service, or from all of it.
    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault>;

    /// Makes the object of these parts, at least one, which are in the order of their numbers.
    ///
    /// After an unclear fault the object may be there and the upload gone: a second call is
    /// `Absent` then, and [`Objects::head`] tells.
    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault>;

    /// Gives up an upload and its parts; one that is gone counts as given up. A part that is on
    /// its way meanwhile may stay: list the parts, and abort again.
    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault>;
}

/// What a bucket is set to, beyond versioning and lifecycle; and its end.
#[async_trait]
pub trait BucketSettings: Send + Sync {
    /// Creates a bucket whose versions can be locked; it keeps versions from the start and for
    /// good. Faults as those of [`ObjectStore::create_bucket`].
    async fn create_locked_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// Deletes an empty bucket: no version, no marker, no unfinished upload; else `NotEmpty`. The
    /// name comes free later, and for everybody.
    async fn delete_bucket(&self, bucket: &BucketName) -> Result<(), Fault>;

    /// The name of the bucket's location as the service tells it; empty where it tells none.
    async fn location(&self, bucket: &BucketName) -> Result<String, Fault>;

    /// The rules for web pages of other origins; none are an empty set. `Unreadable`: a rule holds
    /// what [`Cors`] cannot express and a rewrite would lose.
    async fn cors(&self, bucket: &BucketName) -> Result<Cors, Fault>;

    /// Replaces the rules; an empty set removes the configuration.
    async fn set_cors(&self, bucket: &BucketName, cors: &Cors) -> Result<(), Fault>;

    /// Whether versions can be locked, and how new ones are by themselves.
    async fn lock(&self, bucket: &BucketName) -> Result<BucketLock, Fault>;

    /// Sets how long new versions are locked by themselves; `None` for not at all. `Refused`: the
    /// bucket was created without locks.
    async fn set_lock(
        &self,
        bucket: &BucketName,
        retention: Option<Retention>,
    ) -> Result<(), Fault>;
}
