//! Adding, finding and removing versions.

use s3s::{S3Result, s3_error};
use uuid::Uuid;

use super::disk::Disk;
use super::{NULL_VERSION, SimBucket, SimVersion, StoredContent, VersionLock, VersioningState};
use crate::clock::Moment;
use crate::errors::OrDisk as _;

/// A version that is about to be added.
#[derive(Debug)]
pub(crate) struct NewVersion {
    pub(crate) key: String,
    /// Absent for a delete marker.
    pub(crate) content: Option<StoredContent>,
    pub(crate) lock: VersionLock,
    pub(crate) upload: Option<String>,
}

/// What must hold for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The key is absent.
    Absent,
    /// The key is there, with any content.
    Present,
    /// The key is there with this `ETag`.
    Matches(String),
    /// The key is absent or has another `ETag`.
    Differs(String),
    /// Nothing fulfils it.
    Never,
}

impl SimBucket {
    /// The newest version of a key, if that is not a delete marker.
    pub(crate) fn current(&self, key: &str) -> Option<&SimVersion> {
        self.newest(key).filter(|version| version.content.is_some())
    }

    /// The newest version of a key, which may be a delete marker.
    pub(crate) fn newest(&self, key: &str) -> Option<&SimVersion> {
        self.keys.get(key)?.last()
    }

    /// The named version of a key, or the newest one; a delete marker too.
    pub(crate) fn find(&self, key: &str, id: Option<&str>) -> S3Result<&SimVersion> {
        let Some(id) = id else {
            return self.newest(key).ok_or_else(|| s3_error!(NoSuchKey));
        };
        self.keys
            .get(key)
            .and_then(|versions| versions.iter().find(|version| version.id == id))
            .ok_or_else(|| s3_error!(NoSuchVersion))
    }

    pub(crate) fn find_mut(&mut self, key: &str, id: Option<&str>) -> S3Result<&mut SimVersion> {
        let number = self.find(key, id)?.number;
        self.keys
            .get_mut(key)
            .and_then(|versions| versions.iter_mut().find(|version| version.number == number))
            .ok_or_else(|| s3_error!(NoSuchKey))
    }

    /// Whether `condition` holds for the key.
    pub(crate) fn check(&self, key: &str, condition: Option<&Condition>) -> S3Result<()> {
        let etag = self.current(key).and_then(|version| version.content.as_ref()).map(|c| &c.etag);
        let holds = match condition {
            None => true,
            Some(Condition::Absent) => etag.is_none(),
            Some(Condition::Present) => etag.is_some(),
            Some(Condition::Matches(wanted)) => etag == Some(wanted),
            Some(Condition::Differs(unwanted)) => etag != Some(unwanted),
            Some(Condition::Never) => false,
        };
        if holds { Ok(()) } else { Err(s3_error!(PreconditionFailed)) }
    }

    /// Adds a version as the newest of its key.
    ///
    /// Unless the bucket keeps versions, it takes the place of the `null` one.
    pub(crate) fn add(
        &mut self,
        disk: &Disk,
        now: Moment,
        new: NewVersion,
    ) -> S3Result<SimVersion> {
        let id = match self.meta.versioning {
            VersioningState::Enabled => Uuid::new_v4().simple().to_string(),
            VersioningState::Never | VersioningState::Suspended => NULL_VERSION.to_owned(),
        };
        let version = SimVersion {
            number: disk.fresh(),
            key: new.key,
            id,
            modified: now,
            content: new.content,
            lock: new.lock,
            upload: new.upload,
        };
        disk.write_version(&self.meta.name, &version).or_disk()?;
        let versions = self.keys.entry(version.key.clone()).or_default();
        if version.id == NULL_VERSION
            && let Some(at) = versions.iter().position(|older| older.id == NULL_VERSION)
        {
            disk.remove_version(&self.meta.name, &versions.remove(at)).or_disk()?;
        }
        versions.push(version.clone());
        Ok(version)
    }

    /// Removes one version for good.
    pub(crate) fn remove(&mut self, disk: &Disk, key: &str, number: u64) -> S3Result<()> {
        let Some(versions) = self.keys.get_mut(key) else { return Ok(()) };
        if let Some(at) = versions.iter().position(|version| version.number == number) {
            disk.remove_version(&self.meta.name, &versions.remove(at)).or_disk()?;
        }
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Ok(())
    }

    /// Removes an unfinished upload with the bytes of its parts.
    pub(crate) fn abort(&mut self, disk: &Disk, id: &str) -> S3Result<()> {
        let Some(upload) = self.uploads.remove(id) else { return Ok(()) };
        disk.forget_upload(&self.meta.name, &upload).or_disk()?;
        for segment in upload.parts.values().filter_map(|part| part.segment.as_ref()) {
            disk.remove_body(&self.meta.name, &segment.file).or_disk()?;
        }
        Ok(())
    }
}

impl SimVersion {
    /// Whether a lock keeps the version at `now`.
    ///
    /// `bypass` is the right to break a governance lock.
    pub(crate) fn is_locked(&self, now: Moment, bypass: bool) -> bool {
        let retained = self.lock.retention.as_ref().is_some_and(|retention| {
            now < retention.until && !(bypass && retention.mode == "GOVERNANCE")
        });
        self.lock.legal_hold || retained
    }
}
