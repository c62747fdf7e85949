//! A bucket tried out with objects that are gone afterwards.

use datalake_core::doctor::{Look, StoreEvidence, Tagging, TrialEvidence, TrialTimes};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, KeyPrefix};
use futures::StreamExt as _;
use tokio::time::Instant;

use super::network::count_millis;
use super::{Oddities, Tags, TestedStore};
use crate::objects::{
    AnyKey, Attributes, ContentHash, Lake, NewObject, ObjectSource, PartNumber, Payload,
    Precondition,
};
use crate::ports::VersionId;

/// What each trial works on.
struct Trial<'a> {
    bucket: &'a BucketName,
    lake: &'a dyn Lake,
    /// The same service without any repetition: refusals that are wanted are not asked for again.
    once: &'a dyn Lake,
    oddities: &'a dyn Oddities,
    payload: Payload,
}

/// Where a service is tried out.
#[derive(Debug, Clone, Copy)]
pub struct TrialPlace<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a KeyPrefix,
    /// A number that no other trial has in its names.
    pub random: u64,
}

/// Puts, reads and deletes objects at a place, and tells what came of it; what strangers may do goes into `seen`. `once` is the service without any repetition.
pub async fn try_out(
    place: &TrialPlace<'_>,
    lake: &dyn Lake,
    once: &dyn TestedStore,
    seen: &mut StoreEvidence,
) -> TrialEvidence {
    let TrialPlace { bucket, prefix, random } = *place;
    let mut trials = TrialEvidence::default();
    let key = |part: &str| {
        let key = prefix.key(&format!(".datalake-doctor-{random:016x}-{part}"));
        key.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))
    };
    let (key, others) = match (key("object"), key("parts"), key("damaged")) {
        (Ok(key), Ok(parts), Ok(damaged)) => {
            (AnyKey::from(&key), [parts, damaged].map(|key| AnyKey::from(&key)))
        }
        (Err(fault), ..) | (_, Err(fault), _) | (.., Err(fault)) => {
            trials.probe = Look::Unknown(fault);
            return trials;
        }
    };
    let payload = Payload::of(format!("datalake doctor {random:016x}").into_bytes());
    let trial = Trial { bucket, lake, once, oddities: once, payload };
    trials.probe = match trial.there_and_back(&key, &mut trials, seen).await {
        Ok(sent) => Look::Saw(sent),
        Err(fault) => Look::Unknown(fault),
    };
    if matches!(trials.probe, Look::Saw(_)) {
        let [parts, damaged] = &others;
        trials.multipart = trial.in_parts(parts).await.into();
        trials.damage_is_refused = trial.damaged(damaged).await.into();
    }
    trials
}

fn name_failed_step(step: &'static str) -> impl Fn(Fault) -> Fault {
    move |fault| Fault { detail: format!("{step}: {}", fault.detail), ..fault }
}

impl Trial<'_> {
    async fn there_and_back(
        &self,
        key: &AnyKey,
        trials: &mut TrialEvidence,
        seen: &mut StoreEvidence,
    ) -> Result<TrialTimes, Fault> {
        let begun = Instant::now();
        let version =
            self.put(self.lake, key, &Precondition::None).await.map_err(name_failed_step("put"))?;
        let put = count_millis(begun);
        let begun = Instant::now();
        let read = self.is_read_back(key).await.map_err(name_failed_step("read"));
        let get = count_millis(begun);
        if read.is_ok() {
            trials.tagging = self.tagging(key).await.into();
            seen.open_to_all = self.open_to_all(key).await.into();
        }
        let begun = Instant::now();
        let deleted = self.lake.delete(self.bucket, key, version.as_ref()).await;
        let delete = count_millis(begun);
        read?;
        deleted.map_err(name_failed_step("delete"))?;
        Ok(TrialTimes { put, get, delete })
    }

    async fn put(
        &self,
        lake: &dyn Lake,
        key: &AnyKey,
        when: &Precondition,
    ) -> Result<Option<VersionId>, Fault> {
        let object = NewObject {
            bucket: self.bucket,
            key,
            payload: &self.payload,
            attributes: &Attributes::NONE,
            when,
        };
        Ok(lake.put(&object).await?.version)
    }

    async fn is_read_back(&self, key: &AnyKey) -> Result<(), Fault> {
        let source = ObjectSource::current(self.bucket, key);
        let mut content = self.lake.get(&source, None).await?.content;
        let mut read = Vec::new();
        while let Some(chunk) = content.next().await.transpose()? {
            read.extend_from_slice(&chunk);
        }
        if self.payload.chunks().concat() == read {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Damaged, "what comes back is not what was sent"))
    }

    async fn tagging(&self, key: &AnyKey) -> Result<Tagging, Fault> {
        let tags = Tags::from([("datalake".to_owned(), "doctor".to_owned())]);
        match self.oddities.set_tags(self.bucket, key, &tags).await {
            Ok(()) => (),
            Err(fault) if fault.kind == FaultKind::Unsupported => return Ok(Tagging::NotOffered),
            Err(fault) => return Err(fault),
        }
        let kept = self.oddities.tags(self.bucket, key).await?;
        Ok(if kept == tags { Tagging::Kept } else { Tagging::Lost })
    }

    async fn open_to_all(&self, key: &AnyKey) -> Result<Vec<String>, Fault> {
        let may = self.oddities.strangers(self.bucket, key).await?;
        let all = [(may.may_list, "list it"), (may.may_read, "read what is in it")];
        Ok(all.into_iter().filter(|(may, _)| *may).map(|(_, what)| what.to_owned()).collect())
    }

    async fn in_parts(&self, key: &AnyKey) -> Result<(), Fault> {
        let upload = self.lake.begin_upload(self.bucket, key, &Attributes::NONE).await;
        let upload = upload.map_err(name_failed_step("begin"))?;
        let version = match self.finish(&upload).await {
            Ok(version) => version,
            Err(fault) => {
                // What it was about is told, and not what came of tidying up.
                let _ = self.lake.abort_upload(&upload).await;
                return Err(fault);
            }
        };
        let read = self.is_read_back(key).await.map_err(name_failed_step("read"));
        self.lake
            .delete(self.bucket, key, version.as_ref())
            .await
            .map_err(name_failed_step("delete"))?;
        read
    }

    async fn finish(&self, upload: &crate::Upload) -> Result<Option<VersionId>, Fault> {
        let part = self.lake.put_part(upload, PartNumber::FIRST, &self.payload).await;
        let part = part.map_err(name_failed_step("send a part"))?;
        Ok(self
            .lake
            .complete_upload(upload, &[part])
            .await
            .map_err(name_failed_step("complete"))?
            .version)
    }

    /// Whether content with the hash of another one is refused.
    async fn damaged(&self, key: &AnyKey) -> Result<bool, Fault> {
        let payload = Payload::hashed(self.payload.chunks().to_vec(), ContentHash([7; 32]));
        let trial = Trial { payload, ..*self };
        match trial.put(self.once, key, &Precondition::None).await {
            Ok(version) => {
                self.lake.delete(self.bucket, key, version.as_ref()).await?;
                Ok(false)
            }
            Err(fault) if fault.kind == FaultKind::Damaged => Ok(true),
            Err(fault) => Err(fault),
        }
    }
}
