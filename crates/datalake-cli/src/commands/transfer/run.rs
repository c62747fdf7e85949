//! One command's runs of the engine, one after the other, with an eye on the operator.

use std::pin::pin;
use std::time::Duration;

use datalake_core::{BucketName, Comparison, Fault};
use datalake_engine::transfer::{Deletion, Options, StopCause, Stopped, TransferPorts, sync};
use datalake_host::Links;
use tokio::time::{MissedTickBehavior, interval};

use super::ends::{Ends, Opening, route};
use super::job::{Dest, Job, Source};
use super::ledger::{MANIFEST, PairRecords};
use super::moving::{confirmed, remove};
use super::teller::Teller;
use super::wishes::options;
use crate::args::transfer::{How, LinkChoice};
use crate::commands::usage::note_download;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Printer, Rows, TransferState, counted, summary_line};
use crate::stop::{Charge, asked};

pub(super) const TRANSFER: DocumentKind = DocumentKind::of::<TransferState>("transfer");

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);

/// What becomes of the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// They stay.
    Copy,
    /// They go when they have arrived.
    Move,
}

/// What a command is to do.
pub(super) struct Order<'a> {
    pub(super) jobs: Vec<Job>,
    pub(super) how: &'a How,
    pub(super) kind: Kind,
    pub(super) delete: Deletion,
}

/// Carries out an order and tells how it ended.
///
/// # Errors
///
/// [`Failure`] where it could not begin, or ended before its time.
pub(super) async fn transfer(remote: Remote, order: Order<'_>) -> Result<Exit, Failure> {
    let printer = remote.site.printer;
    let mut options = options(&remote, order.how, order.delete)?;
    if order.kind == Kind::Move {
        // What is deleted afterwards is compared by content, never by looks.
        options.comparison = Comparison::Checksum;
    }
    let Remote { site, spec, store } = remote;
    let store = store.with_connections(options.limits.connections);
    let remote = Remote { site, spec, store };
    let (source, destination) = order.jobs.first().map(Job::words).unwrap_or_default();
    let dry_run = order.how.dry_run;
    let state = TransferState { source, destination, dry_run, ..TransferState::default() };
    let teller = Teller::new(printer, order.how.report.as_deref(), state)?;

    // What it comes to is told all the same.
    let _charge = Charge::take();
    let ended = watched(Box::pin(all(&remote, &order, &options, &teller)), &teller).await;
    let state = teller.finish()?;
    if let Some(bucket) = order.jobs.first().and_then(Job::downloads_from) {
        note_download(&remote, bucket, (state.bytes_moved, "transfer"));
    }
    show(printer, &state);
    exit(&state, ended?)
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
    let (mut goes_on, mut stop) = (pin!(goes_on), pin!(asked()));
    let _charge = Charge::take();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            ended = &mut goes_on => return ended,
            () = &mut stop => break,
            _ = beat.tick() => teller.beat(),
        }
    }
    Err(Failure::new(Exit::Interrupted, "stopped by the operator")
        .hint("what is done is done; the same command goes on from here"))
}

/// Runs all jobs, and tells how many objects that were named are not there.
async fn all(
    remote: &Remote,
    order: &Order<'_>,
    options: &Options,
    teller: &Teller,
) -> Result<u64, Failure> {
    let mut absent = 0;
    for job in &order.jobs {
        absent += one(remote, (order, job), options, teller).await?;
    }
    Ok(absent)
}

