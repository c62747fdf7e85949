//! `report`: all there is to tell of a bucket, for programs, as Markdown and as a page.

use datalake_core::price::{Sharing, Trend};
use datalake_core::receipt::RunState;
use datalake_core::text::printable;
use datalake_core::time::Timestamp;
use datalake_engine::{Due, UsageLog as _, UsageSample};
use datalake_host::Existing;
use datalake_operations::costs::{
    CostBasis, CostOutlook, CostedBucket, ExpectedCost, Holdings, bill_sample, compare_with_kept,
};
use datalake_report::{
    Ahead, Change, ForecastTold, LakeReport, Point, RuleTold, render_lake_markdown,
    render_lake_page,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::cost::{as_log, choose_basis, cost_bucket, log_failure, open_log};
use super::status::standing;
use crate::args::Cli;
use crate::args::cost::LakeReportFlags;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::remote::Remote;
use crate::render::{
    BillTold, DocumentKind, PACES, Part, Printer, bill_lines, key_text, paid, reach_text,
    rule_text, size, tax_words,
};
use crate::site::Site;

pub(super) const REPORT: DocumentKind = DocumentKind::of::<LakeReport>("report");
pub(super) const REPORT_PAGE: DocumentKind = DocumentKind::of::<Written<'static>>("report-page");

/// Programs are told of so many parts at least, whatever the tables tell.
const PARTS: usize = 120;

/// Ahead of the last sample so many days are drawn.
const DAYS_AHEAD: i64 = 30;

/// A page that was written.
#[derive(Serialize, JsonSchema)]
struct Written<'a> {
    /// The file.
    file: String,
    /// Its size in bytes.
    bytes: usize,
    /// The report in it.
    report: &'a LakeReport,
}

pub(super) async fn report(
    cli: &Cli,
    flags: &LakeReportFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let basis = choose_basis(&remote.site, &flags.terms)?;
    let costed = cost_bucket(&remote, &basis, &flags.what).await?;
    let outlook = {
        let log = open_log(&remote.site)?;
        CostOutlook::read(&basis, as_log(log.as_ref()), std::slice::from_ref(&costed.place))?
    };
    let lake = LakeReport {
        status: status(&remote.site).await?,
        ..describe_lake(
            &remote,
            &basis,
            &Costs { costed: &costed, outlook: &outlook },
            flags.what.top,
        )?
    };
    let Some(file) = &flags.html else {
        printer.result(REPORT, &lake, &render_lake_markdown(&lake));
        return Ok(Exit::Done);
    };
    let text = render_lake_page(&lake);
    named_path::write_file(file, text.as_bytes(), Existing::IsReplaced)?;
    let shown = printable(&file.display().to_string());
    let told = format!("Wrote {shown} ({}); open it in a browser.\n", size(text.len() as u64));
    printer.result(REPORT_PAGE, Written { file: shown, bytes: text.len(), report: &lake }, &told);
    Ok(Exit::Done)
}

/// What is paid now, and what will be.
struct Costs<'a> {
    costed: &'a CostedBucket,
    outlook: &'a CostOutlook,
}

fn describe_lake(
    remote: &Remote,
    basis: &CostBasis,
    costs: &Costs<'_>,
    top: usize,
) -> Result<LakeReport, Failure> {
    let Costs { costed, outlook } = *costs;
    let (holdings, sharing) = (&costed.holdings, costed.share_bill());
    let total = holdings.total.total();
    let shown = top.max(PARTS);
    let log = open_log(&remote.site)?;
    let samples = basis.read_daily_samples(as_log(log.as_ref()), &costed.place)?;
    let (growth, growth_since) = grown(remote, basis, costed, outlook)?;
    Ok(LakeReport {
        bucket: costed.place.bucket.to_string(),
        prefix: costed.prefix.clone(),
        at: holdings.at.to_string(),
        month: basis.month.to_string(),
        plan_title: format!("{} ({})", basis.plan.title, basis.plan.name),
        terms: basis.plan.terms.iter().chain([&basis.plan.source]).cloned().collect(),
        bill: BillTold::new(&basis.plan, &costed.bill, basis.vat),
        sum: paid(costed.bill.net(), basis.vat).to_string(),
        tax: tax_words(basis.vat),
        bill_lines: bill_lines(&costed.bill, basis.vat),
        egress_words: costed.noted.describe_egress(),
        forecast: match &outlook.expected {
            Some(expected) => Ok(describe_forecast(basis, expected)?),
            None => {
                Err("`datalake usage record` has kept too little: once a day, from a timer"
                    .to_owned())
            }
        },
        billed_bytes: total.billed,
        bytes: total.bytes,
        objects: holdings.total.current.count,
        sharing,
        budget: basis.spec.budget,
        budget_text: basis.spec.budget.map(|budget| budget.to_string()),
        egress: basis.read_egress_months(as_log(log.as_ref()), &costed.place)?,
        folder_tree: holdings.folder_tree.clone(),
        asset_tree: holdings.asset_tree.clone(),
        history: list_points(basis, &samples)?,
        prefixes: sharing.share_parts(&holdings.folders, shown),
        assets: sharing.share_parts(&holdings.assets, shown),
        partitions: sharing.share_parts(&holdings.partitions, shown),
        others: list_others(holdings, sharing),
        hidden: sharing.share_hidden(&holdings.total),
        growth,
        growth_since,
        rules: holdings.due.clone().map(|due| due.iter().map(rule).collect()),
        status: Vec::new(),
        top,
        record_command: "datalake usage record".to_owned(),
    })
}

