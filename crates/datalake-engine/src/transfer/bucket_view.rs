//! A bucket as one transfer sees it: all of it, what matches a pattern, or some keys under other names.

use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, KeyPattern};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::key_aliases::KeyAliases;
use super::source_notes::{SourceFact, SourceNotes};
use crate::{
    AnyKey, Attributes, ByteRange, Clock, DeleteTarget, DeletedObject, Download, ListAsk,
    NewObject, ObjectEntry, ObjectPage, ObjectSource, Objects, PageToken, PartNumber, PartPage,
    Payload, RetryingStore, Stored, StoredObject, TakenPart, Upload, UploadPage, Uploads,
    VersionId, VersionPage,
};

/// Keys that are asked for at once.
const AT_ONCE: usize = 16;

/// Questions about single keys that may be repeated, all together.
const RETRY_BUDGET: u32 = 1000;

/// Which keys a listing shows.
#[derive(Debug, Clone)]
pub enum KeySelection {
    /// Every key.
    All,
    /// The keys that match.
    Matching(KeyPattern),
    /// These keys, asked for one by one: a bucket is not listed for a few of its keys.
    Only(Vec<AnyKey>),
}

/// The objects of a service as one side of a transfer.
pub struct BucketView<'a, S: ?Sized> {
    store: &'a S,
    /// The same service, asked again where that can help: about single keys, of which the engine's
    /// own repetitions know nothing.
    retrying: RetryingStore<'a, S>,
    selection: KeySelection,
    aliases: Arc<KeyAliases>,
    notes: Option<Arc<SourceNotes>>,
}

/// A listing of those keys alone that a pattern fits.
struct MatchingKeys<'a> {
    ask: ListAsk,
    pattern: &'a KeyPattern,
}

impl<'a, S: Objects + Uploads + ?Sized> BucketView<'a, S> {
    /// A view of these keys.
    pub fn new(store: &'a S, clock: &'a dyn Clock, selection: KeySelection) -> Self {
        let retrying = RetryingStore::new(store, clock, RETRY_BUDGET);
        Self { store, retrying, selection, aliases: Arc::default(), notes: None }
    }

    /// The same; some keys stand for others.
    #[must_use]
    pub fn with_aliases(self, aliases: &Arc<KeyAliases>) -> Self {
        Self { aliases: Arc::clone(aliases), ..self }
    }

    /// The same; what a listing shows is noted.
    #[must_use]
    pub fn noting(self, notes: &Arc<SourceNotes>) -> Self {
        Self { notes: Some(Arc::clone(notes)), ..self }
    }

    /// The key of the object that is meant.
    #[must_use]
    pub fn resolve_key<'k>(&'k self, key: &'k AnyKey) -> &'k AnyKey {
        self.aliases.resolve_key(key)
    }

    fn resolve_source(&self, source: &ObjectSource) -> ObjectSource {
        ObjectSource { key: self.resolve_key(&source.key).clone(), ..source.clone() }
    }

    /// The next page in which something matches. Empty pages in a row would pass for a listing that
    /// does not move.
    async fn list_matching(
        &self,
        bucket: &BucketName,
        listing: &MatchingKeys<'_>,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        let MatchingKeys { ask, pattern } = listing;
        let mut token = token.cloned();
        loop {
            let mut page = self.store.list(bucket, ask, token.as_ref()).await?;
            let had_some = !page.objects.is_empty();
            page.objects.retain(|object| pattern.fits(object.key.as_str()));
            if !page.objects.is_empty() || page.next.is_none() || !had_some || page.next == token {
                return Ok(page);
            }
            token = page.next;
        }
    }

    async fn list_only(
        &self,
        bucket: &BucketName,
        keys: &[AnyKey],
        ask: &ListAsk,
    ) -> Result<ObjectPage, Fault> {
        let fits = |key: &&AnyKey| key.as_str().starts_with(&ask.prefix);
        let below: Vec<_> =
            keys.iter().filter(fits).map(|key| self.find_entry(bucket, key)).collect();
        let entries = stream::iter(below).buffered(AT_ONCE);
        let objects = entries.try_filter_map(|entry| async move { Ok(entry) }).try_collect();
        Ok(ObjectPage { objects: objects.await?, ..ObjectPage::default() })
    }

    async fn find_entry(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
    ) -> Result<Option<ObjectEntry>, Fault> {
        let source = self.resolve_source(&ObjectSource::current(bucket, key));
        match self.retrying.head(&source).await {
            Ok(StoredObject { size, etag, modified, .. }) => {
                Ok(Some(ObjectEntry { key: key.clone(), size, etag, modified }))
            }
            Err(fault) if fault.kind == FaultKind::Absent => {
                if let Some(notes) = &self.notes {
                    notes.add_missing(source.key.as_str());
                }
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

#[async_trait]
impl<S: Objects + Uploads + ?Sized> Objects for BucketView<'_, S> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        let page = match &self.selection {
            KeySelection::All => self.store.list(bucket, ask, token).await?,
            KeySelection::Only(keys) => self.list_only(bucket, keys, ask).await?,
            KeySelection::Matching(pattern) => {
                let ask = ListAsk { prefix: pattern.literal().to_owned(), ..ask.clone() };
                self.list_matching(bucket, &MatchingKeys { ask, pattern }, token).await?
            }
        };
        if let Some(notes) = &self.notes {
            for object in &page.objects {
                if let Some(name) = object.key.as_str().strip_prefix(&ask.prefix) {
                    notes.add_fact(name, SourceFact::Object(object.etag.clone()));
                }
            }
        }
        Ok(page)
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.store.list_versions(bucket, ask, token).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.store.head(&self.resolve_source(source)).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.store.get(&self.resolve_source(source), range).await
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        self.store.put(object).await
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        self.store.copy(&self.resolve_source(source), to, attributes).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.store.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.store.delete_many(bucket, doomed).await
    }
}

#[async_trait]
impl<S: Objects + Uploads + ?Sized> Uploads for BucketView<'_, S> {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        self.store.list_uploads(bucket, ask, token).await
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        self.store.list_parts(upload, after).await
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        self.store.begin_upload(bucket, key, attributes).await
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        self.store.put_part(upload, number, payload).await
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        (source, range): (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        self.store.copy_part(upload, number, (&self.resolve_source(source), range)).await
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        self.store.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.store.abort_upload(upload).await
    }
}

#[cfg(test)]
mod tests;
