//! An S3 service in memory.

mod bucket;
mod listing;
mod objects;
mod settings;
mod uploads;

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, Lifecycle, ObjectKey, PublicAccessBlock, TableSearch,
    VersionTraces, Versioning,
};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;

use self::bucket::{MemoryBucket, MemoryContent};
use crate::doctor::{ConditionProbe, probe_conditional_put};
use crate::hold_mutex;
use crate::objects::{AnyKey, Attributes, search_tables, search_version_traces};
use crate::ports::{ObjectHead, ObjectStore, PutTrial, Stored, VersionId};

/// An S3 service in memory that knows one account.
///
/// It keeps what plain S3 promises: keys in the order of their bytes, pages, versions and markers,
/// hashes that are checked, parts of at least 5 MiB. Its clock stands still until it is set.
#[derive(Debug)]
pub struct MemoryStore(Mutex<StoreWorld>);

#[derive(Debug)]
struct StoreWorld {
    buckets: BTreeMap<BucketName, MemoryBucket>,
    now: Timestamp,
    smallest_part: u64,
    failing: Option<FailingCall>,
    conditions: MemoryConditions,
}

/// What a service in memory makes of puts that ask for nothing to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryConditions {
    /// It obeys.
    #[default]
    Obeyed,
    /// It does not look at them in a bucket that keeps versions, as Ceph 16 and 18.
    IgnoredWithVersions,
    /// In a bucket that keeps versions it lets so many writers through that ask for it of one key, as
    /// Ceph 20 does with concurrent ones.
    RacingWithVersions(u32),
}

/// A call that is to fail.
#[derive(Debug)]
struct FailingCall {
    /// Its number, counted from the next one.
    number: u32,
    fault: Fault,
    /// Whether it is carried out all the same.
    is_done: bool,
}

impl StoreWorld {
    /// Counts a call; gives how it fails, if it is the one that is to.
    fn count_call(&mut self) -> Option<FailingCall> {
        let failing = self.failing.take()?;
        if failing.number <= 1 {
            return Some(failing);
        }
        self.failing = Some(FailingCall { number: failing.number - 1, ..failing });
        None
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        let now = Timestamp::from_unix(0).expect("1970 is a year that exists");
        let smallest_part = 5 << 20;
        let (buckets, failing, conditions) = Default::default();
        Self(Mutex::new(StoreWorld { buckets, now, smallest_part, failing, conditions }))
    }
}

impl MemoryStore {
    /// Sets the time that objects are stored at from now on.
    pub fn set_now(&self, now: Timestamp) {
        hold_mutex(&self.0).now = now;
    }

    /// Takes parts from this size on, as Hetzner takes parts of any size.
    #[must_use]
    pub fn taking_parts_of(self, size: ByteSize) -> Self {
        hold_mutex(&self.0).smallest_part = size.as_u64();
        self
    }

    /// Makes of puts that ask for nothing to be there what is said here.
    #[must_use]
    pub fn with_conditions(self, conditions: MemoryConditions) -> Self {
        hold_mutex(&self.0).conditions = conditions;
        self
    }

    fn conditions(&self) -> MemoryConditions {
        hold_mutex(&self.0).conditions
    }

    /// Has the call with this number from now on fail, once; 1 is the next one. Nothing is done then.
    pub fn fail_call(&self, number: u32, fault: Fault) {
        hold_mutex(&self.0).failing = Some(FailingCall { number, fault, is_done: false });
    }

    /// Has the call with this number from now on be carried out and fail all the same, once: its
    /// answer gets lost.
    pub fn lose_answer(&self, number: u32, fault: Fault) {
        hold_mutex(&self.0).failing = Some(FailingCall { number, fault, is_done: true });
    }

    /// Whether a call that is to fail has not come yet.
    #[must_use]
    pub fn is_failure_ahead(&self) -> bool {
        hold_mutex(&self.0).failing.is_some()
    }

    /// How many versions and markers all buckets hold.
    #[must_use]
    pub fn version_count(&self) -> usize {
        hold_mutex(&self.0).buckets.values().map(MemoryBucket::version_count).sum()
    }

    fn with<T>(
        &self,
        bucket: &BucketName,
        act: impl FnOnce(&mut MemoryBucket, Timestamp) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut world = hold_mutex(&self.0);
        let failing = world.count_call();
        if let Some(FailingCall { fault, is_done: false, .. }) = failing {
            return Err(fault);
        }
        let now = world.now;
        let answer = act(world.buckets.get_mut(bucket).ok_or_else(|| absent("NoSuchBucket"))?, now);
        failing.map_or(answer, |failing| Err(failing.fault))
    }

    fn create(&self, name: &BucketName, new: MemoryBucket) -> Result<(), Fault> {
        let mut world = hold_mutex(&self.0);
        if world.buckets.contains_key(name) {
            return Err(Fault::new(FaultKind::TakenBucket, "BucketAlreadyExists"));
        }
        world.buckets.insert(name.clone(), new);
        Ok(())
    }
}

fn absent(code: &str) -> Fault {
    Fault::new(FaultKind::Absent, code)
}

fn refused(code: &str) -> Fault {
    Fault::new(FaultKind::Refused, code)
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn reach(&self) -> Result<Service, Fault> {
        Ok(Service { clock_ahead: 0, owner: Some("p1".to_owned()) })
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        Ok(hold_mutex(&self.0).buckets.keys().cloned().collect())
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.with(bucket, |_, _| Ok(()))
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        self.create(bucket, MemoryBucket::new())
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.versioning))
    }

    async fn set_versioning(&self, bucket: &BucketName, to: Versioning) -> Result<(), Fault> {
        if to == Versioning::Never {
            return Err(refused("MalformedXML"));
        }
        self.with(bucket, |bucket, _| {
            bucket.versioning = to;
            Ok(())
        })
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        search_tables(self, bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        search_version_traces(self, bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        let PutTrial { bucket, prefix, random } = *trial;
        probe_conditional_put(self, &ConditionProbe::usual(bucket, prefix, random)).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.lifecycle.clone()))
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        self.with(bucket, |bucket, _| {
            bucket.lifecycle = rules.clone();
            Ok(())
        })
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.policy.clone().map(PolicyText::new)))
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        let text = policy.map(|policy| policy.text.to_string());
        let is_json = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok();
        if !text.as_ref().is_none_or(is_json) {
            return Err(refused("MalformedPolicy"));
        }
        self.with(bucket, |bucket, _| {
            bucket.policy = text;
            Ok(())
        })
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.with(bucket, |bucket, _| Ok(bucket.public_access))
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.with(bucket, |bucket, _| {
            bucket.public_access = block;
            Ok(())
        })
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        let content = MemoryContent::single(Bytes::from(content), Attributes::default());
        self.with(bucket, |bucket, now| Ok(bucket.store(&AnyKey::from(key), content, now)))
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        self.with(bucket, |bucket, _| {
            Ok(bucket.find(key.as_str(), None)?.readable()?.bytes.to_vec())
        })
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        self.with(bucket, |bucket, _| {
            let content = bucket.find(key.as_str(), None)?.readable()?;
            Ok(ObjectHead { size: content.size(), etag: content.etag.clone() })
        })
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        self.with(bucket, |bucket, now| bucket.delete(&AnyKey::from(key), version, now).map(drop))
    }
}
