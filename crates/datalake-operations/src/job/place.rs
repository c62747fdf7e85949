//! A job's own objects: its shards, its receipts.

use std::collections::BTreeMap;

use datalake_core::fault::FaultKind;
use datalake_core::job::{JobFolder, JobRollUp, JobShard, ShardReceipt};
use datalake_core::s3::ETag;
use datalake_engine::transfer::Tries;
use datalake_engine::{DeleteTarget, ListAsk, ObjectPages, ObjectSource, PAGE, Precondition};

use super::own_objects::OwnObjects;
use crate::lake::at_bucket;
use crate::{ErrorKind, OperationError};

/// What a shard may have when it is unpacked: 1,000 keys of 1,024 bytes, each of them escaped.
const LARGEST_SHARD: usize = 16 << 20;

/// How hard shards are compressed: they are written once, and are small.
const SHARD_LEVEL: i32 = 3;

/// Where the objects of a job are.
#[derive(Clone)]
pub(super) struct JobPlace<'a> {
    /// The bucket that has the job.
    pub(super) objects: OwnObjects<'a>,
    /// Its folder there.
    pub(super) folder: JobFolder,
}

/// What a listing tells of a job.
#[derive(Debug, Default)]
pub(super) struct ListedReceipts {
    /// The tags of the receipts by the numbers of their shards.
    pub(super) etags: BTreeMap<u32, ETag>,
    /// Whether its workers are asked to stop.
    pub(super) is_stopped: bool,
    /// The tag of the mark of the run that called the workers last.
    pub(super) driver: Option<ETag>,
}

/// A receipt as it is in the bucket.
pub(super) struct FoundReceipt {
    pub(super) receipt: ShardReceipt,
    pub(super) etag: ETag,
}

