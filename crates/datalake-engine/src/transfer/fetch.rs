//! Objects on their way into a folder.

mod check;

use std::ops::Range;

use bytes::Bytes;
use datalake_core::{
    Comparison, ContentDigest, Fault, FaultKind, FileFacts, FileTime, Known, ObjectFacts, Side,
    TreePath,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use self::check::{check_of, is_right, unchecked};
use super::courier::Tries;
use super::haul::{Haul, Task};
use super::upload::{not_a_file, part_told, time_told};
use super::{
    BucketFolder, Hashes, Hashing, ItemFault, Landing, LocalTree, NewTreeFile, StopCause, TagCheck,
};
use crate::{ByteRange, ObjectSource, StoredObject};

/// Objects up to this size come in one piece of memory.
const SMALL: u64 = 1 << 20;
/// How much of a large object is gathered before it is written.
const GATHERED: u64 = 256 << 10;
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

impl Haul<'_> {
    /// Fetches an object.
    pub(crate) async fn fetch<'t>(
        &self,
        task: &'t Task,
        (folder, tree): (&'t BucketFolder<'t>, &'t dyn LocalTree),
    ) -> Result<Known, ItemFault> {
        let Side::Object(facts) = &task.source else { return Err(not_a_file()) };
        let key = folder.key(&task.name).map_err(|_| ItemFault::TooLong)?;
        let same = |known: &&Known| known.etag == facts.etag;
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
            let fetched = if facts.size.0 <= SMALL {
                self.fetch_small(&fetching).await?
            } else {
                self.fetch_large(&fetching).await?
            };
            if let Some(file) = fetched {
                let FileFacts { size, modified } = file;
                let (etag, digest) = (facts.etag.clone(), fetching.digest);
                return Ok(Known {
                    size,
                    modified,
                    etag,
                    source_etag: None,
                    digest,
                    settled: true,
                });
            }
        }
        Err(ItemFault::WrongContent)
    }

    /// Fetches an object in one go; `None` where its content is wrong.
    async fn fetch_small(&self, fetching: &Fetching<'_>) -> Result<Option<FileFacts>, ItemFault> {
        let size = fetching.facts.size.0;
        let _room = self.room_for(size).await;
        let got = self.courier.carry(size, || collect(fetching)).await;
        let (object, chunks) = got.map_err(ItemFault::Source)?;
        let check = check_of(fetching, None, false).ok_or(ItemFault::TooLarge)?;
        if let Some(hashing) = check.hashing {
            let mut hashes = Hashes::begin(hashing);
            for chunk in &chunks {
                hashes.update(chunk);
            }
            if !is_right(fetching, &check, &[hashes]) {
                return Ok(None);
            }
        }
        let landing = landing(fetching, &object);
        let written = fetching.tree.write_whole(&fetching.path, chunks, &landing).await;
        written.map(Some).map_err(|fault| self.local(fault))
    }

    /// Fetches an object in ranges into a file beside its place.
    async fn fetch_large(&self, fetching: &Fetching<'_>) -> Result<Option<FileFacts>, ItemFault> {
        let objects = fetching.folder.objects;
        let object = self.courier.call(|| objects.head(&fetching.source)).await;
        let object = object.map_err(ItemFault::Source)?;
        let thorough =
            self.options.tags == TagCheck::All || self.options.comparison == Comparison::Checksum;
        let check = check_of(fetching, part_told(&object), thorough);
        let check = check.or_else(|| unchecked(fetching, self.options.limits.part_size));
        let check = check.ok_or(ItemFault::TooLarge)?;
        let file = fetching.tree.create(&fetching.path).await;
        let file = file.map_err(|fault| self.local(fault))?;
        let ranges = (1..=check.plan.count()).map(|number| check.plan.range(number));
        let hashing = check.hashing;
        let hashes: Vec<Hashes> = stream::iter(ranges)
            .map(|range| self.fetch_range(fetching, &*file, (range, hashing)))
            .buffered(self.options.limits.parts.max(1))
            .try_collect()
            .await?;
        if !is_right(fetching, &check, &hashes) {
            return Ok(None);
        }
        let landed = file.finish(&landing(fetching, &object)).await;
        landed.map(Some).map_err(|fault| self.local(fault))
    }

    /// Fetches a range; goes on behind what has come when a connection breaks.
    async fn fetch_range(
        &self,
        fetching: &Fetching<'_>,
        file: &dyn NewTreeFile,
        (range, hashing): (Range<u64>, Option<Hashing>),
    ) -> Result<Hashes, ItemFault> {
        let _room = self.room_for(2 * GATHERED).await;
        let mut hashes = hashing.map_or(Hashes::NONE, Hashes::begin);
        let (mut place, mut tries) = (range.start, Tries::default());
        while place < range.end {
            let before = place;
            let pouring = self.pour(fetching, file, (&mut place, range.end, &mut hashes));
            match self.courier.once(0, pouring).await {
                Ok(Ok(())) => (),
                Ok(Err(fault)) => return Err(self.local(fault)),
                Err(fault) => {
                    if place > before {
                        tries = Tries::default();
                    }
                    self.courier.again(&mut tries, fault).await.map_err(ItemFault::Source)?;
                }
            }
        }
        Ok(hashes)
    }

    /// Writes what comes of a range. The inner fault is one of the file.
    async fn pour(
        &self,
        fetching: &Fetching<'_>,
        file: &dyn NewTreeFile,
        (place, end, hashes): (&mut u64, u64, &mut Hashes),
    ) -> Result<Result<(), Fault>, Fault> {
        let range = ByteRange::try_from(*place..end).ok();
        let mut download = fetching.folder.objects.get(&fetching.source, range).await?;
        if download.range != (*place..end) {
            return Err(Fault::new(FaultKind::Unreadable, "another range came than was asked for"));
        }
        loop {
            let (mut chunks, mut length, mut fault) = (Vec::new(), 0, None);
            while length < GATHERED {
                match download.content.next().await {
                    Some(Ok(chunk)) => {
                        length += chunk.len() as u64;
                        chunks.push(chunk);
                    }
                    Some(Err(broken)) => {
                        fault = Some(broken);
                        break;
                    }
                    None => break,
                }
            }
            if length > 0 {
                self.courier.spend(length).await;
                match file.write_at(*place, chunks, hashes.clone()).await {
                    Ok(updated) => *hashes = updated,
                    Err(fault) => return Ok(Err(fault)),
                }
                *place += length;
                self.courier.note(length);
            }
            match fault {
                Some(fault) => return Err(fault),
                None if *place >= end => return Ok(Ok(())),
                None if length == 0 => {
                    return Err(Fault::new(FaultKind::Unreachable, "the content broke off"));
                }
                None => (),
            }
        }
    }

    /// A fault of this machine's files; a full disk ends the run.
    fn local(&self, fault: Fault) -> ItemFault {
        if matches!(fault.kind, FaultKind::DiskFull | FaultKind::ReadOnly) {
            self.courier.stop(StopCause::Fault(fault.clone()));
        }
        ItemFault::Destination(fault)
    }
}

async fn collect(fetching: &Fetching<'_>) -> Result<(StoredObject, Vec<Bytes>), Fault> {
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

fn landing(fetching: &Fetching<'_>, object: &StoredObject) -> Landing {
    let modified = time_told(object).unwrap_or_else(|| FileTime::from(object.modified));
    Landing { modified, replaces: fetching.replaces }
}
