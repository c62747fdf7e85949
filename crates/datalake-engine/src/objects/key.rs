//! Keys as a service has them.

use std::borrow::Borrow;
use std::fmt;

use datalake_core::s3::{InvalidKey, ObjectKey};

/// The key of an object that is in a bucket already: any text of 1 to 1,024 bytes.
///
/// It is untrusted: it may begin with `/`, hold `..`, line breaks or other control characters. It
/// has no `Display`, so that it meets no terminal unescaped, and must not become the name of a
/// file unchecked. Its order is that of its bytes, as in listings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyKey(Box<str>);

/// The text is not a key of any object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an object key has 1 to 1,024 bytes")]
pub struct NoKey;

impl AnyKey {
    /// The key as text, not encoded for URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This key as one that is safe to use, where it is.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] with the reason why URL parsers or terminals would stumble over it.
    pub fn safe(&self) -> Result<ObjectKey, InvalidKey> {
        self.0.parse()
    }

    /// Whether XML can hold the key: it has no control character but tab and line breaks.
    #[must_use]
    pub fn fits_xml(&self) -> bool {
        let fits = |character: char| match character {
            '\t' | '\n' | '\r' => true,
            '\u{fffe}' | '\u{ffff}' => false,
            other => other >= ' ',
        };
        self.0.chars().all(fits)
    }
}

impl TryFrom<String> for AnyKey {
    type Error = NoKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=1024).contains(&text.len()) { Ok(Self(text.into_boxed_str())) } else { Err(NoKey) }
    }
}

impl TryFrom<&str> for AnyKey {
    type Error = NoKey;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.to_owned().try_into()
    }
}

impl From<&ObjectKey> for AnyKey {
    fn from(key: &ObjectKey) -> Self {
        Self(key.as_str().into())
    }
}

// Order, equality and hash are those of the text.
impl Borrow<str> for AnyKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> AnyKey {
        text.try_into().unwrap()
    }

    #[test]
    fn any_text_of_a_length_is_a_key() {
        for text in ["/", "../etc/passwd", "a\u{0}\n", &"k".repeat(1024)] {
            assert_eq!(key(text).as_str(), text);
        }
        assert_eq!(AnyKey::try_from(""), Err(NoKey));
        assert_eq!(AnyKey::try_from("k".repeat(1025)), Err(NoKey));
    }

    #[test]
    fn keys_are_in_the_order_of_their_bytes() {
        let mut keys = ["a/b", "a", "a.b", "\u{e9}", "A", "z", "\u{1f5c2}", "a\u{0}"].map(key);

        keys.sort();

        let texts: Vec<_> = keys.iter().map(AnyKey::as_str).collect();
        assert_eq!(texts, ["A", "a", "a\u{0}", "a.b", "a/b", "z", "\u{e9}", "\u{1f5c2}"]);
    }

    #[test]
    fn control_characters_do_not_fit_xml() {
        assert!(key("a\t\r\n\u{7f}\u{e9}<&>").fits_xml());
        assert!(!key("a\u{1}").fits_xml());
        assert!(!key("\u{ffff}").fits_xml());
    }

    #[test]
    fn debug_shows_nothing_that_moves_a_cursor() {
        assert_eq!(format!("{:?}", key("a\u{1b}[2J")), r#""a\u{1b}[2J""#);
    }
}
