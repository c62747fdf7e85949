//! The engine's port for object stores.

use async_trait::async_trait;
use datalake_core::{
    BucketName, ByteSize, ETag, Fault, FaultKind, Lifecycle, ObjectKey, Region, Service,
    TableSearch, Versioning,
};
use datalake_engine::{ObjectHead, ObjectStore, Stored, VersionId, search_tables};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, ETAG, TRANSFER_ENCODING};
use s3::BucketConfiguration;
use s3::command::Command;

use crate::answer::{Answer, classify};
use crate::documents::{BucketList, read_buckets, read_versioning, write_versioning};
use crate::lifecycle::{read_lifecycle, write_lifecycle};
use crate::store::S3Store;
use crate::unusable::{has_code, succeeded, unreadable};
use crate::wire::Call;

/// The longest XML answer that is read.
const XML_LIMIT: usize = 1024 * 1024;

/// The longest object that is read into memory.
const OBJECT_LIMIT: usize = 16 * 1024 * 1024;

impl S3Store {
    async fn list_buckets(&self) -> Result<Answer, Fault> {
        let call = Call {
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
        let call = Call { command, bucket: Some(bucket), key: "", query, limit: XML_LIMIT };
        self.wire.send(call).await
    }

    /// Sends a command about a bucket or an object in it.
    async fn at(
        &self,
        bucket: &BucketName,
        key: &str,
        command: Command<'_>,
    ) -> Result<Answer, Fault> {
        let call = Call { command, bucket: Some(bucket), key, query: None, limit: OBJECT_LIMIT };
        self.wire.send(call).await
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn reach(&self) -> Result<Service, Fault> {
        let answer = self.list_buckets().await?;
        let denied = answer.error().is_some_and(|error| error.code == "AccessDenied");
        let judged = if answer.error().is_none() && answer.status.is_success() {
            listed(&answer).map(|list| list.owner)
        } else {
            match classify(&answer) {
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
        let answer = succeeded(self.list_buckets().await?)?;
        Ok(listed(&answer)?.names)
    }

    async fn head_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        // rust-s3 has no HeadBucket; a HEAD with an empty key is one.
        succeeded(self.at(bucket, "", Command::HeadObject).await?).map(drop)
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
        succeeded(self.at(bucket, "", Command::CreateBucket { config }).await?).map(drop)
    }

    async fn versioning(&self, bucket: &BucketName) -> Result<Versioning, Fault> {
        let answer = succeeded(self.about(bucket, "versioning", Command::GetObject).await?)?;
        read_versioning(&answer.body).map_err(unreadable)
    }

    async fn set_versioning(
        &self,
        bucket: &BucketName,
        versioning: Versioning,
    ) -> Result<(), Fault> {
        let xml = write_versioning(versioning).ok_or_else(|| {
            Fault::new(FaultKind::Unsupported, "no bucket goes back to having kept no versions")
        })?;
        let put = put(xml.as_bytes(), "application/xml");
        succeeded(self.about(bucket, "versioning", put).await?).map(drop)
    }

    async fn tables(&self, bucket: &BucketName) -> Result<TableSearch, Fault> {
        search_tables(self, bucket).await
    }

    async fn lifecycle(&self, bucket: &BucketName) -> Result<Lifecycle, Fault> {
        let answer = self.about(bucket, "lifecycle", Command::GetObject).await?;
        if has_code(&answer, "NoSuchLifecycleConfiguration") {
            return Ok(Lifecycle::default());
        }
        read_lifecycle(&succeeded(answer)?.body).map_err(unreadable)
    }

    async fn set_lifecycle(&self, bucket: &BucketName, rules: &Lifecycle) -> Result<(), Fault> {
        if rules.is_empty() {
            let answer = self.about(bucket, "lifecycle", Command::DeleteObject).await?;
            if has_code(&answer, "NoSuchLifecycleConfiguration") {
                return Ok(());
            }
            return succeeded(answer).map(drop);
        }
        let xml = write_lifecycle(rules);
        let put = put(xml.as_bytes(), "application/xml");
        succeeded(self.about(bucket, "lifecycle", put).await?).map(drop)
    }

    async fn put_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        content: Vec<u8>,
    ) -> Result<Stored, Fault> {
        let put = put(&content, "application/octet-stream");
        let answer = succeeded(self.at(bucket, key.as_str(), put).await?)?;
        let version = answer.header("x-amz-version-id").map(|id| VersionId(id.to_owned()));
        Ok(Stored { etag: etag(&answer)?, version })
    }

    async fn get_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Vec<u8>, Fault> {
        let answer = self.at(bucket, key.as_str(), Command::GetObject).await?;
        // The body is the owner's: it may well look like an error document.
        if answer.status != StatusCode::OK {
            return Err(classify(&answer));
        }
        let framed = [CONTENT_LENGTH, TRANSFER_ENCODING];
        if !framed.iter().any(|header| answer.headers.contains_key(header)) {
            return Err(unreadable("nobody can tell whether the answer is whole"));
        }
        Ok(answer.body.into())
    }

    async fn head_object(&self, bucket: &BucketName, key: &ObjectKey) -> Result<ObjectHead, Fault> {
        let answer = succeeded(self.at(bucket, key.as_str(), Command::HeadObject).await?)?;
        let size = answer.header("content-length").and_then(|text| text.parse().ok());
        let size = size.ok_or_else(|| unreadable("the answer has no usable `Content-Length`"))?;
        Ok(ObjectHead { size: ByteSize::b(size), etag: etag(&answer)? })
    }

    async fn delete_object(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&VersionId>,
    ) -> Result<(), Fault> {
        let call = Call {
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
        succeeded(answer).map(drop)
    }
}

fn put<'a>(content: &'a [u8], content_type: &'a str) -> Command<'a> {
    Command::PutObject { content, content_type, custom_headers: None, multipart: None }
}

fn listed(answer: &Answer) -> Result<BucketList, Fault> {
    let list = read_buckets(&answer.body).map_err(unreadable)?;
    if list.owner.as_deref() == Some("anonymous") {
        return Err(unreadable("the service has answered without looking at the signature"));
    }
    Ok(list)
}

fn etag(answer: &Answer) -> Result<ETag, Fault> {
    let text = answer.header(ETAG.as_str()).unwrap_or_default();
    text.parse().map_err(unreadable)
}
