//! Uploads in parts that must not be left behind.

use datalake_core::fault::Fault;
use datalake_core::time::Timestamp;

use super::courier::{Courier, Tries};
use super::haul::Haul;
use super::manifest::ManifestRecord;
use super::{BucketFolder, Route};
use crate::{AnyKey, ListAsk, Upload, UploadPage, UploadPages, Uploads};

/// A part that is on its way while its upload is aborted may stay; so it is looked again.
const ROUNDS: u32 = 3;

impl Haul<'_> {
    /// Gives up all uploads that this run or a killed one has begun and not ended.
    pub(crate) async fn end_uploads(&self) {
        let folder = match self.route {
            Route::Up(_, folder) | Route::Across(_, folder) => folder,
            Route::Down(..) => return,
        };
        for name in self.ledger.begun() {
            if self.give_up(&name, folder).await {
                self.record(&ManifestRecord::Ended(name));
            }
        }
    }

    /// Gives up the uploads of a name; says whether surely none is left.
    pub(crate) async fn give_up(&self, name: &str, folder: &BucketFolder<'_>) -> bool {
        match folder.key(name) {
            Ok(key) => self.courier.abort_uploads_of(folder, &key).await,
            Err(_) => true,
        }
    }
}

impl Courier<'_> {
    /// Gives up all uploads of a key; says whether surely none is left.
    pub(crate) async fn abort_uploads_of(&self, folder: &BucketFolder<'_>, key: &AnyKey) -> bool {
        for _ in 0..ROUNDS {
            let Ok(uploads) = self.uploads_of(folder, key).await else { return false };
            if uploads.is_empty() {
                return true;
            }
            for (upload, _) in uploads {
                // Whether it worked shows in the next round.
                let _ = self.make_call(|| folder.uploads.abort_upload(&upload)).await;
            }
        }
        false
    }

    /// Gives up one upload, also where no request is permitted any more; says whether it is gone.
    pub(crate) async fn abort_upload(&self, uploads: &dyn Uploads, upload: &Upload) -> bool {
        for _ in 0..ROUNDS {
            let mut tries = Tries::default();
            while let Err(fault) = uploads.abort_upload(upload).await {
                if self.try_again(&mut tries, fault).await.is_err() {
                    return false;
                }
            }
            match uploads.list_parts(upload, None).await {
                Ok(page) if !page.parts.is_empty() => (),
                // The service has said that it is gone; a key may not be allowed to look.
                Ok(_) | Err(_) => return true,
            }
        }
        false
    }

    /// The open uploads of exactly this key, with the times when they began.
    pub(crate) async fn uploads_of(
        &self,
        folder: &BucketFolder<'_>,
        key: &AnyKey,
    ) -> Result<Vec<(Upload, Timestamp)>, Fault> {
        let ask = ListAsk::below(key.as_str());
        let mut pages = UploadPages::new(folder.uploads, &folder.bucket, ask);
        let (mut uploads, mut tries) = (Vec::new(), Tries::default());
        loop {
            match self.once(0, pages.next()).await {
                Ok(page) => {
                    let UploadPage { uploads: found, next } = page.unwrap_or_default();
                    uploads.extend(found.into_iter().filter(|(upload, _)| upload.key == *key));
                    if next.is_none() {
                        return Ok(uploads);
                    }
                }
                Err(fault) => self.try_again(&mut tries, fault).await?,
            }
        }
    }
}
