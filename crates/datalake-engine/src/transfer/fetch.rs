//! Objects on their way into a folder.

mod check;
mod ranges;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::ETag;
use datalake_core::transfer::{
    ContentDigest, Evidence, FileFacts, FileTime, Known, ObjectFacts, Side, TagForm, TreePath,
};
use futures::StreamExt as _;

use self::check::{CompareLevel, ContentCheck, Cutting, Reference, choose_check};
use super::fits::digest_of;
use super::haul::{Haul, Task};
use super::reading::FolderReader;
use super::upload::{not_a_file, part_told, time_told};
use super::{
    BucketFolder, Digests, Hashes, Hashing, ItemFault, Landing, LocalTree, StopCause, TagCheck,
};
use crate::{ObjectSource, StoredObject};

/// Objects up to this size come in one piece of memory.
const SMALL: u64 = 1 << 20;
/// How often an object is fetched whose content is not what it should be.
const FETCHES: u32 = 3;

/// One object and where it goes.
struct Fetching<'t> {
    source: ObjectSource,
    facts: &'t ObjectFacts,
    folder: &'t BucketFolder<'t>,
    tree: &'t dyn LocalTree,
    path: TreePath,
    replaces: Option<FileFacts>,
    digest: Option<ContentDigest>,
}

/// A file that has come, and what is known of it.
struct Fetched {
    file: FileFacts,
    object: StoredObject,
    digest: Option<ContentDigest>,
    evidence: Evidence,
}

impl Fetching<'_> {
    /// Whether it comes in one piece of memory. Contents of several parts are hashed part by part.
    fn is_small(&self) -> bool {
        let in_parts = matches!(self.facts.etag.form(), TagForm::Parts(_, 2..));
        self.facts.size.0 <= SMALL && !in_parts
    }
}

impl Fetched {
    fn known(self, etag: ETag) -> Known {
        let FileFacts { size, modified, stamp } = self.file;
        let version = self.object.version.map(|version| version.0);
        let (digest, evidence) = (self.digest, self.evidence);
        let (stamp, source_etag, settled) = (Some(stamp), None, true);
        Known { size, modified, stamp, etag, version, source_etag, digest, settled, evidence }
    }
}

/// What has come of an object.
#[derive(Clone, Copy)]
struct ArrivedObject<'a> {
    digests: &'a [Digests],
    /// The tag that came with it.
    etag: &'a ETag,
}

