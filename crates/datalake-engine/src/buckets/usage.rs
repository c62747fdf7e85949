//! How much lies in a bucket, folder by folder.

use std::iter::Peekable;
use std::vec;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Versioning};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::folders::{CountedFolder, OpenFolders};
use super::walk::{Keyed, Walk};
use crate::objects::{
    Lake, ListAsk, ObjectEntry, PartPages, SizeTotal, Upload, UploadPages, VersionEntry,
    VersionKind,
};

/// Uploads whose parts are asked for at one time.
const UPLOADS_AT_ONCE: usize = 8;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// How many folders below the prefix are told inside each other; 0 for the sum alone.
    pub depth: usize,
}

/// Counts what lies below a prefix, and tells each folder as soon as it is complete: inner ones
/// before outer ones, in the order of keys. The sum so far is told after each page.
///
/// Nothing but the folders of the present key is kept. Any fault ends it: a part that cannot be
/// counted is never left out.
pub async fn measure_prefix(
    lake: &dyn Lake,
    scope: &Scope<'_>,
    sink: &mut (dyn FnMut(CountedFolder<'_>) + Send),
) -> Result<Usage, Fault> {
    let Scope { bucket, prefix, depth } = *scope;
    let mut folders = OpenFolders::below(prefix, depth, sink);
    survey_prefix(lake, bucket, prefix, &mut folders).await?;
    Ok(folders.end())
}

/// Somebody who is told of everything that lies below a prefix, in the order of keys.
pub trait Surveyor: Send {
    /// Something that is billed.
    fn sees(&mut self, thing: &Thing<'_>);

    /// A page more has been told.
    fn page(&mut self) {}
}

/// Something that is billed: an object, an old version, a delete marker, an unfinished upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thing<'a> {
    /// The key of its object.
    pub key: &'a str,
    /// What it is.
    pub kind: ThingKind,
    /// The length of its content; `None` for an unfinished upload without parts.
    pub size: Option<ByteSize>,
    /// When it was stored or begun; of an old version, when the next one took its place.
    pub since: Timestamp,
}

/// What is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThingKind {
    /// An object that can be read.
    Current,
    /// An older or deleted version.
    Noncurrent,
    /// A delete marker that hides its object.
    Marker,
    /// A delete marker that something newer has hidden in turn.
    OldMarker,
    /// An unfinished upload.
    Upload,
}

impl Thing<'_> {
    /// Counts this.
    pub fn count_in(&self, usage: &mut Usage) {
        let size = self.size.unwrap_or_default();
        match self.kind {
            ThingKind::Current => usage.current.add(size),
            ThingKind::Noncurrent => usage.noncurrent.add(size),
            ThingKind::Marker | ThingKind::OldMarker => usage.markers.add(size),
            ThingKind::Upload => usage.add_upload(self.size),
        }
    }
}

/// Tells a surveyor of everything that lies below a prefix. Any fault ends it: a part that cannot be
/// told is never left out.
pub async fn survey_prefix(
    lake: &dyn Lake,
    bucket: &BucketName,
    prefix: &str,
    surveyor: &mut dyn Surveyor,
) -> Result<(), Fault> {
    // Where versions may be, all of them are looked at; so too where nobody can tell.
    let may_keep_versions = match lake.versioning(bucket).await {
        Ok(versioning) => versioning != Versioning::Never,
        Err(fault) if matches!(fault.kind, FaultKind::Denied | FaultKind::Unsupported) => true,
        Err(fault) => return Err(fault),
    };
    let uploads = SizedUploads::begin(lake, bucket, prefix).await?;
    if may_keep_versions {
        let walk = Walk::versions(lake, bucket, prefix).await?;
        return tell_all(walk, uploads, surveyor).await;
    }
    let walk = Walk::objects(lake, bucket, prefix).await?;
    tell_all(walk, uploads, surveyor).await
}

/// An entry of a listing as a thing that is billed.
trait Billed: Keyed {
    /// The thing; `newer` is the entry before, which is the newer version where its key is the same.
    fn thing<'a>(&'a self, newer: Option<&Self>) -> Thing<'a>;
}

impl Billed for ObjectEntry {
    fn thing<'a>(&'a self, _: Option<&Self>) -> Thing<'a> {
        let (kind, size) = (ThingKind::Current, Some(self.size));
        Thing { key: self.key(), kind, size, since: self.modified }
    }
}

impl Billed for VersionEntry {
    fn thing<'a>(&'a self, newer: Option<&Self>) -> Thing<'a> {
        let (kind, size) = match (&self.kind, self.latest) {
            (VersionKind::Content { size, .. }, true) => (ThingKind::Current, *size),
            (VersionKind::Content { size, .. }, false) => (ThingKind::Noncurrent, *size),
            (VersionKind::Marker, true) => (ThingKind::Marker, ByteSize(0)),
            (VersionKind::Marker, false) => (ThingKind::OldMarker, ByteSize(0)),
        };
        let replaced = newer.filter(|newer| !self.latest && newer.key == self.key);
        let since = replaced.map_or(self.modified, |newer| newer.modified);
        Thing { key: self.key(), kind, size: Some(size), since }
    }
}

