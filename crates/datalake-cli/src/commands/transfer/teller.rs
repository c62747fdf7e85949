//! What a transfer tells while it goes on: counts, lines, events, the report, progress.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use datalake_core::fault::Fault;
use datalake_core::migration::FileTotal;
use datalake_core::size::ByteSize;
use datalake_core::text::printable;
use datalake_engine::hold_mutex as held;
use datalake_engine::transfer::{
    Item, Mark, Reason, Summary, TransferWatch, VerifyFinding, VerifyWatch,
};
use datalake_operations::transfer::{TransferFailures, TransferReporter, advise_on_open_uploads};
use schemars::JsonSchema;
use serde::Serialize;

use super::report_file::ReportFile;
use crate::advice::words_of;
use crate::failure::Failure;
use crate::render::{
    DocumentKind, Printer, Rows, Sum, Ticker, TransferProgress, TransferState, escaped, item_line,
    mark_of,
};

pub(super) const TRANSFER_PROGRESS: DocumentKind =
    DocumentKind::of::<TransferState>("transfer-progress");
pub(super) const TRANSFER_ITEM: DocumentKind =
    DocumentKind::of::<ItemEvent<'static>>("transfer-item");
pub(super) const TRANSFER_RETRY: DocumentKind = DocumentKind::of::<RetryEvent>("transfer-retry");

/// So many names are told on standard error; the report has all of them.
const TOLD: u64 = 20;
/// After so many beats programs are told how far it is.
const EVENT: u64 = 5;

/// Sees a transfer and tells of it.
pub(in crate::commands) struct Teller {
    printer: Printer,
    began: Instant,
    inner: Mutex<TellerState>,
}

struct TellerState {
    printer: Printer,
    state: TransferState,
    rows: Rows,
    ticker: Ticker,
    report: Option<ReportFile>,
    told: u64,
    failures: TransferFailures,
    /// Uploads in parts that the run has begun and not ended.
    uploads_open: usize,
    progress: TransferProgress,
    beats: u64,
    /// Links, pipes and the like, which every pass meets again.
    odd: BTreeSet<String>,
}

/// An event about one name.
#[derive(Serialize, JsonSchema)]
struct ItemEvent<'a> {
    /// `+` new, `*` replaced, `-` deleted, `=` the same, `.` of another kind, `!` failed.
    mark: char,
    /// The name below source and destination.
    name: &'a str,
    /// Its size in bytes.
    bytes: u64,
    /// Why.
    reason: &'a str,
}

/// A call is made once more.
#[derive(Serialize, JsonSchema)]
struct RetryEvent {
    /// What went wrong before.
    fault: String,
}

impl Teller {
    /// Begins to tell; makes the report.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the report cannot be written.
    pub(in crate::commands) fn new(
        printer: Printer,
        report: Option<&Path>,
        state: TransferState,
    ) -> Result<Self, Failure> {
        let report = report.map(ReportFile::create).transpose()?;
        let inner = TellerState {
            printer,
            state,
            rows: Rows::new(printer),
            ticker: Ticker::new(printer),
            report,
            told: 0,
            failures: TransferFailures::default(),
            uploads_open: 0,
            progress: TransferProgress::default(),
            beats: 0,
            odd: BTreeSet::new(),
        };
        Ok(Self { printer, began: Instant::now(), inner: Mutex::new(inner) })
    }

    /// So many runs of the engine come one after the other.
    pub(in crate::commands) fn expect_runs(&self, number: usize) {
        held(&self.inner).progress.expect_runs(number);
    }

    /// A look before has found so much to move.
    pub(in crate::commands) fn expect_total(&self, total: FileTotal) {
        held(&self.inner).progress.expect_total(total);
    }

    /// Takes over what only the engine knows.
    pub(in crate::commands) fn ended(&self, summary: &Summary) {
        let state = &mut held(&self.inner).state;
        state.requests += summary.requests;
        state.retries = state.retries.max(summary.retries);
        let surplus = Sum::from(summary.surplus);
        state.surplus.items += surplus.items;
        state.surplus.bytes += surplus.bytes;
        if let Some(reason) = summary.not_deleted {
            state.not_deleted = Some(reason.to_string());
        }
    }

    /// What failed that no later run can move.
    pub(super) fn failures(&self) -> TransferFailures {
        held(&self.inner).failures
    }

    /// Adds what becomes of parts that were sent, where a run ends before its time.
    pub(super) fn tell_open_uploads(&self, failure: Failure) -> Failure {
        let inner = held(&self.inner);
        let bucket = inner.state.destination.strip_prefix("s3://");
        let bucket = bucket.and_then(|place| place.split('/').next()?.parse().ok());
        let advice = bucket.map(|bucket| advise_on_open_uploads(inner.uploads_open, &bucket));
        let advice = advice.unwrap_or_default();
        advice.iter().map(words_of).fold(failure, Failure::hint)
    }

    /// Shows how far it is.
    pub(in crate::commands) fn beat(&self) {
        let inner = &mut *held(&self.inner);
        inner.progress.add_sample(self.began.elapsed(), &inner.state);
        inner.beats += 1;
        if self.printer.is_json() && inner.beats.is_multiple_of(EVENT) {
            inner.rows.row(TRANSFER_PROGRESS, &inner.state, String::new);
        }
        let (state, progress) = (&inner.state, &inner.progress);
        inner.ticker.tell(|| progress.describe_progress(state));
        inner.rows.flush();
    }

    /// Something that did not go as it should, for standard error and the report.
    pub(in crate::commands) fn trouble(&self, name: &str, reason: &str) {
        let inner = &mut *held(&self.inner);
        inner.state.failed.add(0);
        inner.tell(&ItemEvent { mark: Mark::Failed.character(), name, bytes: 0, reason });
    }

