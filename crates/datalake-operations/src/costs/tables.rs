//! What the bucket for tables holds, beside that of the assets.

use datalake_core::fault::FaultKind;
use datalake_core::price::{Bill, Unpriced};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::spec::{StoreSpec, TablesPlace};
use datalake_core::usage::Usage;
use datalake_engine::{ObjectStore as _, UsagePlace};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CostBasis, Holdings, HoldingsQuestion};
use crate::lake::{BucketClient, UsageReport, at_bucket};
use crate::{ErrorKind, OperationError};

/// What a bucket for tables holds, for programs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TablesUsageReport {
    /// The bucket.
    bucket: String,
    /// What it holds.
    usage: UsageReport,
}

impl From<&TablesUsage> for TablesUsageReport {
    fn from(tables: &TablesUsage) -> Self {
        Self { bucket: tables.bucket.to_string(), usage: (&tables.usage).into() }
    }
}

/// The buckets of a spec, that of the assets first: they are billed together.
///
/// # Errors
///
/// [`OperationError`] where the spec names no bucket.
pub fn list_places(spec: &StoreSpec) -> Result<Vec<UsagePlace>, OperationError> {
    let assets = find_assets_place(spec)?;
    let tables = spec.tables.as_ref().and_then(TablesPlace::own_bucket);
    let tables = tables.map(|bucket| UsagePlace { bucket: bucket.clone(), ..assets.clone() });
    Ok([assets].into_iter().chain(tables).collect())
}

/// The bucket of the assets.
///
/// # Errors
///
/// [`OperationError`] where the spec names no bucket.
pub fn find_assets_place(spec: &StoreSpec) -> Result<UsagePlace, OperationError> {
    let bucket = spec.bucket.clone().ok_or_else(|| {
        OperationError::new(ErrorKind::Usage, "the spec names no bucket")
            .advise("give --bucket NAME, or set `bucket:`")
    })?;
    Ok(UsagePlace { endpoint: spec.endpoint.clone(), bucket })
}

/// The spec's bucket for tables, where only `counted` is told of.
#[must_use]
pub fn find_uncounted_tables<'s>(
    spec: &'s StoreSpec,
    counted: &BucketName,
) -> Option<&'s BucketName> {
    let own = spec.tables.as_ref().and_then(TablesPlace::own_bucket);
    own.filter(|own| spec.bucket.as_ref() == Some(counted) && *own != counted)
}

/// The buckets as addresses.
#[must_use]
pub fn name_places(places: &[UsagePlace]) -> String {
    let names: Vec<_> = places.iter().map(|place| format!("s3://{}", place.bucket)).collect();
    names.join(" and ")
}

/// What the bucket for tables holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesUsage {
    /// The bucket.
    pub bucket: BucketName,
    /// What it holds.
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
