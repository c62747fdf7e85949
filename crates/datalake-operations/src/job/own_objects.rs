//! A bucket's own objects of datalake, as far as jobs have them.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobManifest, JobName};
use datalake_core::s3::{BucketName, ETag};
use datalake_engine::transfer::Courier;
use datalake_engine::{AnyKey, Attributes, Lake, NewObject, ObjectSource, Payload, Precondition};
use futures::TryStreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::content::open_content;
use super::place::JobPlace;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// The most that one of them may have: twice what 1,000 keys take with the longest causes.
const LARGEST_OWN: u64 = 64 << 20;

/// A bucket that has jobs.
#[derive(Clone)]
pub(super) struct OwnObjects<'a> {
    /// The service.
    pub(super) store: &'a dyn Lake,
    /// The one way to it.
    pub(super) courier: &'a Courier<'a>,
    /// The bucket.
    pub(super) bucket: BucketName,
}

impl<'a> OwnObjects<'a> {
    /// The place of a job.
    pub(super) fn open_place(&self, job: &JobManifest) -> JobPlace<'a> {
        JobPlace { objects: self.clone(), folder: job.find_folder() }
    }

    /// What the job is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where there is no such job, or it cannot be read.
    pub(super) async fn read_manifest(
        &self,
        name: &JobName,
    ) -> Result<JobManifest, OperationError> {
        self.find_manifest(name).await?.ok_or_else(|| self.explain_absence(name))
    }

    /// The same; `None` where there is no such job.
    pub(super) async fn find_manifest(
        &self,
        name: &JobName,
    ) -> Result<Option<JobManifest>, OperationError> {
        let key = name.manifest_key();
        let Some((content, _)) = self.find_content(&key).await? else { return Ok(None) };
        let manifest: JobManifest = self.parse_json(&key, &content)?;
        if manifest.schema_version > JobManifest::SCHEMA_VERSION {
            return Err(self.explain_newer(&key));
        }
        if manifest.name != *name {
            return Err(self.explain_damage(&key, &format!("it is job `{}`", manifest.name)));
        }
        if !manifest.is_plausible() {
            let (objects, shards) = (manifest.objects, manifest.shards);
            let cause = format!("it has {objects} objects in {shards} shards");
            return Err(self.explain_damage(&key, &cause));
        }
        Ok(Some(manifest))
    }

    fn explain_absence(&self, name: &JobName) -> OperationError {
        let message = format!("bucket `{}` has no job `{}`", self.bucket, name);
        OperationError::new(ErrorKind::Absent, message)
            .advise("plan it first, or name the bucket that has it: --bucket NAME")
    }

    /// Stores what the job is; `false`: another job has that name.
    pub(super) async fn write_manifest(&self, job: &JobManifest) -> Result<bool, OperationError> {
        let key = job.name.manifest_key();
        match self.write_json(&key, job, &Precondition::Absent).await {
            Ok(_) => Ok(true),
            // Where an answer was lost, the second try meets what the first one has stored.
            Err(fault) if fault.kind == FaultKind::Disturbed => {
                Ok(self.find_manifest(&job.name).await?.as_ref() == Some(job))
            }
            Err(fault) => Err(self.explain_fault(&key, &fault)),
        }
    }

    /// The name is in use.
    pub(super) fn refuse_name(&self, name: &JobName) -> OperationError {
        let message = format!("bucket `{}` already has a job `{}`", self.bucket, name);
        OperationError::new(ErrorKind::Usage, message).advise(Advice::naming(
            "choose another name; {} shows how far that job is, {} goes on with it",
            [AdvisedCommand::JobStatus(name.clone()), AdvisedCommand::RunJob(name.clone())],
        ))
    }

    pub(super) fn own_key(&self, key: &str) -> Result<AnyKey, OperationError> {
        AnyKey::try_from(key).map_err(|error| OperationError::of(ErrorKind::Bug, &error))
    }

    pub(super) async fn find_content(
        &self,
        key: &str,
    ) -> Result<Option<(Vec<u8>, ETag)>, OperationError> {
        let source = ObjectSource::current(&self.bucket, &self.own_key(key)?);
        match self.read_whole(source).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            Err(fault) => Err(self.explain_fault(key, &fault)),
        }
    }

    async fn read_whole(&self, source: ObjectSource) -> Result<(Vec<u8>, ETag), Fault> {
        let opened = open_content(self.courier, self.store, source).await?;
        if opened.object.size.as_u64() > LARGEST_OWN {
            let detail = format!("it has more than {} MiB", LARGEST_OWN >> 20);
            return Err(Fault::new(FaultKind::TooLarge, detail));
        }
        let etag = opened.object.etag;
        let content = opened.content.try_fold(Vec::new(), |mut content, chunk| async move {
            content.extend_from_slice(&chunk);
            Ok(content)
        });
        Ok((content.await?, etag))
    }

    pub(super) async fn write_json(
        &self,
        key: &str,
        value: &impl Serialize,
        when: &Precondition,
    ) -> Result<ETag, Fault> {
        let json = serde_json::to_vec(value)
            .map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        self.write_content(key, json, when).await
    }

    pub(super) async fn write_content(
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

    pub(super) fn parse_json<T: DeserializeOwned>(
        &self,
        key: &str,
        json: &[u8],
    ) -> Result<T, OperationError> {
        serde_json::from_slice(json).map_err(|error| self.explain_damage(key, &error.to_string()))
    }

    pub(super) fn explain_fault(&self, key: &str, fault: &Fault) -> OperationError {
        OperationError::at_bucket(&self.bucket, fault).at_place(self.name_object(key))
    }

    pub(super) fn explain_damage(&self, key: &str, cause: &str) -> OperationError {
        let fault = Fault::new(FaultKind::Unreadable, cause);
        OperationError::about(self.name_object(key), &fault)
            .under(ErrorKind::Mismatch)
            .advise("somebody has changed it: plan the job again, under another name")
    }

    pub(super) fn explain_newer(&self, key: &str) -> OperationError {
        let message = format!("{} is of a newer release", self.name_object(key));
        OperationError::new(ErrorKind::Config, message).advise("update datalake here")
    }

    fn name_object(&self, key: &str) -> String {
        format!("object `s3://{}/{key}`", self.bucket)
    }
}
