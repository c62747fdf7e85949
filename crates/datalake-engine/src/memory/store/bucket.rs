//! One bucket: its objects with their versions, and its settings.

use std::collections::BTreeMap;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{ETag, Lifecycle, PublicAccessBlock, Versioning};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use md5::{Digest as _, Md5};

use super::uploads::MemoryUpload;
use super::{MemoryConditions, absent};
use crate::objects::{
    AnyKey, Attributes, BucketLock, Cors, DeletedObject, LockPeriod, PartNumber, StoredObject,
    UploadId,
};
use crate::ports::{Stored, VersionId};

/// A bucket.
#[derive(Debug)]
pub(super) struct MemoryBucket {
    pub(super) versioning: Versioning,
    pub(super) lifecycle: Lifecycle,
    pub(super) cors: Cors,
    pub(super) lock: BucketLock,
    pub(super) policy: Option<String>,
    pub(super) public_access: PublicAccessBlock,
    pub(super) objects: BTreeMap<AnyKey, Vec<MemoryVersion>>,
    pub(super) uploads: BTreeMap<(AnyKey, UploadId), MemoryUpload>,
    written: u64,
    /// How many writers of a key that asked for nothing to be there were let through.
    let_through: BTreeMap<AnyKey, u32>,
}

/// A version or a delete marker.
#[derive(Debug)]
pub(super) struct MemoryVersion {
    /// `None` is the version `null`.
    id: Option<VersionId>,
    /// `None` is a delete marker.
    pub(super) content: Option<MemoryContent>,
    pub(super) modified: Timestamp,
    locked_until: Option<i64>,
}

/// What an object holds.
#[derive(Debug, Clone)]
pub(super) struct MemoryContent {
    pub(super) bytes: Bytes,
    pub(super) etag: ETag,
    pub(super) attributes: Attributes,
}

/// The name of the version from before versions were kept.
const NULL: &str = "null";

const DAY: i64 = 24 * 60 * 60;

impl MemoryContent {
    /// What was stored in one go: its tag is its MD5.
    pub(super) fn single(bytes: Bytes, attributes: Attributes) -> Self {
        let etag = make_tag(&Md5::digest(&bytes), None);
        Self { bytes, etag, attributes }
    }

    /// What was made of parts: its tag is the MD5 of their MD5s, and their number.
    pub(super) fn joined(parts: &[(PartNumber, &Bytes)], attributes: Attributes) -> Self {
        let mut md5 = Md5::new();
        let mut bytes = Vec::new();
        for (_, part) in parts {
            md5.update(Md5::digest(part));
            bytes.extend_from_slice(part);
        }
        let etag = make_tag(&md5.finalize(), Some(parts.len()));
        Self { bytes: bytes.into(), etag, attributes }
    }

    pub(super) fn size(&self) -> ByteSize {
        ByteSize(self.bytes.len() as u64)
    }
}

/// The tag of an MD5.
pub(super) fn make_tag(md5: &[u8], parts: Option<usize>) -> ETag {
    let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = parts.map_or(hex.clone(), |parts| format!("{hex}-{parts}"));
    text.parse().expect("hexadecimal digits are a tag")
}

impl MemoryVersion {
    pub(super) fn id(&self) -> VersionId {
        self.id.clone().unwrap_or_else(|| VersionId(NULL.to_owned()))
    }

    pub(super) fn readable(&self) -> Result<&MemoryContent, Fault> {
        self.content.as_ref().ok_or_else(|| absent("NoSuchKey"))
    }

    pub(super) fn shown(&self) -> Result<StoredObject, Fault> {
        let content = self.readable()?;
        Ok(StoredObject {
            size: content.size(),
            etag: content.etag.clone(),
            modified: self.modified,
            version: self.id.clone(),
            attributes: content.attributes.clone(),
        })
    }
}

