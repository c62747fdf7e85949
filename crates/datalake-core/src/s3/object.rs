//! Names and content tags of objects.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// The key of an object: 1 to 1,024 bytes of UTF-8.
///
/// Keys that begin with `/`, hold a control character, or have a segment `.` or `..` are refused:
/// URL parsers between here and the store would silently turn them into another key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

/// The part of object keys that Dagster's assets share; empty for the root of the bucket.
///
/// It has no slash at either end; `key` puts one between prefix and name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPrefix(String);

/// What the keys of logs begin with in the bucket.
pub const LOGS_PREFIX: &str = "compute-logs/";

/// Why a text is no object key or prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// The key is empty or longer than 1,024 bytes.
    #[error("an object key has 1 to 1,024 bytes")]
    Length,
    /// The key begins with a slash.
    #[error("an object key does not begin with `/`")]
    LeadingSlash,
    /// A segment is `.` or `..`.
    #[error("an object key has no segment `.` or `..`: URL parsers rewrite it to another key")]
    DotSegment,
    /// A control character occurs.
    #[error("an object key has no control characters")]
    Control,
}

impl ObjectKey {
    /// The key as text, not encoded for URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyPrefix {
    /// The key of `name` below this prefix.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] where the whole is no key.
    pub fn key(&self, name: &str) -> Result<ObjectKey, InvalidKey> {
        if self.0.is_empty() { name.parse() } else { format!("{}/{name}", self.0).parse() }
    }

    /// The prefix as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > 1024 {
            return Err(InvalidKey::Length);
        }
        if text.starts_with('/') {
            return Err(InvalidKey::LeadingSlash);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidKey::Control);
        }
        if text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(InvalidKey::DotSegment);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for KeyPrefix {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim_end_matches('/');
        if trimmed.is_empty() && !text.starts_with('/') {
            return Ok(Self::default());
        }
        trimmed.parse::<ObjectKey>().map(|key| Self(key.0))
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ObjectKey);
serde_as_text!(KeyPrefix);

/// The tag that a store gives to an object's content, without its quotes.
///
/// For one part it is the MD5 of the content in hex, for `n` parts a hash with `-n` behind it.
///
/// Two tags are equal where their texts are. One that is known to be no hash (`aws:kms`, or a weak
/// tag) is opaque.
#[derive(Debug, Clone)]
pub struct ETag {
    text: String,
    opaque: bool,
}

/// What a weak tag begins with.
const WEAK: &str = "W/";

/// The text is not an entity tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer has no usable ETag")]
pub struct InvalidETag;

impl ETag {
    /// The tag without quotes, as `If-Match` of a write wants it at Hetzner.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same tag, known to be no hash of the content.
    #[must_use]
    pub fn opaque(self) -> Self {
        Self { opaque: true, ..self }
    }

    /// Whether it is known to be no hash of the content.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.opaque
    }

    /// The tag in quotes, as `If-Match` of a read wants it; `None` for a weak one, which never
    /// matches there (RFC 9110, 13.1.1).
    #[must_use]
    pub fn quoted(&self) -> Option<String> {
        (!self.text.starts_with(WEAK)).then(|| format!("\"{}\"", self.text))
    }
}

impl PartialEq for ETag {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ETag {}

impl FromStr for ETag {
    type Err = InvalidETag;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (mark, text, opaque) = match text.strip_prefix(WEAK) {
            Some(strong) if strong.starts_with('"') => (WEAK, strong, true),
            _ => ("", text, false),
        };
        let bare = text.trim_matches('"');
        let is_tag = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
        if is_tag { Ok(Self { text: format!("{mark}{bare}"), opaque }) } else { Err(InvalidETag) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<InvalidKey>) {
        assert_eq!(text.parse::<ObjectKey>().err(), expected, "{text:?}");
    }

    #[test]
    fn keys_that_change_on_their_way_are_refused() {
        check("assets/raw data/é+%2F", None);
        check("a/.hidden/..x", None);
        check("dot/../y", Some(InvalidKey::DotSegment));
        check("./z", Some(InvalidKey::DotSegment));
        check("a/.", Some(InvalidKey::DotSegment));
        check("/a", Some(InvalidKey::LeadingSlash));
        check("a\nb", Some(InvalidKey::Control));
        check("", Some(InvalidKey::Length));
        check(&"x".repeat(1025), Some(InvalidKey::Length));
    }

    #[test]
    fn a_prefix_joins_with_one_slash() {
        let key = |prefix: &str| prefix.parse::<KeyPrefix>().unwrap().key("raw").unwrap().0;

        assert_eq!(key(""), "raw");
        assert_eq!(key("assets"), "assets/raw");
        assert_eq!(key("assets/"), "assets/raw");
        assert!("/assets".parse::<KeyPrefix>().is_err());
    }

    #[test]
    fn an_etag_comes_without_quotes() {
        assert_eq!("\"abc-2\"".parse::<ETag>().unwrap().as_str(), "abc-2");
        let quoted = |text: &str| text.parse::<ETag>().unwrap().quoted();
        assert_eq!(quoted("abc-2").as_deref(), Some("\"abc-2\""));
        assert_eq!(quoted("W/\"abc-2\""), None);
        assert_eq!("W/\"abc\"".parse::<ETag>().unwrap().as_str(), "W/abc");
        assert!("\"\"".parse::<ETag>().is_err());
    }
}
