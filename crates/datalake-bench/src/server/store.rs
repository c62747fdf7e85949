//! What the null service keeps: names, sizes and tags, no contents.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use md5::{Digest as _, Md5};

use crate::pattern;

/// The objects and unfinished uploads of all buckets together.
#[derive(Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<String, BenchObject>,
    uploads: HashMap<u64, BenchUpload>,
    last_upload: u64,
}

/// What is kept of an object.
#[derive(Debug, Clone)]
pub(crate) struct BenchObject {
    pub(crate) size: u64,
    pub(crate) tag: Tag,
    /// Seconds since 1970.
    pub(crate) stored: u64,
    /// The `x-amz-meta-mtime` that came with it.
    pub(crate) mtime: Option<Box<str>>,
}

/// A tag as S3 makes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    md5: [u8; 16],
    parts: u16,
}

#[derive(Debug, Default)]
struct BenchUpload {
    mtime: Option<Box<str>>,
    parts: BTreeMap<u16, u64>,
}

impl Tag {
    /// The tag of a content that came in one go.
    pub(crate) fn of(size: u64) -> Self {
        Self { md5: pattern::md5_of(size), parts: 0 }
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.md5.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        if self.parts > 0 { write!(f, "-{}", self.parts) } else { Ok(()) }
    }
}

impl BenchObject {
    /// An object whose content came in one go.
    pub(crate) fn new(size: u64, stored: u64) -> Self {
        Self { size, tag: Tag::of(size), stored, mtime: None }
    }

    /// An object with this content, which came in one go.
    pub(crate) fn of(content: &[u8], stored: u64) -> Self {
        let (size, md5) = (content.len() as u64, Md5::digest(content).into());
        Self { size, tag: Tag { md5, parts: 0 }, stored, mtime: None }
    }

    /// An object that is only listed: its tag is none of a content.
    pub(crate) fn untagged(size: u64, stored: u64) -> Self {
        let mut md5 = [0x5a; 16];
        md5[..8].copy_from_slice(&size.to_le_bytes());
        Self { size, tag: Tag { md5, parts: 0 }, stored, mtime: None }
    }
}

impl Store {
    pub(crate) fn put(&mut self, key: String, object: BenchObject) {
        self.objects.insert(key, object);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&BenchObject> {
        self.objects.get(key)
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.objects.remove(key);
    }

    /// Removes all that begins with a prefix.
    pub(crate) fn clear(&mut self, prefix: &str) {
        self.objects.retain(|key, _| !key.starts_with(prefix));
        self.uploads.clear();
    }

    /// How many objects there are below a prefix, and their bytes.
    pub(crate) fn sum(&self, prefix: &str) -> (u64, u64) {
        let below = self.from(Bound::Included(prefix));
        let below = below.take_while(|(key, _)| key.starts_with(prefix));
        below.fold((0, 0), |(count, bytes), (_, object)| (count + 1, bytes + object.size))
    }

    /// All from a key on, in order.
    pub(crate) fn from(&self, key: Bound<&str>) -> impl Iterator<Item = (&String, &BenchObject)> {
        self.objects.range::<str, _>((key, Bound::Unbounded))
    }

    pub(crate) fn begin(&mut self, mtime: Option<Box<str>>) -> u64 {
        self.last_upload += 1;
        self.uploads.insert(self.last_upload, BenchUpload { mtime, parts: BTreeMap::new() });
        self.last_upload
    }

    /// Keeps the size of a part; `None` where there is no such upload.
    pub(crate) fn part(&mut self, upload: u64, number: u16, size: u64) -> Option<Tag> {
        self.uploads.get_mut(&upload)?.parts.insert(number, size);
        Some(Tag::of(size))
    }

    /// Makes an object of all parts.
    pub(crate) fn complete(&mut self, upload: u64, key: &str, stored: u64) -> Option<Tag> {
        let BenchUpload { mtime, parts } = self.uploads.remove(&upload)?;
        let mut hash = Md5::new();
        for size in parts.values() {
            hash.update(pattern::md5_of(*size));
        }
        let count = u16::try_from(parts.len()).ok()?;
        let tag = Tag { md5: hash.finalize().into(), parts: count };
        let size = parts.values().sum();
        self.put(key.to_owned(), BenchObject { size, tag, stored, mtime });
        Some(tag)
    }

    pub(crate) fn abort(&mut self, upload: u64) {
        self.uploads.remove(&upload);
    }
}