impl JobPlace<'_> {
    pub(super) async fn write_shard(&self, shard: &JobShard) -> Result<(), OperationError> {
        let key = self.folder.shard_key(shard.number);
        let packed = serde_json::to_vec(shard)
            .map_err(std::io::Error::from)
            .and_then(|json| zstd::bulk::compress(&json, SHARD_LEVEL))
            .map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
        let stored = self.objects.write_content(&key, packed, &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.objects.explain_fault(&key, &fault))
    }

    pub(super) async fn read_shard(&self, number: u32) -> Result<JobShard, OperationError> {
        let key = self.folder.shard_key(number);
        let Some((content, _)) = self.objects.find_content(&key).await? else {
            return Err(self.objects.explain_damage(&key, "it does not exist"));
        };
        let json = zstd::bulk::decompress(&content, LARGEST_SHARD)
            .map_err(|error| self.objects.explain_damage(&key, &error.to_string()))?;
        let shard: JobShard = self.objects.parse_json(&key, &json)?;
        if shard.number == number {
            return Ok(shard);
        }
        Err(self.objects.explain_damage(&key, &format!("it is shard {}", shard.number)))
    }

    pub(super) async fn find_receipt(
        &self,
        number: u32,
    ) -> Result<Option<FoundReceipt>, OperationError> {
        let key = self.folder.receipt_key(number);
        let Some((content, etag)) = self.objects.find_content(&key).await? else { return Ok(None) };
        let receipt: ShardReceipt = self.objects.parse_json(&key, &content)?;
        Ok(Some(FoundReceipt { receipt, etag }))
    }

    /// Stores a receipt where the one is that was found before, or none; its tag. `None`: another worker
    /// was first, and its receipt stays.
    pub(super) async fn write_receipt(
        &self,
        receipt: &ShardReceipt,
        before: Option<&FoundReceipt>,
    ) -> Result<Option<ETag>, OperationError> {
        let key = self.folder.receipt_key(receipt.shard);
        let tag = |found: &FoundReceipt| Precondition::Tag(found.etag.clone());
        let when = before.map_or(Precondition::Absent, tag);
        match self.objects.write_json(&key, receipt, &when).await {
            Ok(etag) => Ok(Some(etag)),
            Err(fault) if fault.kind == FaultKind::Disturbed => Ok(None),
            Err(fault) => Err(self.objects.explain_fault(&key, &fault)),
        }
    }

    /// Lists receipts: one listing, whatever has become of the job.
    pub(super) async fn list_receipts(&self) -> Result<ListedReceipts, OperationError> {
        let ask = ListAsk::below(self.folder.receipts_prefix());
        let mut pages = ObjectPages::new(self.objects.store, &self.objects.bucket, ask);
        let mut listed = ListedReceipts::default();
        let (stop, driver) = (self.folder.stop_key(), self.folder.driver_key());
        let failed = at_bucket(&self.objects.bucket);
        let mut tries = Tries::default();
        loop {
            let page = match pages.next().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(listed),
                Err(fault) => {
                    self.objects.courier.try_again(&mut tries, fault).await.map_err(&failed)?;
                    continue;
                }
            };
            for object in page.objects {
                let key = object.key.as_str();
                listed.is_stopped |= key == stop;
                if let Some(number) = self.folder.read_receipt_key(key) {
                    listed.etags.insert(number, object.etag);
                } else if key == driver {
                    listed.driver = Some(object.etag);
                }
            }
        }
    }

    /// The roll-up; `None` where there is none that this release can use.
    pub(super) async fn find_roll_up(&self) -> Result<Option<JobRollUp>, OperationError> {
        let found = self.objects.find_content(&self.folder.roll_up_key()).await?;
        let read = |content: Vec<u8>| serde_json::from_slice::<JobRollUp>(&content).ok();
        let roll_up = found.and_then(|(content, _)| read(content));
        Ok(roll_up.filter(|one| one.schema_version <= JobRollUp::SCHEMA_VERSION))
    }

    pub(super) async fn write_roll_up(&self, roll_up: &JobRollUp) -> Result<(), OperationError> {
        let key = self.folder.roll_up_key();
        let stored = self.objects.write_json(&key, roll_up, &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.objects.explain_fault(&key, &fault))
    }

    /// Says that this run calls the workers; the tag of that mark.
    pub(super) async fn take_over(&self, run: u64) -> Result<ETag, OperationError> {
        let (key, content) = (self.folder.driver_key(), format!("{run:016x}\n").into_bytes());
        let stored = self.objects.write_content(&key, content, &Precondition::None).await;
        stored.map_err(|fault| self.objects.explain_fault(&key, &fault))
    }

    /// Asks all workers to begin no further shard.
    pub(super) async fn ask_to_stop(&self) -> Result<(), OperationError> {
        let key = self.folder.stop_key();
        let stored = self.objects.write_content(&key, Vec::new(), &Precondition::None).await;
        stored.map(drop).map_err(|fault| self.objects.explain_fault(&key, &fault))
    }

    /// Takes it back.
    pub(super) async fn allow_to_go_on(&self) -> Result<(), OperationError> {
        let key = self.folder.stop_key();
        let stop = self.objects.own_key(&key)?;
        let gone = self
            .objects
            .courier
            .make_call(|| self.objects.store.delete(&self.objects.bucket, &stop, None))
            .await;
        gone.map(drop).map_err(|fault| self.objects.explain_fault(&key, &fault))
    }

    /// Whether workers are asked to stop.
    pub(super) async fn is_stopped(&self) -> Result<bool, OperationError> {
        let key = self.folder.stop_key();
        let source = ObjectSource::current(&self.objects.bucket, &self.objects.own_key(&key)?);
        match self.objects.courier.make_call(|| self.objects.store.head(&source)).await {
            Ok(_) => Ok(true),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
            Err(fault) => Err(self.objects.explain_fault(&key, &fault)),
        }
    }

    /// Removes shards that a plan has written which came to nothing.
    pub(super) async fn remove_shards(&self, count: u32) -> Result<(), OperationError> {
        let numbers: Vec<u32> = (0..count).collect();
        for batch in numbers.chunks(usize::from(PAGE)) {
            let mut doomed = Vec::new();
            for number in batch {
                let key = self.objects.own_key(&self.folder.shard_key(*number))?;
                doomed.push(DeleteTarget { key, version: None });
            }
            let gone = self
                .objects
                .courier
                .make_call(|| self.objects.store.delete_many(&self.objects.bucket, &doomed))
                .await;
            gone.map_err(at_bucket(&self.objects.bucket))?;
        }
        Ok(())
    }
}
