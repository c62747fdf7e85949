//! Files that are read, and watched while they are.

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::{ByteSize, Fault, FileFacts, FileTime, TreePath};
use datalake_engine::transfer::{Hashes, Hashing, OpenFile, ReadFile};
use rustix::time::{ClockId, clock_gettime};

use super::Inner;
use super::below::{disturbed, facts};
use crate::fault::fault_of_io;

/// How much is read and hashed at a time.
const STEP: usize = 256 * 1024;
/// How old a file's time has to be for a later change to show in it: the kernel's clock for such
/// times ticks every 10 ms at the slowest.
const TICK: u32 = 20_000_000;

/// A plain file, open for reading.
pub(super) struct Reading {
    inner: Arc<Inner>,
    file: File,
    facts: FileFacts,
    settled: bool,
}

/// The same, for calls from many sides.
pub(super) struct Shared(Arc<Reading>);

impl Reading {
    pub(super) fn open(
        inner: &Arc<Inner>,
        path: &TreePath,
        expected: &FileFacts,
    ) -> Result<Self, Fault> {
        let file = inner.root.read(path.as_str())?;
        let (facts, stat) = facts(file.as_fd())?;
        inner.require_own(&stat)?;
        if facts != *expected {
            return Err(disturbed("it was changed before it was read"));
        }
        let settled = is_settled(facts.modified);
        Ok(Self { inner: Arc::clone(inner), file: file.into(), facts, settled })
    }

    pub(super) fn whole(&self, hashing: Hashing) -> Result<ReadFile, Fault> {
        self.read(0..self.facts.size.0, hashing)
    }

    fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault> {
        let mut buffer = self.inner.pool.take(length(&range)?);
        let mut hashes = Hashes::begin(hashing);
        let mut place = range.start;
        for step in buffer.as_mut().chunks_mut(STEP) {
            self.file.read_exact_at(step, place).map_err(|error| broken(&error))?;
            // While it is still in the processor's cache.
            hashes.update(step);
            place += step.len() as u64;
        }
        self.still_the_same()?;
        Ok(ReadFile::new(vec![buffer.share()], &hashes, self.settled))
    }

    fn hash(&self, range: Range<u64>, mut hashes: Hashes) -> Result<Hashes, Fault> {
        let mut buffer = self.inner.pool.take(STEP);
        let mut place = range.start;
        while place < range.end {
            let left = length(&(place..range.end))?.min(STEP);
            let step = buffer.as_mut().get_mut(..left).unwrap_or_default();
            self.file.read_exact_at(step, place).map_err(|error| broken(&error))?;
            hashes.update(step);
            place += left as u64;
        }
        self.still_the_same()?;
        Ok(hashes)
    }

    fn still_the_same(&self) -> Result<(), Fault> {
        let (facts, stat) = facts(self.file.as_fd())?;
        if facts != self.facts {
            return Err(disturbed("it was changed while it was read"));
        }
        if stat.st_nlink == 0 {
            return Err(disturbed("it was removed while it was read"));
        }
        Ok(())
    }
}

impl Shared {
    pub(super) fn new(reading: Reading) -> Self {
        Self(Arc::new(reading))
    }
}

#[async_trait]
impl OpenFile for Shared {
    async fn read(&self, range: Range<u64>, hashing: Hashing) -> Result<ReadFile, Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.read(range, hashing)).await
    }

    async fn hash(&self, range: Range<u64>, hashes: Hashes) -> Result<Hashes, Fault> {
        let reading = Arc::clone(&self.0);
        self.0.inner.blocking(move |_| reading.hash(range, hashes)).await
    }
}

fn is_settled(modified: FileTime) -> bool {
    let now = clock_gettime(ClockId::Realtime);
    let nanos = u32::try_from(now.tv_nsec).unwrap_or_default();
    let (seconds, nanos) = match nanos.checked_sub(TICK) {
        Some(nanos) => (now.tv_sec, nanos),
        None => (now.tv_sec - 1, nanos + 1_000_000_000 - TICK),
    };
    FileTime::new(seconds, nanos).is_ok_and(|tick_ago| modified < tick_ago)
}

fn length(range: &Range<u64>) -> Result<usize, Fault> {
    let length = range.end - range.start;
    let too_large = |_| Fault::new(datalake_core::FaultKind::Io, "it does not fit in memory");
    usize::try_from(ByteSize(length).0).map_err(too_large)
}

fn broken(error: &std::io::Error) -> Fault {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return disturbed("it became shorter while it was read");
    }
    fault_of_io(error)
}
