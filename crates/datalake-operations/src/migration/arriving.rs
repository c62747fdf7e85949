//! A large pickle on its way back.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::{FileFacts, TreePath};
use datalake_dagster::{StoredKind, begins_as_pickle};
use datalake_engine::transfer::{Digests, Hashes, Hashing, Landing, NewTreeFile};

use super::left_behind::LeftBehind;

/// A file that is written only as long as it looks like a pickle. Its parts come in any order, so
/// its beginning tells; that it is whole was proved by its hash or its tag.
pub(crate) struct ArrivingFile {
    file: Box<dyn NewTreeFile>,
    name: String,
    left_out: Arc<LeftBehind>,
    /// Whether its beginning was seen.
    begun: AtomicBool,
}

impl ArrivingFile {
    pub(crate) fn new(
        file: Box<dyn NewTreeFile>,
        path: &TreePath,
        left_out: &Arc<LeftBehind>,
    ) -> Self {
        let name = path.as_str().to_owned();
        Self { file, name, left_out: Arc::clone(left_out), begun: AtomicBool::new(false) }
    }
}

/// What keeps an object out of a folder of pickles.
pub(crate) fn require_pickle(is_pickle: bool) -> Result<(), Fault> {
    if is_pickle {
        return Ok(());
    }
    Err(Fault::new(FaultKind::NotPlain, "no pickle: it stays in the bucket"))
}

#[async_trait]
impl NewTreeFile for ArrivingFile {
    async fn write_at(
        &self,
        place: u64,
        content: Vec<Bytes>,
        hashes: Hashes,
    ) -> Result<Hashes, Fault> {
        if place == 0 {
            let first = content.iter().find(|chunk| !chunk.is_empty());
            let is_pickle = first.is_some_and(|chunk| begins_as_pickle(chunk));
            if !is_pickle {
                self.left_out.add_late(StoredKind::Unknown, &self.name, ByteSize(0));
            }
            require_pickle(is_pickle)?;
            self.begun.store(true, Ordering::Relaxed);
        }
        self.file.write_at(place, content, hashes).await
    }

    fn hashes_later(&self) -> bool {
        self.file.hashes_later()
    }

    async fn hash_all(
        &self,
        ranges: Vec<Range<u64>>,
        hashing: Hashing,
    ) -> Result<Vec<Digests>, Fault> {
        self.file.hash_all(ranges, hashing).await
    }

    async fn finish(self: Box<Self>, landing: &Landing) -> Result<FileFacts, Fault> {
        require_pickle(self.begun.load(Ordering::Relaxed))?;
        self.file.finish(landing).await
    }
}
