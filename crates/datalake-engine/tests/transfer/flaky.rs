//! A service with faults on purpose: the same seed, the same faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, ETag};
use datalake_engine::memory::MemoryStore;
use datalake_engine::{
    AnyKey, Attributes, ByteRange, DeleteTarget, DeletedObject, Download, ListAsk, NewObject,
    ObjectPage, ObjectSource, Objects, PageToken, PartNumber, PartPage, Payload, Stored,
    StoredObject, TakenPart, Upload, UploadPage, Uploads, VersionId, VersionPage,
};
use futures::{StreamExt as _, stream};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Which faults there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// How many calls of a hundred meet each fault.
    pub(crate) percent: BTreeMap<Trouble, u64>,
    /// From this call on connections are refused.
    pub(crate) goes_away_at: Option<u64>,
    /// From this call on nothing is ever answered.
    pub(crate) dies_at: Option<u64>,
    /// How long it takes until a call is told to be unanswered.
    pub(crate) silent_for: Duration,
    /// So long it complains about all but each fiftieth call.
    pub(crate) complains_for: Duration,
    /// Copies are refused.
    pub(crate) no_copy: bool,
    /// Listings meet this fault, and nothing is stored: what was read before a listing failed must
    /// not count.
    pub(crate) no_list: Option<FaultKind>,
    /// This call is carried out and not answered.
    pub(crate) unanswered: Option<u64>,
    /// The part of this number is refused.
    pub(crate) no_part: Option<u16>,
    /// A part that was sent once is never taken again, whatever became of it.
    pub(crate) each_part_once: bool,
    /// What is read differs from what was written in its first bit, with the tag of what was
    /// written: a disk that rots.
    pub(crate) rots: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// 500, not carried out.
    Broken,
    /// 503, not carried out.
    SlowDown,
    /// Not carried out.
    Reset,
    /// Carried out and not answered.
    Timeout,
    /// The content breaks off.
    CutBody,
    /// The answer to a write has another tag.
    WrongTag,
    /// A write is acknowledged and not carried out.
    Lost,
}

pub(crate) struct Flaky<'a> {
    inner: &'a MemoryStore,
    plan: Plan,
    calls: AtomicU64,
    sent: AtomicU64,
    /// Parts under way now, and the most that ever were.
    parts: Mutex<(u64, u64)>,
    seen_parts: Mutex<BTreeSet<(String, u16)>>,
    state: Mutex<u64>,
    died: Notify,
    began: Instant,
}

impl<'a> Flaky<'a> {
    pub(crate) fn new(inner: &'a MemoryStore, plan: Plan) -> Self {
        let state = Mutex::new(plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d);
        let (calls, sent, parts) = Default::default();
        Self {
            inner,
            plan,
            calls,
            sent,
            parts,
            state,
            seen_parts: Mutex::default(),
            died: Notify::new(),
            began: Instant::now(),
        }
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many bytes of content were sent to it.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many parts were under way at once, at most.
    pub(crate) fn most_parts(&self) -> u64 {
        self.parts.lock().unwrap().1
    }

    /// Returns when the call is made that is never answered.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    fn draw(&self) -> u64 {
        let mut state = self.state.lock().unwrap();
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % 100
    }

    fn trouble(&self) -> Option<Trouble> {
        let mut left = self.draw();
        for (trouble, percent) in &self.plan.percent {
            match left.checked_sub(*percent) {
                Some(rest) => left = rest,
                None => return Some(*trouble),
            }
        }
        None
    }

    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<(T, Option<Trouble>), Fault> {
        tokio::task::yield_now().await;
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.plan.dies_at.is_some_and(|dies| number >= dies) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        if !self.plan.silent_for.is_zero() {
            tokio::time::sleep(self.plan.silent_for).await;
        }
        let complains =
            self.began.elapsed() < self.plan.complains_for && !number.is_multiple_of(50);
        if self.plan.goes_away_at.is_some_and(|goes| number >= goes) {
            return Err(Fault::new(FaultKind::Unreachable, "refused"));
        }
        let trouble = match self.plan.unanswered {
            Some(unanswered) if unanswered == number => Some(Trouble::Timeout),
            _ if complains => Some(Trouble::SlowDown),
            _ => self.trouble(),
        };
        match trouble {
            Some(Trouble::Broken) => Err(Fault::new(FaultKind::Unavailable, "500")),
            Some(Trouble::SlowDown) => Err(Fault::new(FaultKind::Throttled, "503")),
            Some(Trouble::Reset) => Err(Fault::new(FaultKind::Unreachable, "reset")),
            Some(Trouble::Timeout) => {
                let _ = call.await;
                Err(Fault::new(FaultKind::Unreachable, "timeout"))
            }
            other => call.await.map(|answer| (answer, other)),
        }
    }

    async fn plain<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.call(call).await.map(|(answer, _)| answer)
    }
}

fn tagged(etag: ETag, trouble: Option<Trouble>) -> ETag {
    if trouble == Some(Trouble::WrongTag) { ETag::of_md5([7; 16]) } else { etag }
}

