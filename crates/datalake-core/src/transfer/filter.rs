//! Which names belong to a transfer.

use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::text::translate_wildcard;

/// Patterns as in a `.gitignore`: what they name is left out, and what a pattern with `!` before it
/// names is taken in again. The last pattern that fits decides.
///
/// `*` and `?` stop at `/`, `**` does not; a pattern with a `/` in front or inside counts from the
/// root of the tree, another one fits at any depth; one that fits a folder fits all in it, and one
/// that ends with `/` fits folders only.
///
/// Unlike git, a name can be taken in again below a folder that is left out: there is no folder in
/// a bucket.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    patterns: RegexSet,
    /// For each pattern, whether it takes in.
    takes_in: Vec<bool>,
    by_default: bool,
}

/// A pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid pattern")]
pub struct InvalidPattern(String);

impl Filter {
    /// Everything but what the patterns leave out.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern`] for one that is empty or has a bracket that does not close.
    pub fn excluding<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, InvalidPattern> {
        Self::new(patterns.into_iter().map(|pattern| match pattern.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (pattern, false),
        }))
    }

    /// Nothing but what `include` names, without what `exclude` leaves out of it; an empty
    /// `include` names everything.
    ///
    /// # Errors
    ///
    /// As [`Filter::excluding`].
    pub fn including<'p>(
        include: &'p [String],
        exclude: &'p [String],
    ) -> Result<Self, InvalidPattern> {
        let excluded = exclude.iter().map(|pattern| match pattern.strip_prefix('!') {
            Some(pattern) => (pattern, true),
            None => (pattern.as_str(), false),
        });
        let included = include.iter().map(|pattern| (pattern.as_str(), true));
        let filter = Self::new(included.chain(excluded))?;
        Ok(Self { by_default: include.is_empty(), ..filter })
    }

    /// Whether the name of a file belongs to the transfer.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        if self.takes_in.is_empty() {
            return true;
        }
        let last = self.patterns.matches(name.as_bytes()).into_iter().next_back();
        last.and_then(|last| self.takes_in.get(last).copied()).unwrap_or(self.by_default)
    }

    fn new<'p>(
        patterns: impl IntoIterator<Item = (&'p str, bool)>,
    ) -> Result<Self, InvalidPattern> {
        let (mut texts, mut takes_in) = (Vec::new(), Vec::new());
        for (pattern, takes) in patterns {
            texts.push(regex_of(pattern).ok_or_else(|| InvalidPattern(pattern.to_owned()))?);
            takes_in.push(takes);
        }
        let built = RegexSetBuilder::new(&texts).dot_matches_new_line(true).build();
        let patterns = built.map_err(|_| InvalidPattern(texts.join(" ")))?;
        Ok(Self { patterns, takes_in, by_default: true })
    }
}

/// The regular expression of a pattern; `None` where it is not a valid pattern.
fn regex_of(pattern: &str) -> Option<String> {
    let (body, folder_only) = match pattern.strip_suffix('/') {
        Some(body) => (body, true),
        None => (pattern, false),
    };
    let anchored = body.contains('/');
    let body = body.strip_prefix('/').unwrap_or(body);
    if body.is_empty() {
        return None;
    }
    let start = if anchored { "^" } else { "^(?:.*/)?" };
    let end = if folder_only { "/" } else { "(?:/|$)" };
    Some(format!("{start}{}{end}", translate_pattern(body)?))
}

fn translate_pattern(body: &str) -> Option<String> {
    let mut regex = String::new();
    let mut rest = body;
    while !rest.is_empty() {
        let before_is_start = rest.len() == body.len() || regex.ends_with('/');
        if let Some(behind) = rest.strip_prefix("**/").filter(|_| before_is_start) {
            regex.push_str("(?:.*/)?");
            rest = behind;
            continue;
        }
        if before_is_start && rest == "**" {
            regex.push_str(".+");
            return Some(regex);
        }
        rest = translate_wildcard(rest, &mut regex)?;
    }
    Some(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, out: &[&str], inside: &[&str]) {
        let filter = Filter::excluding([pattern]).unwrap();
        for name in out {
            assert!(!filter.takes(name), "{pattern:?} leaves {name:?} out");
        }
        for name in inside {
            assert!(filter.takes(name), "{pattern:?} does not name {name:?}");
        }
    }

    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        check("*.tmp", &["a.tmp", "x/y/a.tmp", "a.tmp/b", "\n.tmp"], &["a.tmpx", "tmp"]);
        check("/a", &["a", "a/b"], &["x/a", "ab"]);
        check("a/b", &["a/b", "a/b/c"], &["x/a/b", "a/bc"]);
        check("cache/", &["cache/x", "y/cache/x"], &["cache", "y/cache"]);
        check("**/x", &["x", "a/x", "a/b/x"], &["ax"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]);
        check("?", &["a", "x/b", "\u{e9}"], &["ab", "ab/cd"]);
        check("[a-c]x", &["ax", "cx"], &["dx", "-x"]);
        check("[!a]x", &["bx"], &["ax"]);
        check("a.b", &["a.b"], &["axb"]);
        check("\\*", &["*"], &["a"]);
    }

    #[test]
    fn the_last_pattern_that_fits_decides() {
        let filter = Filter::excluding(["*.log", "!keep.log", "old/"]).unwrap();

        assert!(!filter.takes("a.log"));
        assert!(filter.takes("keep.log"));
        assert!(!filter.takes("old/keep.log"));
    }

    #[test]
    fn only_what_is_included_is_taken() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let filter = Filter::including(&texts(&["*.csv"]), &texts(&["tmp/"])).unwrap();

        assert!(filter.takes("a/b.csv"));
        assert!(!filter.takes("b.txt"));
        assert!(!filter.takes("tmp/b.csv"));
        assert!(Filter::including(&[], &texts(&["x"])).unwrap().takes("y"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["", "/", "[a", "a\\", "!"] {
            assert!(Filter::excluding([pattern]).is_err(), "{pattern:?}");
        }
        assert!(Filter::default().takes("anything"));
    }
}
