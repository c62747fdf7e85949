//! Whether ACLs can make objects public, in the buckets of the spec.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning};
use super::store::IN_BUCKET;
use super::{Examination, FindingId};
use crate::advice::{Advice, AdvisedCommand};
use crate::s3::{BucketName, PublicAccessBlock};

/// What was seen of the public access blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAccessEvidence {
    /// Each bucket of the spec that there is, with its block. A service that offers none is no fault.
    pub buckets: Look<Vec<(BucketName, Look<PublicAccessBlock>)>>,
    /// Whether the spec has roles below `access:`: other keys store objects then.
    pub has_roles: bool,
}

pub(super) const CHECKS: &[FindingCheck] = &[FindingCheck {
    id: FindingId::StorePublicAccess,
    after: IN_BUCKET,
    judge: judge_public_access,
}];

impl Default for PublicAccessEvidence {
    fn default() -> Self {
        Self { buckets: Look::nobody(), has_roles: false }
    }
}

impl PublicAccessEvidence {
    /// Nothing of it was asked, for this reason.
    #[must_use]
    pub fn not_asked(reason: &str) -> Self {
        Self { buckets: Look::NotHere(reason.to_owned()), has_roles: false }
    }
}

fn judge_public_access(seen: &Examination) -> Judged {
    let (mut set, mut open, mut not_offered) = (Vec::new(), Vec::new(), None);
    for (bucket, block) in seen.public_access.buckets.seen()? {
        match block.seen() {
            Ok(block) if block.ignore_public_acls => set.push(format!("`{bucket}`")),
            Ok(_) => open.push(format!("bucket `{bucket}`: an ACL can make an object public")),
            Err(Not::Here(reason)) => not_offered = Some(reason),
            Err(other) => return Err(other),
        }
    }
    match (open.is_empty(), not_offered) {
        (true, Some(reason)) => Err(Not::Here(reason)),
        (true, None) => Ok(format!("public ACLs are ignored in {}", set.join(" and "))),
        (false, _) if !seen.public_access.has_roles => {
            let why =
                "the spec has no roles, so only keys of the bucket's own project store objects";
            Ok(format!("{}; {why}", open.join("; ")))
        }
        (false, _) => Err(warning(
            open,
            Advice::naming(
                "{} sets IgnorePublicAcls; leave BlockPublicAcls off, with which Ceph 18 refuses every \
                 upload",
                [AdvisedCommand::StorePolicies],
            ),
        )),
    }
}
