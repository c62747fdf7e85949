//! Files and folders of the host, as far as a plan has to know them.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Fingerprint;
use crate::text::serde_as_text;

/// Permission bits of a file; its text is octal, `0600`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(u32);

/// The text is not a mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a file mode: write four octal digits")]
pub struct InvalidMode(String);

/// User and group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Everything that makes a file the same file for us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileState {
    /// Its content.
    pub content: Fingerprint,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A plain file.
    File(FileState),
    /// A folder.
    Folder(Folder),
}

/// A folder and the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub owner: Owner,
    /// The names of what lies in it.
    pub names: BTreeSet<String>,
}

impl Mode {
    /// Read and write for the owner alone.
    pub const PRIVATE: Self = Self(0o600);
    /// Readable by all, writable by the owner.
    pub const PUBLIC: Self = Self(0o644);
    /// A folder for the owner alone.
    pub const PRIVATE_FOLDER: Self = Self(0o700);
    /// A folder readable by all.
    pub const PUBLIC_FOLDER: Self = Self(0o755);

    /// The permission bits of `bits`, less set-uid, set-gid and sticky.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self(bits & 0o777)
    }

    /// The bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl std::str::FromStr for Mode {
    type Err = InvalidMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match u32::from_str_radix(text, 8) {
            Ok(bits) if bits <= 0o777 => Ok(Self(bits)),
            _ => Err(InvalidMode(text.to_owned())),
        }
    }
}

serde_as_text!(Mode);

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}
