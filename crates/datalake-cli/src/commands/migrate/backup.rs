//! `migrate backup`: Dagster's home in one file, read again, unpacked.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datalake_engine::ArchiveProgress;
use datalake_host::HostArchives;
use datalake_operations::migration::{
    BackedUp, BackupGap, BackupJob, ReadBack, list_names, read_backup, render_backup,
};
use datalake_operations::{OperationError, find_dump};
use tokio::time::interval;

use super::place::home_search;
use crate::args::Cli;
use crate::args::migrate::Backup;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, Ticker, archive_line, counted, size};
use crate::site::Site;

pub(super) const BACKUP: DocumentKind = DocumentKind::of::<BackedUp>("backup");
pub(super) const BACKUP_READ: DocumentKind = DocumentKind::of::<ReadBack>("backup-read");

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);
pub(super) async fn backup(cli: &Cli, flags: &Backup, printer: Printer) -> Result<Exit, Failure> {
    match (&flags.check, &flags.restore, &flags.into) {
        (Some(file), _, _) => read_back(file, None, printer).await,
        (None, Some(file), Some(into)) => read_back(file, Some(into), printer).await,
        _ => write(cli, flags, printer).await,
    }
}

async fn write(cli: &Cli, flags: &Backup, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let search = home_search(&site);
    let job = BackupJob::prepare(&search, flags.home.clone(), flags.to.clone()).await?;
    let host = site.host_spec().ok();
    let dump = find_dump(&site.context(), host.as_ref(), &job.dagster_yaml);
    let progress = Arc::new(ArchiveProgress::default());
    let made = with_progress(printer, &progress, job.write(dump, &site.clock, &progress)).await?;
    let text = render_backup(&made);
    let text = format!("{text}Next: {} migrate backup --check {}\n", site.name, made.file);
    let problem = partly_made(&made.left_out, &made.disturbed);
    printer.result(BACKUP, made, &text);
    problem.map_or(Ok(Exit::Done), Err)
}

/// What keeps the archive from being whole.
fn partly_made(left_out: &[BackupGap], disturbed: &[String]) -> Option<Failure> {
    let lost: Vec<_> =
        left_out.iter().filter(|gap| gap.of_dagster).map(BackupGap::describe).collect();
    let mut message = list_names("of Dagster's own that are not in it", &lost);
    message.push_str(&list_names("written all the while, so perhaps not whole in it", disturbed));
    if message.is_empty() {
        return None;
    }
    let mut failure = Failure::new(Exit::Partly, message.trim_end());
    if !lost.is_empty() {
        failure = failure.hint("put plain files in their place, or copy them another way");
    }
    if !disturbed.is_empty() {
        failure = failure.hint("stop all writers, and make a new one");
    }
    Some(failure)
}

async fn read_back(file: &Path, into: Option<&Path>, printer: Printer) -> Result<Exit, Failure> {
    let progress = Arc::new(ArchiveProgress::default());
    let work = read_backup(&HostArchives, file, into, &progress);
    let found = with_progress(printer, &progress, work).await?;
    let mut text =
        format!("{}: {} ({})", found.file, counted(found.files, "file"), size(found.bytes));
    text.push_str(if found.wrong.is_empty() { ", all as their hashes say\n" } else { "\n" });
    let what = "written while they were put in, so perhaps not whole";
    text.push_str(&list_names(what, &found.disturbed));
    if let Some(into) = &found.into {
        text.push_str(&format!("Unpacked into {into}\n"));
    }
    let problem = (!found.wrong.is_empty()).then(|| {
        let message = list_names("not what their hashes say", &found.wrong);
        Failure::new(Exit::Mismatch, message.trim_end()).hint("the file is damaged: use another")
    });
    printer.result(BACKUP_READ, found, &text);
    problem.map_or(Ok(Exit::Done), Err)
}

/// Shows how far long work is until it ends.
async fn with_progress<T>(
    printer: Printer,
    progress: &ArchiveProgress,
    work: impl Future<Output = Result<T, OperationError>>,
) -> Result<T, Failure> {
    let mut work = pin!(work);
    let (mut beat, mut ticker, began) = (interval(BEAT), Ticker::new(printer), Instant::now());
    loop {
        tokio::select! {
            ended = &mut work => return Ok(ended?),
            _ = beat.tick() => {
                let (total, done) = progress.bytes();
                ticker.tell(|| archive_line(done, total, began.elapsed()));
            }
        }
    }
}
