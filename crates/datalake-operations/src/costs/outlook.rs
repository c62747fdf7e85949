//! What is to be expected of a bucket, as far as it was recorded.

use std::collections::BTreeSet;

use datalake_core::price::{
    Bill, Forecast, Money, RecordedMonth, Span, StoredSample, Trend, forecast,
};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;
use datalake_engine::{UsageLog, UsagePlace, UsageSample};

use super::{CostBasis, NotedEgress};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Samples older than this say little of what comes.
const LOOK_BACK: i64 = 90 * 86_400;

/// A decimal TB.
const TB: u64 = 1_000_000_000_000;

/// What was recorded, and what it lets expect.
#[derive(Debug)]
pub struct CostOutlook {
    /// The samples of the last ninety days, all buckets together.
    pub samples: Vec<UsageSample>,
    /// The buckets of which nothing was recorded, though something was of others.
    pub unrecorded: Vec<BucketName>,
    /// What left the bucket in the month.
    pub noted: NotedEgress,
    /// What is to be expected; `None` where too little was recorded.
    pub expected: Option<ExpectedCost>,
}

/// What is to be expected.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedCost {
    /// How the bucket grows.
    pub trend: Trend,
    /// What the month will have cost.
    pub forecast: Forecast,
    /// The next full TB.
    pub next_tb: ByteSize,
}

/// What the sum is that a budget is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedSum {
    /// The upper end of what is to be expected.
    HighEnd,
    /// What is to be expected by the trend.
    Trend,
    /// What it costs if all stays as it was when it was last looked at.
    LastSample,
}

impl CostOutlook {
    /// What a history lets expect of buckets that are billed together.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a history that cannot be read.
    pub fn read(
        basis: &CostBasis,
        log: Option<&dyn UsageLog>,
        places: &[UsagePlace],
    ) -> Result<Self, OperationError> {
        let mut noted = NotedEgress { on_hetzner: basis.spec.on_hetzner, ..NotedEgress::default() };
        let span =
            Span { from: basis.now.plus_seconds(-LOOK_BACK), until: basis.now.plus_seconds(1) };
        let mut recorded = Vec::new();
        for place in places {
            noted += basis.read_egress(log, place)?;
            let samples = log.map_or(Ok(Vec::new()), |log| log.samples(place, span));
            recorded.push(samples.map_err(|fault| OperationError::of_usage_log(&fault))?);
        }
        let samples = sum_samples(&recorded);
        let is_missing = |bucket: &&Vec<UsageSample>| bucket.is_empty() && !samples.is_empty();
        let missing = recorded.iter().zip(places).filter(|(samples, _)| is_missing(samples));
        let unrecorded = missing.map(|(_, place)| place.bucket.clone()).collect();
        let stored: Vec<_> = samples.iter().map(|sample| bill_sample(basis, sample)).collect();
        let expected = match Trend::of(&stored) {
            None => None,
            Some(trend) => Some(expect_cost(basis, &stored, trend, noted)?),
        };
        Ok(Self { samples, unrecorded, noted, expected })
    }

    /// The bill that is compared with a budget. One sample alone is taken to stay as it is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where nothing was recorded, or the plan begins later.
    pub fn choose_bill(
        &self,
        basis: &CostBasis,
        wants_high_end: bool,
    ) -> Result<(Bill, CountedSum), OperationError> {
        match (&self.expected, self.samples.last()) {
            (Some(expected), _) if wants_high_end => {
                Ok((expected.forecast.high, CountedSum::HighEnd))
            }
            (Some(expected), _) => Ok((expected.forecast.likely, CountedSum::Trend)),
            (None, Some(latest)) => {
                let stored = basis.billed(&latest.usage);
                let bill = basis.bill_steady(stored, ByteSize(self.noted.counted))?;
                Ok((bill, CountedSum::LastSample))
            }
            (None, None) => Err(self.refuse_too_little()),
        }
    }

    /// A line for each bucket of which nothing was recorded.
    #[must_use]
    pub fn describe_unrecorded(&self) -> String {
        let line =
            |bucket| format!("  not counted: s3://{bucket}, of which nothing was recorded\n");
        self.unrecorded.iter().map(line).collect()
    }

    /// Too little was recorded to expect anything.
    #[must_use]
    pub fn refuse_too_little(&self) -> OperationError {
        let known = match self.samples.len() {
            1 => "1 sample".to_owned(),
            several => format!("{several} samples"),
        };
        let message = format!("too little was recorded: {known} within ninety days");
        OperationError::new(ErrorKind::Config, message).advise(Advice::naming(
            "{} once a day, from a timer; two samples an hour apart are the least",
            [AdvisedCommand::RecordUsage],
        ))
    }
}

impl ExpectedCost {
    /// The bills at the three paces: low, likely, high.
    #[must_use]
    pub fn bills(&self) -> [&Bill; 3] {
        [&self.forecast.low, &self.forecast.likely, &self.forecast.high]
    }
}

/// The budget that was given, or that of the spec; it has the plan's currency.
///
/// # Errors
///
/// [`OperationError`] where there is none, or in another currency.
pub fn choose_budget(basis: &CostBasis, given: Option<Money>) -> Result<Money, OperationError> {
    let budget = given.or(basis.spec.budget).ok_or_else(|| {
        OperationError::new(ErrorKind::Usage, "there is no budget")
            .advise("give --budget 10EUR, or set `cost: { budget: 10EUR }`")
    })?;
    if budget.currency == basis.plan.currency {
        return Ok(budget);
    }
    let message = format!(
        "the budget is in {}, and the plan `{}` in {}",
        budget.currency, basis.plan.name, basis.plan.currency
    );
    Err(OperationError::new(ErrorKind::Usage, message)
        .advise("there are no exchange rates here: use one of both"))
}

/// What buckets held together, whenever one of them was looked at: each as it was then or before. One
/// that was not looked at before was not there.
fn sum_samples(recorded: &[Vec<UsageSample>]) -> Vec<UsageSample> {
    if let [samples] = recorded {
        return samples.clone();
    }
    let times: BTreeSet<_> = recorded.iter().flatten().map(|sample| sample.at).collect();
    let latest = |samples: &[UsageSample], at: Timestamp| {
        samples.iter().rev().find(|sample| sample.at <= at).map(|sample| sample.usage)
    };
    let sum = |at: Timestamp| {
        let mut usage = Usage::default();
        recorded.iter().filter_map(|samples| latest(samples, at)).for_each(|one| usage += one);
        UsageSample { at, usage, assets: Vec::new() }
    };
    times.into_iter().map(sum).collect()
}

/// What a sample is billed as by the plan.
#[must_use]
pub fn bill_sample(basis: &CostBasis, sample: &UsageSample) -> StoredSample {
    StoredSample { at: sample.at, stored: basis.billed(&sample.usage) }
}

fn expect_cost(
    basis: &CostBasis,
    samples: &[StoredSample],
    trend: Trend,
    noted: NotedEgress,
) -> Result<ExpectedCost, OperationError> {
    let egress = ByteSize(noted.counted);
    let recorded = RecordedMonth { now: basis.now, samples, trend: &trend, egress };
    let forecast = forecast(&basis.plan, basis.month, &recorded, basis.account)?;
    let next_tb = ByteSize((trend.latest.stored.0 / TB + 1) * TB);
    Ok(ExpectedCost { trend, forecast, next_tb })
}
