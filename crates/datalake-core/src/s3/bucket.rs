//! Names of buckets.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use crate::text::serde_as_text;

/// The name of an S3 bucket: 3 to 63 lowercase letters, digits and hyphens.
///
/// Names are unique across all Hetzner customers and locations, so a valid name can still be taken
/// by someone else. Hetzner's rule (page "Buckets & objects", read 2026-10-05) is stricter than
/// that of AWS: no dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

/// The rule for bucket names that a text breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameRule {
    /// The name is too short or too long.
    #[error("a name has 3 to 63 characters")]
    Length,
    /// Another character than the permitted ones occurs.
    #[error("a name holds lowercase letters, digits and hyphens only, no dots or underscores")]
    Character,
    /// A hyphen is at one end.
    #[error("a name begins and ends with a letter or digit")]
    Edge,
    /// The name reads as an IP address.
    #[error("a name is not shaped like an IP address")]
    Address,
}

/// The text is not a bucket name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bucket name `{text}` is invalid: {rule}")]
pub struct InvalidBucketName {
    text: String,
    rule: NameRule,
}

impl InvalidBucketName {
    /// The rule that the text breaks.
    #[must_use]
    pub fn rule(&self) -> NameRule {
        self.rule
    }
}

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = InvalidBucketName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match broken_rule(text) {
            Some(rule) => Err(InvalidBucketName { text: text.to_owned(), rule }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(BucketName);

fn broken_rule(text: &str) -> Option<NameRule> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(NameRule::Address);
    }
    if !(3..=63).contains(&text.chars().count()) {
        return Some(NameRule::Length);
    }
    if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Some(NameRule::Character);
    }
    (text.starts_with('-') || text.ends_with('-')).then_some(NameRule::Edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<NameRule>) {
        assert_eq!(text.parse::<BucketName>().err().map(|err| err.rule()), expected, "{text:?}");
    }

    #[test]
    fn the_broken_rule_is_named() {
        check("dagster-assets", None);
        check("a1b", None);
        check("ab", Some(NameRule::Length));
        check(&"x".repeat(64), Some(NameRule::Length));
        check("My-Bucket", Some(NameRule::Character));
        check("my.bucket", Some(NameRule::Character));
        check("my_bucket", Some(NameRule::Character));
        check("bucket\n", Some(NameRule::Character));
        check("192.168.0.1", Some(NameRule::Address));
    }

    #[test]
    fn hyphens_stand_only_inside() {
        check("-assets", Some(NameRule::Edge));
        check("assets-", Some(NameRule::Edge));
    }
}
