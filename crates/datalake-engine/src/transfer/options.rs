//! What a transfer is to do, and with what.

use datalake_core::{Bandwidth, BucketName, ByteSize, Comparison, Filter, TreePath};

use super::{LocalTree, LongFiles, Stopwatch};
use crate::{AnyKey, NoKey, Objects, Uploads};

/// From where to where.
#[derive(Clone, Copy)]
pub enum Route<'a> {
    /// From a folder into a bucket.
    Up(&'a dyn LocalTree, &'a BucketFolder<'a>),
    /// From a bucket into a folder.
    Down(&'a BucketFolder<'a>, &'a dyn LocalTree),
    /// From a bucket into another, inside the service of the second.
    Across(&'a BucketFolder<'a>, &'a BucketFolder<'a>),
}

/// All keys of a bucket that begin with a prefix.
#[derive(Clone)]
pub struct BucketFolder<'a> {
    /// The service's objects.
    pub objects: &'a dyn Objects,
    /// The service's uploads in parts.
    pub uploads: &'a dyn Uploads,
    /// The bucket.
    pub bucket: BucketName,
    /// What stands before each name; empty, or with a `/` at its end.
    pub prefix: String,
}

impl BucketFolder<'_> {
    /// The key of a name in this folder.
    ///
    /// # Errors
    ///
    /// [`NoKey`] where the whole is too long.
    pub fn key(&self, name: &str) -> Result<AnyKey, NoKey> {
        format!("{}{name}", self.prefix).try_into()
    }

    pub(crate) fn key_of(&self, path: &TreePath) -> Result<AnyKey, NoKey> {
        self.key(path.as_str())
    }
}

/// What a transfer needs besides its two sides.
#[derive(Clone, Copy)]
pub struct TransferPorts<'a> {
    /// Time, waiting and chance.
    pub clock: &'a dyn Stopwatch,
    /// Where the manifest and the journal are kept.
    pub files: &'a dyn LongFiles,
    /// The name of the manifest of this pair of places, such as `transfers/9f2c`.
    pub manifest: &'a str,
}

/// How a transfer is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// How equal sides are recognised.
    pub comparison: Comparison,
    /// Which names take part.
    pub filter: Filter,
    /// Whether what the source has not is deleted in the destination, and how many at most.
    pub delete: Deletion,
    /// Whether nothing is changed and only told.
    pub dry_run: bool,
    /// Whether what was sent is compared with the tag that the service gives.
    pub tags: TagCheck,
    /// What is kept within.
    pub limits: Limits,
}

/// Whether the destination loses what the source has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// It keeps it.
    #[default]
    Off,
    /// It is deleted, if it is not more than so many names; otherwise none is.
    AtMost(u64),
}

/// Which tags are compared with the content that was sent; each costs an MD5.
///
/// The service checks every content against its SHA-256 before it takes it, and the tag of an
/// object is always compared with those of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagCheck {
    /// Those of objects that are sent in one go.
    #[default]
    Single,
    /// Those of parts too.
    All,
    /// None.
    Off,
}

/// What a transfer keeps within.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Items under way at once.
    pub items: usize,
    /// Parts of one item under way at once.
    pub parts: usize,
    /// Requests under way at once, each on a connection of its own.
    pub connections: usize,
    /// Requests per second.
    pub requests_per_second: Option<u32>,
    /// Requests in all; the run stops there.
    pub requests: Option<u64>,
    /// Bytes per second.
    pub bandwidth: Option<Bandwidth>,
    /// Seconds that local time is ahead of UTC, for the timetable of the bandwidth.
    pub utc_offset: i32,
    /// Repetitions of calls to begin with; two calls that go well earn another one.
    pub retries: u32,
    /// Bytes of content in memory at once.
    pub buffers: ByteSize,
    /// The size of parts, as far as the largest object permits.
    pub part_size: ByteSize,
}

impl Limits {
    /// What Hetzner allows from one address to one bucket.
    #[must_use]
    pub fn hetzner() -> Self {
        Self { requests_per_second: Some(750), connections: 240, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items: 32,
            parts: 4,
            connections: 64,
            requests_per_second: None,
            requests: None,
            bandwidth: None,
            utc_offset: 0,
            retries: 500,
            buffers: ByteSize(64 << 20),
            part_size: ByteSize(16 << 20),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            comparison: Comparison::Quick,
            filter: Filter::default(),
            delete: Deletion::Off,
            dry_run: false,
            tags: TagCheck::Single,
            limits: Limits::default(),
        }
    }
}
