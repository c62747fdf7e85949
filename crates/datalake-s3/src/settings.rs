//! The engine's port for settings of buckets.

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use datalake_core::{BucketName, Fault};
use datalake_engine::{BucketLock, BucketSettings, Cors, Retention};
use http::Method;
use md5::{Digest as _, Md5};

use crate::answer::Answer;
use crate::call::Call;
use crate::cors::{read_cors, write_cors};
use crate::documents::{read_location, write_location};
use crate::locks::{read_lock, write_lock};
use crate::objects::{ANSWER_LIMIT, nothing};
use crate::store::S3Store;
use crate::unusable::{document, has_code, succeeded, unreadable};

const XML: &str = "application/xml";

impl S3Store {
    async fn read_setting(&self, bucket: &BucketName, name: &'static str) -> Result<Answer, Fault> {
        self.road().ask(Call::on(Method::GET, bucket).with(name, ""), ANSWER_LIMIT).await
    }

    async fn write_setting(
        &self,
        bucket: &BucketName,
        name: &'static str,
        (content, content_type): (String, &str),
    ) -> Result<(), Fault> {
        let content = Bytes::from(content);
        let digest = BASE64_STANDARD.encode(Md5::digest(&content));
        let call = Call::on(Method::PUT, bucket).with(name, "").document(content);
        let call = call.header("content-md5", &digest)?.header("content-type", content_type)?;
        nothing(self.road().ask(call, ANSWER_LIMIT).await?)
    }

    async fn remove_setting(
        &self,
        bucket: &BucketName,
        (name, absent): (&'static str, &str),
    ) -> Result<(), Fault> {
        let call = Call::on(Method::DELETE, bucket).with(name, "");
        let answer = self.road().ask(call, ANSWER_LIMIT).await?;
        if has_code(&answer, absent) { Ok(()) } else { nothing(answer) }
    }
}

const NO_CORS: &str = "NoSuchCORSConfiguration";
const NO_POLICY: &str = "NoSuchBucketPolicy";

#[async_trait]
impl BucketSettings for S3Store {
    async fn create_locked_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        let call = Call::on(Method::PUT, bucket).header("x-amz-acl", "private")?;
        let call = call.header("x-amz-bucket-object-lock-enabled", "true")?;
        let call = match write_location(self.region()) {
            Some(document) => call.document(document).header("content-type", XML)?,
            None => call,
        };
        nothing(self.road().ask(call, ANSWER_LIMIT).await?)
    }

    async fn delete_bucket(&self, bucket: &BucketName) -> Result<(), Fault> {
        nothing(self.road().ask(Call::on(Method::DELETE, bucket), ANSWER_LIMIT).await?)
    }

    async fn location(&self, bucket: &BucketName) -> Result<String, Fault> {
        document(&self.read_setting(bucket, "location").await?, read_location)
    }

    async fn cors(&self, bucket: &BucketName) -> Result<Cors, Fault> {
        let answer = self.read_setting(bucket, "cors").await?;
        if has_code(&answer, NO_CORS) {
            return Ok(Cors::default());
        }
        read_cors(&succeeded(answer)?.body).map_err(unreadable)
    }

    async fn set_cors(&self, bucket: &BucketName, cors: &Cors) -> Result<(), Fault> {
        if cors.0.is_empty() {
            return self.remove_setting(bucket, ("cors", NO_CORS)).await;
        }
        self.write_setting(bucket, "cors", (write_cors(cors), XML)).await
    }

    async fn lock(&self, bucket: &BucketName) -> Result<BucketLock, Fault> {
        let answer = self.read_setting(bucket, "object-lock").await?;
        if has_code(&answer, "ObjectLockConfigurationNotFoundError") {
            return Ok(BucketLock::Never);
        }
        read_lock(&succeeded(answer)?.body).map_err(unreadable)
    }

    async fn set_lock(
        &self,
        bucket: &BucketName,
        retention: Option<Retention>,
    ) -> Result<(), Fault> {
        self.write_setting(bucket, "object-lock", (write_lock(retention), XML)).await
    }

    async fn policy(&self, bucket: &BucketName) -> Result<Option<String>, Fault> {
        let answer = self.read_setting(bucket, "policy").await?;
        if has_code(&answer, NO_POLICY) {
            return Ok(None);
        }
        let text = String::from_utf8(succeeded(answer)?.body.into());
        let text = text.map_err(|_| unreadable("the policy is no text"))?;
        let is_json = text.trim_start().starts_with('{');
        if is_json { Ok(Some(text)) } else { Err(unreadable("the answer is no policy")) }
    }

    async fn set_policy(&self, bucket: &BucketName, policy: Option<&str>) -> Result<(), Fault> {
        match policy {
            None => self.remove_setting(bucket, ("policy", NO_POLICY)).await,
            Some(text) => {
                let content = (text.to_owned(), "application/json");
                self.write_setting(bucket, "policy", content).await
            }
        }
    }
}
