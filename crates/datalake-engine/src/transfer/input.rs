//! A content of unknown length on its way into a bucket.

mod pieces;

use std::sync::Mutex;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;
use datalake_core::transfer::SendReason;
use futures::future::{Either, select};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use self::pieces::ContentPieces;
use super::courier::{Courier, Tries};
use super::parts::{ArrivedPart, MadeBefore, UploadPlace, Whole, compare_whole};
use super::upload::{PART, SENDINGS, tag_fits};
use super::{
    BucketFolder, Hashing, Item, ItemFault, Mark, Options, ReadFile, Reason, Stopwatch, Summary,
    TagCheck, TransferWatch,
};
use crate::hold_mutex;
use crate::{AnyKey, NewObject, ObjectSource, PartNumber, Precondition, Stored, Upload};

/// A content whose length nobody knows: buffers of any size until its end, or a fault.
pub type ByteStream<'a> = BoxStream<'a, Result<Bytes, Fault>>;

/// Where a stream goes, and how.
#[derive(Clone, Copy)]
pub struct StreamUpload<'a> {
    /// The bucket; its prefix stands before no key here.
    pub folder: &'a BucketFolder<'a>,
    /// The key that the content gets. What lies there is replaced.
    pub key: &'a AnyKey,
    /// What the object carries along, what is compared, within which limits, and whether nothing is
    /// changed.
    pub options: &'a Options,
    /// Time, waiting and chance.
    pub clock: &'a dyn Stopwatch,
    /// Sees what happens.
    pub watch: &'a dyn TransferWatch,
}

/// A stream did not become an object.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct StreamEnded {
    /// What was done until then.
    pub summary: Box<Summary>,
    /// Why.
    pub fault: StreamFault,
    /// Whether parts of it may be left in the service, where only a listing of uploads shows them.
    pub leaves_parts: bool,
}

/// A content that was sent by a courier of others did not become an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", if *.leaves_parts { "; parts of it may be left in the service" } else { "" })]
pub struct ContentEnded {
    /// Why.
    pub fault: StreamFault,
    /// Whether parts of it may be left in the service, where only a listing of uploads shows them.
    pub leaves_parts: bool,
}

/// Why a stream did not become an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// The content broke off.
    #[error("the input cannot be read: {0}")]
    Input(Fault),
    /// The service did not take it.
    #[error("the destination: {0}")]
    Service(Fault),
    /// The service says it has another content than was sent.
    #[error("the service has another content than was sent: its tag is `{0}`")]
    WrongTag(String),
    /// It has more than 10,000 parts of this size.
    #[error("the content is longer than 10,000 parts of {} MiB", .0.0 >> 20)]
    TooLong(ByteSize),
    /// It was to stop.
    #[error("it was stopped")]
    Stopped,
}

/// Makes an object of a content that is read once, from its first byte to its last.
///
/// A content that ends within one part is stored in one go; a longer one is sent in parts, of which
/// no more are in memory than [`TransferLimits::parts`](super::TransferLimits::parts) and
/// [`TransferLimits::buffers`](super::TransferLimits::buffers) permit, at least one. The tag of each is compared
/// with what was sent, as far as [`Options::tags`] asks for it, and the tag of the whole with those
/// of the parts. Whatever goes wrong, and when `stop` is ready, the upload is given up: there is the
/// whole object or none.
///
/// # Errors
///
/// [`StreamEnded`] with the cause. After [`StreamFault::WrongTag`] of the whole, the wrong object
/// lies in the bucket.
pub async fn upload_stream(
    upload: &StreamUpload<'_>,
    content: ByteStream<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Summary, StreamEnded> {
    let courier = Courier::new(upload.clock, upload.watch, &upload.options.limits);
    let sender = Sender { upload, courier: &courier, begun: Mutex::default() };
    let outcome = match select(Box::pin(sender.send_stream(content)), Box::pin(stop)).await {
        Either::Left((outcome, _)) => outcome,
        // What is under way is dropped here: parts that arrive later would be left behind.
        Either::Right(((), run)) => {
            drop(run);
            Err(StreamFault::Stopped)
        }
    };
    let leaves_parts = !sender.end_upload(outcome.is_ok()).await;
    let counts = sender.courier.counts();
    let mut summary = Summary {
        moved: counts.moved,
        requests: counts.requests,
        retries: counts.retries,
        ..Summary::default()
    };
    match outcome {
        Ok(Arrival { mark, size }) => {
            let reason = if mark == Mark::New { SendReason::New } else { SendReason::Content };
            let name = upload.key.as_str();
            let item = Item { mark, name, size, reason: Reason::Sent(reason) };
            summary.count(&item);
            upload.watch.planned(size);
            upload.watch.item(&item);
            Ok(summary)
        }
        Err(fault) => Err(StreamEnded { summary: Box::new(summary), fault, leaves_parts }),
    }
}

/// Makes an object of a content as [`upload_stream`] does, by the calls of a courier that others use as
/// well, and without a look at what lies there. The clock and the watch of `upload` are not used.
///
/// # Errors
///
/// [`ContentEnded`] with the cause, and whether parts of it may be left.
pub async fn upload_through(
    courier: &Courier<'_>,
    upload: &StreamUpload<'_>,
    content: ByteStream<'_>,
) -> Result<ByteSize, ContentEnded> {
    let sender = Sender { upload, courier, begun: Mutex::default() };
    let outcome = sender.send_content(content).await;
    let leaves_parts = !sender.end_upload(outcome.is_ok()).await;
    outcome.map_err(|fault| ContentEnded { fault, leaves_parts })
}

/// A content that has become an object, or would.
struct Arrival {
    mark: Mark,
    size: ByteSize,
}

struct Sender<'a> {
    upload: &'a StreamUpload<'a>,
    courier: &'a Courier<'a>,
    begun: Mutex<Begun>,
}

