//! The log of a table brought to another place, file by file.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::TableKind;
use datalake_core::size::ByteSize;
use datalake_core::tables::{DeltaCommit, LogFile, order_log};
use datalake_engine::{
    AnyKey, Attributes, Clock, Lake, NewObject, NoKey, ObjectSource, Payload, Precondition,
    TablePlace, list_log,
};
use futures::{StreamExt as _, stream};

use super::TablesFolder;
use crate::lake::{ContentEnd, ContentSink, ObjectReader, SinkAnswer, list_versions_of_key};
use crate::{ErrorKind, OperationError};

/// Commits up to this size are read and stored only where nothing is; larger ones are copied by the
/// service.
const LARGEST_READ: u64 = 64 << 20;
/// So many are read ahead.
const AHEAD: usize = 8;

/// A log, and where it is brought.
pub(super) struct LogCopy<'a> {
    /// The service, asked again where that can help.
    pub(super) lake: &'a dyn Lake,
    pub(super) clock: &'a dyn Clock,
    pub(super) kind: TableKind,
    /// The folders of the table.
    pub(super) from: &'a TablesFolder,
    pub(super) to: &'a TablesFolder,
}

/// What bringing a log came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LogCopyEnd {
    /// So many files were brought; the others were there.
    pub(super) brought: u64,
    /// Whether a commit names a file by an address of its own.
    pub(super) refers_outside: bool,
}

/// What there is to do with one file.
enum LogStep {
    /// It already exists.
    Nothing,
    /// This content is stored, if nothing is there.
    Store(Vec<u8>),
    /// The service copies it over whatever is there.
    Copy,
}

/// A content that is kept.
#[derive(Default)]
pub(super) struct KeptContent(pub(super) Vec<u8>);

impl ContentSink for KeptContent {
    fn take(&mut self, chunk: &[u8]) -> SinkAnswer {
        self.0.extend_from_slice(chunk);
        if self.0.len() as u64 > LARGEST_READ { SinkAnswer::Refused } else { SinkAnswer::Taken }
    }
}

/// Reads a small object, or a version of it.
///
/// # Errors
///
/// [`OperationError`] where not all of it comes, or it is larger than 64 MiB.
pub(crate) async fn read_small(
    lake: &dyn Lake,
    clock: &dyn Clock,
    source: &ObjectSource,
) -> Result<Vec<u8>, OperationError> {
    let (mut kept, mut read) = (KeptContent::default(), 0);
    let reader = ObjectReader { lake, clock, source, span: None };
    match reader.read(&mut kept, &mut read).await? {
        ContentEnd::Whole => Ok(kept.0),
        ContentEnd::Refused | ContentEnd::NobodyReads => {
            let size = ByteSize(LARGEST_READ);
            let fault = Fault::new(FaultKind::TooLarge, format!("it is larger than {size}"));
            Err(OperationError::at_object(&source.bucket, &source.key, &fault))
        }
    }
}

