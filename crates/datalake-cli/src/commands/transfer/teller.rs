//! What a transfer tells while it goes on: counts, lines, events, the report, progress.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use datalake_core::{ByteSize, Fault};
use datalake_engine::transfer::{Finding, Item, Mark, Reason, Summary, TransferWatch, VerifyWatch};
use datalake_host::NewNamedFile;
use schemars::JsonSchema;
use serde::Serialize;

use super::notes::held;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{
    DocumentKind, Printer, Rows, Sum, Ticker, TransferState, escaped, item_line, mark_of,
    printable, progress_line, rate,
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
/// Over so many beats the rate is measured.
const BEATS: usize = 50;

/// Sees a transfer and tells of it.
pub(in crate::commands) struct Teller {
    printer: Printer,
    began: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    printer: Printer,
    state: TransferState,
    rows: Rows,
    ticker: Ticker,
    report: Option<Report>,
    told: u64,
    samples: VecDeque<(Duration, u64)>,
    beats: u64,
    /// What has arrived or was there, where a move has to know.
    arrived: Option<BTreeSet<String>>,
    /// Links, pipes and the like, which every pass meets again.
    odd: BTreeSet<String>,
}

struct Report {
    path: PathBuf,
    file: BufWriter<NewNamedFile>,
    fault: Option<std::io::Error>,
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
    reason: String,
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
        let report = report.map(Report::create).transpose()?;
        let inner = Inner {
            printer,
            state,
            rows: Rows::new(printer),
            ticker: Ticker::new(printer),
            report,
            told: 0,
            samples: VecDeque::new(),
            beats: 0,
            arrived: None,
            odd: BTreeSet::new(),
        };
        Ok(Self { printer, began: Instant::now(), inner: Mutex::new(inner) })
    }

    /// Keeps the names that arrive from now on.
    pub(super) fn keep_arrived(&self) {
        held(&self.inner).arrived = Some(BTreeSet::new());
    }

    /// The names that have arrived, or were there.
    pub(super) fn arrived(&self) -> BTreeSet<String> {
        held(&self.inner).arrived.take().unwrap_or_default()
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

    /// Counts sources that were removed behind a move.
    pub(super) fn removed(&self, number: u64) {
        *held(&self.inner).state.sources_removed.get_or_insert(0) += number;
    }

    /// Shows how far it is.
    pub(in crate::commands) fn beat(&self) {
        let inner = &mut *held(&self.inner);
        inner.samples.push_back((self.began.elapsed(), inner.state.bytes_moved));
        if inner.samples.len() > BEATS {
            inner.samples.pop_front();
        }
        inner.beats += 1;
        if self.printer.is_json() && inner.beats.is_multiple_of(EVENT) {
            inner.rows.row(TRANSFER_PROGRESS, &inner.state, String::new);
        }
        let (state, samples) = (&inner.state, &inner.samples);
        inner.ticker.tell(|| progress_line(state, rate(samples.iter().copied())));
        inner.rows.flush();
    }

    /// Something that did not go as it should, for standard error and the report.
    pub(in crate::commands) fn trouble(&self, name: &str, reason: &str) {
        let inner = &mut *held(&self.inner);
        inner.state.failed.add(0);
        inner.tell((Mark::Failed.character(), name), 0, reason);
    }

    /// Something that stays where it is, for the report.
    pub(in crate::commands) fn leave(&self, name: &str, reason: &str) {
        held(&self.inner).tell(('.', name), 0, reason);
    }

    /// The state at the end; nothing is shown any more and the report is whole.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the report could not be written.
    pub(in crate::commands) fn finish(&self) -> Result<TransferState, Failure> {
        let inner = &mut *held(&self.inner);
        inner.ticker = Ticker::new(self.printer);
        inner.rows.flush();
        inner.state.seconds = self.began.elapsed().as_secs_f64();
        if inner.told > TOLD {
            let more = inner.told - TOLD;
            self.printer.talk(&format!("… and {more} more; --report FILE lists all"));
        }
        inner.report.take().map_or(Ok(()), Report::finish)?;
        Ok(inner.state.clone())
    }
}

impl Inner {
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
        let arrives = matches!(item.mark, Mark::Skipped | Mark::New | Mark::Replaced);
        if let Some(arrived) = self.arrived.as_mut().filter(|_| arrives) {
            arrived.insert(item.name.to_owned());
        }
    }

    fn tell(&mut self, (mark, name): (char, &str), bytes: u64, reason: &str) {
        let printer = self.printer;
        let line = || item_line(mark, name, reason);
        if printer.is_json() {
            let event = ItemEvent { mark, name, bytes, reason: reason.to_owned() };
            self.rows.row(TRANSFER_ITEM, event, String::new);
        } else if self.state.dry_run && mark != '=' && mark != '!' {
            self.rows.line(&line());
        }
        if let Some(report) = &mut self.report {
            report.write(&line());
        }
        if mark == '!' {
            self.told += 1;
            if self.told <= TOLD {
                self.ticker = Ticker::new(printer);
                printer.talk(&format!("! {}: {}", escaped(name), printable(reason)));
            }
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
        if item.mark != Mark::Failed {
            *inner.state.reasons.entry(reason.clone()).or_default() += 1;
        }
        inner.tell((mark, item.name), item.size.0, &reason);
    }

    fn planned(&self, size: ByteSize) {
        held(&self.inner).state.planned.add(size.0);
    }

    fn moved(&self, bytes: u64) {
        held(&self.inner).state.bytes_moved += bytes;
    }

    fn repeated(&self, fault: &Fault) {
        let inner = &mut *held(&self.inner);
        inner.state.retries += 1;
        if self.printer.is_json() {
            let event = RetryEvent { fault: fault.to_string() };
            inner.rows.row(TRANSFER_RETRY, event, String::new);
        }
    }
}

impl VerifyWatch for Teller {
    fn found(&self, name: &str, finding: &Finding) {
        let inner = &mut *held(&self.inner);
        if *finding == Finding::Right {
            if let Some(arrived) = &mut inner.arrived {
                arrived.insert(name.to_owned());
            }
            inner.tell(('=', name), 0, "right");
            return;
        }
        let reason = match finding {
            Finding::Right => "right".to_owned(),
            Finding::Missing => "missing".to_owned(),
            Finding::Changed => "another size or tag than the last run left".to_owned(),
            Finding::Damaged => "another content than was sent".to_owned(),
            Finding::Unreadable(fault) => format!("it cannot be read: {fault}"),
            Finding::Unproved => "read, and nothing tells what its content should be".to_owned(),
        };
        inner.tell(('!', name), 0, &reason);
    }
}

impl Report {
    fn create(path: &Path) -> Result<Self, Failure> {
        let file = named_path::create_file(path)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), fault: None })
    }

    fn write(&mut self, line: &str) {
        if self.fault.is_none() {
            self.fault = writeln!(self.file, "{line}").err();
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let Self { path, file, fault } = self;
        if let Some(error) = fault {
            return Err(Failure::io(&path, &error));
        }
        let file = file.into_inner().map_err(|error| Failure::io(&path, error.error()))?;
        named_path::finish_file(file, &path)
    }
}
