//! What an installed podman can do.

use std::fmt;
use std::str::FromStr;

use datalake_core::spec::Handover;

/// The version of an installed podman.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodmanVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number; 0 where none was told.
    pub patch: u32,
}

/// The text names no version of podman.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has no version such as `podman version 5.4.2`")]
pub struct InvalidVersion(String);

impl PodmanVersion {
    /// Whether quadlets exist, since 4.4.
    #[must_use]
    pub fn supports_quadlets(self) -> bool {
        (self.major, self.minor) >= (4, 4)
    }

    /// Whether `NAME.container.d/*.conf` is read, since 5.0.
    #[must_use]
    pub fn supports_drop_ins(self) -> bool {
        self.major >= 5
    }

    /// Whether comments and blank lines are harmless wherever they stand, since 5.4.
    #[must_use]
    pub fn skips_comments_everywhere(self) -> bool {
        (self.major, self.minor) >= (5, 4)
    }

    /// The way for this podman where nobody asks for another; `None` below 4.4, which knows no
    /// quadlets.
    #[must_use]
    pub fn usual_handover(self) -> Option<Handover> {
        [Handover::EnvFile, Handover::InPlace].into_iter().find(|way| self.supports(*way))
    }

    /// Whether settings that are handed over so reach a container of this podman. 4.4 to 4.9 ignore
    /// drop-ins silently.
    #[must_use]
    pub fn supports(self, handover: Handover) -> bool {
        match handover {
            Handover::EnvFile | Handover::PodmanSecret => self.supports_drop_ins(),
            Handover::InPlace => self.supports_quadlets(),
        }
    }
}

/// Reads `podman version 4.9.3`, `5.4.2-dev` and the like.
impl FromStr for PodmanVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let version = trimmed.strip_prefix("podman version ").unwrap_or(trimmed);
        let release = version.split(['-', '+', '~']).next().unwrap_or_default();
        let numbers: Result<Vec<u32>, _> = release.split('.').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[major, minor]) => Ok(Self { major, minor, patch: 0 }),
            Ok(&[major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(InvalidVersion(trimmed.to_owned())),
        }
    }
}

impl fmt::Display for PodmanVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, version: &str, handover: Option<Handover>) {
        let read: PodmanVersion = text.parse().unwrap();
        assert_eq!(
            (read.to_string().as_str(), read.usual_handover()),
            (version, handover),
            "{text:?}"
        );
    }

    #[test]
    fn the_version_decides_the_way() {
        check("podman version 4.3.1\n", "4.3.1", None);
        check("podman version 4.4.0", "4.4.0", Some(Handover::InPlace));
        check("podman version 4.9.3", "4.9.3", Some(Handover::InPlace));
        check("5.0.0-rc1", "5.0.0", Some(Handover::EnvFile));
        check("5.4.2-dev", "5.4.2", Some(Handover::EnvFile));
        check("5.4.2+ds1-2+b2", "5.4.2", Some(Handover::EnvFile));
        check("10.1", "10.1.0", Some(Handover::EnvFile));
        assert!(!"5.3.2".parse::<PodmanVersion>().unwrap().skips_comments_everywhere());
    }

    #[test]
    fn drop_ins_are_for_podman_5_and_blocks_for_all() {
        let supported = |text: &str| {
            let podman: PodmanVersion = text.parse().unwrap();
            Handover::ALL.map(|way| podman.supports(way))
        };

        assert_eq!(supported("4.3.9"), [false, false, false]);
        assert_eq!(supported("4.9.3"), [false, false, true]);
        assert_eq!(supported("5.0.0"), [true, true, true]);
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "podman", "5", "docker version 27.0.1", "5.x.1", "1.2.3.4"] {
            assert!(text.parse::<PodmanVersion>().is_err(), "{text:?}");
        }
    }
}
