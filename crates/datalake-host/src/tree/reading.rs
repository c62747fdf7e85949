//! Files that are read, and watched while they are.

use std::fs::File;
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_engine::transfer::{Digests, Hashes, Hashing, OpenFile, ReadFile};
use datalake_lanes::{Lanes, Sha256};
use rustix::fs::{Advice, fadvise};
use rustix::time::{ClockId, clock_gettime};

use super::TreeShared;
use super::below::{fault_of_disturbance, read_facts};
use super::hashing::hash_ranges;
use crate::fault::fault_of_io;

/// How much is read and hashed at a time.
const STEP: usize = 256 * 1024;
/// How far a file's time has to be from now for a later change to show in it: the kernel's clock for
/// such times ticks every 10 ms at the slowest.
const TICK: i128 = 20_000_000;

/// A plain file, open for reading.
pub(super) struct Reading {
    inner: Arc<TreeShared>,
    file: File,
    facts: FileFacts,
    settled: bool,
}

/// The same, for calls from many sides.
pub(super) struct SharedReading(Arc<Reading>);

impl Reading {
    pub(super) fn open(
        inner: &Arc<TreeShared>,
        path: &TreePath,
        expected: &FileFacts,
    ) -> Result<Self, Fault> {
        let file = inner.root.read(path.as_str())?;
        let (facts, stat) = read_facts(file.as_fd())?;
        inner.require_own(&stat)?;
        if facts != *expected {
            return Err(fault_of_disturbance("it was changed before it was read"));
        }
        let now = clock_gettime(ClockId::Realtime);
        let now = nanos_of(now.tv_sec, now.tv_nsec);
        let settled = is_settled(&facts, now);
        Ok(Self { inner: Arc::clone(inner), file: file.into(), facts, settled })
    }

    pub(super) fn whole(&self, hashing: Hashing) -> Result<ReadFile, Fault> {
        self.read(0..self.facts.size.0, hashing)
    }

    fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault> {
        let mut buffer = self.inner.pool.take(length_of_range(&range)?);
        let mut hashes = Hashes::begin(hashing);
        let mut place = range.start;
        for step in buffer.as_mut().chunks_mut(STEP) {
            self.file.read_exact_at(step, place).map_err(|error| fault_of_reading(&error))?;
            // While it is still in the processor's cache.
            hashes.update(step);
            place += step.len() as u64;
        }
        self.still_the_same()?;
        Ok(ReadFile::new(vec![buffer.share()], &hashes, self.settled))
    }

    /// Reads two ranges in turn, so that their hashes are taken side by side.
    fn read_pair(&self, ranges: [Range<u64>; 2], hashing: Hashing) -> Result<[ReadFile; 2], Fault> {
        let [one, other] = ranges;
        if hashing != Hashing::Sha256 {
            return Ok([self.read(one, hashing)?, self.read(other, hashing)?]);
        }
        let (mut first, mut second) = (
            self.inner.pool.take(length_of_range(&one)?),
            self.inner.pool.take(length_of_range(&other)?),
        );
        let mut lanes = Lanes::<Sha256>::new(2);
        let mut steps = (first.as_mut().chunks_mut(STEP), second.as_mut().chunks_mut(STEP));
        let (mut places, mut left) = ([one.start, other.start], true);
        while left {
            let (one, other) =
                (steps.0.next().unwrap_or_default(), steps.1.next().unwrap_or_default());
            for (step, place) in [&mut *one, &mut *other].into_iter().zip(&mut places) {
                self.file.read_exact_at(step, *place).map_err(|error| fault_of_reading(&error))?;
                *place += step.len() as u64;
            }
            lanes.update(&[&*one, &*other]);
            left = !one.is_empty() || !other.is_empty();
        }
        self.still_the_same()?;
        let mut hashes = lanes.finish().into_iter();
        let [first, second] = [first, second].map(|buffer| {
            let digests = Digests { sha256: hashes.next(), md5: None };
            ReadFile::of(vec![buffer.share()], digests, self.settled)
        });
        Ok([first, second])
    }

