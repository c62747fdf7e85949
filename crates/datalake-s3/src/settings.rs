//! The engine's port for settings of buckets.

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_engine::{BucketLock, BucketSettings, Cors, Retention};
use http::Method;
use md5::{Digest as _, Md5};

use crate::answer::Answer;
use crate::call::Call;
use crate::cors::{read_cors, write_cors};
use crate::documents::{read_location, write_location};
use crate::locks::{read_lock, write_lock};
use crate::objects::{ANSWER_LIMIT, expect_nothing};
use crate::store::S3Store;
use crate::unusable::{has_code, read_document, read_setting};

const XML: &str = "application/xml";

/// A setting as it is sent.
pub(crate) struct WrittenSetting<'t> {
    pub(crate) content: String,
    pub(crate) content_type: &'t str,
    /// Headers beside those of every setting.
    pub(crate) headers: &'t [(&'static str, &'t str)],
}

impl WrittenSetting<'_> {
    pub(crate) fn send_xml(content: String) -> Self {
        Self { content, content_type: XML, headers: &[] }
    }
}

impl S3Store {
    pub(crate) async fn read_setting(
        &self,
        bucket: &BucketName,
        name: &'static str,
    ) -> Result<Answer, Fault> {
        self.road().ask(Call::on(Method::GET, bucket).with(name, ""), ANSWER_LIMIT).await
    }

    pub(crate) async fn write_setting(
        &self,
        bucket: &BucketName,
        name: &'static str,
        setting: WrittenSetting<'_>,
    ) -> Result<(), Fault> {
        let WrittenSetting { content, content_type, headers } = setting;
        let content = Bytes::from(content);
        let digest = BASE64_STANDARD.encode(Md5::digest(&content));
        let call = Call::on(Method::PUT, bucket).with(name, "").document(content);
        let mut call = call.header("content-md5", &digest)?.header("content-type", content_type)?;
        for (name, value) in headers {
            call = call.header(name, value)?;
        }
        expect_nothing(self.road().ask(call, ANSWER_LIMIT).await?)
    }

    pub(crate) async fn remove_setting(
        &self,
        bucket: &BucketName,
        name: &'static str,
        absent: &str,
    ) -> Result<(), Fault> {
        let call = Call::on(Method::DELETE, bucket).with(name, "");
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        if has_code(&answer, absent) { Ok(()) } else { expect_nothing(answer) }
    }
}

const NO_CORS: &str = "NoSuchCORSConfiguration";

#[async_trait]
impl BucketSettings for S3Store {
    async fn create_locked_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let call = Call::on(Method::PUT, bucket).header("x-amz-acl", "private")?;
        let call = call.header("x-amz-bucket-object-lock-enabled", "true")?;
        let call = match write_location(self.region()) {
            Some(document) => call.document(document).header("content-type", XML)?,
            None => call,
        };
        expect_nothing(self.road().ask(call, ANSWER_LIMIT).await?)
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        expect_nothing(self.road().ask(Call::on(Method::DELETE, bucket), ANSWER_LIMIT).await?)
    }

    async fn location(&self, bucket: &BucketName) -> Result<String, Fault> {
        read_document(&self.read_setting(bucket, "location").await?, read_location)
    }

    async fn cors(&self, bucket: &BucketName) -> Result<Cors, Fault> {
        let answer = self.read_setting(bucket, "cors").await?;
        if has_code(&answer, NO_CORS) {
            return Ok(Cors::default());
        }
        read_setting(answer, read_cors)
    }

    async fn set_cors(&self, bucket: &BucketName, cors: &Cors) -> Result<(), Fault> {
        if cors.0.is_empty() {
            return self.remove_setting(bucket, "cors", NO_CORS).await;
        }
        self.write_setting(bucket, "cors", WrittenSetting::send_xml(write_cors(cors))).await
    }

    async fn lock(&self, bucket: &BucketName) -> Result<BucketLock, Fault> {
        let answer = self.read_setting(bucket, "object-lock").await?;
        if has_code(&answer, "ObjectLockConfigurationNotFoundError") {
            return Ok(BucketLock::Never);
        }
        read_setting(answer, read_lock)
    }

    async fn set_lock(
        &self,
        bucket: &BucketName,
        retention: Option<Retention>,
    ) -> Result<(), Fault> {
        self.write_setting(bucket, "object-lock", WrittenSetting::send_xml(write_lock(retention)))
            .await
    }
}
