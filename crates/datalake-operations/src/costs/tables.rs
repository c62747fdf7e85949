//! What the bucket for tables holds, beside that of the assets.

use datalake_core::fault::FaultKind;
use datalake_core::price::{Bill, Unpriced};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::spec::TablesPlace;
use datalake_core::usage::Usage;
use datalake_engine::ObjectStore as _;

use super::{CostBasis, Holdings, HoldingsQuestion};
use crate::OperationError;
use crate::lake::{BucketClient, at_bucket};

/// What the bucket for tables holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesUsage {
    /// The bucket.
    pub bucket: BucketName,
    /// What lies there.
    pub usage: Usage,
}

impl TablesUsage {
    /// Looks at the spec's bucket for tables; `None` where there is none beside `assets`, or none yet.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the listing is not whole.
    pub async fn survey(
        client: &BucketClient<'_>,
        assets: &BucketName,
    ) -> Result<Option<Self>, OperationError> {
        let own = client.spec.tables.as_ref().and_then(TablesPlace::own_bucket);
        let Some(bucket) = own.filter(|bucket| *bucket != assets) else { return Ok(None) };
        let lake = client.retrying();
        match lake.head_bucket(bucket).await {
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
            answer => answer.map_err(at_bucket(bucket))?,
        }
        let question = HoldingsQuestion {
            bucket,
            prefix: "",
            assets_below: &client.spec.prefix,
            partitioned: &[],
            top: 0,
            now: client.clock.now(),
        };
        let holdings = Holdings::survey(&lake, &question, &mut |_| ()).await;
        let usage = holdings.map_err(at_bucket(bucket))?.total;
        Ok(Some(Self { bucket: bucket.clone(), usage }))
    }

    /// The bill of the month for it and what else is stored, if all lay there all the time.
    ///
    /// # Errors
    ///
    /// [`Unpriced`] where the plan begins later.
    pub fn bill_with(
        &self,
        others: &Usage,
        egress: ByteSize,
        basis: &CostBasis,
    ) -> Result<Bill, Unpriced> {
        let stored = basis.billed(others).0 + basis.billed(&self.usage).0;
        basis.bill_steady(ByteSize(stored), egress)
    }
}
