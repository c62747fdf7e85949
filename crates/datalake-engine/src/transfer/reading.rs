//! Contents of objects that are read only to hash them.

use std::ops::Range;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::PartPlan;
use futures::StreamExt as _;

use super::courier::{Courier, Tries};
use super::{BucketFolder, Digests, Hashes, Hashing};
use crate::{AnyKey, ByteRange, ObjectSource, StoredObject};

/// Reads the objects of a folder.
#[derive(Clone, Copy)]
pub(crate) struct FolderReader<'r> {
    pub(crate) courier: &'r Courier<'r>,
    pub(crate) folder: &'r BucketFolder<'r>,
}

/// A range of which a part was read and hashed.
struct HashedRange {
    hashes: Hashes,
    left: Range<u64>,
}

impl FolderReader<'_> {
    /// What an object tells of itself.
    pub(crate) async fn look_at(&self, name: &str) -> Result<StoredObject, Fault> {
        let source = ObjectSource::current(&self.folder.bucket, &self.find_key(name)?);
        self.courier.make_call(|| self.folder.objects.head(&source)).await
    }

    /// The current object of a name.
    pub(crate) fn find_source(&self, name: &str) -> Result<ObjectSource, Fault> {
        Ok(ObjectSource::current(&self.folder.bucket, &self.find_key(name)?))
    }

    /// Hashes each part of a content.
    pub(crate) async fn hash_parts(
        &self,
        source: &ObjectSource,
        plan: &PartPlan,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let mut digests = Vec::new();
        for number in 1..=plan.count() {
            digests.push(self.hash_range(source, plan.range(number), hashing).await?);
        }
        Ok(digests)
    }

    /// Reads a range and hashes it; goes on behind what has come when a connection breaks.
    async fn hash_range(
        &self,
        source: &ObjectSource,
        range: Range<u64>,
        hashing: Hashing,
    ) -> Result<Digests, Fault> {
        let mut read = HashedRange { hashes: Hashes::begin(hashing), left: range };
        let mut tries = Tries::default();
        while !read.left.is_empty() {
            let before = read.left.start;
            let reading = self.read_on(source, &mut read);
            if let Err(fault) = self.courier.once(0, reading).await {
                if read.left.start > before {
                    tries = Tries::default();
                }
                self.courier.try_again(&mut tries, fault).await?;
            }
        }
        Ok(read.hashes.digests())
    }

    async fn read_on(&self, source: &ObjectSource, read: &mut HashedRange) -> Result<(), Fault> {
        let range = ByteRange::try_from(read.left.clone()).ok();
        let mut download = self.folder.objects.get(source, range).await?;
        if download.range != read.left {
            return Err(Fault::new(FaultKind::Unreadable, "another range came than was asked for"));
        }
        while let Some(chunk) = download.content.next().await {
            let chunk = chunk?;
            read.hashes.update(&chunk);
            read.left.start += chunk.len() as u64;
            self.courier.spend(chunk.len() as u64).await;
            self.courier.note(chunk.len() as u64);
        }
        if read.left.is_empty() {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Unreachable, "the content broke off"))
    }

    fn find_key(&self, name: &str) -> Result<AnyKey, Fault> {
        self.folder.key(name).map_err(|_| Fault::new(FaultKind::Refused, "no key"))
    }
}
