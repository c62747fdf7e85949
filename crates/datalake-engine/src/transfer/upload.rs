//! Files on their way into a bucket.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{
    ContentDigest, Evidence, FileFacts, FileTime, Known, PartPlan, Side, TagForm, TreePath,
};

use super::haul::{Haul, Task};
use super::manifest::ManifestRecord;
use super::options::ObjectTarget;
use super::parts::PartedContent;
use super::{BucketFolder, Hashing, ItemFault, LocalTree, TagCheck};
use crate::{AnyKey, Attributes, NewObject, Precondition, Stored, StoredObject};

/// The attribute that keeps a file's time, as rclone does.
const MTIME: &str = "mtime";
/// The attribute that tells the size of the parts that an object was made of.
pub(crate) const PART: &str = "datalake-part";
/// How often an object or part is sent whose tag comes back wrong.
pub(crate) const SENDINGS: u32 = 5;

/// One file and where it goes.
pub(crate) struct SendingFile<'t> {
    pub(crate) tree: &'t dyn LocalTree,
    pub(crate) path: TreePath,
    pub(crate) facts: FileFacts,
    pub(crate) folder: &'t BucketFolder<'t>,
    pub(crate) key: AnyKey,
}

/// What was stored, and what is known of its content.
#[derive(Debug, Clone)]
pub(crate) struct SentFile {
    pub(crate) stored: Stored,
    pub(crate) digest: Option<ContentDigest>,
    pub(crate) evidence: Evidence,
}

impl Haul<'_> {
    /// Sends a file.
    pub(crate) async fn send<'t>(
        &self,
        task: &Task,
        tree: &'t dyn LocalTree,
        folder: &'t BucketFolder<'t>,
    ) -> Result<Known, ItemFault> {
        let Side::File(facts) = task.source else { return Err(not_a_file()) };
        let path = TreePath::try_from(task.name.as_str()).map_err(ItemFault::Unfit)?;
        let key = folder.key_of(&path).map_err(|_| ItemFault::TooLong)?;
        let part_size = self.options.limits.part_size;
        let plan = PartPlan::new(facts.size, part_size).map_err(|_| ItemFault::TooLarge)?;
        let sending = SendingFile { tree, path, facts, folder, key };
        if plan.count() == 1 {
            return self.send_whole(&sending).await;
        }
        let file = tree.open(&sending.path, &facts).await.map_err(ItemFault::Source)?;
        let part = Some(plan.part_size());
        let attributes = &self.attributes(&task.name, facts.modified, part);
        let to = ObjectTarget { folder, key: &sending.key };
        let content = PartedContent { origin: &*file, plan, attributes };
        let sent = self.send_parts(&task.name, to, content).await?;
        Ok(describe_sent(&facts, sent, file.is_settled()))
    }

    async fn send_whole(&self, sending: &SendingFile<'_>) -> Result<Known, ItemFault> {
        let SendingFile { tree, path, facts, folder, key } = sending;
        let attributes = self.attributes(path.as_str(), facts.modified, None);
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
            let stored = sent.map_err(ItemFault::Destination)?;
            if tag_fits(&stored.etag, read.md5) {
                let digest = Some(ContentDigest { sha256: read.payload.hash().0, part: None });
                let evidence = evidence_of(&stored.etag, read.md5);
                return Ok(describe_sent(
                    facts,
                    SentFile { stored, digest, evidence },
                    read.settled,
                ));
            }
            self.suspect(path.as_str(), facts.size, &stored.etag);
            stored.etag.as_str().clone_into(&mut wrong);
        }
        Err(ItemFault::WrongTag(wrong))
    }

    /// What the object of a file carries along.
    pub(crate) fn attributes(
        &self,
        name: &str,
        modified: FileTime,
        part: Option<ByteSize>,
    ) -> Attributes {
        let mut attributes = self.options.attributes_of(name);
        attributes.user.insert(MTIME.to_owned(), modified.to_string());
        if let Some(part) = part {
            attributes.user.insert(PART.to_owned(), part.0.to_string());
        }
        attributes
    }

    /// Notes that the destination may hold something wrong, so that no later run calls it equal
    /// because it looks so.
    pub(crate) fn suspect(&self, name: &str, size: ByteSize, etag: &ETag) {
        let known = Known {
            size,
            modified: FileTime::default(),
            stamp: None,
            etag: etag.clone(),
            version: None,
            source_etag: None,
            digest: None,
            settled: false,
            evidence: Evidence::Suspect,
        };
        self.record(&ManifestRecord::Known(name.to_owned(), known));
    }
}

/// Whether a tag may be that of a content with this MD5.
pub(crate) fn tag_fits(etag: &ETag, md5: Option<[u8; 16]>) -> bool {
    match (etag.form(), md5) {
        (TagForm::Md5(tag), Some(md5)) => tag == md5,
        (TagForm::Parts(..), Some(_)) => false,
        // The tag of an object that is encrypted by the service tells nothing.
        (TagForm::Other, _) | (_, None) => true,
    }
}

/// What a tag that fits proves of a content with this MD5.
pub(crate) fn evidence_of(etag: &ETag, md5: Option<[u8; 16]>) -> Evidence {
    match (etag.form(), md5) {
        (TagForm::Md5(_), Some(_)) => Evidence::Compared,
        _ => Evidence::Moved,
    }
}

/// The time that an object tells of the file that it was made of.
pub(crate) fn time_told(object: &StoredObject) -> Option<FileTime> {
    object.attributes.user.get(MTIME)?.parse().ok()
}

/// The size of the parts that an object was made of, as it tells itself.
pub(crate) fn part_told(object: &StoredObject) -> Option<ByteSize> {
    object.attributes.user.get(PART)?.parse().ok().map(ByteSize)
}

/// What is known of a file and the object that was made of it.
pub(crate) fn describe_sent(facts: &FileFacts, sent: SentFile, settled: bool) -> Known {
    let FileFacts { size, modified, stamp } = *facts;
    let SentFile { stored: Stored { etag, version }, digest, evidence } = sent;
    Known {
        size,
        modified,
        stamp: Some(stamp),
        etag,
        version: version.map(|version| version.0),
        source_etag: None,
        digest,
        settled,
        evidence,
    }
}

pub(crate) fn not_a_file() -> ItemFault {
    ItemFault::Source(Fault::new(FaultKind::NotPlain, "no file"))
}