/// What there is of an upload in parts.
#[derive(Default)]
struct Begun {
    upload: Option<Upload>,
    /// Whether there may be another one that nobody knows of.
    unclear: bool,
}

impl Sender<'_> {
    async fn send_stream(&self, content: ByteStream<'_>) -> Result<Arrival, StreamFault> {
        let mark = self.mark_begun().await?;
        let options = self.upload.options;
        if options.dry_run {
            return Ok(Arrival { mark, size: ByteSize(0) });
        }
        Ok(Arrival { mark, size: self.send_content(content).await? })
    }

    /// Sends a content, whatever lies there; its length.
    async fn send_content(&self, content: ByteStream<'_>) -> Result<ByteSize, StreamFault> {
        let options = self.upload.options;
        let hashing = match options.tags {
            TagCheck::Off => Hashing::Sha256,
            _ => Hashing::Both,
        };
        let mut pieces = ContentPieces::new(content, options.limits.part_size, hashing);
        let first = pieces.next().await.map_err(StreamFault::Input)?;
        if pieces.is_over().await.map_err(StreamFault::Input)? {
            self.put_whole(&first).await?;
            return Ok(first.payload.size());
        }
        self.put_parts(first, pieces).await
    }

    /// Whether there is an object that is replaced.
    async fn mark_begun(&self) -> Result<Mark, StreamFault> {
        let StreamUpload { folder, key, .. } = self.upload;
        let source = ObjectSource::current(&folder.bucket, key);
        match self.courier.make_call(|| folder.objects.head(&source)).await {
            Ok(_) => Ok(Mark::Replaced),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(Mark::New),
            Err(fault) => Err(StreamFault::Service(fault)),
        }
    }

    /// Stores a content that is in memory as a whole.
    async fn put_whole(&self, read: &ReadFile) -> Result<(), StreamFault> {
        let StreamUpload { folder, key, options, .. } = *self.upload;
        let attributes = &options.attributes_of(key.as_str());
        let (bucket, payload) = (&folder.bucket, &read.payload);
        let object = NewObject { bucket, key, payload, attributes, when: &Precondition::None };
        let mut wrong = String::new();
        for sending in 0..SENDINGS {
            if sending > 0 && !self.courier.draw() {
                break;
            }
            let sent = self.courier.carry(payload.size().0, || folder.objects.put(&object)).await;
            let Stored { etag, .. } = sent.map_err(StreamFault::Service)?;
            if tag_fits(&etag, read.md5) {
                return Ok(());
            }
            etag.as_str().clone_into(&mut wrong);
        }
        Err(StreamFault::WrongTag(wrong))
    }

    /// Sends a content part by part; its length.
    async fn put_parts(
        &self,
        first: ReadFile,
        rest: ContentPieces<'_>,
    ) -> Result<ByteSize, StreamFault> {
        let upload = &self.begin_upload_once().await.map_err(StreamFault::Service)?;
        let limits = &self.upload.options.limits;
        let fitting = usize::try_from(limits.buffers.0 / limits.part_size.0.max(1));
        let at_once = limits.parts.min(fitting.unwrap_or(usize::MAX)).max(1);
        let too_long = StreamFault::TooLong(limits.part_size);
        let rest = stream::try_unfold((rest, 2), |(mut rest, number)| {
            let too_long = &too_long;
            async move {
                if rest.is_over().await.map_err(StreamFault::Input)? {
                    return Ok(None);
                }
                let place = PartNumber::new(number).map_err(|_| too_long.clone())?;
                let part = rest.next().await.map_err(StreamFault::Input)?;
                Ok(Some(((place, part), (rest, number + 1))))
            }
        });
        let parts = stream::iter([Ok((PartNumber::FIRST, first))])
            .chain(rest)
            .map_ok(|(number, read)| async move {
                let size = read.payload.size().0;
                let uploads = self.upload.folder.uploads;
                let place = UploadPlace { uploads, upload, number };
                let put = self.courier.put_part(place, &read).await;
                put.map(|arrived| (arrived, size)).map_err(StreamFault::from)
            })
            .try_buffer_unordered(at_once);
        let parts: Vec<_> = parts.try_collect().await?;
        let (mut parts, sizes): (Vec<ArrivedPart>, Vec<u64>) = parts.into_iter().unzip();
        parts.sort_by_key(|arrived| arrived.part.number);
        let stored = self.complete_parts(upload, &parts).await.map_err(StreamFault::Service)?;
        match compare_whole(&parts, &stored.etag) {
            Whole::Fits(_) => Ok(ByteSize(sizes.iter().sum())),
            Whole::Differs => Err(StreamFault::WrongTag(stored.etag.as_str().to_owned())),
        }
    }

    async fn begin_upload_once(&self) -> Result<Upload, Fault> {
        let StreamUpload { folder, key, options, .. } = *self.upload;
        let mut attributes = options.attributes_of(key.as_str());
        attributes.user.insert(PART.to_owned(), options.limits.part_size.0.to_string());
        let (mut tries, mut unclear) = (Tries::default(), false);
        loop {
            hold_mutex(&self.begun).unclear = true;
            let begin = folder.uploads.begin_upload(&folder.bucket, key, &attributes);
            match self.courier.once(0, begin).await {
                Ok(upload) => {
                    *hold_mutex(&self.begun) = Begun { upload: Some(upload.clone()), unclear };
                    return Ok(upload);
                }
                Err(fault) => {
                    unclear |= may_have_happened(fault.kind);
                    hold_mutex(&self.begun).unclear = unclear;
                    self.courier.try_again(&mut tries, fault).await?;
                }
            }
        }
    }

    async fn complete_parts(
        &self,
        upload: &Upload,
        parts: &[ArrivedPart],
    ) -> Result<Stored, Fault> {
        let folder = self.upload.folder;
        let list: Vec<_> = parts.iter().map(|arrived| arrived.part.clone()).collect();
        let (mut tries, mut unclear) = (Tries::default(), false);
        loop {
            let complete = folder.uploads.complete_upload(upload, &list);
            match self.courier.once(0, complete).await {
                Ok(stored) => return Ok(stored),
                // An earlier try may have done it.
                Err(fault) if unclear && fault.kind == FaultKind::Absent => {
                    let made = MadeBefore { objects: folder.objects, upload, parts };
                    return self.courier.find_made_before(made, fault).await;
                }
                Err(fault) => {
                    unclear |= may_have_happened(fault.kind);
                    self.courier.try_again(&mut tries, fault).await?;
                }
            }
        }
    }

    /// Gives up what was begun and did not become an object; says whether surely nothing is left.
    async fn end_upload(&self, is_done: bool) -> bool {
        let Begun { upload, unclear } = std::mem::take(&mut *hold_mutex(&self.begun));
        let folder = self.upload.folder;
        let is_gone = match upload.filter(|_| !is_done) {
            Some(upload) => self.courier.abort_upload(folder.uploads, &upload).await,
            None => true,
        };
        is_gone && (!unclear || self.courier.abort_uploads_of(folder, self.upload.key).await)
    }
}

fn may_have_happened(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Unreachable | FaultKind::Unavailable | FaultKind::Unreadable)
}

impl From<ItemFault> for StreamFault {
    fn from(fault: ItemFault) -> Self {
        match fault {
            ItemFault::WrongTag(tag) => Self::WrongTag(tag),
            ItemFault::Destination(fault) | ItemFault::Source(fault) => Self::Service(fault),
            other => Self::Service(Fault::new(FaultKind::Refused, other.to_string())),
        }
    }
}
