//! What an archive does not hold, and why.

use std::fmt;
use std::path::{Component, Path};

use rustix::fs::FileType;

use crate::fault::kind_in_words;

/// Something that stays out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path below the folder.
    pub path: String,
    /// Why.
    pub reason: LeftOutFor,
}

/// Why something stays out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOutFor {
    /// It is neither a file nor a folder nor a link.
    Kind(FileType),
    /// It is a file of this user, whom nothing of the folder belongs to, under a second name.
    Foreign(u32),
    /// It is a file of next to nothing but holes.
    Hollow,
    /// The link is in the archive; what it leads to lies outside of the folder.
    Behind(String),
}

impl LeftOutFor {
    /// Whether there is content that the archive lacks, wherever it lies in the folder.
    #[must_use]
    pub fn is_content(&self) -> bool {
        match self {
            Self::Foreign(_) | Self::Hollow => true,
            Self::Kind(_) | Self::Behind(_) => false,
        }
    }
}

impl fmt::Display for LeftOutFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => f.write_str(kind_in_words(*kind)),
            Self::Foreign(user) => {
                write!(f, "a file of another user (uid {user}): it is a hard link")
            }
            Self::Hollow => f.write_str("a file that is next to all holes"),
            Self::Behind(target) => {
                write!(f, "a symbolic link to `{target}`: only the link is in the archive")
            }
        }
    }
}

/// Whether a link at `path` below a folder may lead out of that folder, as far as its text tells.
pub(super) fn leads_out(path: &Path, target: &Path) -> bool {
    let mut depth = path.components().count().saturating_sub(1);
    for part in target.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => return true,
            Component::CurDir => (),
            Component::Normal(_) => depth += 1,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return true,
            },
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, target: &str, expected: bool) {
        assert_eq!(leads_out(Path::new(path), Path::new(target)), expected, "{path} -> {target}");
    }

    #[test]
    fn only_a_link_that_stays_below_the_folder_hides_nothing() {
        check("storage", "/srv/storage", true);
        check("storage", "../storage", true);
        check("storage", "other", false);
        check("history/runs/index.db", "../index.db", false);
        check("history/runs/index.db", "../../index.db", false);
        check("history/runs/index.db", "../../../index.db", true);
        check("a", "b/../../c", true);
    }
}
