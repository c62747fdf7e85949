//! The content of an object, poured out as it comes and compared with its tag.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use datalake_engine::transfer::StreamCheck;
use datalake_engine::{ByteRange, Clock, Download, Lake, ObjectSource, StoredObject};
use futures::StreamExt as _;

use super::{ByteSpan, explain_object_fault, refuse_absent_wildcard};
use crate::{ErrorKind, OperationError};

/// How often one content is taken up again where it broke off, without a byte in between.
const TRIES: u32 = 5;

/// Where a content goes.
pub trait ContentSink: Send {
    /// Takes the next bytes.
    fn take(&mut self, chunk: &[u8]) -> SinkAnswer;
}

/// What a sink says to some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkAnswer {
    /// It has taken them.
    Taken,
    /// Nobody reads on.
    NobodyReads,
    /// It does not take bytes of this kind.
    Refused,
}

/// How the reading of a content ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentEnd {
    /// All of it has been taken.
    Whole,
    /// Nobody reads on.
    NobodyReads,
    /// The sink does not take bytes of this kind.
    Refused,
}

/// Reads the content of an object.
#[derive(Clone, Copy)]
pub struct ObjectReader<'a> {
    /// The service, asked again where that can help.
    pub lake: &'a dyn Lake,
    /// Waits before a content is taken up again.
    pub clock: &'a dyn Clock,
    /// The object.
    pub source: &'a ObjectSource,
    /// The bytes that are meant; `None` for all.
    pub span: Option<ByteSpan>,
}

/// What has ended the pouring before its time.
struct BrokenOff {
    fault: Fault,
    /// Whether anything had come.
    came: bool,
}

/// Where a content goes, and what is known of it on the way.
struct Pouring<'p> {
    sink: &'p mut dyn ContentSink,
    check: Option<StreamCheck>,
    /// The place of the next byte.
    place: u64,
}

impl ObjectReader<'_> {
    /// Pours the content into a sink; `read` tells how many bytes have come, also
    /// after an error. Where the content breaks off it is taken up again there. What comes is
    /// compared with the tag of the object, where all of it is read.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where not all of it comes, or its tag tells of another content.
    pub async fn read(
        &self,
        sink: &mut dyn ContentSink,
        read: &mut u64,
    ) -> Result<ContentEnd, OperationError> {
        let Some(range) = self.choose_range().await? else {
            return Ok(ContentEnd::Whole);
        };
        let mut download = match self.lake.get(self.source, range).await {
            Ok(download) => download,
            Err(fault) => return Err(self.explain(fault).await),
        };
        // A tag is that of the whole content.
        let check = self.span.is_none().then(|| StreamCheck::of(&download.object));
        // What comes later has to be of the same content.
        let source = self.source.clone().if_match(download.object.etag.clone());
        let (end, mut tries) = (download.range.end, 0);
        let mut pouring = Pouring { sink, check, place: download.range.start };
        loop {
            let before = pouring.place;
            let poured = pouring.pour(&mut download).await;
            *read += pouring.place - before;
            let BrokenOff { fault, came } = match poured {
                Ok(ContentEnd::Whole) => return self.require_right(pouring.check),
                Ok(end) => return Ok(end),
                Err(broken) => broken,
            };
            tries = if came { 1 } else { tries + 1 };
            if tries > TRIES || !may_pass(&fault) {
                return Err(self.error_at(&fault));
            }
            self.clock.sleep(Duration::from_millis(250) * tries).await;
            let Ok(rest) = ByteRange::try_from(pouring.place..end) else {
                return self.require_right(pouring.check);
            };
            let again = self.lake.get(&source, Some(rest)).await;
            download = again.map_err(|fault| self.error_at(&fault))?;
        }
    }

    /// Fails where what came is not what the tag says.
    fn require_right(&self, check: Option<StreamCheck>) -> Result<ContentEnd, OperationError> {
        if check.and_then(StreamCheck::is_right) != Some(false) {
            return Ok(ContentEnd::Whole);
        }
        let object =
            format!("object `s3://{}/{}`", self.source.bucket, printable(self.source.key.as_str()));
        let wrong = format!("{object}: the printed content does not match its tag");
        Err(OperationError::new(ErrorKind::Mismatch, wrong)
            .advise("read it again; where it stays so, the content was damaged in the service"))
    }

    /// The bytes that are meant; `None` for none at all.
    async fn choose_range(&self) -> Result<Option<Option<ByteRange>>, OperationError> {
        let range = match self.span {
            None => return Ok(Some(None)),
            Some(ByteSpan::Between(first, last)) => first..last + 1,
            Some(ByteSpan::From(first)) => first..self.head().await?.size.0.max(first),
            Some(ByteSpan::Last(count)) => {
                let size = self.head().await?.size.0;
                size.saturating_sub(count)..size
            }
        };
        Ok(ByteRange::try_from(range).ok().map(Some))
    }

    async fn head(&self) -> Result<StoredObject, OperationError> {
        match self.lake.head(self.source).await {
            Ok(object) => Ok(object),
            Err(fault) => Err(self.explain(fault).await),
        }
    }

    async fn explain(&self, fault: Fault) -> OperationError {
        let ObjectSource { bucket, key, .. } = self.source;
        match refuse_absent_wildcard(key, &fault) {
            Err(refused) => refused,
            Ok(()) => explain_object_fault(self.lake, bucket, key, &fault).await,
        }
    }

    fn error_at(&self, fault: &Fault) -> OperationError {
        OperationError::at_object(&self.source.bucket, &self.source.key, fault)
    }
}

impl Pouring<'_> {
    async fn pour(&mut self, download: &mut Download) -> Result<ContentEnd, BrokenOff> {
        let mut came = false;
        loop {
            let chunk = match download.content.next().await {
                None => return Ok(ContentEnd::Whole),
                Some(Err(fault)) => return Err(BrokenOff { fault, came }),
                Some(Ok(chunk)) => chunk,
            };
            match self.sink.take(&chunk) {
                SinkAnswer::Taken => (),
                SinkAnswer::NobodyReads => return Ok(ContentEnd::NobodyReads),
                SinkAnswer::Refused => return Ok(ContentEnd::Refused),
            }
            if let Some(check) = &mut self.check {
                check.update(&chunk);
            }
            self.place += chunk.len() as u64;
            came = true;
        }
    }
}

fn may_pass(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Unreachable
            | FaultKind::Unavailable
            | FaultKind::Throttled
            | FaultKind::Unreadable
    )
}
