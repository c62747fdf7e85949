//! A job's own objects: what it is, its shards, its receipts.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobManifest, JobName, JobRollUp, JobShard, ShardReceipt};
use datalake_core::s3::{BucketName, ETag};
use datalake_engine::transfer::{Courier, Tries};
use datalake_engine::{
    AnyKey, Attributes, DeleteTarget, Lake, ListAsk, NewObject, ObjectPages, ObjectSource, PAGE,
    Payload, Precondition,
};
use futures::TryStreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::content::open_content;
use crate::lake::at_bucket;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// What a shard may have when it is unpacked: 1,000 keys of 1,024 bytes, each of them escaped.
const LARGEST_SHARD: usize = 16 << 20;

/// How hard shards are compressed: they are written once, and are small.
const SHARD_LEVEL: i32 = 3;

/// Where the objects of a job lie.
#[derive(Clone)]
pub(super) struct JobPlace<'a> {
    /// The service.
    pub(super) store: &'a dyn Lake,
    /// The one way to it.
    pub(super) courier: &'a Courier<'a>,
    /// The bucket that has the job.
    pub(super) bucket: BucketName,
    /// The job.
    pub(super) name: JobName,
}

/// What a listing tells of a job.
#[derive(Debug, Default)]
pub(super) struct ListedReceipts {
    /// The tags of the receipts by the numbers of their shards.
    pub(super) etags: BTreeMap<u32, ETag>,
    /// Whether its workers are asked to stop.
    pub(super) is_stopped: bool,
}

/// A receipt as it lies in the bucket.
pub(super) struct FoundReceipt {
    pub(super) receipt: ShardReceipt,
    pub(super) etag: ETag,
}

