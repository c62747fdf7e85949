//! The parts of the way from this machine to the bucket and to Dagster.

use std::fmt;
use std::str::FromStr;

/// A part of the way from this machine to the bucket and to Dagster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What was asked for.
    Spec,
    /// The way to the service.
    Network,
    /// The key pair.
    Key,
    /// The bucket.
    Store,
    /// Tables in the buckets.
    Tables,
    /// The service user, its systemd and podman, and the files that hand the settings over.
    Host,
    /// What runs.
    Containers,
    /// S3 clients where user code runs: tried only where this group is asked for, since it takes
    /// minutes.
    Lake,
    /// Dagster's own settings.
    DagsterYaml,
    /// The operator's Python files.
    Python,
    /// Modal.
    Modal,
    /// What costs money.
    Money,
}

/// The text is not a group of checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown group `{0}`: use {list}", list = Group::names())]
pub struct InvalidGroup(String);

impl Group {
    /// All groups, in the order in which they are examined.
    pub const ALL: [Self; 12] = [
        Self::Spec,
        Self::Network,
        Self::Key,
        Self::Store,
        Self::Tables,
        Self::Host,
        Self::Containers,
        Self::Lake,
        Self::DagsterYaml,
        Self::Python,
        Self::Modal,
        Self::Money,
    ];

    /// The group as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Network => "network",
            Self::Key => "key",
            Self::Store => "store",
            Self::Tables => "tables",
            Self::Host => "host",
            Self::Containers => "containers",
            Self::Lake => "lake",
            Self::DagsterYaml => "dagster-yaml",
            Self::Python => "python",
            Self::Modal => "modal",
            Self::Money => "money",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl FromStr for Group {
    type Err = InvalidGroup;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|group| group.as_str() == text).ok_or_else(|| InvalidGroup(text.to_owned()))
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
