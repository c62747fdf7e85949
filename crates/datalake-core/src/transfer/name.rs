//! Names of files below a folder.

use std::fmt;

/// The way from a folder to a file in it: segments with `/` between them, never out of the folder.
///
/// It is the tail of an object's key, byte for byte, and its order is that of listings. It may hold
/// line breaks and other control characters, and has no `Display`, so that it meets no terminal
/// unescaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Box<str>);

/// Why a text is no way to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitName {
    /// It is empty.
    #[error("it has no name")]
    Empty,
    /// It begins with `/`.
    #[error("it begins with `/`: it would leave the folder")]
    Absolute,
    /// It ends with `/`.
    #[error("it ends with `/`, so it names a folder")]
    FolderMarker,
    /// It has `//` in it.
    #[error("it has an empty segment, which no folder can be named")]
    EmptySegment,
    /// A segment is `.` or `..`.
    #[error("it has a segment `.` or `..`: it would lead elsewhere")]
    DotSegment,
    /// It holds a NUL byte.
    #[error("it holds a NUL byte, which no file name can")]
    Nul,
}

impl TreePath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last `/`; `None` for a file directly in the folder.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }
}

impl TryFrom<String> for TreePath {
    type Error = UnfitName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match find_name_fault(&text) {
            Some(unfit) => Err(unfit),
            None => Ok(Self(text.into_boxed_str())),
        }
    }
}

impl TryFrom<&str> for TreePath {
    type Error = UnfitName;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.to_owned().try_into()
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn find_name_fault(text: &str) -> Option<UnfitName> {
    if text.is_empty() {
        return Some(UnfitName::Empty);
    }
    if text.contains('\0') {
        return Some(UnfitName::Nul);
    }
    if text.starts_with('/') {
        return Some(UnfitName::Absolute);
    }
    if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Some(UnfitName::DotSegment);
    }
    if text.ends_with('/') {
        return Some(UnfitName::FolderMarker);
    }
    text.contains("//").then_some(UnfitName::EmptySegment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<UnfitName>) {
        assert_eq!(TreePath::try_from(text).err(), expected, "{text:?}");
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_unfit() {
        check("../etc/passwd", Some(UnfitName::DotSegment));
        check("a/../../b", Some(UnfitName::DotSegment));
        check("a/..", Some(UnfitName::DotSegment));
        check("a/./b", Some(UnfitName::DotSegment));
        check("/etc/passwd", Some(UnfitName::Absolute));
        check("//a", Some(UnfitName::Absolute));
        check("a//b", Some(UnfitName::EmptySegment));
        check("a/", Some(UnfitName::FolderMarker));
        check("", Some(UnfitName::Empty));
        check("a\0b", Some(UnfitName::Nul));
    }

    #[test]
    fn odd_names_stay_as_they_are() {
        for text in ["a b", "a+b", "%2F", "..x", "...", "a\nb", "e\u{301}", "\u{1f5c2}", "C:\\x"] {
            check(text, None);
        }
    }
}