impl JobPlace<'_> {
    /// What the job is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, or it cannot be read.
    pub(super) async fn read_manifest(&self) -> Result<JobManifest, OperationError> {
        self.find_manifest().await?.ok_or_else(|| self.explain_absence())
    }

    pub(super) async fn find_manifest(&self) -> Result<Option<JobManifest>, OperationError> {
        let key = self.name.manifest_key();
        let Some((content, _)) = self.find_content(&key).await? else { return Ok(None) };
        let manifest: JobManifest = self.parse_json(&key, &content)?;
        if manifest.schema_version > JobManifest::SCHEMA_VERSION {
            return Err(self.explain_newer(&key));
        }
        Ok(Some(manifest))
    }

    /// The job does not exist.
    pub(super) fn explain_absence(&self) -> OperationError {
        let message = format!("bucket `{}` has no job `{}`", self.bucket, self.name);
        OperationError::new(ErrorKind::Absent, message)
            .advise("plan it first, or name the bucket that has it: --bucket NAME")
    }

    /// Stores what the job is, unless another job has that name.
    pub(super) async fn write_manifest(&self, job: &JobManifest) -> Result<(), OperationError> {
        let key = self.name.manifest_key();
        match self.write_json(&key, job, &Precondition::Absent).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.kind == FaultKind::Disturbed => Err(self.refuse_name()),
            Err(fault) => Err(self.explain_fault(&key, &fault)),
        }
    }

    /// The name is in use.
    pub(super) fn refuse_name(&self) -> OperationError {
        let message = format!("bucket `{}` already has a job `{}`", self.bucket, self.name);
        OperationError::new(ErrorKind::Usage, message).advise(Advice::naming(
            "choose another name; {} shows how far that job is, {} goes on with it",
            [
                AdvisedCommand::JobStatus(self.name.clone()),
                AdvisedCommand::RunJob(self.name.clone()),
            ],
        ))
    }

    pub(super) async fn write_shard(&self, shard: &JobShard) -> Result<(), OperationError> {
        let key = self.name.shard_key(shard.number);
        let packed = serde_json::to_vec(shard)
            .map_err(std::io::Error::from)
            .and_then(|json| zstd::bulk::compress(&json, SHARD_LEVEL))
            .map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        let stored = self.write_content(&key, packed, &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.explain_fault(&key, &fault))
    }

    pub(super) async fn read_shard(&self, number: u32) -> Result<JobShard, OperationError> {
        let key = self.name.shard_key(number);
        let Some((content, _)) = self.find_content(&key).await? else {
            return Err(self.explain_damage(&key, "it does not exist"));
        };
        let json = zstd::bulk::decompress(&content, LARGEST_SHARD)
            .map_err(|error| self.explain_damage(&key, &error.to_string()))?;
        let shard: JobShard = self.parse_json(&key, &json)?;
        if shard.number == number {
            return Ok(shard);
        }
        Err(self.explain_damage(&key, &format!("it is shard {}", shard.number)))
    }

    pub(super) async fn find_receipt(
        &self,
        number: u32,
    ) -> Result<Option<FoundReceipt>, OperationError> {
        let key = self.name.receipt_key(number);
        let Some((content, etag)) = self.find_content(&key).await? else { return Ok(None) };
        let receipt: ShardReceipt = self.parse_json(&key, &content)?;
        Ok(Some(FoundReceipt { receipt, etag }))
    }

    /// Stores a receipt where the one is that was found before, or none; its tag. `None`: another worker
    /// was first, and its receipt stays.
    pub(super) async fn write_receipt(
        &self,
        receipt: &ShardReceipt,
        before: Option<&FoundReceipt>,
    ) -> Result<Option<ETag>, OperationError> {
        let key = self.name.receipt_key(receipt.shard);
        let tag = |found: &FoundReceipt| Precondition::Tag(found.etag.clone());
        let when = before.map_or(Precondition::Absent, tag);
        match self.write_json(&key, receipt, &when).await {
            Ok(etag) => Ok(Some(etag)),
            Err(fault) if fault.kind == FaultKind::Disturbed => Ok(None),
            Err(fault) => Err(self.explain_fault(&key, &fault)),
        }
    }

    /// Lists receipts: one listing, whatever has become of the job.
    pub(super) async fn list_receipts(&self) -> Result<ListedReceipts, OperationError> {
        let ask = ListAsk::below(self.name.receipts_prefix());
        let mut pages = ObjectPages::new(self.store, &self.bucket, ask);
        let (mut listed, stop) = (ListedReceipts::default(), self.name.stop_key());
        let failed = at_bucket(&self.bucket);
        let mut tries = Tries::default();
        loop {
            let page = match pages.next().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(listed),
                Err(fault) => {
                    self.courier.try_again(&mut tries, fault).await.map_err(&failed)?;
                    continue;
                }
            };
            for object in page.objects {
                let key = object.key.as_str();
                listed.is_stopped |= key == stop;
                if let Some(number) = self.name.read_receipt_key(key) {
                    listed.etags.insert(number, object.etag);
                }
            }
        }
    }

    /// The roll-up; `None` where there is none that this release can use.
    pub(super) async fn find_roll_up(&self) -> Result<Option<JobRollUp>, OperationError> {
        let found = self.find_content(&self.name.roll_up_key()).await?;
        let read = |content: Vec<u8>| serde_json::from_slice::<JobRollUp>(&content).ok();
        let roll_up = found.and_then(|(content, _)| read(content));
        Ok(roll_up.filter(|one| one.schema_version <= JobRollUp::SCHEMA_VERSION))
    }

    pub(super) async fn write_roll_up(&self, roll_up: &JobRollUp) -> Result<(), OperationError> {
        let key = self.name.roll_up_key();
        let stored = self.write_json(&key, roll_up, &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.explain_fault(&key, &fault))
    }

    /// Asks all workers to begin no further shard.
    pub(super) async fn ask_to_stop(&self) -> Result<(), OperationError> {
        let key = self.name.stop_key();
        let stored = self.write_content(&key, Vec::new(), &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.explain_fault(&key, &fault))
    }

    /// Takes it back.
    pub(super) async fn allow_to_go_on(&self) -> Result<(), OperationError> {
        let key = self.name.stop_key();
        let stop = self.own_key(&key)?;
        let gone = self.courier.make_call(|| self.store.delete(&self.bucket, &stop, None)).await;
        gone.map(drop).map_err(|fault| self.explain_fault(&key, &fault))
    }

    /// Whether workers are asked to stop.
    pub(super) async fn is_stopped(&self) -> Result<bool, OperationError> {
        let key = self.name.stop_key();
        let source = ObjectSource::current(&self.bucket, &self.own_key(&key)?);
        match self.courier.make_call(|| self.store.head(&source)).await {
            Ok(_) => Ok(true),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
            Err(fault) => Err(self.explain_fault(&key, &fault)),
        }
    }

    /// Removes shards that a plan has written which came to nothing.
    pub(super) async fn remove_shards(&self, count: u32) -> Result<(), OperationError> {
        let numbers: Vec<u32> = (0..count).collect();
        for batch in numbers.chunks(usize::from(PAGE)) {
            let mut doomed = Vec::new();
            for number in batch {
                let key = self.own_key(&self.name.shard_key(*number))?;
                doomed.push(DeleteTarget { key, version: None });
            }
            let gone =
                self.courier.make_call(|| self.store.delete_many(&self.bucket, &doomed)).await;
            gone.map_err(at_bucket(&self.bucket))?;
        }
        Ok(())
    }

    fn own_key(&self, key: &str) -> Result<AnyKey, OperationError> {
        AnyKey::try_from(key).map_err(|error| OperationError::of(ErrorKind::Bug, &error))
    }

    async fn find_content(&self, key: &str) -> Result<Option<(Vec<u8>, ETag)>, OperationError> {
        let source = ObjectSource::current(&self.bucket, &self.own_key(key)?);
        match self.read_whole(source).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) => Err(self.explain_fault(key, &fault)),
        }
    }

    async fn read_whole(&self, source: ObjectSource) -> Result<(Vec<u8>, ETag), Fault> {
        let opened = open_content(self.courier, self.store, source).await?;
        let etag = opened.object.etag;
        let content = opened.content.try_fold(Vec::new(), |mut content, chunk| async move {
            content.extend_from_slice(&chunk);
            Ok(content)
        });
        Ok((content.await?, etag))
    }

    async fn write_json(
        &self,
        key: &str,
        value: &impl Serialize,
        when: &Precondition,
    ) -> Result<ETag, Fault> {
        let json = serde_json::to_vec(value)
            .map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        self.write_content(key, json, when).await
    }

    async fn write_content(
        &self,
        key: &str,
        content: Vec<u8>,
        when: &Precondition,
    ) -> Result<ETag, Fault> {
        let key = AnyKey::try_from(key)
            .map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        let payload = Payload::of(content);
        let attributes = Attributes::NONE;
        let object = NewObject {
            bucket: &self.bucket,
            key: &key,
            payload: &payload,
            attributes: &attributes,
            when,
        };
        Ok(self.courier.make_call(|| self.store.put(&object)).await?.etag)
    }

    fn parse_json<T: DeserializeOwned>(&self, key: &str, json: &[u8]) -> Result<T, OperationError> {
        serde_json::from_slice(json).map_err(|error| self.explain_damage(key, &error.to_string()))
    }

    fn explain_fault(&self, key: &str, fault: &Fault) -> OperationError {
        OperationError::at_bucket(&self.bucket, fault).at_place(self.name_object(key))
    }

    fn explain_damage(&self, key: &str, cause: &str) -> OperationError {
        let fault = Fault::new(FaultKind::Unreadable, cause);
        OperationError::about(self.name_object(key), &fault)
            .under(ErrorKind::Mismatch)
            .advise("somebody has changed it: plan the job anew, under another name")
    }

    fn explain_newer(&self, key: &str) -> OperationError {
        let message = format!("{} is of a newer release", self.name_object(key));
        OperationError::new(ErrorKind::Config, message).advise("update datalake here")
    }

    fn name_object(&self, key: &str) -> String {
        format!("object `s3://{}/{key}`", self.bucket)
    }
}