impl MemoryBucket {
    pub(super) fn new() -> Self {
        Self {
            versioning: Versioning::Never,
            lifecycle: Lifecycle::default(),
            cors: Cors::default(),
            lock: BucketLock::Never,
            policy: None,
            public_access: PublicAccessBlock::default(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            written: 0,
            let_through: BTreeMap::new(),
        }
    }

    /// A number that was not given out before.
    pub(super) fn count(&mut self) -> u64 {
        self.written += 1;
        self.written
    }

    pub(super) fn version_count(&self) -> usize {
        self.objects.values().map(Vec::len).sum()
    }

    /// The version with this id, or the newest one.
    pub(super) fn find(&self, key: &str, id: Option<&VersionId>) -> Result<&MemoryVersion, Fault> {
        let versions = self.objects.get(key).map(Vec::as_slice).unwrap_or_default();
        match id {
            None => versions.last().ok_or_else(|| absent("NoSuchKey")),
            Some(id) => {
                let found = versions.iter().find(|version| version.id() == *id);
                found.ok_or_else(|| absent("NoSuchVersion"))
            }
        }
    }

    /// Whether a put is carried out that asks for nothing to be there.
    pub(super) fn lets_through(
        &mut self,
        key: &AnyKey,
        is_absent: bool,
        conditions: MemoryConditions,
    ) -> bool {
        if self.versioning != Versioning::Enabled {
            return is_absent;
        }
        match conditions {
            MemoryConditions::Obeyed => is_absent,
            MemoryConditions::IgnoredWithVersions => true,
            MemoryConditions::RacingWithVersions(most) => {
                if is_absent {
                    self.let_through.insert(key.clone(), 1);
                    return true;
                }
                let Some(number) = self.let_through.get_mut(key) else { return false };
                *number += 1;
                *number <= most
            }
        }
    }

    pub(super) fn store(&mut self, key: &AnyKey, content: MemoryContent, now: Timestamp) -> Stored {
        let etag = content.etag.clone();
        Stored { etag, version: self.add(key, Some(content), now) }
    }

    fn add(
        &mut self,
        key: &AnyKey,
        content: Option<MemoryContent>,
        now: Timestamp,
    ) -> Option<VersionId> {
        let number = self.count();
        let keeps = self.versioning == Versioning::Enabled;
        let id = keeps.then(|| VersionId(format!("v{number}")));
        let locked_until = match self.lock {
            BucketLock::Offered(Some(retention)) if content.is_some() => {
                let days = match retention.period {
                    LockPeriod::Days(days) => i64::from(days),
                    LockPeriod::Years(years) => i64::from(years) * 365,
                };
                Some(now.unix() + days * DAY)
            }
            _ => None,
        };
        let versions = self.objects.entry(key.clone()).or_default();
        if !keeps {
            versions.retain(|version| version.id.is_some());
        }
        versions.push(MemoryVersion { id: id.clone(), content, modified: now, locked_until });
        id
    }

    pub(super) fn delete(
        &mut self,
        key: &AnyKey,
        id: Option<&VersionId>,
        now: Timestamp,
    ) -> Result<DeletedObject, Fault> {
        let deleted = match (id, self.versioning) {
            (Some(id), _) => self.delete_version(key, id, now)?,
            (None, Versioning::Never) => {
                self.objects.remove(key);
                DeletedObject::default()
            }
            (None, Versioning::Enabled | Versioning::Suspended) => {
                DeletedObject { version: self.add(key, None, now), marker: true }
            }
        };
        if self.objects.get(key).is_some_and(Vec::is_empty) {
            self.objects.remove(key);
        }
        Ok(deleted)
    }

    fn delete_version(
        &mut self,
        key: &AnyKey,
        id: &VersionId,
        now: Timestamp,
    ) -> Result<DeletedObject, Fault> {
        let Ok(version) = self.find(key.as_str(), Some(id)) else {
            return Ok(DeletedObject { version: Some(id.clone()), marker: false });
        };
        if version.locked_until.is_some_and(|until| now.unix() < until) {
            return Err(Fault::new(FaultKind::Denied, "AccessDenied"));
        }
        let marker = version.content.is_none();
        if let Some(versions) = self.objects.get_mut(key) {
            versions.retain(|version| version.id() != *id);
        }
        Ok(DeletedObject { version: Some(id.clone()), marker })
    }
}
