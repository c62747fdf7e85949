//! Versions of Dagster and of Python packages.

use std::fmt;
use std::str::FromStr;

/// A release of Dagster of the line 1.X: `1.12.6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DagsterVersion {
    minor: u32,
    patch: u32,
}

/// No released library fits this Dagster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitVersion {
    /// A release candidate, a checkout, or no version at all.
    #[error("Dagster `{0}` is not a plain release such as `1.12.6`, and only those have a library")]
    NotReleased(String),
    /// Its libraries are numbered by another rule.
    #[error("Dagster `{0}` is not of the line 1.X, and what fits others is not known")]
    OtherLine(String),
}

impl DagsterVersion {
    /// The release of `dagster-aws` that belongs to it: 0.28.6 to 1.12.6.
    #[must_use]
    pub fn library(self) -> String {
        format!("0.{}.{}", u64::from(self.minor) + 16, self.patch)
    }
}

impl FromStr for DagsterVersion {
    type Err = UnfitVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_released = || UnfitVersion::NotReleased(text.to_owned());
        let numbers: Option<Vec<u32>> = text.split('.').map(parse_number).collect();
        match *numbers.ok_or_else(not_released)?.as_slice() {
            [1, minor, patch] => Ok(Self { minor, patch }),
            [_, _, _] => Err(UnfitVersion::OtherLine(text.to_owned())),
            _ => Err(not_released()),
        }
    }
}

impl fmt::Display for DagsterVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)
    }
}

/// Whether `version` is not below `bound`, as pip compares what is installed.
///
/// A release candidate of the bound itself is below it.
pub(crate) fn reaches_bound(version: &str, bound: &str) -> bool {
    let (found, is_early) = read_release(version);
    let (bound, _) = read_release(bound);
    let length = found.len().max(bound.len());
    let padded = |numbers: &[u32]| -> Vec<u32> {
        numbers.iter().copied().chain(std::iter::repeat(0)).take(length).collect()
    };
    let (found, bound) = (padded(&found), padded(&bound));
    if is_early { found > bound } else { found >= bound }
}

/// The numbers of a version up to its first odd part, and whether that makes it earlier.
fn read_release(version: &str) -> (Vec<u32>, bool) {
    let public = version.split('+').next().unwrap_or_default();
    let mut numbers = Vec::new();
    for part in public.split('.') {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (digits, rest) = part.split_at(digits);
        if let Some(number) = parse_number(digits) {
            numbers.push(number);
        }
        if !rest.is_empty() {
            return (numbers, !rest.starts_with("post"));
        }
    }
    (numbers, false)
}

/// `u32::from_str` takes a sign as well.
fn parse_number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(dagster: &str, library: &str) {
        let version: DagsterVersion = dagster.parse().unwrap();
        assert_eq!((version.to_string().as_str(), version.library().as_str()), (dagster, library));
    }

    #[test]
    fn each_release_has_one_library() {
        check("1.9.0", "0.25.0");
        check("1.11.0", "0.27.0");
        check("1.12.6", "0.28.6");
        check("1.13.27", "0.29.27");
    }

    #[test]
    fn what_is_no_release_has_none() {
        let not = |text: &str| UnfitVersion::NotReleased(text.to_owned());
        for text in
            ["1.13.0rc1", "1!0+dev", "1.12", "1.12.6.post1", "1.+2.6", "", "1.12.99999999999"]
        {
            assert_eq!(text.parse::<DagsterVersion>(), Err(not(text)));
        }
        for text in ["0.15.9", "2.0.0"] {
            let other = UnfitVersion::OtherLine(text.to_owned());
            assert_eq!(text.parse::<DagsterVersion>(), Err(other));
        }
    }

    #[test]
    fn a_bound_is_reached_by_itself_and_all_that_comes_later() {
        for version in ["1.38", "1.38.0", "1.38.0.post1", "1.44.5", "2.0", "1.39.0rc1", "1.38.1+x"]
        {
            assert!(reaches_bound(version, "1.38"), "{version}");
        }
        for version in ["1.37.99", "1.9.0", "0.99", "1.38.0rc1", "1.38.dev0", "", "x"] {
            assert!(!reaches_bound(version, "1.38"), "{version}");
        }
    }

    proptest! {
        #[test]
        fn a_release_is_read_as_it_is_written(minor: u32, patch: u32) {
            let version = DagsterVersion { minor, patch };
            prop_assert_eq!(version.to_string().parse(), Ok(version));
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = text.parse::<DagsterVersion>();
            let _ = reaches_bound(&text, "1.38");
        }
    }
}
