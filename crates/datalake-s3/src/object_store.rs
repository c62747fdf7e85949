//! The engine's port for object stores.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{
    BucketName, ConditionalPuts, ETag, Lifecycle, ObjectKey, PublicAccessBlock, Region,
    TableSearch, VersionTraces, Versioning,
};
use datalake_core::size::ByteSize;
use datalake_engine::{
    ConditionProbe, ObjectHead, ObjectStore, PutTrial, Stored, VersionId, probe_conditional_put,
    search_tables, search_version_traces,
};
use http::header::{CONTENT_LENGTH, ETAG, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use s3::BucketConfiguration;
use s3::command::Command;

use crate::answer::{Answer, judge_answer};
use crate::call::Call;
use crate::documents::{BucketList, read_buckets, read_versioning, write_versioning};
use crate::lifecycle::{read_lifecycle, write_lifecycle};
use crate::store::S3Store;
use crate::unusable::{has_code, read_setting, require_success, unreadable};
use crate::wire;

/// The longest XML answer that is read.
const XML_LIMIT: usize = 1024 * 1024;

/// The longest object that is read into memory.
const OBJECT_LIMIT: usize = 16 * 1024 * 1024;

impl S3Store {
    async fn list_buckets(&self) -> Result<Answer, Fault> {
        let call = wire::UnsignedCall {
            command: Command::ListBuckets,
            bucket: None,
            key: "",
            query: None,
            limit: XML_LIMIT,
        };
        self.wire.send(call).await
    }

    /// Sends a command about a bucket's sub-resource, such as `lifecycle`.
    async fn about(
        &self,
        bucket: &BucketName,
        resource: &'static str,
        command: Command<'_>,
    ) -> Result<Answer, Fault> {
        let query = Some((resource, ""));
        let call =
            wire::UnsignedCall { command, bucket: Some(bucket), key: "", query, limit: XML_LIMIT };
        self.wire.send(call).await
    }

    /// Sends a command about a bucket or an object in it.
    async fn at(
        &self,
        bucket: &BucketName,
        key: &str,
        command: Command<'_>,
    ) -> Result<Answer, Fault> {
        let call = wire::UnsignedCall {
            command,
            bucket: Some(bucket),
            key,
            query: None,
            limit: OBJECT_LIMIT,
        };
        self.wire.send(call).await
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn reach(&self) -> Result<Service, Fault> {
        let answer = self.list_buckets().await?;
        let denied = answer.error().is_some_and(|error| error.code == "AccessDenied");
        let judged = if answer.error().is_none() && answer.status.is_success() {
            read_bucket_list(&answer).map(|list| list.owner)
        } else {
            match judge_answer(&answer) {
                // The key was recognised; it may just not list.
                fault if denied && fault.kind == FaultKind::Denied => Ok(None),
                // Nothing is absent here but the service itself.
                Fault { kind: FaultKind::Absent, detail, .. } => Err(unreadable(detail)),
                fault => Err(fault),
            }
        };
        let owner = judged?;
        let clock_ahead =
            answer.clock_ahead.ok_or_else(|| unreadable("the answer has no usable `Date`"))?;
        Ok(Service { clock_ahead, owner })
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, Fault> {
        let answer = require_success(self.list_buckets().await?)?;
        Ok(read_bucket_list(&answer)?.names)
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        // rust-s3 has no HeadBucket; a HEAD with an empty key is one.
        let answer = self.at(bucket, "", Command::HeadObject).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        let again = Call::on(Method::GET, bucket).with("list-type", "2").with("max-keys", "1");
        Err(self.cause_of(answer, again).await)
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let mut config = BucketConfiguration::private();
        match self.region() {
            Region::Fsn1 | Region::Nbg1 | Region::Hel1 => {
                config.set_location_constraint(self.wire.region());
            }
            // A gateway may know its region by another name than the one it is signed for, and
            // takes none for its own.
            Region::Custom(_) => (),
        }
        require_success(self.at(bucket, "", Command::CreateBucket { config }).await?).map(drop)
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        let answer = self.about(bucket, "versioning", Command::GetObject).await?;
        read_setting(answer, read_versioning)
    }

    async fn set_versioning(
        &self,
        bucket: &BucketName,
        versioning: Versioning,
    ) -> Result<(), Fault> {
        let xml = write_versioning(versioning).ok_or_else(|| {
            Fault::new(FaultKind::Unsupported, "no bucket goes back to having kept no versions")
        })?;
        let put = build_put(xml.as_bytes(), "application/xml");
        require_success(self.about(bucket, "versioning", put).await?).map(drop)
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        search_tables(self, bucket).await
    }

    async fn version_traces(&self, bucket: &BucketName) -> Result<VersionTraces, Fault> {
        search_version_traces(self, bucket).await
    }

    async fn conditional_puts(&self, trial: &PutTrial<'_>) -> Result<ConditionalPuts, Fault> {
        let PutTrial { bucket, prefix, random } = *trial;
        probe_conditional_put(self, &ConditionProbe::usual(bucket, prefix, random)).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        let answer = self.about(bucket, "lifecycle", Command::GetObject).await?;
        if has_code(&answer, "NoSuchLifecycleConfiguration") {
            return Ok(Lifecycle::default());
        }
        read_setting(answer, read_lifecycle)
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        if rules.is_empty() {
            let answer = self.about(bucket, "lifecycle", Command::DeleteObject).await?;
            if has_code(&answer, "NoSuchLifecycleConfiguration") {
                return Ok(());
            }
            return require_success(answer).map(drop);
        }
        let xml = write_lifecycle(rules);
        let put = build_put(xml.as_bytes(), "application/xml");
        require_success(self.about(bucket, "lifecycle", put).await?).map(drop)
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<PolicyText>, Fault> {
        self.read_policy(bucket).await
    }

    async fn set_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        self.write_policy(bucket, policy).await
    }

    async fn public_access(&self, bucket: &BucketName) -> Result<PublicAccessBlock, Fault> {
        self.read_public_access(bucket).await
    }

    async fn set_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        self.write_public_access(bucket, block).await
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        let put = build_put(&content, "application/octet-stream");
        let answer = require_success(self.at(bucket, key.as_str(), put).await?)?;
        let version = answer.header("x-amz-version-id").map(|id| VersionId(id.to_owned()));
        Ok(Stored { etag: read_etag(&answer)?, version })
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        let answer = self.at(bucket, key.as_str(), Command::GetObject).await?;
        // The body is the owner's: it may well look like an error document.
        if answer.status != StatusCode::OK {
            return Err(judge_answer(&answer));
        }
        let framed = [CONTENT_LENGTH, TRANSFER_ENCODING];
        if !framed.iter().any(|header| answer.headers.contains_key(header)) {
            return Err(unreadable("whether the answer is complete is unknown"));
        }
        Ok(answer.body.into())
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        let answer = self.at(bucket, key.as_str(), Command::HeadObject).await?;
        if !answer.status.is_success() {
            let again = Call::at(Method::GET, bucket, key.as_str()).header("range", "bytes=0-0")?;
            return Err(self.cause_of(answer, again).await);
        }
        let size = answer.header("content-length").and_then(|text| text.parse().ok());
        let size = size.ok_or_else(|| unreadable("the answer has no usable `Content-Length`"))?;
        Ok(ObjectHead { size: ByteSize::b(size), etag: read_etag(&answer)? })
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        let call = wire::UnsignedCall {
            command: Command::DeleteObject,
            bucket: Some(bucket),
            key: key.as_str(),
            query: version.map(|version| ("versionId", version.0.as_str())),
            limit: XML_LIMIT,
        };
        let answer = self.wire.send(call).await?;
        if has_code(&answer, "NoSuchKey") || has_code(&answer, "NoSuchVersion") {
            return Ok(());
        }
        require_success(answer).map(drop)
    }
}

fn build_put<'a>(content: &'a [u8], content_type: &'a str) -> Command<'a> {
    Command::PutObject { content, content_type, custom_headers: None, multipart: None }
}

fn read_bucket_list(answer: &Answer) -> Result<BucketList, Fault> {
    let list = read_buckets(&answer.body).map_err(unreadable)?;
    if list.owner.as_deref() == Some("anonymous") {
        return Err(unreadable("the service has answered without looking at the signature"));
    }
    Ok(list)
}

fn read_etag(answer: &Answer) -> Result<ETag, Fault> {
    let text = answer.header(ETAG.as_str()).unwrap_or_default();
    text.parse().map_err(unreadable)
}
