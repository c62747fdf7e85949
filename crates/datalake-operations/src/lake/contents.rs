//! All that lies in a bucket, counted and deleted.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;
use datalake_engine::{
    Clear, Cleared, Extent, Lake, ListAsk, OldUploads, UploadPages, Walk, abort_uploads,
    clear_objects, size_uploads,
};

/// What lies in a bucket, and from when it is.
#[derive(Debug, Clone, Default)]
pub struct BucketContents {
    /// How much it is.
    pub usage: Usage,
    /// The oldest and the newest time.
    pub times: Option<(Timestamp, Timestamp)>,
}

impl BucketContents {
    /// Counts all versions, delete markers and unfinished uploads of a bucket; `watch` is told of the
    /// sum so far.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where a listing fails.
    pub async fn count(
        lake: &dyn Lake,
        bucket: &BucketName,
        mut watch: impl FnMut(&Usage),
    ) -> Result<Self, Fault> {
        let mut contents = Self::default();
        let mut walk = Walk::versions(lake, bucket, "").await?;
        while let Some(page) = walk.next().await? {
            for version in page {
                version.count_in(&mut contents.usage);
                contents.note_time(version.modified);
            }
            watch(&contents.usage);
        }
        let mut pages = UploadPages::new(lake, bucket, ListAsk::below(""));
        while let Some(page) = pages.next().await? {
            for upload in size_uploads(lake, page.uploads).await? {
                contents.usage.add_upload(upload.size);
                contents.note_time(upload.begun);
            }
        }
        Ok(contents)
    }

    fn note_time(&mut self, time: Timestamp) {
        let (oldest, newest) = self.times.unwrap_or((time, time));
        self.times = Some((oldest.min(time), newest.max(time)));
    }
}

/// Deletes all that lies in a bucket: uploads first, then every version and delete marker. How far it
/// came is in `cleared`, after a fault as well.
///
/// # Errors
///
/// A [`Fault`] where a listing or a whole batch fails.
pub async fn empty_bucket(
    lake: &dyn Lake,
    bucket: &BucketName,
    cleared: &mut Cleared,
    watch: &mut (dyn FnMut(&Cleared) + Send),
) -> Result<(), Fault> {
    abort_uploads(lake, &OldUploads { bucket, prefix: "", before: None }, cleared).await?;
    let what = Clear { bucket, prefix: "", takes: &|_| true, extent: Extent::AllVersions };
    clear_objects(lake, &what, cleared, watch).await
}
