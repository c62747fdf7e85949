//! What else a bucket is tried out with: tags, and requests without a key.

use std::fmt::Write as _;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_engine::{AnyKey, Oddities, Strangers, Tags};
use http::{Method, Request};
use md5::{Digest as _, Md5};
use quick_xml::escape::escape;

use crate::answer::judge_answer;
use crate::call::Call;
use crate::documents::UnknownDocument;
use crate::objects::{ANSWER_LIMIT, expect_nothing};
use crate::road::AGENT;
use crate::sending::PacedBody;
use crate::store::S3Store;
use crate::unusable::{read_document, unreadable};
use crate::xml::parse_document;

/// How long a stranger's request may stand still.
const PATIENCE: Duration = Duration::from_secs(10);

impl S3Store {
    /// Whether a request without a signature is granted.
    async fn grants(&self, path: &str) -> Result<bool, Fault> {
        let mut request = Request::new(PacedBody::new(Vec::new()));
        let address = format!("{}{path}", self.road().base()).parse();
        *request.uri_mut() = address.map_err(|error: http::uri::InvalidUri| unreadable(error))?;
        request.headers_mut().insert(http::header::USER_AGENT, AGENT);
        let answer = self.road().go(request, PATIENCE).await?.whole(ANSWER_LIMIT).await?;
        if answer.status.is_success() && answer.error().is_none() {
            return Ok(true);
        }
        match judge_answer(&answer) {
            // Missing and forbidden look alike to a stranger.
            fault if [FaultKind::Denied, FaultKind::Absent].contains(&fault.kind) => Ok(false),
            fault => Err(fault),
        }
    }
}

#[async_trait]
impl Oddities for S3Store {
    async fn set_tags(&self, bucket: &BucketName, key: &AnyKey, tags: &Tags) -> Result<(), Fault> {
        let content = Bytes::from(write_tags(tags));
        let digest = BASE64_STANDARD.encode(Md5::digest(&content));
        let call = Call::at(Method::PUT, bucket, key.as_str()).with("tagging", "");
        let call = call.document(content).header("content-md5", &digest)?;
        expect_nothing(
            self.road().ask(call.header("content-type", "application/xml")?, ANSWER_LIMIT).await?,
        )
    }

    async fn tags(&self, bucket: &BucketName, key: &AnyKey) -> Result<Tags, Fault> {
        let call = Call::at(Method::GET, bucket, key.as_str()).with("tagging", "");
        read_document(&self.road().ask(call, ANSWER_LIMIT).await?, read_tags)
    }

    async fn strangers(&self, bucket: &BucketName, key: &AnyKey) -> Result<Strangers, Fault> {
        let list = format!("/{bucket}/?list-type=2&max-keys=1");
        let read = Call::at(Method::GET, bucket, key.as_str()).path();
        Ok(Strangers { may_list: self.grants(&list).await?, may_read: self.grants(&read).await? })
    }
}

fn write_tags(tags: &Tags) -> String {
    let mut xml = "<Tagging><TagSet>".to_owned();
    for (name, value) in tags {
        let (name, value) = (escape(name.as_str()), escape(value.as_str()));
        // Writing to a text cannot fail.
        let _ = write!(xml, "<Tag><Key>{name}</Key><Value>{value}</Value></Tag>");
    }
    xml + "</TagSet></Tagging>"
}

fn read_tags(xml: &[u8]) -> Result<Tags, UnknownDocument> {
    let root = parse_document(xml)?;
    let set = root.child("TagSet").filter(|_| root.name == "Tagging");
    let set = set.ok_or(UnknownDocument::Other("Tagging"))?;
    let tag = |tag: &crate::xml::Element| {
        let text = |name| tag.child(name).map(|child| child.text.clone()).unwrap_or_default();
        (text("Key"), text("Value"))
    };
    Ok(set.children.iter().map(tag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_as_they_are_read() {
        let tags =
            Tags::from([("a&b".to_owned(), "<c>".to_owned()), ("d".to_owned(), String::new())]);

        assert_eq!(read_tags(write_tags(&tags).as_bytes()).ok(), Some(tags));
        assert!(read_tags(b"<Error><Code>NoSuchKey</Code></Error>").is_err());
    }
}
