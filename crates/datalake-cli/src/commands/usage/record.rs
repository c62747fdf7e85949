//! `usage record`: one sample more.

use datalake_core::usage::Usage;
use datalake_engine::{Clock as _, UsageLog as _, UsagePlace, UsageSample};
use datalake_host::UsageDb;
use datalake_operations::costs::{
    HoldingsQuestion, TablesUsage, TablesUsageReport, survey_holdings,
};
use datalake_operations::lake::UsageReport;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Cli;
use crate::args::cost::UsageRecordFlags;
use crate::commands::cost::log_failure;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Ticker, counted, usage, usage_words};

pub(super) const USAGE_SAMPLE: DocumentKind = DocumentKind::of::<Recorded<'static>>("usage-sample");

/// A record of what a bucket holds.
#[derive(Serialize, JsonSchema)]
struct Recorded<'a> {
    /// The bucket.
    bucket: &'a str,
    /// When it was looked at.
    at: String,
    /// What lay there.
    usage: UsageReport,
    /// How many assets it distinguishes.
    assets: usize,
    /// The same of the spec's bucket for tables, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    tables: Option<TablesUsageReport>,
}

pub(super) async fn record(
    cli: &Cli,
    flags: &UsageRecordFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let bucket = remote.client().choose_bucket(None)?;
    // A history that cannot be used is told before the bucket is looked through.
    let mut log = UsageDb::open(&remote.site.state).map_err(|fault| log_failure(&fault))?;
    let question = HoldingsQuestion {
        bucket: &bucket,
        prefix: "",
        assets_below: &remote.spec.prefix,
        partitioned: &flags.partitioned,
        top: 0,
        now: remote.site.clock.now(),
    };
    let mut ticker = Ticker::new(printer);
    let mut progress = |total: &Usage| ticker.tell(|| usage_words(total));
    let holdings = survey_holdings(&remote.client(), &question, &mut progress).await?;
    let tables = TablesUsage::survey(&remote.client(), &bucket).await?;
    let sample =
        UsageSample { at: holdings.at, usage: holdings.total, assets: holdings.asset_uses() };
    let place = UsagePlace { endpoint: remote.spec.endpoint.clone(), bucket };
    log.record(&place, &sample).map_err(|fault| log_failure(&fault))?;
    let mut of_tables = String::new();
    if let Some(tables) = &tables {
        let place = UsagePlace { bucket: tables.bucket.clone(), ..place.clone() };
        let sample = UsageSample { at: sample.at, usage: tables.usage, assets: Vec::new() };
        log.record(&place, &sample).map_err(|fault| log_failure(&fault))?;
        of_tables = format!("s3://{}, for tables:\n{}", tables.bucket, usage(&tables.usage));
    }

    let text = format!(
        "s3://{} at {}, {}:\n{}{of_tables}Next: {} cost forecast\n",
        place.bucket,
        sample.at,
        counted(sample.assets.len() as u64, "asset"),
        usage(&sample.usage),
        remote.site.name,
    );
    let recorded = Recorded {
        bucket: place.bucket.as_str(),
        at: sample.at.to_string(),
        usage: (&sample.usage).into(),
        assets: sample.assets.len(),
        tables: tables.as_ref().map(TablesUsageReport::from),
    };
    printer.result(USAGE_SAMPLE, recorded, &text);
    Ok(Exit::Done)
}