impl Haul<'_> {
    /// Fetches an object.
    pub(crate) async fn fetch<'t>(
        &self,
        task: &'t Task,
        folder: &'t BucketFolder<'t>,
        tree: &'t dyn LocalTree,
    ) -> Result<Known, ItemFault> {
        let Side::Object(facts) = &task.source else { return Err(not_a_file()) };
        let key = folder.key(&task.name).map_err(|_| ItemFault::TooLong)?;
        let same =
            |known: &&Known| known.etag == facts.etag && known.evidence == Evidence::Compared;
        let fetching = Fetching {
            source: ObjectSource::current(&folder.bucket, &key).if_match(facts.etag.clone()),
            facts,
            folder,
            tree,
            path: TreePath::try_from(task.name.as_str()).map_err(ItemFault::Unfit)?,
            replaces: match task.destination {
                Some(Side::File(file)) => Some(file),
                Some(Side::Object(_)) | None => None,
            },
            digest: task.known.as_ref().filter(same).and_then(|known| known.digest),
        };
        for fetch in 0..FETCHES {
            if fetch > 0 && !self.courier.draw() {
                break;
            }
            let fetched = if fetching.is_small() {
                self.fetch_small(&fetching).await?
            } else {
                self.fetch_large(&fetching).await?
            };
            if let Some(fetched) = fetched {
                return Ok(fetched.known(facts.etag.clone()));
            }
        }
        Err(ItemFault::WrongContent)
    }

    /// Fetches an object in one go; `None` where its content is wrong.
    async fn fetch_small(&self, fetching: &Fetching<'_>) -> Result<Option<Fetched>, ItemFault> {
        let size = fetching.facts.size.0;
        let _room = self.room_for(size).await;
        let got = self.courier.carry(size, || collect_content(fetching)).await;
        let (object, chunks) = got.map_err(ItemFault::Source)?;
        let check = self.choose_check(fetching, &object).ok_or(ItemFault::TooLarge)?;
        let mut hashes = check.hashing.map_or(Hashes::NONE, Hashes::begin);
        for chunk in &chunks {
            hashes.update(chunk);
        }
        let digests = [hashes.digests()];
        let Some(evidence) = self
            .judge_content(
                fetching,
                &check,
                ArrivedObject { digests: &digests, etag: &object.etag },
            )
            .await?
        else {
            return Ok(None);
        };
        let landing = choose_landing(fetching, &object);
        let written = fetching.tree.write_whole(&fetching.path, chunks, &landing).await;
        let file = written.map_err(|fault| self.local(fault))?;
        Ok(Some(Fetched { file, object, digest: digest_of(&digests, check.plan), evidence }))
    }

    /// Fetches an object in ranges into a file beside its place.
    async fn fetch_large(&self, fetching: &Fetching<'_>) -> Result<Option<Fetched>, ItemFault> {
        let objects = fetching.folder.objects;
        let object = self.courier.make_call(|| objects.head(&fetching.source)).await;
        let object = object.map_err(ItemFault::Source)?;
        let check = self.choose_check(fetching, &object).ok_or(ItemFault::TooLarge)?;
        let file = fetching.tree.create(&fetching.path).await;
        let file = file.map_err(|fault| self.local(fault))?;
        let digests = self.fetch_ranges(fetching, &*file, &check).await?;
        let Some(evidence) = self
            .judge_content(
                fetching,
                &check,
                ArrivedObject { digests: &digests, etag: &object.etag },
            )
            .await?
        else {
            return Ok(None);
        };
        let landed = file.finish(&choose_landing(fetching, &object)).await;
        let file = landed.map_err(|fault| self.local(fault))?;
        Ok(Some(Fetched { file, object, digest: digest_of(&digests, check.plan), evidence }))
    }

    fn choose_check(&self, fetching: &Fetching<'_>, object: &StoredObject) -> Option<ContentCheck> {
        let trusts = matches!(self.options.tags, TagCheck::Single | TagCheck::Off);
        let care = if trusts { CompareLevel::Trusting } else { CompareLevel::Usual };
        let cutting =
            Cutting { told: part_told(object), usual: self.options.limits.part_size, care };
        choose_check(fetching.facts.size, &object.etag, fetching.digest, cutting)
    }

    /// What is known of a content that came with these hashes; `None` where it is wrong. A tag that
    /// was guessed to be of usual parts and does not fit proves nothing: what comes a second time
    /// has to be the same then.
    async fn judge_content(
        &self,
        fetching: &Fetching<'_>,
        check: &ContentCheck,
        arrived: ArrivedObject<'_>,
    ) -> Result<Option<Evidence>, ItemFault> {
        let ArrivedObject { digests, etag } = arrived;
        let twice = match check.is_right(digests, etag) {
            Some(true) => return Ok(Some(Evidence::Compared)),
            Some(false) => return Ok(None),
            None if check.reference == Reference::Guess => true,
            None => self.options.tags == TagCheck::All,
        };
        if !twice {
            return Ok(Some(Evidence::Moved));
        }
        let reader = FolderReader { courier: &self.courier, folder: fetching.folder };
        let again = reader.hash_parts(&fetching.source, &check.plan, Hashing::Sha256).await;
        let again = again.map_err(ItemFault::Source)?;
        let same = digest_of(&again, check.plan) == digest_of(digests, check.plan);
        Ok(same.then_some(Evidence::Compared))
    }

    /// A fault of this machine's files; a full disk ends the run.
    fn local(&self, fault: Fault) -> ItemFault {
        if matches!(fault.kind, FaultKind::DiskFull | FaultKind::ReadOnly) {
            self.courier.stop(StopCause::Fault(fault.clone()));
        }
        ItemFault::Destination(fault)
    }
}

async fn collect_content(fetching: &Fetching<'_>) -> Result<(StoredObject, Vec<Bytes>), Fault> {
    let mut download = fetching.folder.objects.get(&fetching.source, None).await?;
    let (mut chunks, mut length) = (Vec::new(), 0);
    while let Some(chunk) = download.content.next().await {
        let chunk = chunk?;
        length += chunk.len() as u64;
        if length > fetching.facts.size.0 {
            break;
        }
        chunks.push(chunk);
    }
    if length != fetching.facts.size.0 {
        return Err(Fault::new(
            FaultKind::Unreadable,
            "the content has another length than listed",
        ));
    }
    Ok((download.object, chunks))
}

fn choose_landing(fetching: &Fetching<'_>, object: &StoredObject) -> Landing {
    let modified = time_told(object).unwrap_or_else(|| FileTime::from(object.modified));
    Landing { modified, replaces: fetching.replaces }
}
