//! Uploads that nobody has finished: found, counted, given up.

use datalake_core::s3::BucketName;
use datalake_core::time::{Days, Timestamp};
use datalake_engine::{
    Cleared, Lake, ListAsk, OldUploads, SizeTotal, SizedUpload, UploadPages, abort_uploads,
    size_uploads,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{at_bucket, undeleted_error};
use crate::{ErrorKind, OperationError};

/// Where unfinished uploads are looked for.
#[derive(Clone, Copy)]
pub struct UploadSearch<'a> {
    /// The service.
    pub lake: &'a dyn Lake,
    /// The bucket.
    pub bucket: &'a BucketName,
    /// Only those that began before this; `None` for all.
    pub before: Option<Timestamp>,
}

/// An unfinished upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedUpload<'a> {
    /// The key that it is meant for.
    pub key: &'a str,
    /// Its id.
    pub upload: &'a str,
    /// When it was begun.
    pub begun: Timestamp,
    /// The size of the parts that are there, in bytes.
    pub bytes: u64,
}

/// Unfinished uploads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct UploadTotals {
    /// How many.
    pub uploads: u64,
    /// The size of their parts, in bytes.
    pub bytes: u64,
}

/// The time before which an upload has begun that is older than so many days.
///
/// # Errors
///
/// [`OperationError`] for more days than there are.
pub fn choose_upload_age(
    older_than: Option<Days>,
    now: Timestamp,
) -> Result<Option<Timestamp>, OperationError> {
    let before = |days: Days| Timestamp::from_unix(now.unix() - i64::from(days.count()) * 86_400);
    let before = older_than.map(before).transpose();
    before.map_err(|error| OperationError::of(ErrorKind::Usage, &error))
}

impl UploadSearch<'_> {
    /// Goes through all of them, by key.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a listing fails. What was told before is not all then.
    pub async fn find(
        &self,
        told: &mut (dyn FnMut(&ListedUpload<'_>) + Send),
    ) -> Result<UploadTotals, OperationError> {
        let failed = at_bucket(self.bucket);
        let (mut totals, mut total) = (UploadTotals::default(), SizeTotal::default());
        let mut pages = UploadPages::new(self.lake, self.bucket, ListAsk::below(""));
        while let Some(page) = pages.next().await.map_err(&failed)? {
            let mut uploads = page.uploads;
            uploads.retain(|(_, begun)| self.before.is_none_or(|before| *begun < before));
            for upload in size_uploads(self.lake, uploads).await.map_err(&failed)? {
                let size = upload.size.unwrap_or_default();
                total.add(upload.upload.key.as_str(), size).map_err(&failed)?;
                totals.uploads += 1;
                totals.bytes += size.0;
                told(&(&upload).into());
            }
        }
        Ok(totals)
    }

    /// Gives them up, with their parts; `cleared` tells how far it came, also after an error.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where a listing fails, and where some could not be given up.
    pub async fn abort(&self, cleared: &mut Cleared) -> Result<(), OperationError> {
        let which = OldUploads { bucket: self.bucket, prefix: "", before: self.before };
        let ended = abort_uploads(self.lake, &which, cleared).await;
        ended.map_err(at_bucket(self.bucket))?;
        if cleared.failed > 0 { Err(undeleted_error(self.bucket, cleared)) } else { Ok(()) }
    }
}

impl<'a> From<&'a SizedUpload> for ListedUpload<'a> {
    fn from(SizedUpload { upload, begun, size }: &'a SizedUpload) -> Self {
        Self {
            key: upload.key.as_str(),
            upload: upload.id.0.as_str(),
            begun: *begun,
            bytes: size.map_or(0, |size| size.0),
        }
    }
}