    fn hash_all(&self, ranges: &[Range<u64>], hashing: Hashing) -> Result<Vec<Digests>, Fault> {
        if let (Some(first), Some(last)) = (ranges.first(), ranges.last()) {
            let length = NonZeroU64::new(last.end.saturating_sub(first.start));
            // Only advice: a disk reads faster from one end to the other than here and there.
            let _ = fadvise(&self.file, first.start, length, Advice::WillNeed);
        }
        let digests = hash_ranges(&self.file, &self.inner.pool, ranges, hashing)?;
        self.still_the_same()?;
        Ok(digests)
    }

    fn hash(&self, range: Range<u64>, mut hashes: Hashes) -> Result<Hashes, Fault> {
        let mut buffer = self.inner.pool.take(STEP);
        let mut place = range.start;
        while place < range.end {
            let left = length_of_range(&(place..range.end))?.min(STEP);
            let step = buffer.as_mut().get_mut(..left).unwrap_or_default();
            self.file.read_exact_at(step, place).map_err(|error| fault_of_reading(&error))?;
            hashes.update(step);
            place += left as u64;
        }
        self.still_the_same()?;
        Ok(hashes)
    }

    fn still_the_same(&self) -> Result<(), Fault> {
        let (facts, stat) = read_facts(self.file.as_fd())?;
        if facts != self.facts {
            return Err(fault_of_disturbance("it was changed while it was read"));
        }
        if stat.st_nlink == 0 {
            return Err(fault_of_disturbance("it was removed while it was read"));
        }
        Ok(())
    }
}

impl SharedReading {
    pub(super) fn new(reading: Reading) -> Self {
        Self(Arc::new(reading))
    }
}

#[async_trait]
impl OpenFile for SharedReading {
    async fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.read(range, hashing)).await
    }

    async fn read_pair(
        &self,
        ranges: [Range<u64>; 2],
        hashing: Hashing,
    ) -> Result<[ReadFile; 2], Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.read_pair(ranges, hashing)).await
    }

    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.hash_all(&ranges, hashing)).await
    }

    async fn hash(&self, range: Range<u64>, hashes: Hashes) -> Result<Hashes, Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.hash(range, hashes)).await
    }

    fn is_settled(&self) -> bool {
        self.0.settled
    }
}

/// Whether a change that is made from now on must show in the times of a file. A time ahead of the
/// clock is as good as one behind it.
fn is_settled(facts: &FileFacts, now: i128) -> bool {
    [facts.modified, facts.stamp.changed]
        .into_iter()
        .map(|time| nanos_of(time.seconds(), time.nanos().into()))
        .all(|time| (time - now).abs() > TICK)
}

fn nanos_of(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

pub(super) fn length_of_range(range: &Range<u64>) -> Result<usize, Fault> {
    let length = range.end - range.start;
    let too_large =
        |_| Fault::new(datalake_core::fault::FaultKind::Io, "it does not fit in memory");
    usize::try_from(ByteSize(length).0).map_err(too_large)
}

pub(super) fn fault_of_reading(error: &std::io::Error) -> Fault {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return fault_of_disturbance("it became shorter while it was read");
    }
    fault_of_io(error)
}

#[cfg(test)]
mod tests {
    use datalake_core::transfer::{FileStamp, FileTime};

    use super::*;

    #[test]
    fn only_a_time_that_is_now_hides_a_change() {
        let settled = |modified: (i64, u32), changed: (i64, u32)| {
            let time = |(seconds, nanos)| FileTime::new(seconds, nanos).unwrap();
            let stamp = FileStamp { changed: time(changed), inode: 1 };
            let facts = FileFacts { stamp, ..FileFacts::new(ByteSize(1), time(modified)) };
            is_settled(&facts, nanos_of(100, 0))
        };

        assert!(settled((50, 0), (99, 900_000_000)));
        assert!(!settled((50, 0), (99, 990_000_000)));
        assert!(!settled((100, 0), (50, 0)));
        // Ahead of the clock, as a file of another machine is.
        assert!(settled((10_000, 0), (50, 0)));
        assert!(settled((10_000, 0), (100, 500_000_000)));
    }
}
