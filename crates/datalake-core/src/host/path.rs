//! Paths on the managed host.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// An absolute path on the managed host, in UTF-8, without `.`, `..`, empty parts or control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPath(String);

/// The text is not a path that datalake would write to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{0}` has to be absolute and plain: no `..`, `.`, `//` or control characters")]
pub struct InvalidPath(String);

impl HostPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of `name`, which may have several parts, below this one.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a part is `..`, `.`, empty or holds control characters.
    pub fn join(&self, name: &str) -> Result<Self, InvalidPath> {
        format!("{}/{name}", self.0.trim_end_matches('/')).parse()
    }

    /// The folder that holds this path; `None` for `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/')? {
            (_, "") => None,
            ("", _) => Some(Self("/".to_owned())),
            (parent, _) => Some(Self(parent.to_owned())),
        }
    }

    /// The last part; empty for `/`.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The parts from the root down.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }
}

impl FromStr for HostPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        let plain = match text.strip_prefix('/') {
            Some("") => true,
            Some(rest) => rest.split('/').all(is_part) && !rest.chars().any(char::is_control),
            None => false,
        };
        if plain { Ok(Self(text.to_owned())) } else { Err(InvalidPath(text.to_owned())) }
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(HostPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_plain() {
        for text in ["", "a", "a/b", "/a/../b", "/a//b", "/a/", "/a/.", "/a\nb"] {
            assert!(text.parse::<HostPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn parent_and_join_are_inverse() {
        let home: HostPath = "/var/lib/dagster".parse().unwrap();
        let file = home.join(".config/datalake/s3.env").unwrap();

        assert_eq!(file.file_name(), "s3.env");
        assert_eq!(file.parent().unwrap().as_str(), "/var/lib/dagster/.config/datalake");
        assert_eq!("/a".parse::<HostPath>().unwrap().parent().unwrap().as_str(), "/");
        assert!(home.join("../etc").is_err());
    }
}
