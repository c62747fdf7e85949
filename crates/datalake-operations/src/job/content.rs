//! An object's content as one stream, whatever breaks off on the way.

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{ByteStream, Courier, Tries};
use datalake_engine::{ByteRange, ObjectSource, Objects, StoredObject};
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};

/// An object whose first bytes have come.
pub(super) struct OpenedContent<'a> {
    /// What the service tells of it.
    pub(super) object: StoredObject,
    /// All of its content. Where it breaks off, the rest is asked for from there on.
    pub(super) content: ByteStream<'a>,
}

/// A content that is being read.
struct Reading<'a> {
    courier: &'a Courier<'a>,
    objects: &'a dyn Objects,
    source: ObjectSource,
    size: u64,
    offset: u64,
    tries: Tries,
    current: Option<BoxStream<'static, Result<Bytes, Fault>>>,
}

/// Begins to read an object.
///
/// # Errors
///
/// The fault of the last try. `Disturbed`: the object has another tag than the source asks for.
pub(super) async fn open_content<'a>(
    courier: &'a Courier<'a>,
    objects: &'a dyn Objects,
    source: ObjectSource,
) -> Result<OpenedContent<'a>, Fault> {
    let download = courier.make_call(|| objects.get(&source, None)).await?;
    let object = download.object;
    // The rest is the rest of this very content.
    let source = source.if_match(object.etag.clone());
    let reading = Reading {
        courier,
        objects,
        source,
        size: object.size.as_u64(),
        offset: 0,
        tries: Tries::default(),
        current: Some(download.content),
    };
    let content = stream::try_unfold(reading, |mut reading| async move {
        Ok(reading.read_chunk().await?.map(|chunk| (chunk, reading)))
    });
    Ok(OpenedContent { object, content: content.boxed() })
}

impl Reading<'_> {
    async fn read_chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Some(content) = &mut self.current else {
                let Ok(range) = ByteRange::try_from(self.offset..self.size) else {
                    return Ok(None);
                };
                let get = || self.objects.get(&self.source, Some(range));
                let download = self.courier.make_call(get).await?;
                if download.range != (self.offset..self.size) {
                    let detail = "another range came than was asked for";
                    return Err(Fault::new(FaultKind::Unreadable, detail));
                }
                self.current = Some(download.content);
                continue;
            };
            match content.next().await {
                Some(Ok(chunk)) => {
                    self.offset += chunk.len() as u64;
                    self.tries = Tries::default();
                    return Ok(Some(chunk));
                }
                Some(Err(fault)) => {
                    self.current = None;
                    self.courier.try_again(&mut self.tries, fault).await?;
                }
                None if self.offset == self.size => return Ok(None),
                None => {
                    self.current = None;
                    let fault = Fault::new(FaultKind::Unreachable, "the content broke off");
                    self.courier.try_again(&mut self.tries, fault).await?;
                }
            }
        }
    }
}
