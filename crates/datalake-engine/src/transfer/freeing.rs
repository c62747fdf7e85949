//! Local files removed, each after a proof that the bucket has its content now.

use datalake_core::{
    ByteSize, ETag, Fault, FaultKind, FileFacts, PartPlan, TagForm, TreePath, UnfitName,
};
use futures::{StreamExt as _, stream};

use super::compare::{part_sizes, tags_of};
use super::courier::Courier;
use super::fits::md5_fits;
use super::upload::part_told;
use super::{
    BucketFolder, Hashes, Hashing, ItemFault, Limits, LocalTree, OpenFile, Stopped, Stopwatch,
    Summary, TransferWatch,
};
use crate::{ByteRange, ObjectSource, StoredObject};

/// An object is read in ranges of this size.
const STEP: u64 = 8 << 20;

/// A file that may go, as it was when it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeableFile {
    /// Its name below both places.
    pub name: String,
    /// What it was.
    pub facts: FileFacts,
}

/// How files are removed.
#[derive(Debug, Clone)]
pub struct Freeing {
    /// Whether every object is read, or its tag is proof enough.
    pub deep: bool,
    /// What is kept within.
    pub limits: Limits,
}

/// Why a file was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeptFile {
    /// The bucket has nothing of that name.
    #[error("the bucket does not have it")]
    NotThere,
    /// The bucket has something else.
    #[error("the bucket has another content than the file now")]
    Differs,
    /// The tag tells nothing of the content.
    #[error("the object's tag tells nothing of its content; only reading it would")]
    Untold,
    /// The file was changed, or cannot be read or removed.
    #[error("the file: {0}")]
    File(Fault),
    /// The store did not answer.
    #[error("the store: {0}")]
    Store(Fault),
    /// No key or no file can be called like that.
    #[error("no file can have this name here: {0}")]
    Unfit(UnfitName),
}

/// Sees what becomes of each file.
pub trait FreeWatch: TransferWatch {
    /// A file was removed or kept.
    fn freed(&self, file: &FreeableFile, outcome: &Result<(), KeptFile>);
}

/// Removes those of `files` whose content the bucket has now: the object is asked for, the file is
/// hashed again, and only then it goes. What was changed since it was met is kept.
///
/// # Errors
///
/// [`Stopped`] when something fails that all other files would meet too. What went is gone, and all
/// others are there.
pub async fn free_files(
    places: (&dyn LocalTree, &BucketFolder<'_>),
    files: &[FreeableFile],
    how: &Freeing,
    (clock, watch): (&dyn Stopwatch, &dyn FreeWatch),
) -> Result<(), Stopped> {
    let (tree, folder) = places;
    let courier = Courier::new(clock, watch, &how.limits);
    let prover = Prover { tree, folder, courier: &courier, deep: how.deep };
    let each = stream::iter(files).map(|file| async {
        if courier.stopped().is_none() {
            let outcome = prover.free(file).await;
            watch.freed(file, &outcome);
        }
    });
    each.buffer_unordered(how.limits.items.max(1)).collect::<()>().await;
    match courier.stopped() {
        None => Ok(()),
        Some(cause) => Err(Stopped { summary: Box::<Summary>::default(), cause }),
    }
}

struct Prover<'a> {
    tree: &'a dyn LocalTree,
    folder: &'a BucketFolder<'a>,
    courier: &'a Courier<'a>,
    deep: bool,
}

impl Prover<'_> {
    async fn free(&self, file: &FreeableFile) -> Result<(), KeptFile> {
        let path = TreePath::try_from(file.name.as_str()).map_err(KeptFile::Unfit)?;
        let key = self.folder.key_of(&path);
        let key = key.map_err(|_| KeptFile::Store(Fault::new(FaultKind::Refused, "no key")))?;
        let source = ObjectSource::current(&self.folder.bucket, &key);
        let object = self.look(&source).await?;
        if object.size != file.facts.size {
            return Err(KeptFile::Differs);
        }
        let open = self.tree.open(&path, &file.facts).await.map_err(KeptFile::File)?;
        let same = if self.deep {
            self.is_read_alike(&*open, &source, &object).await?
        } else {
            is_tagged_alike(&*open, &object).await?
        };
        if !same {
            return Err(KeptFile::Differs);
        }
        // A long file takes its time.
        if object.size.0 > STEP && self.look(&source).await?.etag != object.etag {
            return Err(KeptFile::Differs);
        }
        drop(open);
        self.tree.remove(&path, &file.facts).await.map_err(KeptFile::File)
    }

    async fn look(&self, source: &ObjectSource) -> Result<StoredObject, KeptFile> {
        let object = self.courier.call(|| self.folder.objects.head(source)).await;
        object.map_err(|fault| match fault.kind {
            FaultKind::Absent => KeptFile::NotThere,
            _ => KeptFile::Store(fault),
        })
    }

    /// Whether the object, read now, has the content of the file.
    async fn is_read_alike(
        &self,
        file: &dyn OpenFile,
        source: &ObjectSource,
        object: &StoredObject,
    ) -> Result<bool, KeptFile> {
        let size = object.size.0;
        let here = file.hash(0..size, Hashes::begin(Hashing::Sha256)).await;
        let here = here.map_err(KeptFile::File)?;
        let there = self.read(source, size, &object.etag).await.map_err(KeptFile::Store)?;
        Ok(here.sha256().is_some() && here.sha256() == there.sha256())
    }

    async fn read(&self, source: &ObjectSource, size: u64, etag: &ETag) -> Result<Hashes, Fault> {
        let source = source.clone().if_match(etag.clone());
        let (mut hashes, mut place) = (Hashes::begin(Hashing::Sha256), 0);
        while place < size {
            let end = size.min(place + STEP);
            let range = ByteRange::try_from(place..end).ok();
            let step = || async {
                let (mut hashes, mut length) = (hashes.clone(), 0);
                let mut content = self.folder.objects.get(&source, range).await?.content;
                while let Some(chunk) = content.next().await {
                    let chunk = chunk?;
                    length += chunk.len() as u64;
                    hashes.update(&chunk);
                }
                if length == end - place {
                    return Ok(hashes);
                }
                Err(Fault::new(FaultKind::Unreachable, "the content broke off"))
            };
            let read = self.courier.call(step).await?;
            hashes = read;
            place = end;
        }
        Ok(hashes)
    }
}

/// Whether the object's tag is the one of the file's content.
async fn is_tagged_alike(file: &dyn OpenFile, object: &StoredObject) -> Result<bool, KeptFile> {
    let size = object.size;
    let plans: Vec<PartPlan> = match object.etag.form() {
        TagForm::Md5(_) => PartPlan::exactly(size, ByteSize(size.0.max(1))).into_iter().collect(),
        TagForm::Parts(_, count) => part_sizes(size, count, part_told(object)).collect(),
        TagForm::Other => return Err(KeptFile::Untold),
    };
    for plan in plans {
        let tags = tags_of(file, plan).await.map_err(|fault| match fault {
            ItemFault::Source(fault) => KeptFile::File(fault),
            other => KeptFile::File(Fault::new(FaultKind::Io, other.to_string())),
        })?;
        if md5_fits(&object.etag, &tags) {
            return Ok(true);
        }
    }
    Ok(false)
}
