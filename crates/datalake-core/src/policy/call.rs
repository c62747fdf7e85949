//! The calls of S3 that a policy is asked about.

use std::fmt;
use std::str::FromStr;

/// What a call touches, and who may make it where no policy says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    /// No policy is asked: every key may.
    Unbound,
    /// The bucket: its own project may.
    Bucket,
    /// An object's content: the project that wrote it may, or everybody by its ACL.
    ReadObject,
    /// An object's ACL: the project that wrote it may.
    ObjectAcl,
    /// The parts of an upload: the project that began it may.
    UploadParts,
    /// An object's name: the bucket's own project may.
    WriteObject,
}

macro_rules! calls {
    ($($name:ident $kind:ident $action:literal $words:literal,)+) => {
        /// A call of S3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AccessCall {
            $(#[doc = $words] $name,)+
        }

        impl AccessCall {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The action that a policy speaks of.
            #[must_use]
            pub fn action(self) -> &'static str {
                match self { $(Self::$name => $action,)+ }
            }

            pub(super) fn kind(self) -> CallKind {
                match self { $(Self::$name => CallKind::$kind,)+ }
            }
        }
    };
}

calls! {
    ListBuckets Unbound "s3:ListAllMyBuckets" "Lists the buckets of the key's project.",
    CreateBucket Unbound "s3:CreateBucket" "Creates another bucket.",
    HeadBucket Bucket "s3:ListBucket" "Asks whether the bucket is there.",
    GetBucketLocation Bucket "s3:GetBucketLocation" "Reads the bucket's location.",
    ListObjects Bucket "s3:ListBucket" "Lists keys.",
    ListObjectVersions Bucket "s3:ListBucketVersions" "Lists versions.",
    ListMultipartUploads Bucket "s3:ListBucketMultipartUploads" "Lists unfinished uploads.",
    GetObject ReadObject "s3:GetObject" "Reads an object.",
    HeadObject ReadObject "s3:GetObject" "Reads an object's headers.",
    GetObjectVersion ReadObject "s3:GetObjectVersion" "Reads a named version.",
    PutObject WriteObject "s3:PutObject" "Stores an object.",
    CreateMultipartUpload WriteObject "s3:PutObject" "Begins an upload in parts.",
    UploadPart WriteObject "s3:PutObject" "Stores a part.",
    CompleteMultipartUpload WriteObject "s3:PutObject" "Makes parts an object.",
    CopyObject WriteObject "s3:PutObject" "Copies an object.",
    UploadPartCopy WriteObject "s3:PutObject" "Copies a part.",
    ListParts UploadParts "s3:ListMultipartUploadParts" "Lists the parts of an upload.",
    AbortMultipartUpload WriteObject "s3:AbortMultipartUpload" "Gives an upload up.",
    DeleteObject WriteObject "s3:DeleteObject" "Deletes an object.",
    DeleteObjectVersion WriteObject "s3:DeleteObjectVersion" "Deletes a named version for good.",
    DeleteObjects WriteObject "s3:DeleteObject" "Deletes several objects with one call.",
    GetObjectAcl ObjectAcl "s3:GetObjectAcl" "Reads an object's ACL.",
    PutObjectAcl ObjectAcl "s3:PutObjectAcl" "Changes an object's ACL.",
    GetBucketPolicy Bucket "s3:GetBucketPolicy" "Reads the policy.",
    PutBucketPolicy Bucket "s3:PutBucketPolicy" "Replaces the policy.",
    DeleteBucketPolicy Bucket "s3:DeleteBucketPolicy" "Removes the policy.",
    GetBucketAcl Bucket "s3:GetBucketAcl" "Reads the bucket's ACL.",
    PutBucketAcl Bucket "s3:PutBucketAcl" "Changes the bucket's ACL.",
    GetBucketVersioning Bucket "s3:GetBucketVersioning" "Asks whether versions are kept.",
    PutBucketVersioning Bucket "s3:PutBucketVersioning" "Switches versions on or off.",
    GetBucketLifecycle Bucket "s3:GetLifecycleConfiguration" "Reads the lifecycle rules.",
    PutBucketLifecycle Bucket "s3:PutLifecycleConfiguration" "Replaces the lifecycle rules.",
    GetBucketCors Bucket "s3:GetBucketCORS" "Reads the CORS rules.",
    PutBucketCors Bucket "s3:PutBucketCORS" "Replaces the CORS rules.",
    PutPublicAccessBlock Bucket "s3:PutBucketPublicAccessBlock" "Forbids or permits public objects.",
    PutObjectLockConfiguration Bucket "s3:PutBucketObjectLockConfiguration" "Changes the bucket's lock.",
    DeleteBucket Bucket "s3:DeleteBucket" "Deletes the bucket.",
}

/// The text names no call that the simulator knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a call or action that can be simulated")]
pub struct UnknownCall(String);

impl AccessCall {
    /// Whether it reads, replaces or removes the policy.
    #[must_use]
    pub fn is_about_policy(self) -> bool {
        matches!(self, Self::GetBucketPolicy | Self::PutBucketPolicy | Self::DeleteBucketPolicy)
    }

    /// Whether it names an object.
    #[must_use]
    pub fn names_object(self) -> bool {
        !matches!(self.kind(), CallKind::Unbound | CallKind::Bucket)
    }
}

impl FromStr for AccessCall {
    type Err = UnknownCall;

    /// A call by its name (`ListObjects`), or by the action that it needs (`s3:ListBucket`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let by_name = |call: &&Self| call.name().eq_ignore_ascii_case(text);
        let by_action = |call: &&Self| {
            let action = call.action();
            action.eq_ignore_ascii_case(text)
                || action.trim_start_matches("s3:").eq_ignore_ascii_case(text)
        };
        let found = Self::ALL.iter().find(by_name).or_else(|| {
            // HeadBucket needs the same action, and is not what people mean.
            Self::ALL.iter().filter(|call| **call != Self::HeadBucket).find(by_action)
        });
        found.copied().ok_or_else(|| UnknownCall(text.chars().take(60).collect()))
    }
}

impl fmt::Display for AccessCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
