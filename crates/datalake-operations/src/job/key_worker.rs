//! What is done to one object.

use std::sync::{Mutex, PoisonError};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobKind, JobManifest, KeyOutcome, ShardEntry, is_own_key};
use datalake_core::s3::ETag;
use datalake_engine::transfer::{
    BucketFolder, ByteStream, ContentEnded, Courier, Hashes, Hashing, Options, Stopwatch,
    StreamFault, StreamUpload, TransferLimits, Unwatched, upload_through,
};
use datalake_engine::{AnyKey, Attributes, ContentHash, Lake, NoKey, ObjectSource};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::content::{OpenedContent, open_content};
use super::plan::KeysBelow;
use super::python::{FunctionFault, PythonPool};
use super::recompress::{name_packed, pack_content};
use crate::{ErrorKind, OperationError};

/// What an upload in parts writes into its object, and what says nothing of another one.
const PART_NOTE: &str = "datalake-part";

/// Does what a job does to one object after the other.
pub(super) struct KeyWorker<'a> {
    pub(super) store: &'a dyn Lake,
    pub(super) courier: &'a Courier<'a>,
    pub(super) clock: &'a dyn Stopwatch,
    pub(super) limits: &'a TransferLimits,
    pub(super) kind: JobKind,
    pub(super) source: KeysBelow,
    pub(super) destination: Option<KeysBelow>,
    /// The operator's function, of kind `python`.
    pub(super) python: Option<PythonPool<'a>>,
}

/// Why an object is not done.
enum KeyFault {
    /// It is another one than was planned, or gone.
    Changed,
    /// For this cause.
    Failed(String),
}

impl KeyFault {
    fn of_source(fault: &Fault) -> Self {
        match fault.kind {
            FaultKind::Absent | FaultKind::Disturbed => Self::Changed,
            _ => Self::Failed(fault.to_string()),
        }
    }

    fn of_upload(ended: &ContentEnded) -> Self {
        match &ended.fault {
            // The content that goes by is the object's.
            StreamFault::Input(fault) if !ended.leaves_parts => Self::of_source(fault),
            _ => Self::Failed(ended.to_string()),
        }
    }
}

