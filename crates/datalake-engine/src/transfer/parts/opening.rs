//! An upload that is begun, or that a killed run has left.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};

use crate::transfer::BucketFolder;
use crate::transfer::courier::Tries;
use crate::transfer::haul::Haul;
use crate::transfer::manifest::ManifestRecord;
use crate::transfer::options::ObjectTarget;
use crate::{AnyKey, Attributes, PartEntry, PartNumber, PartPage, PartPages, Upload};

/// What is there of an upload.
pub(super) struct OpenedUpload {
    pub(super) upload: Upload,
    pub(super) present: BTreeMap<PartNumber, PartEntry>,
    /// Whether there may be another upload that nobody knows of.
    pub(super) unclear: bool,
}

impl Haul<'_> {
    /// Goes on with an upload that is there, or begins one.
    pub(super) async fn open_upload(
        &self,
        name: &str,
        to: ObjectTarget<'_>,
        attributes: &Attributes,
    ) -> Result<OpenedUpload, Fault> {
        let ObjectTarget { folder, key } = to;
        if self.ledger.has_begun(name) {
            if let Some(opened) = self.left_upload(folder, key).await? {
                return Ok(opened);
            }
        } else {
            self.record(&ManifestRecord::Begun(name.to_owned()));
        }
        let (mut tries, mut unclear) = (Tries::default(), false);
        loop {
            let begin = folder.uploads.begin_upload(&folder.bucket, key, attributes);
            match self.courier.once(0, begin).await {
                Ok(upload) => {
                    return Ok(OpenedUpload { upload, present: BTreeMap::new(), unclear });
                }
                Err(fault) => {
                    unclear = true;
                    self.courier.try_again(&mut tries, fault).await?;
                }
            }
        }
    }

    /// The latest upload of a key that is open, with its parts.
    async fn left_upload(
        &self,
        folder: &BucketFolder<'_>,
        key: &AnyKey,
    ) -> Result<Option<OpenedUpload>, Fault> {
        let mut uploads = self.courier.uploads_of(folder, key).await?;
        let unclear = uploads.len() > 1;
        uploads.sort_by_key(|(_, began)| *began);
        let Some((upload, _)) = uploads.pop() else { return Ok(None) };
        match self.parts_of(folder, &upload).await {
            Ok(present) => Ok(Some(OpenedUpload { upload, present, unclear })),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
            // A service that lists no parts: it is begun anew.
            Err(fault) if matches!(fault.kind, FaultKind::Unreadable | FaultKind::Unsupported) => {
                let abort = || folder.uploads.abort_upload(&upload);
                self.courier.make_call(abort).await.map(|()| None)
            }
            Err(fault) => Err(fault),
        }
    }

    pub(super) async fn parts_of(
        &self,
        folder: &BucketFolder<'_>,
        upload: &Upload,
    ) -> Result<BTreeMap<PartNumber, PartEntry>, Fault> {
        let mut pages = PartPages::new(folder.uploads, upload);
        let mut parts = BTreeMap::new();
        let mut tries = Tries::default();
        loop {
            match self.courier.once(0, pages.next()).await {
                Ok(page) => {
                    let PartPage { parts: found, next } = page.unwrap_or_default();
                    parts.extend(found.into_iter().map(|entry| (entry.part.number, entry)));
                    if next.is_none() {
                        return Ok(parts);
                    }
                }
                Err(fault) => self.courier.try_again(&mut tries, fault).await?,
            }
        }
    }
}