#[async_trait]
impl Objects for Flaky<'_> {
    async fn list(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<ObjectPage, Fault> {
        if let Some(kind) = self.plan.no_list {
            return Err(Fault::new(kind, "no list"));
        }
        self.plain(self.inner.list(bucket, ask, token)).await
    }

    async fn list_versions(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<VersionPage, Fault> {
        self.plain(self.inner.list_versions(bucket, ask, token)).await
    }

    async fn head(&self, source: &ObjectSource) -> Result<StoredObject, Fault> {
        self.plain(self.inner.head(source)).await
    }

    async fn get(
        &self,
        source: &ObjectSource,
        range: Option<ByteRange>,
    ) -> Result<Download, Fault> {
        let (download, trouble) = self.call(self.inner.get(source, range)).await?;
        if trouble != Some(Trouble::CutBody) && !self.plan.rots {
            return Ok(download);
        }
        let mut chunks: Vec<_> = download.content.collect().await;
        if let Some(Ok(first)) = chunks.first_mut().filter(|_| self.plan.rots) {
            let mut bytes = first.to_vec();
            bytes[0] ^= 1;
            *first = bytes.into();
            return Ok(Download { content: stream::iter(chunks).boxed(), ..download });
        }
        let half = chunks.len() / 2;
        let cut = Err(Fault::new(FaultKind::Unreachable, "cut"));
        let content = stream::iter(chunks.into_iter().take(half).chain([cut])).boxed();
        Ok(Download { content, ..download })
    }

    async fn put(&self, object: &NewObject<'_>) -> Result<Stored, Fault> {
        if self.plan.no_list.is_some() {
            return Err(Fault::new(FaultKind::Refused, "no put"));
        }
        self.sent.fetch_add(object.payload.size().0, Ordering::Relaxed);
        if self.plan.percent.contains_key(&Trouble::Lost) && self.trouble() == Some(Trouble::Lost) {
            let md5 = md5::Digest::finalize(
                object
                    .payload
                    .chunks()
                    .iter()
                    .fold(<md5::Md5 as md5::Digest>::new(), |md5, chunk| {
                        md5::Digest::chain_update(md5, chunk)
                    }),
            );
            return Ok(Stored { etag: ETag::of_md5(md5.into()), version: None });
        }
        let (stored, trouble) = self.call(self.inner.put(object)).await?;
        Ok(Stored { etag: tagged(stored.etag.clone(), trouble), ..stored })
    }

    async fn copy(
        &self,
        source: &ObjectSource,
        to: (&BucketName, &AnyKey),
        attributes: Option<&Attributes>,
    ) -> Result<Stored, Fault> {
        if self.plan.no_copy {
            return Err(Fault::new(FaultKind::Refused, "InvalidRequest"));
        }
        self.plain(self.inner.copy(source, to, attributes)).await
    }

    async fn delete(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        version: Option<&VersionId>,
    ) -> Result<DeletedObject, Fault> {
        self.plain(self.inner.delete(bucket, key, version)).await
    }

    async fn delete_many(
        &self,
        bucket: &BucketName,
        doomed: &[DeleteTarget],
    ) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.plain(self.inner.delete_many(bucket, doomed)).await
    }
}

#[async_trait]
impl Uploads for Flaky<'_> {
    async fn list_uploads(
        &self,
        bucket: &BucketName,
        ask: &ListAsk,
        token: Option<&PageToken>,
    ) -> Result<UploadPage, Fault> {
        self.plain(self.inner.list_uploads(bucket, ask, token)).await
    }

    async fn list_parts(
        &self,
        upload: &Upload,
        after: Option<PartNumber>,
    ) -> Result<PartPage, Fault> {
        self.plain(self.inner.list_parts(upload, after)).await
    }

    async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &AnyKey,
        attributes: &Attributes,
    ) -> Result<Upload, Fault> {
        self.plain(self.inner.begin_upload(bucket, key, attributes)).await
    }

    async fn put_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        payload: &Payload,
    ) -> Result<TakenPart, Fault> {
        self.sent.fetch_add(payload.size().0, Ordering::Relaxed);
        if self.plan.no_part == Some(number.get()) {
            return Err(Fault::new(FaultKind::Refused, "no part"));
        }
        let seen = (format!("{:?}", upload.id), number.get());
        if self.plan.each_part_once && !self.seen_parts.lock().unwrap().insert(seen) {
            return Err(Fault::new(FaultKind::Unsupported, "each part once"));
        }
        {
            let (now, most) = &mut *self.parts.lock().unwrap();
            *now += 1;
            *most = (*most).max(*now);
        }
        let put = self.call(self.inner.put_part(upload, number, payload)).await;
        self.parts.lock().unwrap().0 -= 1;
        let (part, trouble) = put?;
        Ok(TakenPart { etag: tagged(part.etag.clone(), trouble), ..part })
    }

    async fn copy_part(
        &self,
        upload: &Upload,
        number: PartNumber,
        from: (&ObjectSource, Option<ByteRange>),
    ) -> Result<TakenPart, Fault> {
        self.plain(self.inner.copy_part(upload, number, from)).await
    }

    async fn complete_upload(&self, upload: &Upload, parts: &[TakenPart]) -> Result<Stored, Fault> {
        let (stored, trouble) = self.call(self.inner.complete_upload(upload, parts)).await?;
        Ok(Stored { etag: tagged(stored.etag.clone(), trouble), ..stored })
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), Fault> {
        self.plain(self.inner.abort_upload(upload)).await
    }
}