impl VersionEntry {
    /// Counts this version or delete marker.
    pub fn count_in(&self, usage: &mut Usage) {
        self.thing(None).count_in(usage);
    }
}

/// Takes uploads and all else in the order of their keys.
async fn tell_all<'a, T: Billed + Send + 'a>(
    mut walk: Walk<'a, T>,
    mut uploads: SizedUploads<'_>,
    surveyor: &mut dyn Surveyor,
) -> Result<(), Fault> {
    // Spans and uploads are listings of their own, each with a total that makes sense.
    let mut total = SizeTotal::default();
    let mut see = |thing: &Thing<'_>, surveyor: &mut dyn Surveyor| {
        total.add(thing.key, thing.size.unwrap_or_default())?;
        surveyor.sees(thing);
        Ok::<_, Fault>(())
    };
    let mut newer: Option<T> = None;
    while let Some(page) = walk.next().await? {
        for entry in page {
            while let Some(upload) = uploads.before(Some(entry.key())).await? {
                see(&upload.thing(), surveyor)?;
            }
            see(&entry.thing(newer.as_ref()), surveyor)?;
            newer = Some(entry);
        }
        surveyor.page();
    }
    while let Some(upload) = uploads.before(None).await? {
        see(&upload.thing(), surveyor)?;
    }
    Ok(())
}

/// Unfinished uploads and the sizes of their parts, in order.
struct SizedUploads<'a> {
    lake: &'a dyn Lake,
    pages: UploadPages<'a>,
    page: Peekable<vec::IntoIter<SizedUpload>>,
    ended: bool,
}

impl<'a> SizedUploads<'a> {
    async fn begin(
        lake: &'a dyn Lake,
        bucket: &'a BucketName,
        prefix: &str,
    ) -> Result<Self, Fault> {
        let pages = UploadPages::new(lake, bucket, ListAsk::below(prefix));
        let mut uploads =
            Self { lake, pages, page: Vec::new().into_iter().peekable(), ended: false };
        uploads.fill().await?;
        Ok(uploads)
    }

    /// The next one whose key stands before this one, or any where none is given.
    async fn before(&mut self, key: Option<&str>) -> Result<Option<SizedUpload>, Fault> {
        self.fill().await?;
        let stands_before =
            |next: &SizedUpload| key.is_none_or(|key| next.upload.key.as_str() <= key);
        Ok(self.page.next_if(stands_before))
    }

    async fn fill(&mut self) -> Result<(), Fault> {
        while !self.ended && self.page.peek().is_none() {
            match self.pages.next().await? {
                None => self.ended = true,
                Some(page) => {
                    let uploads = size_uploads(self.lake, page.uploads).await?;
                    self.page = uploads.into_iter().peekable();
                }
            }
        }
        Ok(())
    }
}

/// An unfinished upload and what its parts hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizedUpload {
    /// The upload.
    pub upload: Upload,
    /// When it began.
    pub begun: Timestamp,
    /// The bytes of all its parts; `None` where there is no part, or it has ended meanwhile.
    pub size: Option<ByteSize>,
}

impl SizedUpload {
    fn thing(&self) -> Thing<'_> {
        let (key, kind) = (self.upload.key.as_str(), ThingKind::Upload);
        Thing { key, kind, size: self.size, since: self.begun }
    }
}

/// Asks for the sizes of unfinished uploads, of several at one time; their order stays.
pub async fn size_uploads(
    lake: &dyn Lake,
    uploads: Vec<(Upload, Timestamp)>,
) -> Result<Vec<SizedUpload>, Fault> {
    let sized = uploads.into_iter().map(|(upload, begun)| async move {
        let size = upload_size(lake, &upload).await?;
        Ok(SizedUpload { upload, begun, size })
    });
    stream::iter(sized).buffered(UPLOADS_AT_ONCE).try_collect().await
}

/// The bytes of all parts of an unfinished upload; `None` where there is no part, or the upload has ended meanwhile.
async fn upload_size(lake: &dyn Lake, upload: &Upload) -> Result<Option<ByteSize>, Fault> {
    let mut pages = PartPages::new(lake, upload);
    let mut size = None;
    loop {
        match pages.next().await {
            Ok(Some(page)) => {
                for part in page.parts {
                    size = Some(ByteSize(size.map_or(0, |size: ByteSize| size.0) + part.size.0));
                }
            }
            Ok(None) => return Ok(size),
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
            Err(fault) => return Err(fault),
        }
    }
}
