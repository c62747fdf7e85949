//! `migrate backup`: Dagster's home in one file, read again, unpacked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use datalake_engine::Clock as _;
use datalake_host::{
    ArchiveFault, ArchiveProgress, Archived, NewArchive, Unarchived, archive, check_archive,
    restore_archive,
};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::interval;

use super::home::Home;
use super::is_home::require_named_home;
use super::left_out::{KeptPlaces, NotInIt};
use crate::args::Cli;
use crate::args::migrate::{Backup, What};
use crate::dumps::find_dump;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, Ticker, archive_line, count, counted, printable, size};
use crate::site::Site;

pub(super) const BACKUP: DocumentKind = DocumentKind::of::<BackedUp>("backup");
pub(super) const BACKUP_READ: DocumentKind = DocumentKind::of::<ReadBack>("backup-read");

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);
/// So many names are told.
const TOLD: usize = 10;

/// What was put into a file.
#[derive(Serialize, JsonSchema)]
struct BackedUp {
    /// The folder.
    folder: String,
    /// The file that it is in.
    file: String,
    /// How many files are in it.
    files: u64,
    /// How many of them are databases, taken by their own way.
    databases: u64,
    /// Their size in bytes.
    bytes: u64,
    /// The size of the file in bytes.
    packed: u64,
    /// Files that were written all the while, so perhaps not whole in it.
    disturbed: Vec<String>,
    /// The paths of what is not in it, below the folder.
    skipped: Vec<String>,
    /// What is not in it, and why.
    left_out: Vec<NotInIt>,
    /// What Dagster keeps in other folders, so that it is not in it.
    elsewhere: Vec<String>,
    /// What copies Dagster's database, where it is one of Postgres and not in it.
    dump: Option<String>,
    /// How long it took, in seconds.
    seconds: f64,
}

/// What was read from it.
#[derive(Serialize, JsonSchema)]
struct ReadBack {
    /// The file.
    file: String,
    /// The folder that it was unpacked into; `null` where it was only read.
    into: Option<String>,
    /// How many files are in it.
    files: u64,
    /// Their size in bytes.
    bytes: u64,
    /// Files whose hash is not the one in the list.
    wrong: Vec<String>,
    /// Files that were written while they were put in, so perhaps not whole.
    disturbed: Vec<String>,
}

pub(super) async fn backup(cli: &Cli, flags: &Backup, printer: Printer) -> Result<Exit, Failure> {
    match (&flags.check, &flags.restore, &flags.into) {
        (Some(file), _, _) => read_back(file, None, printer).await,
        (None, Some(file), Some(into)) => read_back(file, Some(into), printer).await,
        _ => write(cli, flags, printer).await,
    }
}

async fn write(cli: &Cli, flags: &Backup, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let what = What { home: flags.home.clone(), ..What::default() };
    require_named_home(&what).await?;
    let whole = Home::find(&site, &what)?;
    let kept = KeptPlaces::of(&whole)?;
    let home = whole.folder;
    let (opened, folder, rules) = (home.open()?, home.path_here(), home.rules());
    let dump = find_dump(&site, &home.text("dagster.yaml")?.unwrap_or_default());
    let created = site.clock.now().to_string();
    let usual = || PathBuf::from(format!("dagster-home-{}.tar.zst", created.replace(':', "")));
    let to = flags.to.clone().unwrap_or_else(usual);
    let began = Instant::now();
    let (from, file) = (folder.clone(), to.clone());
    let work = move |progress: &ArchiveProgress| {
        let (name, to, created) = (from.as_path(), file.as_path(), created.as_str());
        let owners = &rules.owners;
        archive(&NewArchive { folder: &opened, name, owners, to, created }, progress)
    };
    let made = shown(printer, work).await?;
    let Archived { files, databases, bytes, packed, disturbed, left_out } = made;
    let left_out = kept.judge_left_out(&folder, left_out);
    let made = BackedUp {
        folder: path_text(&folder),
        file: path_text(&to),
        files,
        databases,
        bytes,
        packed,
        disturbed,
        skipped: left_out.iter().map(|one| one.path.clone()).collect(),
        left_out,
        elsewhere: kept.elsewhere,
        dump,
        seconds: began.elapsed().as_secs_f64(),
    };
    let text = made_text(&made, &site.name);
    let problem = partly_made(&made.left_out, &made.disturbed);
    printer.result(BACKUP, made, &text);
    problem.map_or(Ok(Exit::Done), Err)
}

