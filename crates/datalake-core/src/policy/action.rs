//! The names of actions that gateways know.

use super::arn::fits_in_any_case;
use super::version::CephVersion;

/// Whether a gateway of this version takes an action, or a pattern that fits some.
#[must_use]
pub fn is_known_action(name: &str, version: CephVersion) -> bool {
    if name.starts_with('*') {
        return true;
    }
    let Some((service, action)) = name.split_once(':') else { return false };
    (fits_in_any_case(service, "s3")
        && list_actions(version).any(|known| fits_in_any_case(action, known)))
        || OTHER_SERVICES.iter().any(|known| fits_action(name, known))
}

/// Whether an action of a policy means what a request asks for, in upper or lower case.
pub(super) fn fits_action(pattern: &str, asked: &str) -> bool {
    // A text that begins with a star means everything, whatever follows.
    if pattern.starts_with('*') {
        return true;
    }
    let Some((service, pattern)) = pattern.split_once(':') else { return false };
    let Some((asked_service, asked)) = asked.split_once(':') else { return false };
    fits_in_any_case(service, asked_service) && fits_in_any_case(pattern, asked)
}

/// All names that a gateway of this version knows, without `s3:`.
fn list_actions(version: CephVersion) -> impl Iterator<Item = &'static str> {
    let reef: &[&str] = if version >= CephVersion::Reef { &SINCE_REEF } else { &[] };
    let tentacle: &[&str] = if version >= CephVersion::Tentacle { &SINCE_TENTACLE } else { &[] };
    COMMON.iter().chain(reef).chain(tentacle).copied()
}

const SINCE_REEF: [&str; 2] = ["GetBucketEncryption", "PutBucketEncryption"];

const SINCE_TENTACLE: [&str; 10] = [
    "DescribeJob",
    "GetBucketOwnershipControls",
    "GetObjectAttributes",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "PostBucketLogging",
    "PutBucketOwnershipControls",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
];

/// A few of each, so that a pattern over them is known.
const OTHER_SERVICES: [&str; 6] = [
    "iam:PutUserPolicy",
    "iam:CreateRole",
    "iam:GetRole",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetSessionToken",
];

/// What all three know.
const COMMON: [&str; 68] = [
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "DeleteBucketPublicAccessBlock",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "DeletePublicAccessBlock",
    "DeleteReplicationConfiguration",
    "GetAccelerateConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetLifecycleConfiguration",
    "GetObject",
    "GetObjectAcl",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "GetPublicAccessBlock",
    "GetReplicationConfiguration",
    "ListAllMyBuckets",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListMultipartUploadParts",
    "PutAccelerateConfiguration",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutLifecycleConfiguration",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "PutPublicAccessBlock",
    "PutReplicationConfiguration",
    "RestoreObject",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_version_and_in_any_case() {
        use CephVersion::{Pacific, Reef, Tentacle};
        for (name, known) in [
            ("s3:GetObject", [true, true, true]),
            ("S3:getobject", [true, true, true]),
            ("s3:Put*", [true, true, true]),
            ("*", [true, true, true]),
            ("s3:GetBucketEncryption", [false, true, true]),
            ("s3:GetObjectAttributes", [false, false, true]),
            ("s3:DeleteBucketTagging", [false, false, false]),
            ("GetObject", [false, false, false]),
            ("s3:nope*", [false, false, false]),
            ("iam:*", [true, true, true]),
        ] {
            let found = [Pacific, Reef, Tentacle].map(|version| is_known_action(name, version));
            assert_eq!(found, known, "{name}");
        }
    }
}
