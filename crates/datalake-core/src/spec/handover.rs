//! The ways in which the S3 settings reach a container.

use std::fmt;
use std::str::FromStr;

/// The way in which the S3 settings reach a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handover {
    /// `env-file`: an env file of mode 0600, and a drop-in that hands its variables over.
    EnvFile,
    /// `podman-secret`: podman keeps the key pair, and a drop-in names it and holds the rest.
    PodmanSecret,
    /// `in-place`: an env file, and marked blocks inside the unit files.
    InPlace,
}

/// The text names no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of env-file, podman-secret, in-place")]
pub struct InvalidHandover(String);

impl Handover {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::EnvFile, Self::PodmanSecret, Self::InPlace];

    /// Its name in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EnvFile => "env-file",
            Self::PodmanSecret => "podman-secret",
            Self::InPlace => "in-place",
        }
    }
}

impl FromStr for Handover {
    type Err = InvalidHandover;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|handover| handover.name() == text);
        found.ok_or_else(|| InvalidHandover(text.to_owned()))
    }
}

impl fmt::Display for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Handover;

    #[test]
    fn each_way_is_named_and_no_other() {
        for handover in Handover::ALL {
            assert_eq!(handover.name().parse(), Ok(handover));
        }
        for text in ["", "EnvFile", "drop-in"] {
            let error = text.parse::<Handover>().unwrap_err().to_string();
            assert!(error.ends_with("is none of env-file, podman-secret, in-place"), "{error}");
        }
    }
}
