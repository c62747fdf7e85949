//! A version copied onto its own key, inside the service.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::transfer::PartPlan;
use datalake_engine::{
    AnyKey, ByteRange, Lake, ObjectSource, PartNumber, Stored, TakenPart, Upload, VersionId,
};

use super::SourceVersion;

/// Parts that the service copies itself may be large.
const COPIED_PART: ByteSize = ByteSize(512 << 20);

/// A version that is copied onto its key.
#[derive(Clone, Copy)]
pub(super) struct VersionCopy<'a> {
    pub(super) bucket: &'a BucketName,
    pub(super) key: &'a AnyKey,
    pub(super) content: &'a SourceVersion,
    /// What is larger is copied in parts.
    pub(super) largest_copy: ByteSize,
}

impl VersionCopy<'_> {
    fn source(&self) -> ObjectSource {
        let version = Some(VersionId(self.content.version.clone()));
        ObjectSource { version, ..ObjectSource::current(self.bucket, self.key) }
    }

    /// Copies it; its attributes go along.
    pub(super) async fn carry_out(&self, lake: &dyn Lake) -> Result<Stored, Fault> {
        if self.content.size > self.largest_copy.0 {
            return self.copy_parts(lake).await;
        }
        lake.copy(&self.source(), (self.bucket, self.key), None).await
    }

    async fn copy_parts(&self, lake: &dyn Lake) -> Result<Stored, Fault> {
        let attributes = lake.head(&self.source()).await?.attributes;
        let upload = lake.begin_upload(self.bucket, self.key, &attributes).await?;
        let copied = self.fill_upload(lake, &upload).await;
        if let Err(fault) = &copied
            && !may_be_done(fault.kind)
        {
            // Where that fails too, the bucket's rule for unfinished uploads sees to it.
            let _ = lake.abort_upload(&upload).await;
        }
        copied
    }

    async fn fill_upload(&self, lake: &dyn Lake, upload: &Upload) -> Result<Stored, Fault> {
        let refused = |text: String| Fault::new(FaultKind::Refused, text);
        let part = COPIED_PART.min(self.largest_copy);
        let plan = PartPlan::new(ByteSize(self.content.size), part);
        let plan = plan.map_err(|error| refused(error.to_string()))?;
        let mut parts: Vec<TakenPart> = Vec::new();
        for number in 1..=plan.count() {
            let range = ByteRange::try_from(plan.range(number));
            let range = range.map_err(|error| refused(error.to_string()))?;
            let number = PartNumber::new(number).map_err(|error| refused(error.to_string()))?;
            let source = self.source();
            parts.push(lake.copy_part(upload, number, (&source, Some(range))).await?);
        }
        lake.complete_upload(upload, &parts).await
    }
}

/// Whether a change may have happened all the same.
pub(super) fn may_be_done(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::Unavailable | FaultKind::Unreachable | FaultKind::Unreadable)
}