async fn one(
    remote: &Remote,
    (order, job): (&Order<'_>, &Job),
    options: &Options,
    teller: &Teller,
) -> Result<u64, Failure> {
    let links = match order.how.links {
        LinkChoice::Skip => Links::Skip,
        LinkChoice::Follow => Links::Follow,
    };
    let moves = order.kind == Kind::Move;
    let ends = Ends::open(job, remote, Opening { links, dry_run: options.dry_run, moves })?;
    let records = PairRecords::open(remote, job, options.dry_run)?;
    let ports =
        TransferPorts { clock: &remote.site.clock, files: records.files(), manifest: MANIFEST };
    let folders = (ends.from.folder(), ends.to.folder());
    let route = route(&ends, (folders.0.as_ref(), folders.1.as_ref()))?;
    if moves && !options.dry_run {
        teller.keep_arrived();
    }
    let stopped = |stopped: Stopped| {
        teller.ended(&stopped.summary);
        failure(remote, job, stopped.cause)
    };
    let summary = sync(&route, options, &ports, teller).await.map_err(stopped)?;
    teller.ended(&summary);
    let mut absent = 0;
    for key in ends.notes.missing() {
        teller.trouble(&key, "there is no such object");
        absent += 1;
    }
    if moves && !options.dry_run {
        let arrived = teller.arrived();
        let sure = match &folders.1 {
            None => arrived,
            Some(dest) => {
                let limits = (&options.limits, &ports);
                confirmed(arrived, (&ends, dest), limits, teller).await.map_err(stopped)?
            }
        };
        remove(&sure, &ends, remote, teller).await;
    }
    Ok(absent)
}

/// What a stopped run comes to.
pub(super) fn failure(remote: &Remote, job: &Job, cause: StopCause) -> Failure {
    let resume = "what is done is done, nothing was deleted; the same command goes on from here";
    let at = |fault: Fault| match bucket_of(job) {
        Some(bucket) => at_bucket(bucket)(fault),
        None => Failure::about("the transfer", &fault),
    };
    match cause {
        StopCause::Listing(fault) => at(fault).within("the listing failed").hint(resume),
        StopCause::Walk(fault) => Failure::about("the folder cannot be read", &fault).hint(resume),
        StopCause::Fault(fault) => at(fault).hint(resume),
        StopCause::Manifest(fault) => remote.site.state_failure(&fault),
        other => Failure::of(Exit::Partly, &other).hint(resume),
    }
}

/// The bucket of a transfer that has one; that of two is not known.
fn bucket_of(job: &Job) -> Option<&BucketName> {
    match (&job.source, &job.dest) {
        (Source::Folder(_) | Source::Files(_), Dest::Prefix(bucket, _))
        | (
            Source::Prefix(bucket, _) | Source::Fitting(bucket, _) | Source::Objects(bucket, _),
            Dest::Folder(_),
        ) => Some(bucket),
        (_, Dest::Prefix(..)) | (Source::Folder(_) | Source::Files(_), Dest::Folder(_)) => None,
    }
}

fn show(printer: Printer, state: &TransferState) {
    if state.dry_run && !printer.is_json() {
        let reasons = state.reasons.iter().map(|(why, number)| format!("  {number:>8} {why}\n"));
        printer.text(&reasons.collect::<String>());
    }
    Rows::new(printer).row(TRANSFER, state, || summary_line(state));
}

fn exit(state: &TransferState, absent: u64) -> Result<Exit, Failure> {
    let found = state.new.items + state.replaced.items + state.equal.items + state.not_moved;
    if absent > 0 && absent == state.failed.items && found == 0 {
        return Err(Failure::new(Exit::Absent, format!("{}: nothing is there", state.source))
            .hint("`datalake ls` tells what there is"));
    }
    if let Some(reason) = &state.not_deleted {
        let kept = counted(state.surplus.items, "name");
        return Err(Failure::new(Exit::Partly, format!("nothing was deleted: {reason}"))
            .hint(format!("{kept} in the destination alone; --dry-run lists what would happen")));
    }
    if state.failed.items > 0 {
        let failed = counted(state.failed.items, "item");
        return Err(Failure::new(Exit::Partly, format!("{failed} failed"))
            .hint("all others are done; the same command tries these again"));
    }
    let to_do = state.new.items + state.replaced.items + state.deleted.items > 0;
    Ok(if state.dry_run && to_do { Exit::Drift } else { Exit::Done })
}
