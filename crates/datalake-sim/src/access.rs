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
        match self.0.key(access_key) {
            Some(key) => Ok(SecretKey::from(key.secret_access_key.as_str())),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

#[async_trait::async_trait]
impl S3Access for AccessGate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = context.credentials().and_then(|found| self.0.key(&found.access_key));
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
        let names_version = query::find_value(query, "versionId").is_some();
        let prefix = query::find_value(query, "prefix");
        let wish = AccessWish {
            action: &action_of(operation, names_version),
            key,
            prefix: prefix.as_deref(),
        };
        self.0.demand(bucket, caller, &wish)
    }
}

/// What a caller wants to do in a bucket.
#[derive(Debug)]
pub(crate) struct AccessWish<'a> {
    pub(crate) action: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) prefix: Option<&'a str>,
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
                caller.is_some_and(|key| key.project == bucket.meta.project)
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
            tls: self.tls,
        };
        policy.judge(&question, !self.has(Quirk::NotActionEnforcesNothing))
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

fn is_public(bucket: &SimBucket, wish: &AccessWish<'_>) -> bool {
    match (wish.action, wish.key) {
        ("s3:ListBucket", None) => bucket.meta.public_read,
        ("s3:GetObject", Some(key)) => bucket
            .current(key)
            .and_then(|version| version.content.as_ref())
            .is_some_and(|content| content.about.public_read),
        _ => false,
    }
}
