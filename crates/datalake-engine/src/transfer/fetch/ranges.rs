//! Large objects, fetched in ranges.

use std::ops::Range;

use datalake_core::fault::{Fault, FaultKind};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::Fetching;
use super::check::ContentCheck;
use crate::ByteRange;
use crate::transfer::courier::Tries;
use crate::transfer::hashes::parts_side_by_side;
use crate::transfer::haul::Haul;
use crate::transfer::{Digests, Hashes, Hashing, ItemFault, NewTreeFile};

/// How much of a large object is gathered before it is written: to hand it to another thread costs
/// the same for more and for less.
const GATHERED: u64 = 1 << 20;
/// The same where bandwidth is limited, which is to be used evenly.
const GATHERED_EVENLY: u64 = 256 << 10;
/// So many groups of parts are hashed at once: one, and one that waits for it.
const HASHED_AT_ONCE: usize = 2;

/// A range, and the hashes that are wanted of it.
struct WantedRange {
    range: Range<u64>,
    hashing: Option<Hashing>,
}

/// What of a range has not come yet, and the hashes of what has.
struct ArrivingRange {
    left: Range<u64>,
    hashes: Hashes,
}

impl Haul<'_> {
    /// Fetches all parts of an object into a file; their hashes, as far as they are asked for.
    pub(super) async fn fetch_ranges(
        &self,
        fetching: &Fetching<'_>,
        file: &dyn NewTreeFile,
        check: &ContentCheck,
    ) -> Result<Vec<Digests>, ItemFault> {
        let ranges = (1..=check.plan.count()).map(|number| check.plan.range(number));
        let at_once = parts_side_by_side(&check.plan).filter(|_| file.hashes_later());
        let (Some(hashing), Some(at_once)) = (check.hashing, at_once) else {
            return stream::iter(ranges)
                .map(|range| {
                    self.fetch_range(fetching, file, WantedRange { range, hashing: check.hashing })
                })
                .buffered(self.options.limits.parts.max(1))
                .try_collect()
                .await;
        };
        // Many parts side by side, behind those that are still coming.
        let digests: Vec<Vec<Digests>> = stream::iter(ranges)
            .map(|range| async move {
                let wanted = WantedRange { range: range.clone(), hashing: None };
                self.fetch_range(fetching, file, wanted).await.map(|_| range)
            })
            .buffered(self.options.limits.parts.max(1))
            .try_chunks(at_once)
            .map_err(|broken| broken.1)
            .map_ok(|ranges| async move {
                file.hash_all(ranges, hashing).await.map_err(|fault| self.local(fault))
            })
            .try_buffered(HASHED_AT_ONCE)
            .try_collect()
            .await?;
        Ok(digests.concat())
    }

    fn choose_gathering(&self) -> u64 {
        if self.options.limits.bandwidth.is_some() { GATHERED_EVENLY } else { GATHERED }
    }

    /// Fetches a range; goes on behind what has come when a connection breaks.
    async fn fetch_range(
        &self,
        fetching: &Fetching<'_>,
        file: &dyn NewTreeFile,
        wanted: WantedRange,
    ) -> Result<Digests, ItemFault> {
        let WantedRange { range, hashing } = wanted;
        let _room = self.room_for(2 * self.choose_gathering()).await;
        let hashes = hashing.map_or(Hashes::NONE, Hashes::begin);
        let mut arriving = ArrivingRange { left: range, hashes };
        let mut tries = Tries::default();
        while !arriving.left.is_empty() {
            let before = arriving.left.start;
            let pouring = self.pour_range(fetching, file, &mut arriving);
            match self.courier.once(0, pouring).await {
                Ok(Ok(())) => (),
                Ok(Err(fault)) => return Err(self.local(fault)),
                Err(fault) => {
                    if arriving.left.start > before {
                        tries = Tries::default();
                    }
                    self.courier.try_again(&mut tries, fault).await.map_err(ItemFault::Source)?;
                }
            }
        }
        Ok(arriving.hashes.digests())
    }

    /// Writes what comes of a range. The inner fault is one of the file.
    async fn pour_range(
        &self,
        fetching: &Fetching<'_>,
        file: &dyn NewTreeFile,
        arriving: &mut ArrivingRange,
    ) -> Result<Result<(), Fault>, Fault> {
        let range = ByteRange::try_from(arriving.left.clone()).ok();
        let mut download = fetching.folder.objects.get(&fetching.source, range).await?;
        if download.range != arriving.left {
            return Err(Fault::new(FaultKind::Unreadable, "another range came than was asked for"));
        }
        loop {
            let (mut chunks, mut length, mut fault) = (Vec::new(), 0, None);
            while length < self.choose_gathering() {
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
                let (place, hashes) = (arriving.left.start, arriving.hashes.clone());
                match file.write_at(place, chunks, hashes).await {
                    Ok(updated) => arriving.hashes = updated,
                    Err(fault) => return Ok(Err(fault)),
                }
                arriving.left.start += length;
                self.courier.note(length);
            }
            match fault {
                Some(fault) => return Err(fault),
                None if arriving.left.is_empty() => return Ok(Ok(())),
                None if length == 0 => {
                    return Err(Fault::new(FaultKind::Unreachable, "the content broke off"));
                }
                None => (),
            }
        }
    }
}