impl LogCopy<'_> {
    fn table(&self, folder: &TablesFolder) -> TablePlace {
        TablePlace { kind: self.kind, root: folder.prefix.clone() }
    }

    /// The files of the log at the source, in the order in which they are brought.
    pub(super) async fn list_source(&self) -> Result<Vec<LogFile>, OperationError> {
        self.list(self.from).await
    }

    pub(super) async fn list(&self, folder: &TablesFolder) -> Result<Vec<LogFile>, OperationError> {
        let listed = list_log(self.lake, &folder.bucket, &self.table(folder)).await;
        let mut files =
            listed.map_err(|fault| OperationError::at_bucket(&folder.bucket, &fault))?;
        order_log(self.kind, &mut files);
        Ok(files)
    }

    /// Brings what is not there yet, in this order. Commits are stored only where nothing is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for another table at the destination, and faults of the service. What was
    /// brought until then is a whole older version of the table, or none.
    pub(super) async fn bring(&self, files: &[LogFile]) -> Result<LogCopyEnd, OperationError> {
        let there = self.list(self.to).await?;
        let there: BTreeMap<_, _> =
            there.into_iter().map(|file| (file.name.clone(), file)).collect();
        let mut end = LogCopyEnd::default();
        let steps = files.iter().map(|file| {
            let there = there.get(&file.name);
            async move { Ok::<_, OperationError>((file, self.choose_step(file, there).await?)) }
        });
        let mut steps = stream::iter(steps).buffered(AHEAD);
        while let Some(step) = steps.next().await {
            let (file, step) = step?;
            match step {
                LogStep::Nothing => continue,
                LogStep::Store(content) => {
                    end.refers_outside |= self.refers_outside(&content);
                    self.store(file, content).await?;
                }
                LogStep::Copy => self.copy(file).await?,
            }
            end.brought += 1;
        }
        Ok(end)
    }

    /// Compares the two logs: names, sizes, and contents by their tags, or read where those do not
    /// tell.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where they differ.
    pub(super) async fn compare(&self, source: &[LogFile]) -> Result<(), OperationError> {
        let there = self.list(self.to).await?;
        let there: BTreeMap<_, _> = there.iter().map(|file| (&file.name, file)).collect();
        for file in source {
            let is_same = match there.get(&file.name) {
                Some(there) => self.is_same(file, there).await?,
                None => false,
            };
            if !is_same {
                let place = self.describe(self.to, file);
                let message = format!("`{place}` is not what the source has");
                return Err(OperationError::new(ErrorKind::Mismatch, message).advise(
                    "something writes to one of the two tables: stop it, then run the same again",
                ));
            }
        }
        Ok(())
    }

    async fn choose_step(
        &self,
        file: &LogFile,
        there: Option<&LogFile>,
    ) -> Result<LogStep, OperationError> {
        let is_commit = file.part.commit().is_some();
        match there {
            Some(there) if self.is_same(file, there).await? => Ok(LogStep::Nothing),
            Some(there) if is_commit && !self.was_overwritten(there).await? => {
                Err(self.foreign_error(there))
            }
            None if is_commit && file.size <= LARGEST_READ => {
                let source = self.source(file)?.if_match(file.etag.clone());
                Ok(LogStep::Store(read_small(self.lake, self.clock, &source).await?))
            }
            Some(_) | None => Ok(LogStep::Copy),
        }
    }

    pub(super) async fn is_same(
        &self,
        file: &LogFile,
        there: &LogFile,
    ) -> Result<bool, OperationError> {
        if file.size != there.size {
            return Ok(false);
        }
        match file.etag.agrees_with(&there.etag) {
            Some(is_same) => Ok(is_same),
            None if file.size > LARGEST_READ => Ok(false),
            None => {
                let (one, other) = (self.source(file)?, self.object(self.to, there)?);
                let one = read_small(self.lake, self.clock, &one).await?;
                Ok(one == read_small(self.lake, self.clock, &other).await?)
            }
        }
    }

    /// Whether what is there is an older version of the source's commit: an earlier run has brought
    /// it, and another writer's commit has taken its place since.
    pub(super) async fn was_overwritten(&self, there: &LogFile) -> Result<bool, OperationError> {
        let key = self.key(self.from, &there.name)?;
        let versions = list_versions_of_key(self.lake, &self.from.bucket, &key).await;
        let versions = match versions {
            Err(fault) if fault.kind == FaultKind::Unsupported => return Ok(false),
            answer => {
                answer.map_err(|fault| OperationError::at_bucket(&self.from.bucket, &fault))?
            }
        };
        Ok(versions.iter().any(|version| match &version.kind {
            datalake_engine::VersionKind::Content { etag, .. } => *etag == there.etag,
            datalake_engine::VersionKind::Marker => false,
        }))
    }

    async fn store(&self, file: &LogFile, content: Vec<u8>) -> Result<(), OperationError> {
        let key = self.key(self.to, &file.name)?;
        let payload = Payload::of(content);
        let object = NewObject {
            bucket: &self.to.bucket,
            key: &key,
            payload: &payload,
            attributes: &Attributes::NONE,
            when: &Precondition::Absent,
        };
        let Err(fault) = self.lake.put(&object).await else { return Ok(()) };
        // Whose answer got lost meets its own commit at the second try.
        if fault.kind == FaultKind::Disturbed {
            let there = self.list(self.to).await?;
            let there = there.into_iter().find(|there| there.name == file.name);
            return match there {
                Some(there) if self.is_same(file, &there).await? => Ok(()),
                Some(there) => Err(self.foreign_error(&there)),
                None => Err(OperationError::at_object(&self.to.bucket, &key, &fault)),
            };
        }
        Err(OperationError::at_object(&self.to.bucket, &key, &fault))
    }

    async fn copy(&self, file: &LogFile) -> Result<(), OperationError> {
        let source = self.source(file)?.if_match(file.etag.clone());
        let key = self.key(self.to, &file.name)?;
        let copied = self.lake.copy(&source, (&self.to.bucket, &key), None).await;
        copied.map_err(|fault| OperationError::at_object(&self.to.bucket, &key, &fault))?;
        Ok(())
    }

    fn refers_outside(&self, content: &[u8]) -> bool {
        self.kind == TableKind::Delta
            && DeltaCommit::parse(content).is_ok_and(|commit| commit.refers_outside())
    }

    fn source(&self, file: &LogFile) -> Result<ObjectSource, OperationError> {
        self.object(self.from, file)
    }

    fn object(
        &self,
        folder: &TablesFolder,
        file: &LogFile,
    ) -> Result<ObjectSource, OperationError> {
        Ok(ObjectSource::current(&folder.bucket, &self.key(folder, &file.name)?))
    }

    fn key(&self, folder: &TablesFolder, name: &str) -> Result<AnyKey, OperationError> {
        let key = AnyKey::try_from(format!("{}{name}", self.table(folder).log_prefix()));
        key.map_err(|error: NoKey| OperationError::of(ErrorKind::Usage, &error))
    }

    fn describe(&self, folder: &TablesFolder, file: &LogFile) -> String {
        folder.describe_below(&format!("{}/{}", self.kind.log_folder(), file.name))
    }

    pub(super) fn foreign_error(&self, there: &LogFile) -> OperationError {
        let place = self.describe(self.to, there);
        let message = format!("`{place}` belongs to another table or another writer");
        OperationError::new(ErrorKind::Mismatch, message)
            .advise("it was not replaced: name a folder that is empty")
    }
}
