//! Addresses with a signature in them.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;
use datalake_engine::{Expiry, Presign, SignedCall, SignedUrl};
use http::Method;
use time::OffsetDateTime;

use crate::call::Call;
use crate::signer::{SignedSubject, format_stamp};
use crate::store::S3Store;

impl Presign for S3Store {
    fn presign(
        &self,
        call: &SignedCall<'_>,
        expiry: Expiry,
        now: Timestamp,
    ) -> Result<SignedUrl, Fault> {
        let key = key_of(call);
        if key.split('/').any(|segment| matches!(segment, "." | "..")) {
            let detail = "whoever opens an address with a segment `.` or `..` asks for another key";
            return Err(Fault::new(FaultKind::Refused, detail));
        }
        let refused = || Fault::new(FaultKind::Refused, "no address can be signed for this time");
        let now = OffsetDateTime::from_unix_timestamp(now.unix()).map_err(|_| refused())?;
        let credential = self.road().signer.credential(now).map_err(|_| refused())?;
        let call = build_presigned_call(call)
            .with("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
            .with("X-Amz-Credential", credential)
            .with("X-Amz-Date", format_stamp(now))
            .with("X-Amz-Expires", expiry.seconds().to_string())
            .with("X-Amz-SignedHeaders", "host");
        let (path, query) = (call.path(), call.query());
        let subject = SignedSubject {
            method: call.method.as_str(),
            path: &path,
            query: &query,
            headers: &[("host", self.road().host())],
            payload: "UNSIGNED-PAYLOAD",
        };
        let signature = self.road().signer.signature(&subject, now).map_err(|_| refused())?;
        let base = self.road().base();
        Ok(SignedUrl::new(format!("{base}{path}?{query}&X-Amz-Signature={signature}")))
    }
}

fn key_of<'a>(call: &SignedCall<'a>) -> &'a str {
    match *call {
        SignedCall::Get(_, key, _) | SignedCall::Put(_, key) | SignedCall::Delete(_, key) => {
            key.as_str()
        }
        SignedCall::List(..) => "",
    }
}

fn build_presigned_call<'a>(call: &SignedCall<'a>) -> Call<'a> {
    let at = |method, bucket: &'a BucketName, key| Call::at(method, bucket, key);
    match *call {
        SignedCall::Get(bucket, key, version) => {
            at(Method::GET, bucket, key.as_str()).version(version)
        }
        SignedCall::Put(bucket, key) => at(Method::PUT, bucket, key.as_str()),
        SignedCall::Delete(bucket, key) => at(Method::DELETE, bucket, key.as_str()),
        SignedCall::List(bucket, prefix) => {
            Call::on(Method::GET, bucket).with("list-type", "2").with("prefix", prefix)
        }
    }
}
