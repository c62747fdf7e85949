//! Who may do what: keys, projects, policies, and buckets that come late.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};

use crate::config::SimKey;
use crate::policy::{PolicyVerdict, Question, RequestPrincipal, action_of};
use crate::query;
use crate::quirks::Quirk;
use crate::sim::Sim;
use crate::state::SimBucket;

/// Knows the keys and asks the policies.
pub(crate) struct AccessGate(pub(crate) Arc<Sim>);

#[async_trait::async_trait]
impl S3Auth for AccessGate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.find_key(access_key) {
            Some(key) => Ok(SecretKey::from(key.secret_access_key.as_str())),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

#[async_trait::async_trait]
impl S3Access for AccessGate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = context.credentials().and_then(|found| self.0.find_key(&found.access_key));
        let operation = context.s3_op().name();
        let (bucket, key) = match context.s3_path() {
            S3Path::Root => return Ok(()),
            S3Path::Bucket { bucket } => (bucket, None),
            S3Path::Object { bucket, key } => (bucket, Some(key.as_ref())),
        };
        if operation == "CreateBucket" {
            return caller.map(|_| ()).ok_or_else(|| s3_error!(AccessDenied));
        }
        let mut world = self.0.world();
        let bucket = world.bucket_mut(bucket)?;
        self.0.flap(bucket)?;
        if operation == "DeleteObjects" {
            // Each key is asked about on its own.
            return Ok(());
        }
        let query = context.uri().query().unwrap_or_default();
        let version = query::find_value(query, "versionId");
        let prefix = query::find_value(query, "prefix").filter(|prefix| !prefix.is_empty());
        let acl = context.headers().get("x-amz-acl").and_then(|value| value.to_str().ok());
        if bucket.meta.public_access.block_public_acls && acl.is_some_and(is_public_acl) {
            return Err(s3_error!(AccessDenied));
        }
        let wish = AccessWish {
            action: &action_of(operation, version.is_some()),
            key,
            version: version.as_deref(),
            prefix: prefix.as_deref(),
            acl,
        };
        if self.0.keeps_policy(bucket, caller.as_ref(), operation) {
            return Ok(());
        }
        self.0.demand(bucket, caller.as_ref(), &wish)
    }
}

/// What a caller wants to do in a bucket.
#[derive(Debug)]
pub(crate) struct AccessWish<'a> {
    pub(crate) action: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) prefix: Option<&'a str>,
    /// What `x-amz-acl` says.
    pub(crate) acl: Option<&'a str>,
}

impl<'a> AccessWish<'a> {
    pub(crate) fn for_key(action: &'a str, key: &'a str) -> Self {
        Self { action, key: Some(key), version: None, prefix: None, acl: None }
    }
}

impl Sim {
    /// Fails unless the caller may.
    pub(crate) fn demand(
        &self,
        bucket: &SimBucket,
        caller: Option<&SimKey>,
        wish: &AccessWish<'_>,
    ) -> S3Result<()> {
        let permitted = match self.judge(bucket, caller, wish) {
            PolicyVerdict::Denied => false,
            PolicyVerdict::Allowed => true,
            PolicyVerdict::Silent => {
                caller.is_some_and(|key| key.project == find_owner(bucket, wish))
                    || is_public(bucket, wish)
            }
        };
        if permitted { Ok(()) } else { Err(s3_error!(AccessDenied)) }
    }

    fn judge(
        &self,
        bucket: &SimBucket,
        caller: Option<&SimKey>,
        wish: &AccessWish<'_>,
    ) -> PolicyVerdict {
        let Some(policy) = bucket.meta.policy.acting(self.now()) else {
            return PolicyVerdict::Silent;
        };
        let name = &bucket.meta.name;
        let resource = match wish.key {
            Some(key) => format!("arn:aws:s3:::{name}/{key}"),
            None => format!("arn:aws:s3:::{name}"),
        };
        let principal = caller.map(|key| RequestPrincipal {
            project: key.project,
            access_key_id: &key.access_key_id,
        });
        let question = Question {
            principal,
            action: wish.action,
            resource: &resource,
            prefix: wish.prefix,
            acl: wish.acl,
            tls: self.tls,
        };
        policy.judge(&question, !self.has(Quirk::NotActionEnforcesNothing))
    }

    /// Whether a key of the bucket's project may do this whatever the policy says.
    fn keeps_policy(&self, bucket: &SimBucket, caller: Option<&SimKey>, operation: &str) -> bool {
        self.has(Quirk::OwnerKeepsPolicy)
            && !bucket.meta.policy.binds_owner
            && matches!(operation, "GetBucketPolicy" | "PutBucketPolicy" | "DeleteBucketPolicy")
            && caller.is_some_and(|key| key.project == bucket.meta.project)
    }

    /// Misses a new bucket in every other answer.
    fn flap(&self, bucket: &mut SimBucket) -> S3Result<()> {
        if self.now() >= bucket.meta.created.after(self.quirks.bucket_delay) {
            return Ok(());
        }
        bucket.early_requests += 1;
        if bucket.early_requests.is_multiple_of(2) {
            return Ok(());
        }
        Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }
}

fn is_public_acl(acl: &str) -> bool {
    matches!(acl, "public-read" | "public-read-write" | "authenticated-read")
}

/// The project whose keys may where no statement speaks: of content that of who wrote it.
fn find_owner(bucket: &SimBucket, wish: &AccessWish<'_>) -> u64 {
    let reads = matches!(
        wish.action,
        "s3:GetObject" | "s3:GetObjectVersion" | "s3:GetObjectAcl" | "s3:PutObjectAcl"
    );
    let found = wish.key.filter(|_| reads).and_then(|key| bucket.find(key, wish.version).ok());
    let writer = found.and_then(|version| version.content.as_ref()?.writer);
    writer.unwrap_or(bucket.meta.project)
}

fn is_public(bucket: &SimBucket, wish: &AccessWish<'_>) -> bool {
    if bucket.meta.public_access.ignore_public_acls {
        return false;
    }
    match (wish.action, wish.key) {
        ("s3:ListBucket", None) => bucket.meta.public_read,
        ("s3:GetObject", Some(key)) => bucket
            .current(key)
            .and_then(|version| version.content.as_ref())
            .is_some_and(|content| content.about.public_read),
        _ => false,
    }
}