fn made_text(made: &BackedUp, name: &str) -> String {
    let mut text = format!(
        "{} -> {}: {} and {} copied by SQLite, {} in {}; {:.1} s\n",
        made.folder,
        made.file,
        counted(made.files, "file"),
        counted(made.databases, "database"),
        size(made.bytes),
        size(made.packed),
        made.seconds
    );
    let told: Vec<_> = made.left_out.iter().map(NotInIt::line).collect();
    text.push_str(&named("not in it", &told));
    for line in &made.elsewhere {
        text.push_str(&format!("Not in it: {line}\n"));
    }
    if let Some(line) = &made.dump {
        text.push_str(&format!(
            "Not in it: Dagster's database, which is Postgres. Copy it with:\n  {}\n",
            printable(line)
        ));
    }
    text + &format!("Next: {name} migrate backup --check {}\n", made.file)
}

/// What keeps the archive from being whole.
fn partly_made(left_out: &[NotInIt], disturbed: &[String]) -> Option<Failure> {
    let lost: Vec<_> = left_out.iter().filter(|one| one.of_dagster).map(NotInIt::line).collect();
    let mut message = named("of Dagster's own that are not in it", &lost);
    message.push_str(&named("written all the while, so perhaps not whole in it", disturbed));
    if message.is_empty() {
        return None;
    }
    let mut failure = Failure::new(Exit::Partly, message.trim_end());
    if !lost.is_empty() {
        failure = failure.hint("put plain files in their place, or copy them another way");
    }
    if !disturbed.is_empty() {
        failure = failure.hint("stop what writes, and make it anew");
    }
    Some(failure)
}

async fn read_back(file: &Path, into: Option<&Path>, printer: Printer) -> Result<Exit, Failure> {
    let (path, folder) = (file.to_owned(), into.map(Path::to_owned));
    let found = shown(printer, move |progress| match &folder {
        None => check_archive(&path, progress),
        Some(folder) => restore_archive(&path, folder, progress),
    })
    .await?;
    let Unarchived { files, bytes, wrong, disturbed } = found;
    let (file, into) = (path_text(file), into.map(path_text));
    let mut text = format!("{file}: {} ({})", counted(files, "file"), size(bytes));
    text.push_str(if wrong.is_empty() { ", all as their hashes say\n" } else { "\n" });
    text.push_str(&named("written while they were put in, so perhaps not whole", &disturbed));
    if let Some(into) = &into {
        text.push_str(&format!("Unpacked into {into}\n"));
    }
    let problem = (!wrong.is_empty()).then(|| {
        let message = named("not what their hashes say", &wrong);
        Failure::new(Exit::Mismatch, message.trim_end()).hint("the file is damaged: use another")
    });
    printer.result(BACKUP_READ, ReadBack { file, into, files, bytes, wrong, disturbed }, &text);
    problem.map_or(Ok(Exit::Done), Err)
}

/// Does long work on a thread of its own and shows how far it is.
async fn shown<T: Send + 'static>(
    printer: Printer,
    work: impl FnOnce(&ArchiveProgress) -> Result<T, ArchiveFault> + Send + 'static,
) -> Result<T, Failure> {
    let progress = Arc::new(ArchiveProgress::default());
    let shared = Arc::clone(&progress);
    let mut working = tokio::task::spawn_blocking(move || work(&shared));
    let (mut beat, mut ticker, began) = (interval(BEAT), Ticker::new(printer), Instant::now());
    loop {
        tokio::select! {
            ended = &mut working => {
                let ended = ended.map_err(|error| Failure::of(Exit::Bug, &error))?;
                return ended.map_err(|fault| failure(&fault));
            }
            _ = beat.tick() => {
                let (total, done) = progress.bytes();
                ticker.tell(|| archive_line(done, total, began.elapsed()));
            }
        }
    }
}

fn failure(fault: &ArchiveFault) -> Failure {
    match fault {
        ArchiveFault::At(path, inner) => {
            Failure::about(format!("`{}`", path_text(path)), inner).under(Exit::Io)
        }
        ArchiveFault::NotWhole(..) => Failure::of(Exit::Mismatch, fault)
            .hint("it was cut off or damaged: use another, or make it anew"),
        _ => Failure::of(Exit::Usage, fault).hint("name another place: --to FILE, --into DIR"),
    }
}

/// Names with what is so with them; nothing where there are none.
fn named(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let mut text = format!("{} {what}:\n", count(names.len() as u64));
    for name in names.iter().take(TOLD) {
        text.push_str(&format!("  {}\n", printable(name)));
    }
    if names.len() > TOLD {
        text.push_str(&format!("  … and {} more\n", count((names.len() - TOLD) as u64)));
    }
    text
}

fn path_text(path: &Path) -> String {
    printable(&path.display().to_string())
}