/// What lies in no folder or is of no asset.
fn list_others(holdings: &Holdings, sharing: Sharing) -> Vec<Part> {
    let others = [
        ("directly below the prefix", &holdings.direct),
        ("outputs and logs of runs", &holdings.runs),
        ("outside of the assets", &holdings.outside),
    ];
    let others = others.into_iter().filter(|(_, usage)| !usage.is_empty());
    others.map(|(name, usage)| sharing.share_part(name, &usage.total())).collect()
}

fn rule(due: &Due) -> RuleTold {
    let tallies = [due.day, due.week, due.month];
    RuleTold {
        rule: rule_text((&due.id, &due.rule)),
        counts: tallies.map(|tally| tally.count),
        bytes: tallies.map(|tally| tally.bytes),
    }
}

fn list_points(basis: &CostBasis, samples: &[UsageSample]) -> Result<Vec<Point>, Failure> {
    let point = |sample: &UsageSample| {
        let stored = bill_sample(basis, sample).stored;
        let hidden = sample.usage.total().billed - sample.usage.current.billed;
        let (billed_bytes, hidden_bytes) = (stored.0, hidden.min(stored.0));
        let month_sum = basis.cost_month(stored)?;
        Ok(Point { at: sample.at.unix(), billed_bytes, hidden_bytes, month_sum })
    };
    samples.iter().map(point).collect()
}

fn describe_forecast(basis: &CostBasis, expected: &ExpectedCost) -> Result<ForecastTold, Failure> {
    let [low, likely, high] = expected.bills().map(|bill| paid(bill.net(), basis.vat).to_string());
    let days = [0, DAYS_AHEAD / 2, DAYS_AHEAD];
    let ahead: Result<_, _> =
        days.map(|day| look_ahead(basis, &expected.trend, day)).into_iter().collect();
    Ok(ForecastTold {
        low,
        likely,
        high,
        bytes_a_day: PACES.map(|(pace, _)| expected.trend.per_day(pace)),
        reach: reach_text(&expected.trend, expected.next_tb),
        ahead: ahead?,
    })
}

fn look_ahead(basis: &CostBasis, trend: &Trend, day: i64) -> Result<Ahead, Failure> {
    let at: Timestamp = trend.latest.at.plus_seconds(day * 86_400);
    let [low, likely, high] = PACES.map(|(pace, _)| trend.stored(pace, at));
    let month_sums = [basis.cost_month(low)?, basis.cost_month(likely)?, basis.cost_month(high)?];
    Ok(Ahead { at: at.unix(), billed_bytes: [low.0, likely.0, high.0], month_sums })
}

/// What has grown since the oldest sample.
fn grown(
    remote: &Remote,
    basis: &CostBasis,
    costed: &CostedBucket,
    outlook: &CostOutlook,
) -> Result<(Vec<Change>, Option<String>), Failure> {
    let month_ago = basis.now.plus_seconds(-DAYS_AHEAD * 86_400);
    let oldest = outlook.samples.iter().find(|sample| sample.at >= month_ago);
    let log = open_log(&remote.site)?;
    let (Some(oldest), Some(log), "") = (oldest, log, costed.prefix.as_str()) else {
        return Ok((Vec::new(), None));
    };
    let then = log.assets(&costed.place, oldest.at).map_err(|fault| log_failure(&fault))?;
    let now = costed.holdings.asset_uses();
    let changes = compare_with_kept(&then, &now).into_iter().map(|grown| Change {
        asset: grown.asset,
        billed_bytes: grown.billed_bytes,
        grown: grown.change,
    });
    Ok((changes.collect(), Some(oldest.at.to_string())))
}

/// Whether all is in step with the spec, and how the last runs ended, in sentences.
async fn status(site: &Site) -> Result<Vec<String>, Failure> {
    let at_state = |fault| site.state_failure(&fault);
    let history = site.records().history().map_err(at_state)?;
    let mut lines = vec![match standing(site, |_, _| ()).await {
        Ok(Exit::Done) => "bucket and host are in sync with the spec".to_owned(),
        Ok(_) => "bucket or host is not in sync with the spec: see `datalake status`".to_owned(),
        Err(failure) => {
            let why = failure.messages.join(": ");
            format!("whether everything is in sync with the spec is unknown: {}", key_text(&why))
        }
    }];
    for receipt in history.iter().rev().take(3) {
        let state = match history.state(receipt) {
            RunState::Complete => "complete",
            RunState::Unfinished => "unfinished",
            RunState::Continued => "continued by a later run",
            RunState::RolledBack => "rolled back",
        };
        lines.push(format!("run {} of {}: {state}", receipt.run, receipt.started));
    }
    for run in site.records().open_runs().map_err(at_state)? {
        lines.push(format!("{run} did not come to its end, or is at work now"));
    }
    Ok(lines)
}
