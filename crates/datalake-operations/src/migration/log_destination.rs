//! Where logs of tables are brought: commits in their order, and only where nothing is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, TableKind};
use datalake_core::tables::{LogPart, table_root};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, DeleteTarget, DeletedObject, Download, Lake, ListAsk, NewObject,
    ObjectPage, ObjectSource, Objects, PageToken, Precondition, Stored, StoredObject, VersionId,
    VersionPage, hold_mutex,
};
use futures::StreamExt as _;

/// The destination of logs. A commit is never put over another one, and a commit of Delta never
/// before those that come before it: a reader sees a version that was, whenever the work ends.
pub(crate) struct LogDestination<'a> {
    lake: &'a dyn Lake,
    /// The commits of each log, by the folder of its table, that are to come.
    missing: Mutex<BTreeMap<String, BTreeSet<u64>>>,
}

/// The commit that a key is.
struct CommitKey<'k> {
    kind: TableKind,
    root: &'k str,
    version: u64,
}

impl<'k> CommitKey<'k> {
    fn of_key(key: &'k str) -> Option<Self> {
        let (kind, root) = table_root(key)?;
        let name = key.rsplit('/').next()?;
        Some(Self { kind, root, version: LogPart::of_name(kind, name).commit()? })
    }
}

impl<'a> LogDestination<'a> {
    pub(crate) fn new(lake: &'a dyn Lake) -> Self {
        Self { lake, missing: Mutex::default() }
    }

    /// Takes note of the commits that are about to come, by the folder of each table in the bucket.
    pub(crate) fn expect_commits(&self, missing: BTreeMap<String, BTreeSet<u64>>) {
        *hold_mutex(&self.missing) = missing;
    }

    fn require_earlier(&self, commit: &CommitKey<'_>) -> Result<(), Fault> {
        let missing = hold_mutex(&self.missing);
        let Some(versions) = missing.get(commit.root) else { return Ok(()) };
        let is_first = versions.first().is_none_or(|first| *first >= commit.version);
        if is_first || commit.kind != TableKind::Delta {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Disturbed, "an earlier version of its table is not there yet"))
    }

    fn note_commit(&self, commit: &CommitKey<'_>) {
        if let Some(versions) = hold_mutex(&self.missing).get_mut(commit.root) {
            versions.remove(&commit.version);
        }
    }

    /// The commit that is there, where it is the same: the answer to the first try got lost.
    async fn find_own_commit(
        &self,
        object: &NewObject<'_>,
        refused: Fault,
    ) -> Result<Stored, Fault> {
        let source = ObjectSource::current(object.bucket, object.key);
        let there = self.lake.get(&source, None).await?;
        let (mut chunks, mut content) = (there.content, Vec::new());
        while let Some(chunk) = chunks.next().await {
            content.extend_from_slice(&chunk?);
        }
        let own = object.payload.chunks().iter().flatten();
        if !own.eq(content.iter()) {
            let detail = format!("another commit of this version is there: {}", refused.detail);
            return Err(Fault::new(FaultKind::Disturbed, detail));
        }
        Ok(Stored { etag: there.object.etag, version: there.object.version })
    }
}

#[async_trait]
impl Objects for LogDestination<'_> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        self.lake.list(bucket, ask, token).await
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.lake.list_versions(bucket, ask, token).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.lake.head(source).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.lake.get(source, range).await
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        let Some(commit) = CommitKey::of_key(object.key.as_str()) else {
            return self.lake.put(object).await;
        };
        self.require_earlier(&commit)?;
        let stored =
            match self.lake.put(&NewObject { when: &Precondition::Absent, ..*object }).await {
                Err(fault) if fault.kind == FaultKind::Disturbed => {
                    self.find_own_commit(object, fault).await?
                }
                answer => answer?,
            };
        self.note_commit(&commit);
        Ok(stored)
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        self.lake.copy(source, to, attributes).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.lake.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.lake.delete_many(bucket, doomed).await
    }
}
