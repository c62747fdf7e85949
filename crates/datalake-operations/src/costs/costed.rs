//! What a bucket costs as it is, and which part of it how much.

mod document;
mod text;

use datalake_core::price::{Bill, Part, Sharing, describe_paid};
use datalake_core::s3::LOGS_PREFIX;
use datalake_core::s3::S3Address;
use datalake_core::size::{ByteSize, format_size};
use datalake_core::usage::Usage;
use datalake_engine::{UsageLog, UsagePlace};

use super::{CostBasis, Holdings, HoldingsQuestion, NotedEgress, TablesUsage};
use crate::OperationError;
use crate::lake::{BucketClient, at_bucket, require_something};

pub use self::document::{CostTold, TablesTold};
pub use self::text::render_costs;

/// What a report of costs looks at, and by what its bill is made.
pub struct CostScope<'a> {
    /// Price list, month and tax.
    pub basis: &'a CostBasis,
    /// The history of usage, where there is one.
    pub log: Option<&'a dyn UsageLog>,
    /// The keys: a bucket, or a prefix of one.
    pub keys: &'a S3Address,
    /// Assets all behind which is a partition.
    pub partitioned: &'a [String],
    /// How many parts of each kind are told.
    pub top: usize,
}

/// A bucket that was looked at, and what it costs as it is.
#[derive(Debug)]
pub struct CostedBucket {
    /// Where it is.
    pub place: UsagePlace,
    /// What the keys begin with.
    pub prefix: String,
    /// What it holds.
    pub holdings: Holdings,
    /// The bill, if it lay there all month.
    pub bill: Bill,
    /// What left it.
    pub noted: NotedEgress,
}

/// The bucket for tables, and what it costs together with that of the assets.
pub struct CostedTables {
    /// What it holds.
    pub usage: TablesUsage,
    /// The bill of both, if all lay there all month.
    pub together: Bill,
}

/// Looks at everything below a prefix; `progress` is told what was seen so far.
///
/// # Errors
///
/// [`OperationError`] where the listing is not whole.
pub async fn survey_holdings(
    client: &BucketClient<'_>,
    question: &HoldingsQuestion<'_>,
    progress: &mut (dyn FnMut(&Usage) + Send),
) -> Result<Holdings, OperationError> {
    let holdings = Holdings::survey(&client.retrying(), question, progress).await;
    holdings.map_err(at_bucket(question.bucket))
}

impl CostedBucket {
    /// Looks at a bucket and makes its bill.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing is not whole, or the history cannot be read.
    pub async fn cost_bucket(
        client: &BucketClient<'_>,
        scope: &CostScope<'_>,
        progress: &mut (dyn FnMut(&Usage) + Send),
    ) -> Result<Self, OperationError> {
        let (bucket, pattern) = client.parse_pattern(scope.keys, true)?;
        let prefix = pattern.literal().to_owned();
        let question = HoldingsQuestion {
            bucket: &bucket,
            prefix: &prefix,
            assets_below: &client.spec.prefix,
            partitioned: scope.partitioned,
            top: scope.top,
            now: client.clock.now(),
        };
        let holdings = survey_holdings(client, &question, progress).await?;
        require_something(&holdings.total, &bucket, &prefix)?;
        let place = UsagePlace { endpoint: client.spec.endpoint.clone(), bucket };
        let noted = scope.basis.read_egress(scope.log, &place)?;
        let stored = scope.basis.billed(&holdings.total);
        let bill = scope.basis.bill_steady(stored, ByteSize(noted.counted))?;
        Ok(Self { place, prefix, holdings, bill, noted })
    }

    /// The bill's sum, shared out by what is billed.
    #[must_use]
    pub fn share_bill(&self) -> Sharing {
        Sharing::of_bill(&self.bill, self.holdings.total.total().billed)
    }

    /// The spec's bucket for tables, where the whole bucket of its assets was looked at.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing is not whole.
    pub async fn look_at_tables(
        &self,
        client: &BucketClient<'_>,
        basis: &CostBasis,
    ) -> Result<Option<CostedTables>, OperationError> {
        let bucket = &self.place.bucket;
        if !self.prefix.is_empty() || client.spec.bucket.as_ref() != Some(bucket) {
            return Ok(None);
        }
        let Some(usage) = TablesUsage::survey(client, bucket).await? else { return Ok(None) };
        let egress = ByteSize(self.noted.counted);
        let together = usage.bill_with(&self.holdings.total, egress, basis)?;
        Ok(Some(CostedTables { usage, together }))
    }
}

impl CostedTables {
    /// What it adds, in a sentence.
    #[must_use]
    pub fn describe_tables(&self, basis: &CostBasis) -> String {
        format!(
            "\ns3://{}, for tables, holds {} ({} billed); both buckets cost {}.\n",
            self.usage.bucket,
            format_size(self.usage.usage.total().bytes),
            format_size(basis.billed(&self.usage.usage).0),
            describe_paid(self.together.net(), basis.vat),
        )
    }
}

/// What steps have printed and no rule lets go.
fn find_lasting_logs(holdings: &Holdings, sharing: Sharing) -> Option<Part> {
    holdings.lasting_logs.as_ref().map(|logs| sharing.share_part(LOGS_PREFIX, &logs.total()))
}