impl KeyWorker<'_> {
    /// Does it, and tells what became of it.
    pub(super) async fn do_key(&self, entry: &ShardEntry) -> KeyOutcome {
        match self.try_key(entry).await {
            Ok(hash) => KeyOutcome::Done(hash.hex()),
            Err(KeyFault::Changed) => KeyOutcome::Changed,
            Err(KeyFault::Failed(cause)) => KeyOutcome::Failed(cause),
        }
    }

    async fn try_key(&self, entry: &ShardEntry) -> Result<ContentHash, KeyFault> {
        let source = self.name_source(entry)?;
        let opened = open_content(self.courier, self.store, source).await;
        let opened = opened.map_err(|fault| KeyFault::of_source(&fault))?;
        match self.kind {
            JobKind::Checksum => hash_content(opened.content).await,
            JobKind::Copy => {
                let attributes = take_attributes(&opened);
                self.store_content(&entry.key, opened.content, &attributes).await
            }
            JobKind::Recompress => {
                let attributes = Attributes {
                    content_type: Some("application/zstd".to_owned()),
                    content_encoding: None,
                    ..take_attributes(&opened)
                };
                let packed = pack_content(opened.content).await;
                let packed = packed.map_err(|fault| KeyFault::of_source(&fault))?;
                self.store_content(&name_packed(&entry.key), packed, &attributes).await
            }
            JobKind::Python => self.call_function(entry, opened).await,
        }
    }

    fn name_source(&self, entry: &ShardEntry) -> Result<ObjectSource, KeyFault> {
        let key = AnyKey::try_from(entry.key.as_str());
        let key = key.map_err(|error| KeyFault::Failed(error.to_string()))?;
        let etag = entry.etag.parse::<ETag>();
        let etag = etag.map_err(|error| KeyFault::Failed(error.to_string()))?;
        Ok(ObjectSource::current(&self.source.bucket, &key).if_match(etag))
    }

    async fn call_function(
        &self,
        entry: &ShardEntry,
        opened: OpenedContent<'_>,
    ) -> Result<ContentHash, KeyFault> {
        let Some(python) = &self.python else {
            return Err(KeyFault::Failed("there is no function".to_owned()));
        };
        let ended = python.call_function(&entry.key, opened.content).await;
        let ended = ended.map_err(|fault| match fault {
            FunctionFault::Content(fault) => KeyFault::of_source(&fault),
            FunctionFault::Exception(cause) => KeyFault::Failed(cause),
            FunctionFault::Program(fault) => KeyFault::Failed(format!("its Python: {fault}")),
        })?;
        let Some(result) = ended.result else { return Ok(ended.given) };
        if self.destination.is_none() {
            let cause = "the function returned bytes, and the job has no destination";
            return Err(KeyFault::Failed(cause.to_owned()));
        }
        let content = stream::iter([Ok(result)]).boxed();
        self.store_content(&entry.key, content, &Attributes::NONE).await
    }

    /// Stores a content below the destination; its hash.
    async fn store_content(
        &self,
        key: &str,
        content: ByteStream<'_>,
        attributes: &Attributes,
    ) -> Result<ContentHash, KeyFault> {
        let (folder, name) = self.name_destination(key)?;
        let (attributes, limits) = (attributes.clone(), self.limits.clone());
        let options = Options { attributes, limits, ..Options::default() };
        let upload = StreamUpload {
            folder: &folder,
            key: &name,
            options: &options,
            clock: self.clock,
            watch: &Unwatched,
        };
        let hashes = Mutex::new(Hashes::begin(Hashing::Sha256));
        let hold = || hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = content.inspect_ok(|chunk| hold().update(chunk)).boxed();
        upload_through(self.courier, &upload, seen)
            .await
            .map_err(|ended| KeyFault::of_upload(&ended))?;
        let digests = hold().digests();
        Ok(ContentHash(digests.sha256.unwrap_or_default()))
    }

    fn name_destination(&self, key: &str) -> Result<(BucketFolder<'_>, AnyKey), KeyFault> {
        let (Some(destination), Some(rest)) =
            (&self.destination, key.strip_prefix(self.source.prefix.as_str()))
        else {
            return Err(KeyFault::Failed("the job has no destination for it".to_owned()));
        };
        let too_long = |NoKey| {
            KeyFault::Failed(
                "its key at the destination has no or more than 1,024 bytes".to_owned(),
            )
        };
        let name = AnyKey::try_from(format!("{}{rest}", destination.prefix)).map_err(too_long)?;
        if is_own_key(name.as_str()) {
            let cause = "its key at the destination would be below `_datalake/`";
            return Err(KeyFault::Failed(cause.to_owned()));
        }
        let folder = BucketFolder {
            objects: self.store,
            uploads: self.store,
            bucket: destination.bucket.clone(),
            prefix: String::new(),
        };
        Ok((folder, name))
    }
}

/// Where a job reads and writes.
pub(super) fn read_places(
    job: &JobManifest,
) -> Result<(KeysBelow, Option<KeysBelow>), OperationError> {
    let parse = |text: &String| {
        KeysBelow::parse_address(text).ok_or_else(|| {
            let message = format!("job `{}` has an address that is none", job.name);
            OperationError::new(ErrorKind::Mismatch, message)
        })
    };
    Ok((parse(&job.source)?, job.destination.as_ref().map(parse).transpose()?))
}

async fn hash_content(content: ByteStream<'_>) -> Result<ContentHash, KeyFault> {
    let hashed = content.try_fold(Hashes::begin(Hashing::Sha256), |mut hashes, chunk| async move {
        hashes.update(&chunk);
        Ok(hashes)
    });
    let hashes = hashed.await.map_err(|fault: Fault| KeyFault::of_source(&fault))?;
    Ok(ContentHash(hashes.digests().sha256.unwrap_or_default()))
}

/// What an object carries along that its copy carries, too.
fn take_attributes(opened: &OpenedContent<'_>) -> Attributes {
    let mut attributes = opened.object.attributes.clone();
    attributes.user.remove(PART_NOTE);
    attributes
}
