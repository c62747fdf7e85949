//! Hashes of contents that go by.

use std::fmt;

use datalake_core::transfer::PartPlan;
use md5::Md5;
use sha2::{Digest as _, Sha256};

/// So many parts are hashed side by side, at most: as many as the registers of a processor hold.
const SIDE_BY_SIDE: u64 = 16;
/// Fewer are not faster than one after the other.
const FEWEST: u64 = 4;
/// They lie within so many bytes of a file, which have to be in memory still when they are read
/// once more.
const WINDOW: u64 = 256 << 20;

/// Which hashes are taken while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashing {
    /// SHA-256, which requests are signed with.
    Sha256,
    /// MD5, which tags are made of.
    Md5,
    /// Both.
    Both,
}

/// Hashes of what has come so far.
#[derive(Clone)]
pub struct Hashes {
    sha256: Option<Sha256>,
    md5: Option<Md5>,
}

impl Hashes {
    /// No hashes at all.
    pub const NONE: Self = Self { sha256: None, md5: None };

    /// Begins to hash.
    #[must_use]
    pub fn begin(hashing: Hashing) -> Self {
        Self {
            sha256: (hashing != Hashing::Md5).then(Sha256::new),
            md5: (hashing != Hashing::Sha256).then(Md5::new),
        }
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// The hashes of all bytes so far.
    #[must_use]
    pub fn digests(&self) -> Digests {
        Digests {
            sha256: self.sha256.clone().map(|hash| hash.finalize().into()),
            md5: self.md5.clone().map(|hash| hash.finalize().into()),
        }
    }
}

impl fmt::Debug for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashes(..)")
    }
}

/// The hashes of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digests {
    /// Its SHA-256, where it was asked for.
    pub sha256: Option<[u8; 32]>,
    /// Its MD5, where it was asked for.
    pub md5: Option<[u8; 16]>,
}

/// How many parts of a content are hashed side by side; `None` where that is not faster.
pub(crate) fn parts_side_by_side(plan: &PartPlan) -> Option<usize> {
    let fitting = (WINDOW / plan.part_size().0.max(1)).min(SIDE_BY_SIDE);
    let count = usize::try_from(fitting).ok()?;
    (fitting >= FEWEST && u64::from(plan.count()) >= FEWEST).then_some(count)
}
