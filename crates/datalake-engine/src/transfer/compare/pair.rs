//! A file and an object of the same size.

use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{
    ContentDigest, Evidence, FileFacts, Known, ObjectFacts, PartPlan, Side, TagForm, TreePath,
};

use super::{Cuts, plan_whole};
use crate::StoredObject;
use crate::transfer::fits::{digest_of, md5_fits};
use crate::transfer::hashes::parts_side_by_side;
use crate::transfer::reading::FolderReader;
use crate::transfer::upload::part_told;
use crate::transfer::{Digests, Hashing, ItemFault, LocalTree, OpenFile};

/// A file and an object of the same size.
pub(crate) struct FilePair<'p> {
    tree: &'p dyn LocalTree,
    reader: FolderReader<'p>,
    name: &'p str,
    pub(crate) file: &'p FileFacts,
    pub(crate) object: &'p ObjectFacts,
}

/// Who reads the file, and who the object.
#[derive(Clone, Copy)]
pub(crate) struct FileReaders<'p> {
    pub(crate) tree: &'p dyn LocalTree,
    pub(crate) reader: FolderReader<'p>,
}

/// What tags and records tell of a file and an object.
pub(crate) enum ByTags {
    /// They have the same content.
    Same(SameContent),
    /// They have not.
    Differs,
    /// The tag is that of none of the cuts that tools make; another cut is possible.
    Unlike,
    /// The tag tells nothing of the content.
    Untold(Box<StoredObject>),
}

/// A content that is the same on both sides.
pub(crate) struct SameContent {
    pub(crate) digest: ContentDigest,
    /// Whether the file's time was so far away that a later change must show in it.
    pub(crate) settled: bool,
    /// Whether it was the record's hash that the file has, not the object's tag.
    pub(crate) by_record: bool,
}

impl<'p> FilePair<'p> {
    /// The file and the object among two sides.
    pub(crate) fn of(
        readers: FileReaders<'p>,
        name: &'p str,
        sides: (&'p Side, &'p Side),
    ) -> Option<Self> {
        match sides {
            (Side::File(file), Side::Object(object)) | (Side::Object(object), Side::File(file)) => {
                let FileReaders { tree, reader } = readers;
                Some(Self { tree, reader, name, file, object })
            }
            _ => None,
        }
    }

    /// Compares the file with the record's hash, else with the object's tag. The object is not read.
    pub(crate) async fn compare_tags(&self, known: Option<&Known>) -> Result<ByTags, ItemFault> {
        let open = self.open_file().await?;
        let recorded = known
            .filter(|known| known.etag == self.object.etag && known.evidence != Evidence::Suspect);
        if let Some(digest) = recorded.and_then(|known| known.digest) {
            return self.compare_record(&*open, digest).await;
        }
        match self.object.etag.form() {
            TagForm::Md5(_) => self.compare_md5(&*open).await,
            TagForm::Parts(_, count) => self.compare_parts(&*open, count).await,
            TagForm::Other => Ok(ByTags::Untold(Box::new(self.look_at_object().await?))),
        }
    }

    /// Whether the file has the content that a record tells.
    pub(crate) async fn has_content_of(&self, known: &Known) -> Result<bool, ItemFault> {
        if known.size != self.file.size {
            return Ok(false);
        }
        let open = self.open_file().await?;
        if let Some(digest) = known.digest {
            let same = self.compare_record(&*open, digest).await?;
            return Ok(matches!(same, ByTags::Same(_)));
        }
        let plans: Vec<PartPlan> = match known.etag.form() {
            TagForm::Md5(_) => plan_whole(known.size).into_iter().collect(),
            TagForm::Parts(_, count) => Cuts::of(known.size, count, None).plans,
            TagForm::Other => Vec::new(),
        };
        Ok(self.first_that_fits(&*open, plans, &known.etag).await?.is_some())
    }

    /// Reads both; the hash of a content that is the same.
    pub(crate) async fn read_both(&self) -> Result<Option<(ContentDigest, bool)>, ItemFault> {
        let open = self.open_file().await?;
        let Some(plan) = plan_whole(self.file.size) else { return Ok(None) };
        let here = digests_of(&*open, plan, Hashing::Sha256).await?;
        let source = self.reader.find_source(self.name).map_err(ItemFault::Destination)?;
        let source = source.if_match(self.object.etag.clone());
        let there = self.reader.hash_parts(&source, &plan, Hashing::Sha256).await;
        let there = there.map_err(ItemFault::Destination)?;
        let (here, there) = (digest_of(&here, plan), digest_of(&there, plan));
        Ok(here.filter(|_| here == there).map(|digest| (digest, open.is_settled())))
    }

