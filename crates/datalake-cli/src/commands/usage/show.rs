//! `usage show`: the history, and which assets have grown.

use datalake_core::price::Span;
use datalake_engine::{Clock as _, EgressNote, UsageSample};
use datalake_operations::costs::{
    AssetGrowth, EgressTold, RecordedUsage, SampleTold, UsageHistory, egress_word,
    find_uncounted_tables,
};

use crate::args::Cli;
use crate::args::cost::UsageShow;
use crate::commands::cost::{log_failure, open_log, read_place};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, change_text, count, key_text, size};
use crate::site::Site;

pub(super) const USAGE_HISTORY: DocumentKind = DocumentKind::of::<UsageHistory>("usage-history");

/// So many assets are told to people.
const TOLD: usize = 20;

pub(super) async fn show(cli: &Cli, flags: &UsageShow, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let place = read_place(&site)?;
    let now = site.clock.now();
    let from = now.plus_seconds(-i64::from(flags.since.count()) * 86_400);
    let span = Span { from, until: now.plus_seconds(1) };
    let recorded = match open_log(&site)? {
        Some(log) => {
            RecordedUsage::read(&log, &place, span).map_err(|fault| log_failure(&fault))?
        }
        None => RecordedUsage::default(),
    };
    let RecordedUsage { samples, growth: grown, egress } = recorded;
    let mut text = render_history(&site.name, &samples, &grown, &egress);
    if let Some(tables) = find_uncounted_tables(&site.store_spec()?, &place.bucket) {
        text.push_str(&format!(
            "\nThe bucket for tables: {} usage show --bucket {tables}\n",
            site.name
        ));
    }
    let shown = UsageHistory {
        bucket: place.bucket.to_string(),
        samples: samples.iter().map(SampleTold::new).collect(),
        growth: grown,
        egress: egress.into_iter().map(EgressTold::new).collect(),
    };
    printer.result(USAGE_HISTORY, shown, &text);
    Ok(Exit::Done)
}

fn render_history(
    name: &str,
    samples: &[UsageSample],
    grown: &[AssetGrowth],
    egress: &[EgressNote],
) -> String {
    if samples.is_empty() && egress.is_empty() {
        return format!("Nothing was recorded in this time.\nNext: {name} usage record\n");
    }
    let mut text = format!(
        "{:<20}  {:>10}  {:>10}  {:>12}  {:>12}\n",
        "TIME", "BILLED", "REAL", "OBJECTS", "HIDDEN"
    );
    for UsageSample { at, usage, .. } in samples {
        let total = usage.total();
        text.push_str(&format!(
            "{at}  {:>10}  {:>10}  {:>12}  {:>12}\n",
            size(total.billed),
            size(total.bytes),
            count(usage.current.count),
            size(total.billed - usage.current.billed),
        ));
    }
    if !grown.is_empty() {
        text.push_str(&format!("\n{:>12}  {:>10}  ASSET\n", "GROWTH", "BILLED"));
        for grown in grown.iter().take(TOLD) {
            let (change, billed) = (change_text(grown.change), size(grown.billed_bytes));
            text.push_str(&format!("{change:>12}  {billed:>10}  {}\n", key_text(&grown.asset)));
        }
        if grown.len() > TOLD {
            text.push_str(&format!("{:>26}and {} more\n", "", count((grown.len() - TOLD) as u64)));
        }
    }
    if !egress.is_empty() {
        text.push_str(&format!("\n{:<20}  {:>10}  {:<8}  NOTE\n", "TIME", "EGRESS", "BY"));
        for EgressNote { at, size: bytes, by, note } in egress {
            let (bytes, by) = (size(bytes.0), egress_word(*by));
            text.push_str(&format!("{at}  {bytes:>10}  {by:<8}  {}\n", key_text(note)));
        }
    }
    text
}
