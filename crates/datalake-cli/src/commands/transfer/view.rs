//! A bucket as one transfer sees it: all of it, what fits a pattern, or some keys under other names.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::{BucketName, Fault, FaultKind, KeyPattern};
use datalake_engine::{
    AnyKey, Attributes, ByteRange, Deleted, Doomed, Download, ListAsk, NewObject, ObjectEntry,
    ObjectPage, ObjectSource, Objects, PageToken, Part, PartNumber, PartPage, Payload,
    RetryingStore, Stored, StoredObject, Upload, UploadPage, Uploads, VersionId, VersionPage,
};
use datalake_s3::S3Store;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::notes::{Fact, Notes};

/// Keys that are asked for at once.
const AT_ONCE: usize = 16;

/// What a listing shows.
pub(super) enum Shown {
    /// Every key.
    All,
    /// The keys that fit.
    Fitting(KeyPattern),
    /// These keys, asked for one by one: a bucket is not listed for a few of its keys.
    Only(Vec<AnyKey>),
}

/// The objects of a service as one side of a transfer.
pub(super) struct View<'a> {
    pub(super) store: &'a S3Store,
    pub(super) asked: RetryingStore<'a, S3Store>,
    pub(super) shown: Shown,
    /// The keys that stand behind names which are no keys. Both sides of a copy know them.
    pub(super) aliases: Arc<BTreeMap<AnyKey, AnyKey>>,
    /// What the source had, for a move.
    pub(super) notes: Option<Arc<Notes>>,
}

/// What aliases begin with: no tool makes such keys.
pub(super) const ALIAS: &str = "\0/";

impl View<'_> {
    fn real(&self, source: &ObjectSource) -> ObjectSource {
        match self.aliases.get(&source.key) {
            Some(key) => ObjectSource { key: key.clone(), ..source.clone() },
            None => source.clone(),
        }
    }

    /// The next page in which something fits. Empty pages in a row would pass for a listing that
    /// does not move.
    async fn fitting(
        &self,
        bucket: &BucketName,
        (ask, pattern): (&ListAsk, &KeyPattern),
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
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

    async fn only(
        &self,
        bucket: &BucketName,
        keys: &[AnyKey],
        ask: &ListAsk,
    ) -> Result<ObjectPage, Fault> {
        let fits = |key: &&AnyKey| key.as_str().starts_with(&ask.prefix);
        let below: Vec<_> = keys.iter().filter(fits).map(|key| self.entry(bucket, key)).collect();
        let entries = stream::iter(below).buffered(AT_ONCE);
        let objects = entries.try_filter_map(|entry| async move { Ok(entry) }).try_collect();
        Ok(ObjectPage { objects: objects.await?, ..ObjectPage::default() })
    }

    async fn entry(&self, bucket: &BucketName, key: &AnyKey) -> Result<Option<ObjectEntry>, Fault> {
        let source = self.real(&ObjectSource::current(bucket, key));
        match self.asked.head(&source).await {
            Ok(StoredObject { size, etag, modified, .. }) => {
                Ok(Some(ObjectEntry { key: key.clone(), size, etag, modified }))
            }
            Err(fault) if fault.kind == FaultKind::Absent => {
                if let Some(notes) = &self.notes {
                    notes.miss(source.key.as_str());
                }
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

#[async_trait]
impl Objects for View<'_> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        let page = match &self.shown {
            Shown::All => self.store.list(bucket, ask, token).await?,
            Shown::Only(keys) => self.only(bucket, keys, ask).await?,
            Shown::Fitting(pattern) => {
                let ask = ListAsk { prefix: pattern.literal().to_owned(), ..ask.clone() };
                self.fitting(bucket, (&ask, pattern), token).await?
            }
        };
        if let Some(notes) = &self.notes {
            for object in &page.objects {
                if let Some(name) = object.key.as_str().strip_prefix(&ask.prefix) {
                    notes.add(name, Fact::Object(object.etag.clone()));
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
        self.store.head(&self.real(source)).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        self.store.get(&self.real(source), range).await
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
        self.store.copy(&self.real(source), to, attributes).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<Deleted, Fault> {
        self.store.delete(bucket, key, version).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[Doomed],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.store.delete_many(bucket, doomed).await
    }
}

#[async_trait]
impl Uploads for View<'_> {
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
    ) -> Result<Part, Fault> {
        self.store.put_part(upload, number, payload).await
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        (source, range): (&ObjectSource, Option<ByteRange>),
    ) -> Result<Part, Fault> {
        self.store.copy_part(upload, number, (&self.real(source), range)).await
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[Part]) -> Result<Stored, Fault> {
        self.store.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.store.abort_upload(upload).await
    }
}
