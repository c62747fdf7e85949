//! Keys of objects by a pattern.

use regex::Regex;

use crate::text::translate_wildcard;

/// Which keys are meant: one, all that begin so, or all that fit a pattern.
///
/// `*` and `?` stand for anything but `/`, `**` for anything, `[a-c]` and `[!a-c]` for one character;
/// a backslash takes the character behind it as it is. The pattern fits whole keys.
///
/// ```
/// use datalake_core::s3::KeyPattern;
///
/// let pattern = KeyPattern::new("raw/2026-*/**.csv")?;
///
/// assert_eq!(pattern.literal(), "raw/2026-");
/// assert!(pattern.fits("raw/2026-11/a/b.csv"));
/// assert!(!pattern.fits("raw/2026-11.csv"));
/// # Ok::<(), datalake_core::s3::InvalidKeyPattern>(())
/// ```
#[derive(Debug, Clone)]
pub struct KeyPattern {
    literal: String,
    rest: Option<PatternRest>,
}

#[derive(Debug, Clone)]
struct PatternRest {
    text: String,
    regex: Regex,
}

/// The text is not a valid pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid pattern: a `[` without its `]`, or one that is too long")]
pub struct InvalidKeyPattern(String);

impl KeyPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyPattern`] for a bracket that does not close.
    pub fn new(text: &str) -> Result<Self, InvalidKeyPattern> {
        let (literal, rest) = split_at_wildcard(text);
        if rest.is_empty() {
            return Ok(Self { literal, rest: None });
        }
        let invalid = || InvalidKeyPattern(text.to_owned());
        let translated = translate_pattern(rest).ok_or_else(invalid)?;
        let regex = format!("(?s)^{}{translated}$", regex::escape(&literal));
        let regex = Regex::new(&regex).map_err(|_| invalid())?;
        Ok(Self { literal, rest: Some(PatternRest { text: rest.to_owned(), regex }) })
    }

    /// Takes every character as it is.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { literal: text.into(), rest: None }
    }

    /// What all the keys begin with: all that stands before the first wildcard.
    #[must_use]
    pub fn literal(&self) -> &str {
        &self.literal
    }

    /// Whether there is a wildcard in it.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        self.rest.is_some()
    }

    /// Whether it fits a key; without a wildcard, whether it is that key.
    #[must_use]
    pub fn fits(&self, key: &str) -> bool {
        match &self.rest {
            Some(rest) => rest.regex.is_match(key),
            None => key == self.literal,
        }
    }

    /// Whether the keys that fit lie directly where the wildcards begin, in no folder below.
    #[must_use]
    pub fn stays_in_one_folder(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| !rest.text.contains('/') && !rest.text.contains("**"))
    }

    /// Whether it may well mean each key that there is.
    #[must_use]
    pub fn means_everything(&self) -> bool {
        let wild = |rest: &PatternRest| rest.text.chars().all(|c| matches!(c, '*' | '/' | '?'));
        self.literal.is_empty() && self.rest.as_ref().is_none_or(wild)
    }
}

/// The text before the first wildcard, without backslashes, and what stands behind it.
fn split_at_wildcard(text: &str) -> (String, &str) {
    let mut literal = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '*' | '?' | '[' => return (literal, text.get(at..).unwrap_or_default()),
            '\\' => literal.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => literal.push(other),
        }
    }
    (literal, "")
}

fn translate_pattern(pattern: &str) -> Option<String> {
    let mut regex = String::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        rest = match (rest.strip_prefix("**"), rest) {
            (Some(behind), _) => {
                regex.push_str(".*");
                behind
            }
            // A backslash at the end stands for itself.
            (None, "\\") => translate_wildcard("\\\\", &mut regex)?,
            (None, rest) => translate_wildcard(rest, &mut regex)?,
        };
    }
    Some(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, literal: &str, fitting: &[&str], others: &[&str]) {
        let pattern = KeyPattern::new(pattern).unwrap();
        assert_eq!(pattern.literal(), literal);
        for key in fitting {
            assert!(pattern.fits(key), "{pattern:?} fits {key:?}");
        }
        for key in others {
            assert!(!pattern.fits(key), "{pattern:?} does not fit {key:?}");
        }
    }

    #[test]
    fn wildcards_stop_at_a_slash_unless_doubled() {
        check("a/*.csv", "a/", &["a/x.csv", "a/.csv", "a/\n.csv"], &["a/b/x.csv", "b/a/x.csv"]);
        check("a/**.csv", "a/", &["a/x.csv", "a/b/x.csv"], &["a.csv", "a/x.csvx"]);
        check("**", "", &["a", "/", "a\n/b"], &[]);
        check("a?", "a", &["ab", "a\u{e9}"], &["a/", "a", "abc"]);
        check("[a-c][!x]", "", &["ay", "cz"], &["ax", "dy", "a/"]);
        check("[]]", "", &["]"], &["["]);
    }

    #[test]
    fn other_characters_stand_for_themselves() {
        check("a.b+c", "a.b+c", &["a.b+c"], &["axb+c", "a.b+cd"]);
        check("a\\*b\\\\*", "a*b\\", &["a*b\\x"], &["axb\\x"]);
        check("x*a\\[", "x", &["xa["], &["xa"]);
        check("x*\\", "x", &["x\\", "xa\\"], &["x"]);
        check("", "", &[""], &["a"]);
        assert!(KeyPattern::plain("a*[").fits("a*["));
        assert!(KeyPattern::new("a[b").is_err());
    }

    #[test]
    fn what_it_reaches_is_known_before() {
        let pattern = |text| KeyPattern::new(text).unwrap();

        assert!(pattern("a/*.csv").stays_in_one_folder());
        assert!(!pattern("a/*/b").stays_in_one_folder());
        assert!(!pattern("a/**").stays_in_one_folder());
        for all in ["", "*", "**", "*/**"] {
            assert!(pattern(all).means_everything(), "{all}");
        }
        for some in ["a", "*.csv", "a/**"] {
            assert!(!pattern(some).means_everything(), "{some}");
        }
    }
}
