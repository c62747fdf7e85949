//! The port to the local history of what a bucket held and what left it.

use datalake_core::fault::Fault;
use datalake_core::price::Span;
use datalake_core::s3::{BucketName, Endpoint};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};

/// A history of what buckets held and of what left them, kept on this machine.
///
/// One process at a time writes; another one waits a little and is told then (`Throttled`). What was
/// written is durable on return; after a fault or a kill all of a call is there, or nothing of it.
/// `Unreadable`: the history is damaged, or was written by a newer datalake.
pub trait UsageLog: Send {
    /// Appends what a bucket holds; a second sample of the same second takes the first one's place.
    fn record(&mut self, place: &UsagePlace, sample: &UsageSample) -> Result<(), Fault>;

    /// Appends what left a bucket.
    fn record_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<(), Fault>;

    /// Removes one note that is equal to this one, and tells whether there was one.
    fn remove_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<bool, Fault>;

    /// The samples of a bucket in a span, the oldest first, without their assets.
    fn samples(&self, place: &UsagePlace, span: Span) -> Result<Vec<UsageSample>, Fault>;

    /// The assets of the sample of this second, the largest first.
    fn assets(&self, place: &UsagePlace, at: Timestamp) -> Result<Vec<AssetUse>, Fault>;

    /// What left a bucket in a span, the oldest first.
    fn egress(&self, place: &UsagePlace, span: Span) -> Result<Vec<EgressNote>, Fault>;
}

/// A bucket of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsagePlace {
    /// The service.
    pub endpoint: Endpoint,
    /// The bucket.
    pub bucket: BucketName,
}

/// What a bucket held at a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSample {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub usage: Usage,
    /// The largest assets; empty where nobody has asked for them.
    pub assets: Vec<AssetUse>,
}

/// What an asset holds, hidden versions and uploads included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetUse {
    /// The asset's key with `/` between its parts.
    pub asset: String,
    /// All of it.
    pub total: Tally,
}

/// Something that left a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressNote {
    /// When it was noted.
    pub at: Timestamp,
    /// How much.
    pub size: ByteSize,
    /// How it is known.
    pub by: EgressBy,
    /// What it was; a text of the operator's or a command's name.
    pub note: String,
}

/// How something that left a bucket is known. The service itself tells nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressBy {
    /// A command of datalake has brought it to this machine.
    Datalake,
    /// The operator has entered it.
    Operator,
}