    /// Something that stays where it is, for the report.
    pub(in crate::commands) fn leave(&self, name: &str, reason: &str) {
        held(&self.inner).tell(&ItemEvent { mark: '.', name, bytes: 0, reason });
    }

    /// The state at the end; nothing is shown any more and the report is whole.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the report could not be written.
    pub(in crate::commands) fn finish(&self) -> Result<TransferState, Failure> {
        let inner = &mut *held(&self.inner);
        inner.ticker.clear();
        inner.rows.flush();
        inner.state.seconds = self.began.elapsed().as_secs_f64();
        if inner.told > TOLD {
            let more = inner.told - TOLD;
            self.printer.talk(&format!("… and {more} more; --report FILE lists all"));
        }
        inner.report.take().map_or(Ok(()), ReportFile::finish)?;
        Ok(inner.state.clone())
    }
}

impl TellerState {
    fn count(&mut self, item: &Item<'_>, is_odd: bool) {
        let state = &mut self.state;
        let sum = match item.mark {
            Mark::Failed => &mut state.failed,
            _ if is_odd => {
                state.not_moved += 1;
                return;
            }
            Mark::Skipped => &mut state.equal,
            Mark::New => &mut state.new,
            Mark::Replaced => &mut state.replaced,
            Mark::Deleted => &mut state.deleted,
        };
        sum.add(item.size.0);
        if item.mark == Mark::Skipped && item.reason.is_assumed() {
            state.assumed.add(item.size.0);
        }
    }

    fn tell(&mut self, event: &ItemEvent<'_>) {
        let (printer, mark) = (self.printer, event.mark);
        let line = || item_line(mark, event.name, event.reason);
        if printer.is_json() {
            self.rows.row(TRANSFER_ITEM, event, String::new);
        } else if self.state.dry_run && mark != '=' && mark != '!' {
            self.rows.line(&line());
        }
        if let Some(report) = &mut self.report {
            report.write(&line());
        }
        let is_trouble = mark == '!';
        self.told += u64::from(is_trouble);
        if is_trouble && self.told <= TOLD || !is_trouble && printer.is_verbose() {
            self.ticker.clear();
            let (name, reason) = (escaped(event.name), printable(event.reason));
            printer.talk(&format!("{mark} {name}: {reason}"));
        }
    }
}

impl TransferWatch for Teller {
    fn item(&self, item: &Item<'_>) {
        let is_odd = matches!(item.reason, Reason::Odd(_));
        let (mark, reason) = (mark_of(item.mark, is_odd), item.reason.to_string());
        let inner = &mut *held(&self.inner);
        if is_odd && !inner.odd.insert(item.name.to_owned()) {
            return;
        }
        inner.count(item, is_odd);
        if item.mark == Mark::Failed {
            inner.failures.count_failure(&item.reason);
        }
        if item.mark != Mark::Failed {
            *inner.state.reasons.entry(reason.clone()).or_default() += 1;
        }
        inner.tell(&ItemEvent { mark, name: item.name, bytes: item.size.0, reason: &reason });
    }

    fn planned(&self, size: ByteSize) {
        held(&self.inner).state.planned.add(size.0);
    }

    fn planning_ended(&self) {
        held(&self.inner).progress.end_planning();
    }

    fn item_settled(&self, size: ByteSize) {
        held(&self.inner).progress.add_settled(size);
    }

    fn moved(&self, bytes: u64) {
        held(&self.inner).state.bytes_moved += bytes;
    }

    fn uploads_open(&self, number: usize) {
        held(&self.inner).uploads_open = number;
    }

    fn repeated(&self, fault: &Fault) {
        let inner = &mut *held(&self.inner);
        inner.state.retries += 1;
        self.printer.tell_decision(|| format!("trying again: {fault}"));
        if self.printer.is_json() {
            let event = RetryEvent { fault: fault.to_string() };
            inner.rows.row(TRANSFER_RETRY, event, String::new);
        }
    }
}

impl TransferReporter for Teller {
    fn run_ended(&self, summary: &Summary) {
        self.ended(summary);
    }

    fn tell_trouble(&self, name: &str, reason: &str) {
        self.trouble(name, reason);
    }

    fn add_requests(&self, number: u64) {
        held(&self.inner).state.requests += number;
    }

    fn source_removed(&self) {
        *held(&self.inner).state.sources_removed.get_or_insert(0) += 1;
    }
}

impl VerifyWatch for Teller {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        let inner = &mut *held(&self.inner);
        inner.progress.add_checked();
        if *finding == VerifyFinding::Right {
            inner.tell(&ItemEvent { mark: '=', name, bytes: 0, reason: "right" });
            return;
        }
        if let VerifyFinding::Unreadable(fault) = finding {
            inner.failures.count_archived(fault);
        }
        let reason = match finding {
            VerifyFinding::Right => "right".to_owned(),
            VerifyFinding::Assumed => "same size and time; contents never compared".to_owned(),
            VerifyFinding::Unsent => "never sent".to_owned(),
            VerifyFinding::Edited => "changed here since it was sent".to_owned(),
            VerifyFinding::Missing => "missing".to_owned(),
            VerifyFinding::Changed => "not what was brought there".to_owned(),
            VerifyFinding::Damaged => "another content than was sent".to_owned(),
            VerifyFinding::Unreadable(fault) => format!("it cannot be read: {fault}"),
        };
        inner.tell(&ItemEvent { mark: '!', name, bytes: 0, reason: &reason });
    }
}
