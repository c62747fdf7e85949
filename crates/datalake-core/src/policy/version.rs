//! The versions of Ceph whose gateways were measured.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

/// A version of Ceph, by which its gateway reads policies in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum CephVersion {
    /// 16, "Pacific".
    #[serde(rename = "16")]
    Pacific,
    /// 18, "Reef".
    #[serde(rename = "18")]
    Reef,
    /// 20, "Tentacle".
    #[serde(rename = "20")]
    Tentacle,
}

/// The text names no version that was measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of Ceph that was measured: 16, 18 or 20")]
pub struct UnknownCephVersion(String);

impl CephVersion {
    /// All of them, the oldest first.
    pub const ALL: [Self; 3] = [Self::Pacific, Self::Reef, Self::Tentacle];

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Pacific => 16,
            Self::Reef => 18,
            Self::Tentacle => 20,
        }
    }
}

impl FromStr for CephVersion {
    type Err = UnknownCephVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|version| version.number().to_string() == text);
        found.ok_or_else(|| UnknownCephVersion(text.chars().take(20).collect()))
    }
}

impl fmt::Display for CephVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}
