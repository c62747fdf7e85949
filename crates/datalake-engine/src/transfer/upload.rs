//! Files on their way into a bucket.

use std::collections::BTreeMap;

use datalake_core::{
    ByteSize, ContentDigest, ETag, Fault, FaultKind, FileFacts, FileTime, Known, PartPlan, Side,
    TagForm, TreePath,
};

use super::haul::{Haul, Task};
use super::manifest::Record;
use super::{BucketFolder, Hashing, ItemFault, LocalTree, TagCheck};
use crate::{AnyKey, Attributes, NewObject, Precondition, StoredObject};

/// The attribute that keeps a file's time, as rclone does.
const MTIME: &str = "mtime";
/// The attribute that tells the size of the parts that an object was made of.
pub(crate) const PART: &str = "datalake-part";
/// How often an object or part is sent whose tag comes back wrong.
pub(crate) const SENDINGS: u32 = 5;

/// One file and where it goes.
pub(crate) struct Sending<'t> {
    pub(crate) tree: &'t dyn LocalTree,
    pub(crate) path: TreePath,
    pub(crate) facts: FileFacts,
    pub(crate) folder: &'t BucketFolder<'t>,
    pub(crate) key: AnyKey,
}

impl Haul<'_> {
    /// Sends a file.
    pub(crate) async fn send<'t>(
        &self,
        task: &Task,
        (tree, folder): (&'t dyn LocalTree, &'t BucketFolder<'t>),
    ) -> Result<Known, ItemFault> {
        let Side::File(facts) = task.source else { return Err(not_a_file()) };
        let path = TreePath::try_from(task.name.as_str()).map_err(ItemFault::Unfit)?;
        let key = folder.key_of(&path).map_err(|_| ItemFault::TooLong)?;
        let part_size = self.options.limits.part_size;
        let plan = PartPlan::new(facts.size, part_size).map_err(|_| ItemFault::TooLarge)?;
        let sending = Sending { tree, path, facts, folder, key };
        if plan.count() == 1 {
            return self.send_whole(&sending).await;
        }
        let file = tree.open(&sending.path, &facts).await.map_err(ItemFault::Source)?;
        let attributes = attributes(facts.modified, Some(plan.part_size()));
        let whole =
            self.send_parts(&task.name, (folder, &sending.key), (&*file, plan, &attributes));
        let (etag, digest) = whole.await?;
        Ok(known(&facts, etag, digest, true))
    }

    async fn send_whole(&self, sending: &Sending<'_>) -> Result<Known, ItemFault> {
        let Sending { tree, path, facts, folder, key } = sending;
        let attributes = attributes(facts.modified, None);
        let hashing =
            if self.options.tags == TagCheck::Off { Hashing::Sha256 } else { Hashing::Both };
        let _room = self.room_for(facts.size.0).await;
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.courier.draw() {
                break;
            }
            // Read anew each time: what was in memory may be what was wrong.
            let read = tree.read_whole(path, facts, hashing).await.map_err(ItemFault::Source)?;
            let object = NewObject {
                bucket: &folder.bucket,
                key,
                payload: &read.payload,
                attributes: &attributes,
                when: &Precondition::None,
            };
            let sent = self.courier.carry(facts.size.0, || folder.objects.put(&object)).await;
            let etag = sent.map_err(ItemFault::Destination)?.etag;
            if fits(&etag, read.md5) {
                let digest = ContentDigest { sha256: read.payload.hash().0, part: None };
                return Ok(known(facts, etag, Some(digest), read.settled));
            }
            self.suspect(path.as_str(), facts.size, &etag);
            etag.as_str().clone_into(&mut wrong);
        }
        Err(ItemFault::WrongTag(wrong))
    }

    /// Notes that the destination may hold something wrong, so that no later run calls it equal
    /// because it looks so.
    pub(crate) fn suspect(&self, name: &str, size: ByteSize, etag: &ETag) {
        let known = Known {
            size,
            modified: FileTime::default(),
            etag: etag.clone(),
            source_etag: None,
            digest: None,
            settled: false,
        };
        self.record(&Record::Known(name.to_owned(), known));
    }
}

/// Whether a tag may be that of a content with this MD5.
pub(crate) fn fits(etag: &ETag, md5: Option<[u8; 16]>) -> bool {
    match (etag.form(), md5) {
        (TagForm::Md5(tag), Some(md5)) => tag == md5,
        (TagForm::Parts(..), Some(_)) => false,
        // The tag of an object that is encrypted by the service tells nothing.
        (TagForm::Other, _) | (_, None) => true,
    }
}

/// What a file's object carries along.
fn attributes(modified: FileTime, part: Option<ByteSize>) -> Attributes {
    let mut user = BTreeMap::from([(MTIME.to_owned(), modified.to_string())]);
    if let Some(part) = part {
        user.insert(PART.to_owned(), part.0.to_string());
    }
    Attributes { user, ..Attributes::NONE }
}

/// The time that an object tells of the file that it was made of.
pub(crate) fn time_told(object: &StoredObject) -> Option<FileTime> {
    object.attributes.user.get(MTIME)?.parse().ok()
}

/// The size of the parts that an object was made of, as it tells itself.
pub(crate) fn part_told(object: &StoredObject) -> Option<ByteSize> {
    object.attributes.user.get(PART)?.parse().ok().map(ByteSize)
}

fn known(facts: &FileFacts, etag: ETag, digest: Option<ContentDigest>, settled: bool) -> Known {
    let FileFacts { size, modified } = *facts;
    Known { size, modified, etag, source_etag: None, digest, settled }
}

pub(crate) fn not_a_file() -> ItemFault {
    ItemFault::Source(Fault::new(FaultKind::NotPlain, "no file"))
}
