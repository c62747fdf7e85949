//! What a transfer is to do, and with what.

use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{Bandwidth, Comparison, Filter, TreePath};

use super::{LocalTree, LongFiles, Stopwatch};
use crate::objects::guess_content_type;
use crate::{AnyKey, Attributes, NoKey, Objects, Uploads};

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

/// A key below a folder of a bucket, where an object is to be.
#[derive(Clone, Copy)]
pub(crate) struct ObjectTarget<'a> {
    /// The folder.
    pub(crate) folder: &'a BucketFolder<'a>,
    /// The whole key.
    pub(crate) key: &'a AnyKey,
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
    /// What other pairs have left of the same files here: a download looks there, too, before it
    /// replaces one.
    pub others: &'a [OtherRecords<'a>],
}

/// The records of another pair of places that has files of this machine in common with a run.
pub struct OtherRecords<'a> {
    /// Where they are kept.
    pub files: &'a dyn LongFiles,
    /// The name of their manifest.
    pub manifest: String,
    /// Which of their files they share.
    pub shared: SharedFiles,
}

/// How the names of another pair of places stand to those of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharedFiles {
    /// A name here is the same there with this before it; empty, or with a `/` at its end.
    Prefixed(String),
    /// A name here that begins so is the rest of it there.
    Stripped(String),
}

impl OtherRecords<'_> {
    /// What a name of the run is called there; `None` for a file that they do not have.
    pub(crate) fn find_name(&self, name: &str) -> Option<String> {
        match &self.shared {
            SharedFiles::Prefixed(prefix) => Some(format!("{prefix}{name}")),
            SharedFiles::Stripped(prefix) => name.strip_prefix(prefix.as_str()).map(str::to_owned),
        }
    }
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
    /// Whether contents are compared with the tags that the service gives.
    pub tags: TagCheck,
    /// Whether a download replaces files that were changed since the last run.
    pub overwrite: bool,
    /// What the objects carry along that are made of files and streams, besides what the engine
    /// keeps in them itself. Without a content type it is guessed from each name.
    pub attributes: Attributes,
    /// What is kept within.
    pub limits: TransferLimits,
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

/// Which tags are compared with contents; each costs an MD5.
///
/// Every content is sent with its SHA-256, against which a service may check it, and the tag of an
/// object is always compared with those of its parts. What comes is always compared with a recorded
/// SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TagCheck {
    /// Those of objects that are sent in one go: service and network are trusted with parts.
    Single,
    /// Those of parts too; and what comes without a usable tag is read twice.
    All,
    /// As [`TagCheck::Seen`] from when the service was seen to refuse the first part of a real
    /// upload whose hash was wrong on purpose; as [`TagCheck::All`] where it takes it.
    #[default]
    Learn,
    /// The service was seen to refuse a wrong hash: parts on their way there are its business. What
    /// comes in parts is compared.
    Seen,
    /// None.
    Off,
}

/// What a transfer keeps within.
#[derive(Debug, Clone)]
pub struct TransferLimits {
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

impl TransferLimits {
    /// What Hetzner allows from one address to one bucket.
    #[must_use]
    pub fn hetzner() -> Self {
        Self { requests_per_second: Some(750), connections: 240, ..Self::default() }
    }
}

impl Default for TransferLimits {
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

impl Options {
    /// What an object of this name carries along.
    pub(crate) fn attributes_of(&self, name: &str) -> Attributes {
        let guessed = || guess_content_type(name).map(str::to_owned);
        let content_type = self.attributes.content_type.clone().or_else(guessed);
        Attributes { content_type, ..self.attributes.clone() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            comparison: Comparison::Quick,
            filter: Filter::default(),
            delete: Deletion::Off,
            dry_run: false,
            tags: TagCheck::default(),
            overwrite: false,
            attributes: Attributes::NONE,
            limits: TransferLimits::default(),
        }
    }
}
