//! How buckets and keys are named by people.

use std::str::FromStr;

use crate::s3::{BucketName, InvalidBucketName};

const SCHEME: &str = "s3://";

/// A key, or what keys begin with: `s3://BUCKET/KEY`, or `KEY` alone for the spec's bucket.
///
/// Keys are whole keys: the spec's prefix is not put before them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct S3Address {
    /// The bucket, where one is named.
    pub bucket: Option<BucketName>,
    /// The key or its beginning, as it was typed.
    pub key: String,
}

impl FromStr for S3Address {
    type Err = InvalidBucketName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Ok(Self { bucket: None, key: text.to_owned() });
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { bucket: Some(bucket.parse()?), key: key.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, bucket: Option<&str>, key: &str) {
        let address: S3Address = text.parse().unwrap();
        assert_eq!(address.bucket.as_ref().map(BucketName::as_str), bucket, "{text}");
        assert_eq!(address.key, key, "{text}");
    }

    #[test]
    fn a_bucket_is_named_with_its_scheme() {
        check("assets/raw", None, "assets/raw");
        check("/a", None, "/a");
        check("", None, "");
        check("s3://acme", Some("acme"), "");
        check("s3://acme/", Some("acme"), "");
        check("s3://acme//a/", Some("acme"), "/a/");
        for text in ["s3://", "s3:///x", "s3://No/x"] {
            assert!(text.parse::<S3Address>().is_err(), "{text}");
        }
    }
}
