//! What is asked of a gateway, and where.

use std::collections::BTreeMap;

use super::call::AccessCall;
use super::condition::KeyValue;
use super::document::AccessPolicy;
use super::principal::ProjectId;
use super::version::CephVersion;
use crate::s3::BucketName;
use crate::secret::AccessKeyId;

/// The bucket that is asked, with its policy.
#[derive(Debug, Clone)]
pub struct AccessScene<'a> {
    /// The bucket.
    pub bucket: BucketName,
    /// The project that owns it.
    pub owner: ProjectId,
    /// Its policy; `None` where there is none.
    pub policy: Option<&'a AccessPolicy>,
    /// The version of the gateway.
    pub version: CephVersion,
    /// Whether the policy was stored with `x-amz-confirm-remove-self-bucket-access: true`. On 20 a
    /// Deny binds the owner's keys in calls about the policy only then; 16 and 18 do not look at it.
    pub binds_owner: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody without a signature.
    Anonymous,
    /// A key of a project.
    Key {
        /// The project.
        project: ProjectId,
        /// The key.
        key: AccessKeyId,
    },
}

/// An object, or an upload, as the gateway keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The project that wrote it.
    pub owner: ProjectId,
    /// What its ACL says.
    pub access: ObjectAccess,
}

/// The canned ACLs that change an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectAccess {
    /// Its project alone.
    Private,
    /// Everybody may read it.
    PublicRead,
    /// The bucket's project may do everything with it.
    BucketOwner,
}

/// One request.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    /// Who asks.
    pub caller: Caller,
    /// For what.
    pub call: AccessCall,
    /// The key of the object that it names.
    pub key: Option<String>,
    /// What is stored under that key; `None` where nothing is.
    pub object: Option<StoredObject>,
    /// The key that is copied, in the same bucket, and what is stored there.
    pub source: Option<(String, StoredObject)>,
    /// Values under the keys of conditions, such as `s3:prefix`; an empty one stands for a header or
    /// a parameter without value.
    pub values: BTreeMap<String, String>,
}

impl Caller {
    /// The project of the key; `None` for somebody without one.
    #[must_use]
    pub fn project(&self) -> Option<&ProjectId> {
        match self {
            Self::Anonymous => None,
            Self::Key { project, .. } => Some(project),
        }
    }
}

impl AccessRequest {
    /// A request that names no object.
    #[must_use]
    pub fn new(caller: Caller, call: AccessCall) -> Self {
        Self { caller, call, key: None, object: None, source: None, values: BTreeMap::new() }
    }

    /// The same for an object that the caller's own project has written.
    #[must_use]
    pub fn of_key(mut self, key: &str) -> Self {
        self.object = self
            .caller
            .project()
            .map(|project| StoredObject { owner: project.clone(), access: ObjectAccess::Private });
        self.key = Some(key.to_owned());
        self
    }

    /// The same for an object that this project has written.
    #[must_use]
    pub fn of_object(mut self, key: &str, owner: &ProjectId) -> Self {
        self.object = Some(StoredObject { owner: owner.clone(), access: ObjectAccess::Private });
        self.key = Some(key.to_owned());
        self
    }

    /// The same for a key under which nothing is stored.
    #[must_use]
    pub fn of_missing(mut self, key: &str) -> Self {
        self.object = None;
        self.key = Some(key.to_owned());
        self
    }

    /// The same as a copy of this object.
    #[must_use]
    pub fn from_source(mut self, key: &str, owner: &ProjectId) -> Self {
        let object = StoredObject { owner: owner.clone(), access: ObjectAccess::Private };
        self.source = Some((key.to_owned(), object));
        self
    }

    /// The same with a value under the key of a condition.
    #[must_use]
    pub fn with_value(mut self, key: &str, value: &str) -> Self {
        self.values.insert(key.to_owned(), value.to_owned());
        self
    }

    /// What the gateway knows under the key of a condition.
    pub(super) fn look_up(&self, key: &str) -> KeyValue {
        if let Some(value) = self.values.get(key) {
            // A listing without a value for its prefix is one without a prefix.
            let counts = !value.is_empty() || !matches!(key, "s3:prefix" | "s3:delimiter");
            return if counts && self.gives(key) {
                KeyValue::Set(value.clone())
            } else {
                KeyValue::Missing
            };
        }
        match key {
            "aws:username" => match self.caller.project() {
                Some(project) => KeyValue::Set(project.to_string()),
                None => KeyValue::Set("anonymous".to_owned()),
            },
            "aws:PrincipalType" => KeyValue::Set("User".to_owned()),
            "s3:max-keys" if self.lists() => KeyValue::Set("1000".to_owned()),
            // One operation of the gateway takes whole objects and parts.
            "s3:x-amz-acl" if self.puts_content() => KeyValue::Set(String::new()),
            "aws:SourceIp" | "aws:UserAgent" | "aws:CurrentTime" | "aws:EpochTime" => {
                KeyValue::Open
            }
            "aws:SecureTransport" => KeyValue::Missing,
            _ if is_about_tags(key) => KeyValue::Open,
            _ => KeyValue::Missing,
        }
    }

    fn puts_content(&self) -> bool {
        matches!(
            self.call,
            AccessCall::PutObject | AccessCall::UploadPart | AccessCall::UploadPartCopy
        )
    }

    fn lists(&self) -> bool {
        matches!(self.call, AccessCall::ListObjects | AccessCall::ListObjectVersions)
    }

    /// Whether the gateway looks at this header or parameter of the call at all.
    fn gives(&self, key: &str) -> bool {
        match key {
            "s3:prefix" | "s3:delimiter" | "s3:max-keys" => self.lists(),
            "s3:x-amz-acl" => self.call == AccessCall::PutObject,
            "s3:x-amz-copy-source" | "s3:x-amz-metadata-directive" => {
                self.call == AccessCall::CopyObject
            }
            _ if key.starts_with("s3:x-amz-grant-") => self.call == AccessCall::PutObject,
            _ => true,
        }
    }
}

fn is_about_tags(key: &str) -> bool {
    ["s3:ExistingObjectTag/", "s3:RequestObjectTag/", "s3:RequestObjectTagKeys"]
        .iter()
        .any(|name| key.starts_with(name))
}
