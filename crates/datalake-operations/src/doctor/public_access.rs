//! The public access blocks of the spec's buckets.

use datalake_core::doctor::{Look, PublicAccessEvidence};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, PublicAccessBlock};
use datalake_core::spec::StoreSpec;
use datalake_engine::ObjectStore;

use crate::access::is_not_offered;

/// Asks for the block of each bucket that there is.
pub(super) async fn look_at_public_access(
    buckets: &[BucketName],
    spec: &StoreSpec,
    store: &dyn ObjectStore,
) -> PublicAccessEvidence {
    let mut seen = Vec::new();
    for bucket in buckets {
        match store.public_access(bucket).await {
            // That a bucket of the spec is not there is a finding of its own.
            Err(fault) if fault.kind == FaultKind::Absent => (),
            answer => seen.push((bucket.clone(), judge_answer(answer))),
        }
    }
    PublicAccessEvidence { buckets: Look::Saw(seen), has_roles: !spec.access.is_empty() }
}

/// A service that does not know the call has no such block; whatever else went wrong leaves it unknown.
fn judge_answer(answer: Result<PublicAccessBlock, Fault>) -> Look<PublicAccessBlock> {
    match answer {
        Err(fault) if is_not_offered(&fault) => {
            Look::NotHere(format!("the service offers no public access block: {fault}"))
        }
        answer => answer.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_the_service_does_not_know_is_no_answer_about_the_bucket() {
        let not_offered = judge_answer(Err(Fault::new(FaultKind::Unsupported, "NotImplemented")));
        let denied = Fault::new(FaultKind::Denied, "AccessDenied");

        assert!(matches!(&not_offered, Look::NotHere(why) if why.contains("NotImplemented")));
        assert_eq!(judge_answer(Err(denied.clone())), Look::Unknown(denied));
        let off = PublicAccessBlock::default();
        assert_eq!(judge_answer(Ok(off)), Look::Saw(off));
    }
}
