//! Settings of buckets in memory.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Versioning};

use super::bucket::MemoryBucket;
use super::{MemoryStore, absent, refused};
use crate::hold_mutex;
use crate::objects::{BucketLock, BucketSettings, Cors, Retention};

#[async_trait]
impl BucketSettings for MemoryStore {
    async fn create_locked_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let mut new = MemoryBucket::new();
        new.versioning = Versioning::Enabled;
        new.lock = BucketLock::Offered(None);
        self.create(bucket, new)
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let mut world = hold_mutex(&self.0);
        let found = world.buckets.get(bucket).ok_or_else(|| absent("NoSuchBucket"))?;
        if !found.objects.is_empty() || !found.uploads.is_empty() {
            return Err(Fault::new(FaultKind::NotEmpty, "BucketNotEmpty"));
        }
        world.buckets.remove(bucket);
        Ok(())
    }

    async fn location(&self, bucket: &BucketName) -> Result<String, Fault> {
        self.with(bucket, |_, _| Ok("memory".to_owned()))
    }

    async fn cors(&self, bucket: &BucketName) -> Result<Cors, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.cors.clone()))
    }

    async fn set_cors(&self, bucket: &BucketName, cors: &Cors) -> Result<(), Fault> {
        self.with(bucket, |bucket, _| {
            bucket.cors = cors.clone();
            Ok(())
        })
    }

    async fn lock(&self, bucket: &BucketName) -> Result<BucketLock, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.lock))
    }

    async fn set_lock(
        &self,
        bucket: &BucketName,
        retention: Option<Retention>,
    ) -> Result<(), Fault> {
        self.with(bucket, |bucket, _| match bucket.lock {
            BucketLock::Never => Err(refused("InvalidBucketState")),
            BucketLock::Offered(_) => {
                bucket.lock = BucketLock::Offered(retention);
                Ok(())
            }
        })
    }
}
