//! The history of a bucket's usage, for programs.

use datalake_engine::{EgressBy, EgressNote, UsageSample};
use schemars::JsonSchema;
use serde::Serialize;

use super::AssetGrowth;
use crate::lake::UsageReport;

/// What was recorded on this machine.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Shown")]
pub struct UsageHistory {
    /// The bucket.
    pub bucket: String,
    /// What lay there, the oldest first.
    pub samples: Vec<SampleTold>,
    /// Assets that have grown or shrunk the most.
    pub growth: Vec<AssetGrowth>,
    /// What has left the bucket, as far as it was noted.
    pub egress: Vec<EgressTold>,
}

/// A record.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleTold {
    /// When it was looked at.
    pub at: String,
    /// What lay there.
    pub usage: UsageReport,
}

/// Something that has left the bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EgressTold {
    /// When.
    pub at: String,
    /// How much, in bytes.
    pub bytes: u64,
    /// `datalake` for what it moved itself, `entered` for what was entered by hand.
    pub by: &'static str,
    /// What it was.
    pub note: String,
}

impl SampleTold {
    /// A record as it is told.
    #[must_use]
    pub fn new(sample: &UsageSample) -> Self {
        Self { at: sample.at.to_string(), usage: (&sample.usage).into() }
    }
}

impl EgressTold {
    /// A note as it is told.
    #[must_use]
    pub fn new(note: EgressNote) -> Self {
        let EgressNote { at, size, by, note } = note;
        Self { at: at.to_string(), bytes: size.0, by: egress_word(by), note }
    }
}

/// Whose note it is, in a word.
#[must_use]
pub fn egress_word(by: EgressBy) -> &'static str {
    match by {
        EgressBy::Datalake => "datalake",
        EgressBy::Operator => "entered",
    }
}
