//! Files that were renamed or moved in the source: the service has their content already.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::transfer::{
    Evidence, FileTime, Known, LARGEST_PUT, ObjectFacts, Side, TreePath,
};
use tokio::sync::OnceCell;

use super::compare::{ByTags, FilePair, FileReaders, hash_file};
use super::haul::{Haul, Task};
use super::manifest::Entries;
use super::reading::FolderReader;
use super::upload::{SentFile, describe_sent};
use super::{BucketFolder, ItemFault, LocalTree, StopCause};
use crate::objects::guess_content_type;
use crate::{Attributes, ObjectSource, Stored, VersionId};

/// To send a smaller file costs no more than to have it copied.
const SMALLEST: ByteSize = ByteSize(256 << 10);

/// A file's tree, and the folder that it goes into.
#[derive(Clone, Copy)]
pub(crate) struct UploadEnds<'e> {
    pub(crate) tree: &'e dyn LocalTree,
    pub(crate) folder: &'e BucketFolder<'e>,
}

/// A name under which the service has a content already.
#[derive(Clone, Copy)]
struct OldName<'n> {
    name: &'n str,
    known: &'n Known,
}

/// What the last run left of files that are worth a copy, by size and time. It is read when the
/// first new file of that size is met.
#[derive(Default)]
pub(crate) struct Renames(OnceCell<Index>);

type Index = BTreeMap<(ByteSize, FileTime), Vec<(String, Known)>>;

impl Haul<'_> {
    /// Has the service copy a new file whose content it has under another name; `None` where it has
    /// not, or will not.
    pub(crate) async fn copy_renamed(
        &self,
        task: &Task,
        ends: UploadEnds<'_>,
    ) -> Result<Option<Known>, ItemFault> {
        let Side::File(file) = &task.source else { return Ok(None) };
        let sizes = SMALLEST..=LARGEST_PUT;
        if task.destination.is_some() || task.known.is_some() || !sizes.contains(&file.size) {
            return Ok(None);
        }
        let index = self.renames.0.get_or_try_init(|| async { self.index_records() }).await;
        let index = match index {
            Ok(index) => index,
            Err(cause) => {
                self.courier.stop(cause);
                return Ok(None);
            }
        };
        let Some(candidates) = index.get(&(file.size, file.modified)) else { return Ok(None) };
        let path = TreePath::try_from(task.name.as_str()).map_err(ItemFault::Unfit)?;
        let open = ends.tree.open(&path, file).await.map_err(ItemFault::Source)?;
        // Many files may share size and time: each way to cut the file is hashed once.
        let parts: BTreeSet<_> = candidates.iter().map(|(_, known)| part_of(known)).collect();
        for part in parts {
            let hash = hash_file(&*open, file, part).await?;
            let is_same = |known: &Known| {
                part_of(known) == part && known.digest.map(|digest| digest.sha256) == hash
            };
            for (name, known) in candidates.iter().filter(|(_, known)| is_same(known)) {
                let copied = self.copy_known(task, ends, OldName { name, known }).await?;
                if let Some(sent) = copied {
                    return Ok(Some(describe_sent(file, sent, open.is_settled())));
                }
            }
        }
        Ok(None)
    }

    fn index_records(&self) -> Result<Index, StopCause> {
        let mut index = Index::new();
        let mut entries: Entries = self.ledger.entries()?;
        while let Some((name, known)) = entries.next().map_err(StopCause::Manifest)? {
            let is_proved = known.evidence >= Evidence::Moved && known.digest.is_some();
            if is_proved && known.size >= SMALLEST {
                index.entry((known.size, known.modified)).or_default().push((name, known));
            }
        }
        Ok(index)
    }

    /// Copies the object of another name, whose content the file has.
    async fn copy_known(
        &self,
        task: &Task,
        ends: UploadEnds<'_>,
        old: OldName<'_>,
    ) -> Result<Option<SentFile>, ItemFault> {
        let known = old.known;
        let Some(stored) = self.copy_object(task, ends.folder, old).await else {
            return Ok(None);
        };
        let evidence = match stored.etag.agrees_with(&known.etag) {
            Some(true) => Some(known.evidence),
            Some(false) => None,
            None => {
                // When it was stored counts for nothing here.
                let Ok(modified) = Timestamp::from_unix(0) else { return Ok(None) };
                let (size, etag) = (known.size, stored.etag.clone());
                self.compare_copy(task, ends, ObjectFacts { size, modified, etag }).await?
            }
        };
        Ok(evidence.map(|evidence| SentFile { stored, digest: known.digest, evidence }))
    }

    /// What the copy carries along in place of what the object has; `None` where it keeps that.
    fn choose_attributes(&self, task: &Task, old: OldName<'_>) -> Option<Attributes> {
        let OldName { name, known } = old;
        let is_same_kind = guess_content_type(name) == guess_content_type(&task.name);
        if is_same_kind && self.options.attributes == Attributes::NONE {
            return None;
        }
        Some(self.attributes(&task.name, known.modified, part_of(known)))
    }

    async fn copy_object(
        &self,
        task: &Task,
        folder: &BucketFolder<'_>,
        old: OldName<'_>,
    ) -> Option<Stored> {
        let (key, new) = (folder.key(old.name).ok()?, folder.key(&task.name).ok()?);
        let attributes = self.choose_attributes(task, old);
        let source = ObjectSource {
            version: old.known.version.clone().map(VersionId),
            ..ObjectSource::current(&folder.bucket, &key).if_match(old.known.etag.clone())
        };
        let copy = || folder.objects.copy(&source, (&folder.bucket, &new), attributes.as_ref());
        // Whatever speaks against it: the file is sent then.
        self.courier.make_call(copy).await.ok()
    }

    /// What the tag of a copy proves; `None` where it is that of another content.
    async fn compare_copy(
        &self,
        task: &Task,
        ends: UploadEnds<'_>,
        copy: ObjectFacts,
    ) -> Result<Option<Evidence>, ItemFault> {
        let copy = Side::Object(copy);
        let reader = FolderReader { courier: &self.courier, folder: ends.folder };
        let readers = FileReaders { tree: ends.tree, reader };
        let Some(pair) = FilePair::of(readers, &task.name, (&task.source, &copy)) else {
            return Ok(None);
        };
        Ok(match pair.compare_tags(None).await? {
            ByTags::Same(_) => Some(Evidence::Compared),
            ByTags::Differs => None,
            ByTags::Unlike | ByTags::Untold(_) => Some(Evidence::Moved),
        })
    }
}

fn part_of(known: &Known) -> Option<ByteSize> {
    known.digest.and_then(|digest| digest.part)
}
