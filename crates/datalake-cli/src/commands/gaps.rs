//! `dagster gaps`: assets that are deleted and were not written again.
//!
//! The I/O manager deletes an object before it writes it anew. Between the two there is nothing,
//! and a run that dies there leaves it so.

use datalake_core::fault::Fault;
use datalake_engine::Clock;
use datalake_operations::lake::{
    Gap, GapReporter, GapSearch, GapTotals, PrintedGap, choose_asset_prefix,
};

use super::agreed;
use crate::args::{Cli, project::Gaps};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, Ticker, age, counted, key_text, size};

pub(super) const GAP: DocumentKind = DocumentKind::of::<PrintedGap<'static>>("gap");
pub(super) const GAPS_END: DocumentKind = DocumentKind::of::<GapTotals>("gaps-end");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[GAP, GAPS_END];

/// Shows gaps as they are found and restored.
struct GapPrinter<'a> {
    search: GapSearch<'a>,
    printer: Printer,
    rows: Rows,
    ticker: Ticker,
}

pub(super) async fn gaps(cli: &Cli, flags: &Gaps, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let bucket = remote.client().choose_bucket(None)?;
    let lake = remote.lake();
    let prefix = choose_asset_prefix(remote.site.settings.document().prefix.as_deref())?;
    let now = remote.site.clock.now();
    let search =
        GapSearch { lake: &lake, bucket: &bucket, prefix: &prefix, now, takes_young: flags.young };
    search.require_versions().await?;
    let (rows, ticker) = (Rows::new(printer), Ticker::new(printer));
    let mut shown = GapPrinter { search, printer, rows, ticker };
    let mut totals = search.find_gaps(&mut shown).await?;
    if totals.gaps == 0 || !flags.restore {
        let next = format!("Next: {} dagster gaps --restore", remote.site.name);
        return Ok(shown.told(&totals, &next));
    }
    let question = format!("Restore {}?", counted(totals.gaps, "asset"));
    if !agreed(&question, flags.yes, remote.site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let restored = search.restore_gaps(&mut totals, &mut shown).await;
    shown.ticker.clear();
    restored?;
    Ok(shown.told(&totals, ""))
}

impl GapReporter for GapPrinter<'_> {
    fn found(&mut self, gaps: &[Gap]) {
        for gap in gaps {
            self.show(gap);
        }
        self.rows.flush();
    }

    fn restored(&mut self, gap: &Gap, outcome: Result<(), Fault>, totals: &GapTotals) {
        if let Err(fault) = outcome {
            self.ticker.clear();
            self.printer.talk(&format!("{}: {fault}", key_text(gap.key.as_str())));
        }
        self.ticker.tell(|| format!("restored {}", totals.restored));
    }
}

impl GapPrinter<'_> {
    fn show(&mut self, gap: &Gap) {
        let (young, now) = (self.search.is_young(gap), self.search.now);
        let Gap { key, deleted, version, size: bytes, stored, .. } = gap;
        let (key, version) = (key.as_str(), version.0.as_str());
        let row =
            PrintedGap { key, deleted: *deleted, young, version, size: *bytes, stored: *stored };
        self.rows.row(GAP, row, || {
            let note = if young { "  (young: perhaps it is just written)" } else { "" };
            let since = age(*deleted, now);
            format!("deleted {since}, {:>10}  {}{note}", size(*bytes), key_text(key))
        });
    }

    fn told(&self, sum: &GapTotals, next: &str) -> Exit {
        if self.printer.is_json() {
            Rows::new(self.printer).row(GAPS_END, sum, String::new);
        } else {
            self.printer.text(&self.sentences(sum, next));
        }
        match sum {
            GapTotals { failed: 1.., .. } => Exit::Partly,
            GapTotals { gaps, restored, .. } if gaps > restored => Exit::Drift,
            _ => Exit::Done,
        }
    }

    fn sentences(&self, sum: &GapTotals, next: &str) -> String {
        let place = format!("s3://{}/{}", self.search.bucket, key_text(self.search.prefix));
        let young = match sum.young {
            0 => String::new(),
            some => {
                format!("{} deleted within 10 minutes left out: --young\n", counted(some, "asset"))
            }
        };
        if sum.restored + sum.failed > 0 {
            return format!(
                "Restored {}, {} failed.\n{young}",
                counted(sum.restored, "asset"),
                sum.failed
            );
        }
        if sum.gaps == 0 {
            return format!(
                "No gaps: below {place} nothing is deleted that was not written again.\n{young}"
            );
        }
        let found = counted(sum.gaps, "asset");
        format!("{found} gone below {place}, {} at last.\n{young}{next}\n", size(sum.bytes))
    }
}
