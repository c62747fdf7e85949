//! A job's list, frozen: shards while the source is listed, then what the job is.

use datalake_core::job::{
    JobCode, JobFolder, JobId, JobKind, JobManifest, JobName, JobShard, JobTask, ShardCutter,
    ShardEntry, is_own_key,
};
use datalake_core::s3::{BucketName, S3Address};
use datalake_core::size::ByteSize;
use datalake_engine::{ContentHash, ObjectEntry, Payload, Walk};
use futures::stream::{FuturesUnordered, StreamExt as _};
use schemars::JsonSchema;
use serde::Serialize;

use super::place::JobPlace;
use super::{JobPrice, JobService, JobTerms, require_connections};
use crate::lake::at_bucket;
use crate::{ErrorKind, OperationError};

/// Shards that are written at one time.
const AT_ONCE: usize = 8;

/// What a job is to be.
#[derive(Debug, Clone)]
pub struct JobWish {
    /// Its name.
    pub name: JobName,
    /// What is done to each object.
    pub task: JobTask,
    /// What the keys of these objects begin with.
    pub source: S3Address,
    /// Where its kind writes to.
    pub destination: Option<S3Address>,
    /// The operator's code, of kind `python`.
    pub code: Option<Vec<u8>>,
    /// By what its price is made.
    pub terms: JobTerms,
}

/// A job that was planned, or refused because of its price.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedJob {
    /// What the job is.
    pub job: JobManifest,
    /// The bucket that has the job.
    pub bucket: String,
    /// What it costs.
    pub price: JobPrice,
    /// How many objects are below the destination already; those of the same names are replaced.
    pub at_destination: u64,
    /// Whether it was written; one that costs more than the budget is not.
    pub is_written: bool,
}

/// A bucket and what keys begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeysBelow {
    pub(super) bucket: BucketName,
    pub(super) prefix: String,
}

/// What was listed so far.
#[derive(Debug, Clone, Copy, Default)]
struct ListedObjects {
    shards: u32,
    objects: u64,
    bytes: u64,
}

