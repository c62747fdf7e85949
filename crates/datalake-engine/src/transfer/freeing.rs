//! Local files removed, each after a proof that the bucket has its content now.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::{FileFacts, PartPlan, TagForm, TreePath, UnfitName};
use futures::{StreamExt as _, stream};

use super::compare::{Cuts, plan_whole, tags_of};
use super::courier::Courier;
use super::fits::md5_fits;
use super::reading::FolderReader;
use super::upload::part_told;
use super::{
    BucketFolder, Hashes, Hashing, ItemFault, LocalTree, OpenFile, Stopwatch, Summary,
    TransferLimits, TransferStopped, TransferWatch,
};
use crate::{ObjectSource, StoredObject};

/// Files that are longer take so much time that their objects are looked at again.
const LONG: u64 = 8 << 20;

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
    pub limits: TransferLimits,
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
    /// The tag says nothing about the content.
    #[error("the object's tag says nothing about its content; only reading it would")]
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

/// The files, the bucket that has their content now, and the clock that requests wait by.
#[derive(Clone, Copy)]
pub struct FreeingPorts<'a> {
    /// The files.
    pub tree: &'a dyn LocalTree,
    /// Where their objects are.
    pub folder: &'a BucketFolder<'a>,
    /// The clock.
    pub clock: &'a dyn Stopwatch,
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
/// [`TransferStopped`] when something fails that all other files would meet too. What went is gone, and all
/// others are there.
pub async fn free_files(
    ports: FreeingPorts<'_>,
    files: &[FreeableFile],
    how: &Freeing,
    watch: &dyn FreeWatch,
) -> Result<(), TransferStopped> {
    let FreeingPorts { tree, folder, clock } = ports;
    let courier = Courier::new(clock, watch, &how.limits);
    let prover = Prover { tree, folder, courier: &courier, deep: how.deep };
    let each = stream::iter(files).map(|file| async {
        if courier.find_stop().is_none() {
            let outcome = prover.free(file).await;
            watch.freed(file, &outcome);
        }
    });
    each.buffer_unordered(how.limits.items.max(1)).collect::<()>().await;
    match courier.find_stop() {
        None => Ok(()),
        Some(cause) => Err(TransferStopped { summary: Box::<Summary>::default(), cause }),
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
        if object.size.0 > LONG && self.look(&source).await?.etag != object.etag {
            return Err(KeptFile::Differs);
        }
        drop(open);
        self.tree.remove(&path, &file.facts).await.map_err(KeptFile::File)
    }

    async fn look(&self, source: &ObjectSource) -> Result<StoredObject, KeptFile> {
        let object = self.courier.make_call(|| self.folder.objects.head(source)).await;
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
        let reader = FolderReader { courier: self.courier, folder: self.folder };
        let source = source.clone().if_match(object.etag.clone());
        let Some(plan) = plan_whole(object.size) else { return Ok(false) };
        let there = reader.hash_parts(&source, &plan, Hashing::Sha256).await;
        let there = there.map_err(KeptFile::Store)?;
        let there = there.first().and_then(|whole| whole.sha256);
        let here = here.digests().sha256;
        Ok(here.is_some() && here == there)
    }
}

/// Whether the object's tag is the one of the file's content.
async fn is_tagged_alike(file: &dyn OpenFile, object: &StoredObject) -> Result<bool, KeptFile> {
    let size = object.size;
    let plans: Vec<PartPlan> = match object.etag.form() {
        TagForm::Md5(_) => plan_whole(size).into_iter().collect(),
        TagForm::Parts(_, count) => Cuts::of(size, count, part_told(object)).plans,
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
