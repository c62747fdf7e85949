//! What a verification has found, for people and programs.

use std::fmt;

use datalake_core::size::format_size;
use datalake_core::text::{count_things, group_digits};
use schemars::JsonSchema;
use serde::Serialize;

use super::ItemSum;

/// What a verification has found, for programs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransferProof {
    /// Where it came from.
    pub source: String,
    /// Where it was brought to.
    pub destination: String,
    /// Whether content was read, not only what the store says of it.
    pub deep: bool,
    /// Whether the source was not looked at.
    pub bucket_only: bool,
    /// What is equal, and was compared or moved by a run.
    pub right: ItemSum,
    /// What has the same size and time, and was never compared.
    pub assumed: ItemSum,
    /// What is in the source and was never sent.
    pub unsent: ItemSum,
    /// What was changed in the source since it was sent.
    pub edited: ItemSum,
    /// What was brought there and is not there.
    pub missing: ItemSum,
    /// What is not what was brought there, or differs from the source.
    pub changed: ItemSum,
    /// What has other content, and nobody wrote it.
    pub damaged: ItemSum,
    /// What could not be read.
    pub unreadable: ItemSum,
    /// How many more are there that no run has brought.
    pub not_ours: u64,
    /// What was read, in bytes.
    pub bytes_read: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl fmt::Display for TransferProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} right ({}){}",
            count_things(self.right.items, "object"),
            format_size(self.right.bytes),
            if self.deep { ", read again" } else { ", by size and tag" }
        )?;
        for (sum, what) in [
            (self.assumed, "assumed, never compared"),
            (self.unsent, "never sent"),
            (self.edited, "changed here since"),
            (self.missing, "missing"),
            (self.changed, "changed there"),
            (self.damaged, "DAMAGED"),
            (self.unreadable, "unreadable"),
        ] {
            if sum.items > 0 {
                write!(f, ", {} {what}", group_digits(sum.items))?;
            }
        }
        if self.not_ours > 0 {
            write!(f, ", {} brought by others", group_digits(self.not_ours))?;
        }
        write!(f, "; {:.1} s", self.seconds)
    }
}