impl JobService<'_> {
    /// Lists the source, freezes the list in shards, and prices the job; `tell` is told how many keys
    /// were listed. A job that costs more than the budget leaves nothing behind. Memory stays flat.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a wish that makes no sense, a name in use, a source without objects, and
    /// where the service fails.
    pub async fn plan_job(
        &self,
        wish: &JobWish,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<PlannedJob, OperationError> {
        require_connections(wish.task.find_kind(), &self.client.spec.limits)?;
        let places = self.read_places(wish)?;
        let limits = self.choose_limits();
        let courier = self.make_courier(&limits);
        let objects = self.open_objects(&courier)?;
        if objects.find_manifest(&wish.name).await?.is_some() {
            return Err(objects.refuse_name(&wish.name));
        }
        let at_destination = self.count_below(places.destination.as_ref()).await?;
        let folder = JobFolder::of_plan(wish.name.clone(), places.id.clone());
        let place = JobPlace { objects, folder };
        let listed = self.freeze_list(&place, &places.source, tell).await?;
        if listed.objects == 0 {
            let message =
                format!("nothing to do: no object below {}", places.source.write_address());
            return Err(OperationError::new(ErrorKind::Absent, message));
        }
        let job = self.describe_job(wish, &places, listed);
        let price = JobPrice::of_job(job.kind, job.objects, job.bytes, &wish.terms)?;
        let is_written = !price.is_over_budget && place.objects.write_manifest(&job).await?;
        if !is_written {
            place.remove_shards(listed.shards).await?;
        }
        if !is_written && !price.is_over_budget {
            return Err(place.objects.refuse_name(&wish.name));
        }
        let bucket = place.objects.bucket.to_string();
        Ok(PlannedJob { job, bucket, price, at_destination, is_written })
    }

    async fn freeze_list(
        &self,
        place: &JobPlace<'_>,
        source: &KeysBelow,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<ListedObjects, OperationError> {
        let failed = at_bucket(&source.bucket);
        let lake = self.client.retrying();
        let walk = Walk::objects(&lake, &source.bucket, &source.prefix).await;
        let mut walk = walk.map_err(&failed)?;
        let (mut cutter, mut listed) = (ShardCutter::default(), ListedObjects::default());
        let mut writing = FuturesUnordered::new();
        let write = |shard: JobShard| async move { place.write_shard(&shard).await };
        while let Some(page) = walk.next().await.map_err(&failed)? {
            for object in page.into_iter().filter(|object| !is_own_key(object.key.as_str())) {
                let Some(shard) = cutter.add_entry(listed.note_object(&object)) else { continue };
                if writing.len() == AT_ONCE {
                    writing.next().await.transpose()?;
                }
                listed.shards = shard.number + 1;
                writing.push(write(shard));
            }
            tell(listed.objects);
        }
        if let Some(shard) = cutter.take_last_shard() {
            listed.shards = shard.number + 1;
            writing.push(write(shard));
        }
        while let Some(written) = writing.next().await {
            written?;
        }
        Ok(listed)
    }

    /// How many objects there are below a place, datalake's own left out.
    async fn count_below(&self, keys: Option<&KeysBelow>) -> Result<u64, OperationError> {
        let Some(KeysBelow { bucket, prefix }) = keys else { return Ok(0) };
        let failed = at_bucket(bucket);
        let lake = self.client.retrying();
        let mut walk = Walk::objects(&lake, bucket, prefix).await.map_err(&failed)?;
        let mut count = 0;
        while let Some(page) = walk.next().await.map_err(&failed)? {
            let others = page.iter().filter(|object| !is_own_key(object.key.as_str()));
            count += others.count() as u64;
        }
        Ok(count)
    }

    fn describe_job(
        &self,
        wish: &JobWish,
        places: &JobPlaces,
        listed: ListedObjects,
    ) -> JobManifest {
        JobManifest {
            schema_version: JobManifest::SCHEMA_VERSION,
            name: wish.name.clone(),
            id: places.id.clone(),
            kind: wish.task.find_kind(),
            source: places.source.write_address(),
            destination: places.destination.as_ref().map(KeysBelow::write_address),
            code: places.code.clone(),
            planned: self.clock.now(),
            shards: listed.shards,
            objects: listed.objects,
            bytes: ByteSize(listed.bytes),
            brake: self.choose_own_brake(),
        }
    }

    fn read_places(&self, wish: &JobWish) -> Result<JobPlaces, OperationError> {
        let source = self.read_keys(&wish.source)?;
        if is_own_key(&source.prefix) {
            return Err(refuse_wish("the objects below `_datalake/` are datalake's own"));
        }
        let destination =
            wish.destination.as_ref().map(|address| self.read_keys(address)).transpose()?;
        match (wish.task.find_kind().needs_destination(), &destination) {
            (Some(true), None) => return Err(refuse_wish("this task writes: name DEST, too")),
            (Some(false), Some(_)) => {
                return Err(refuse_wish("this task writes nothing: leave out DEST"));
            }
            _ => (),
        }
        if let Some(destination) = &destination {
            refuse_overlap(&source, destination)?;
        }
        let id = JobId::of_number(self.clock.random());
        Ok(JobPlaces { id, source, destination, code: find_code(wish)? })
    }

    fn read_keys(&self, address: &S3Address) -> Result<KeysBelow, OperationError> {
        let bucket = self.client.choose_bucket(address.bucket.as_ref())?;
        Ok(KeysBelow { bucket, prefix: address.key.clone() })
    }
}

/// Where a job has its own objects, where it reads and writes, and by which code.
struct JobPlaces {
    id: JobId,
    source: KeysBelow,
    destination: Option<KeysBelow>,
    code: Option<JobCode>,
}

fn find_code(wish: &JobWish) -> Result<Option<JobCode>, OperationError> {
    match (&wish.task, &wish.code) {
        (JobTask::Python { function, .. }, Some(code)) => {
            Ok(Some(JobCode { function: function.clone(), sha256: hash_code(code) }))
        }
        (JobTask::Python { .. }, None) => Err(refuse_wish("the code of the function is missing")),
        (JobTask::BuiltIn(_), _) => Ok(None),
    }
}

/// The SHA-256 of a file of code, in hexadecimal digits.
pub(super) fn hash_code(code: &[u8]) -> String {
    let hash: ContentHash = *Payload::of(code.to_vec()).hash();
    hash.hex()
}

fn refuse_wish(message: &str) -> OperationError {
    OperationError::new(ErrorKind::Usage, message)
}

/// Refuses to write where is read: a job's own results would be among what it reads.
fn refuse_overlap(source: &KeysBelow, destination: &KeysBelow) -> Result<(), OperationError> {
    let is_within = destination.prefix.starts_with(&source.prefix)
        || source.prefix.starts_with(&destination.prefix);
    if source.bucket == destination.bucket && is_within {
        return Err(refuse_wish("source and destination overlap")
            .advise("name a destination in another bucket, or below another prefix"));
    }
    if is_own_key(&destination.prefix) {
        return Err(refuse_wish("nothing is written below `_datalake/`, which is datalake's own"));
    }
    Ok(())
}

impl KeysBelow {
    /// As `s3://BUCKET/PREFIX`.
    pub(super) fn write_address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// Reads what [`KeysBelow::describe`] has written.
    pub(super) fn parse_address(text: &str) -> Option<Self> {
        let S3Address { bucket, key } = text.parse().ok()?;
        Some(Self { bucket: bucket?, prefix: key })
    }
}

impl ListedObjects {
    fn note_object(&mut self, object: &ObjectEntry) -> ShardEntry {
        self.objects += 1;
        self.bytes += object.size.as_u64();
        let key = object.key.as_str().to_owned();
        ShardEntry { key, size: object.size, etag: object.etag.as_str().to_owned() }
    }
}

impl PlannedJob {
    /// Whether another command does the same at less cost.
    #[must_use]
    pub fn is_better_synced(&self) -> bool {
        self.job.kind == JobKind::Copy
    }
}
