//! `usage show`: the history, and which assets have grown.

use datalake_core::price::Span;
use datalake_engine::Clock as _;
use datalake_operations::costs::{
    EgressTold, RecordedUsage, SampleTold, UsageHistory, find_uncounted_tables, render_history,
};

use crate::args::Cli;
use crate::args::cost::UsageShow;
use crate::commands::cost::{log_failure, open_log, read_place};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

pub(super) const USAGE_HISTORY: DocumentKind = DocumentKind::of::<UsageHistory>("usage-history");

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
    let mut text = render_history(&recorded);
    if recorded.is_empty() {
        text.push_str(&format!("Next: {} usage record\n", site.name));
    }
    let RecordedUsage { samples, growth: grown, egress } = recorded;
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
