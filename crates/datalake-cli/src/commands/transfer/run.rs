//! One command's transfer, with an eye on the operator.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use datalake_operations::transfer::{
    FoundSources, JobPlaces, MissingSource, TransferChoices, TransferEnd, TransferFailures,
    TransferJob, TransferRun, find_transfer_sources, judge_transfer,
};
use tokio::time::{MissedTickBehavior, interval};

use super::teller::Teller;
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, TransferState, summary_line};
use crate::stop::{Charge, asked};

pub(super) const TRANSFER: DocumentKind = DocumentKind::of::<TransferState>("transfer");

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);

/// What a command is to do.
pub(super) struct TransferOrder<'a> {
    pub(super) jobs: Vec<TransferJob>,
    pub(super) choices: &'a TransferChoices,
    /// The file that the report goes into.
    pub(super) report: Option<&'a Path>,
}

/// Carries out an order and tells how it ended.
///
/// # Errors
///
/// [`Failure`] where it could not begin, or ended before its time.
pub(super) async fn transfer(remote: Remote, order: TransferOrder<'_>) -> Result<Exit, Failure> {
    let TransferOrder { jobs, choices, report } = order;
    let (printer, records) = (remote.site.printer, remote.site.record_folders());
    let options = choices.choose_options(&remote.transfers(&records))?;
    let remote = remote.within(&options.limits);
    let context = remote.transfers(&records);
    let FoundSources { jobs, missing } = find_transfer_sources(&context, choices, jobs).await?;
    let JobPlaces { source, destination } =
        jobs.first().map(TransferJob::describe).unwrap_or_default();
    let dry_run = options.dry_run;
    let state = TransferState { source, destination, dry_run, ..TransferState::default() };
    let teller = Teller::new(printer, report, state)?;
    teller.expect_runs(jobs.len());
    for MissingSource { name, error } in missing {
        teller.trouble(&name, &error.messages.join(": "));
    }

    // What it comes to is told all the same.
    let _charge = Charge::take();
    let run = TransferRun { context: &context, choices, options: &options, reporter: &teller };
    let work = async { Ok(run.carry_out(&jobs).await?) };
    let ended = watched(Box::pin(work), &teller).await;
    let state = teller.finish()?;
    if let Some(bucket) = jobs.first().and_then(TransferJob::find_downloaded_bucket) {
        note_download(&remote, bucket, state.bytes_moved, "transfer");
    }
    show_end(printer, &state);
    ended?;
    end_of(&state, teller.failures())
}

/// Goes on with something until it ends or the operator stops it.
///
/// # Errors
///
/// Those of what goes on, and [`Exit::Interrupted`].
pub(in crate::commands) async fn watched<T>(
    goes_on: impl Future<Output = Result<T, Failure>>,
    teller: &Teller,
) -> Result<T, Failure> {
    let ended = until_stopped(goes_on, teller).await.unwrap_or_else(|| {
        Err(Failure::new(Exit::Interrupted, "stopped by the operator")
            .hint("what is done is done; the same command continues from here"))
    });
    ended.map_err(|failure| teller.tell_open_uploads(failure))
}

/// Goes on with something until it ends; `None` where the operator stops it.
pub(super) async fn until_stopped<T>(
    goes_on: impl Future<Output = T>,
    teller: &Teller,
) -> Option<T> {
    let _charge = Charge::take();
    tokio::select! {
        biased;
        ended = with_beats(goes_on, teller) => Some(ended),
        () = asked() => None,
    }
}

/// Shows how far something is until it ends.
pub(super) async fn with_beats<T>(goes_on: impl Future<Output = T>, teller: &Teller) -> T {
    let mut goes_on = pin!(goes_on);
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            ended = &mut goes_on => return ended,
            _ = beat.tick() => teller.beat(),
        }
    }
}

/// Prints what it came to.
pub(super) fn show_end(printer: Printer, state: &TransferState) {
    if state.dry_run && !printer.is_json() {
        let reasons = state.reasons.iter().map(|(why, number)| format!("  {number:>8} {why}\n"));
        printer.text(&reasons.collect::<String>());
    }
    Rows::new(printer).row(TRANSFER, state, || summary_line(state));
}

/// The exit code of what it came to.
pub(super) fn end_of(state: &TransferState, failures: TransferFailures) -> Result<Exit, Failure> {
    Ok(match judge_transfer(state, failures)? {
        TransferEnd::Done => Exit::Done,
        TransferEnd::Pending => Exit::Drift,
    })
}
