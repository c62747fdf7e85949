//! How much lies in a bucket, folder by folder.

use std::iter::Peekable;
use std::vec;

use datalake_core::{BucketName, ByteSize, Fault, FaultKind, Timestamp, Usage, Versioning};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::folders::{Counted, Folders};
use super::walk::{Keyed, Walk};
use crate::objects::{
    Lake, ListAsk, ObjectEntry, PartPages, Upload, UploadPages, VersionEntry, VersionKind,
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
pub async fn measure(
    lake: &dyn Lake,
    scope: &Scope<'_>,
    sink: &mut (dyn FnMut(Counted<'_>) + Send),
) -> Result<Usage, Fault> {
    let Scope { bucket, prefix, depth } = *scope;
    let folders = Folders::below(prefix, depth, sink);
    // Where versions may be, all of them are looked at; so too where nobody can tell.
    let may_keep_versions = match lake.versioning(bucket).await {
        Ok(versioning) => versioning != Versioning::Never,
        Err(fault) if matches!(fault.kind, FaultKind::Denied | FaultKind::Unsupported) => true,
        Err(fault) => return Err(fault),
    };
    let uploads = Uploads::begin(lake, scope).await?;
    if may_keep_versions {
        let walk = Walk::versions(lake, bucket, prefix).await?;
        return count(walk, uploads, folders).await;
    }
    let walk = Walk::objects(lake, bucket, prefix).await?;
    count(walk, uploads, folders).await
}

/// Something that can be counted.
trait Countable: Keyed {
    fn add_to(&self, usage: &mut Usage);
}

impl Countable for ObjectEntry {
    fn add_to(&self, usage: &mut Usage) {
        usage.current.add(self.size);
    }
}

impl Countable for VersionEntry {
    fn add_to(&self, usage: &mut Usage) {
        self.count_in(usage);
    }
}

impl VersionEntry {
    /// Counts this version or delete marker.
    pub fn count_in(&self, usage: &mut Usage) {
        match &self.kind {
            VersionKind::Content { size, .. } if self.latest => usage.current.add(*size),
            VersionKind::Content { size, .. } => usage.noncurrent.add(*size),
            VersionKind::Marker => usage.markers.add(ByteSize(0)),
        }
    }
}

/// Takes uploads and all else in the order of their keys.
async fn count<'a, T: Countable + Send + 'a>(
    mut walk: Walk<'a, T>,
    mut uploads: Uploads<'_>,
    mut folders: Folders<'_>,
) -> Result<Usage, Fault> {
    while let Some(page) = walk.next().await? {
        for entry in page {
            while let Some(SizedUpload { upload, size, .. }) =
                uploads.before(Some(entry.key())).await?
            {
                folders.enter(upload.key.as_str()).add_upload(size);
            }
            entry.add_to(folders.enter(entry.key()));
        }
        folders.page();
    }
    while let Some(SizedUpload { upload, size, .. }) = uploads.before(None).await? {
        folders.enter(upload.key.as_str()).add_upload(size);
    }
    Ok(folders.end())
}

/// Unfinished uploads and the sizes of their parts, in order.
struct Uploads<'a> {
    lake: &'a dyn Lake,
    pages: UploadPages<'a>,
    page: Peekable<vec::IntoIter<SizedUpload>>,
    ended: bool,
}

impl<'a> Uploads<'a> {
    async fn begin(lake: &'a dyn Lake, scope: &Scope<'a>) -> Result<Self, Fault> {
        let pages = UploadPages::new(lake, scope.bucket, ListAsk::below(scope.prefix));
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
                    let uploads = sized(self.lake, page.uploads).await?;
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

/// Asks for the sizes of unfinished uploads, of several at one time; their order stays.
pub async fn sized(
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
