//! What a bucket costs, for programs.

use datalake_core::price::{BillTold, Part, Parts};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CostedBucket, CostedTables, find_lasting_logs};
use crate::costs::{CostBasis, DueReport, NotedEgress, TablesUsageReport};
use crate::lake::UsageReport;

/// What a bucket costs as it is, for programs.
#[derive(Serialize, JsonSchema)]
pub struct CostTold {
    /// The bucket.
    bucket: String,
    /// What the keys begin with.
    prefix: String,
    /// What it costs if it stays there all month as it is.
    bill: BillTold,
    /// What is known of egress.
    egress: NotedEgress,
    /// What it holds.
    usage: UsageReport,
    /// By the first folder below the prefix.
    prefixes: Parts,
    /// What is in no folder.
    direct: Part,
    /// By asset.
    assets: Parts,
    /// A guess: what looks like a date begins a partition.
    partitions: Parts,
    /// What runs have left: outputs and logs.
    runs: Part,
    /// What is not an asset.
    outside_of_assets: Part,
    /// What cannot be read and is billed: old versions, delete markers, unfinished uploads.
    hidden: Vec<Part>,
    /// What lifecycle rules delete next; `null` where they could not be read.
    rules: Option<Vec<DueReport>>,
    /// What steps have printed, where no rule lets it go; `null` where one does, or nothing is there.
    lasting_logs: Option<Part>,
    /// The spec's bucket for tables, where all of that of the assets was looked at and it is there.
    tables: Option<TablesTold>,
}

/// What a bucket for tables adds, for programs.
#[derive(Serialize, JsonSchema)]
pub struct TablesTold {
    /// What it holds.
    #[serde(flatten)]
    tables: TablesUsageReport,
    /// What both buckets cost together if all of it stays there all month as it is.
    together: BillTold,
}

impl CostTold {
    /// What was looked at, with `top` parts of each kind, and the bucket for tables.
    #[must_use]
    pub fn new(
        costed: &CostedBucket,
        basis: &CostBasis,
        top: usize,
        tables: Option<&CostedTables>,
    ) -> Self {
        let (sharing, holdings) = (costed.share_bill(), &costed.holdings);
        Self {
            bucket: costed.place.bucket.to_string(),
            prefix: costed.prefix.clone(),
            bill: BillTold::new(&basis.plan, &costed.bill, basis.vat),
            egress: costed.noted,
            usage: (&holdings.total).into(),
            prefixes: sharing.share_parts(&holdings.folders, top),
            direct: sharing.share_part("", &holdings.direct.total()),
            assets: sharing.share_parts(&holdings.assets, top),
            partitions: sharing.share_parts(&holdings.partitions, top),
            runs: sharing.share_part("", &holdings.runs.total()),
            outside_of_assets: sharing.share_part("", &holdings.outside.total()),
            hidden: sharing.share_hidden(&holdings.total),
            lasting_logs: find_lasting_logs(holdings, sharing),
            tables: tables.map(|tables| TablesTold {
                tables: (&tables.usage).into(),
                together: BillTold::new(&basis.plan, &tables.together, basis.vat),
            }),
            rules: holdings.due.as_ref().ok().map(|due| due.iter().map(DueReport::new).collect()),
        }
    }
}
