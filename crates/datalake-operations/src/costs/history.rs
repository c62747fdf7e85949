//! What was recorded of a bucket, and which assets have grown.

use datalake_core::fault::Fault;
use datalake_core::price::Span;
use datalake_engine::{EgressNote, UsageLog, UsagePlace, UsageSample};

use super::growth::{AssetGrowth, compare_assets};

/// A list of assets as long as this may not be whole.
const WHOLE_BELOW: usize = 1_000;

/// What was recorded of a bucket in a span.
#[derive(Debug, Default)]
pub struct RecordedUsage {
    /// The samples, the oldest first.
    pub samples: Vec<UsageSample>,
    /// What left the bucket.
    pub egress: Vec<EgressNote>,
    /// Assets that have changed from the first sample to the last, the most grown first.
    pub growth: Vec<AssetGrowth>,
}

impl RecordedUsage {
    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.egress.is_empty()
    }

    /// Reads what a history has of a bucket.
    ///
    /// # Errors
    ///
    /// A [`Fault`] for a history that cannot be read.
    pub fn read(log: &dyn UsageLog, place: &UsagePlace, span: Span) -> Result<Self, Fault> {
        let samples = log.samples(place, span)?;
        let egress = log.egress(place, span)?;
        let growth = match &samples[..] {
            [first, .., last] => {
                let then = log.assets(place, first.at)?;
                let now = log.assets(place, last.at)?;
                compare_assets(&then, &now, is_whole(&then))
            }
            _ => Vec::new(),
        };
        Ok(Self { samples, egress, growth })
    }
}

/// Whether a list of assets that was kept has all of them.
pub(super) fn is_whole<T>(assets: &[T]) -> bool {
    assets.len() < WHOLE_BELOW
}