    async fn open_file(&self) -> Result<Box<dyn OpenFile>, ItemFault> {
        let path = TreePath::try_from(self.name).map_err(ItemFault::Unfit)?;
        self.tree.open(&path, self.file).await.map_err(ItemFault::Source)
    }

    async fn look_at_object(&self) -> Result<StoredObject, ItemFault> {
        self.reader.look_at(self.name).await.map_err(ItemFault::Destination)
    }

    async fn compare_record(
        &self,
        open: &dyn OpenFile,
        digest: ContentDigest,
    ) -> Result<ByTags, ItemFault> {
        if hash_file(open, self.file, digest.part).await? != Some(digest.sha256) {
            return Ok(ByTags::Differs);
        }
        let settled = open.is_settled();
        Ok(ByTags::Same(SameContent { digest, settled, by_record: true }))
    }

    async fn compare_md5(&self, open: &dyn OpenFile) -> Result<ByTags, ItemFault> {
        let plans = plan_whole(self.file.size).into_iter().collect();
        if let Some(same) = self.first_that_fits(open, plans, &self.object.etag).await? {
            return Ok(ByTags::Same(same));
        }
        // With `aws:kms` a tag looks like an MD5 and is none, which only the object itself tells.
        let told = self.look_at_object().await?;
        Ok(match told.etag.form() {
            TagForm::Other => ByTags::Untold(Box::new(told)),
            TagForm::Md5(_) | TagForm::Parts(..) => ByTags::Differs,
        })
    }

    async fn compare_parts(&self, open: &dyn OpenFile, count: u16) -> Result<ByTags, ItemFault> {
        let told = self.look_at_object().await?;
        if told.etag.form() == TagForm::Other {
            return Ok(ByTags::Untold(Box::new(told)));
        }
        let size = self.file.size;
        let Cuts { plans, is_certain } = Cuts::of(size, count, part_told(&told));
        let is_guess = !is_certain && !plans.is_empty();
        Ok(match self.first_that_fits(open, plans, &self.object.etag).await? {
            Some(same) => ByTags::Same(same),
            None if is_certain => ByTags::Differs,
            None if is_guess => ByTags::Unlike,
            None => ByTags::Untold(Box::new(told)),
        })
    }

    async fn first_that_fits(
        &self,
        open: &dyn OpenFile,
        plans: Vec<PartPlan>,
        etag: &ETag,
    ) -> Result<Option<SameContent>, ItemFault> {
        for plan in plans {
            let digests = digests_of(open, plan, Hashing::Both).await?;
            let md5: Option<Vec<_>> = digests.iter().map(|part| part.md5).collect();
            let fits = md5.is_some_and(|md5| md5_fits(etag, &md5));
            if let Some(digest) = digest_of(&digests, plan).filter(|_| fits) {
                let settled = open.is_settled();
                return Ok(Some(SameContent { digest, settled, by_record: false }));
            }
        }
        Ok(None)
    }
}

/// The SHA-256 of a file as a digest with parts of this size has it; `None` for one that cannot be
/// cut like that.
pub(crate) async fn hash_file(
    open: &dyn OpenFile,
    file: &FileFacts,
    part: Option<ByteSize>,
) -> Result<Option<[u8; 32]>, ItemFault> {
    let plan =
        part.map_or_else(|| plan_whole(file.size), |part| PartPlan::exactly(file.size, part));
    let Some(plan) = plan else { return Ok(None) };
    let digest = digest_of(&digests_of(open, plan, Hashing::Sha256).await?, plan);
    Ok(digest.map(|digest| digest.sha256))
}

/// The hashes of a file's parts.
async fn digests_of(
    file: &dyn OpenFile,
    plan: PartPlan,
    hashing: Hashing,
) -> Result<Vec<Digests>, ItemFault> {
    let at_once = parts_side_by_side(&plan).unwrap_or(1);
    let ranges: Vec<_> = (1..=plan.count()).map(|number| plan.range(number)).collect();
    let mut digests = Vec::new();
    for ranges in ranges.chunks(at_once) {
        let some = file.hash_all(ranges.to_vec(), hashing).await;
        digests.extend(some.map_err(ItemFault::Source)?);
    }
    Ok(digests)
}

/// The MD5s of a file's parts.
pub(crate) async fn tags_of(
    file: &dyn OpenFile,
    plan: PartPlan,
) -> Result<Vec<[u8; 16]>, ItemFault> {
    let digests = digests_of(file, plan, Hashing::Md5).await?;
    Ok(digests.iter().filter_map(|part| part.md5).collect())
}
