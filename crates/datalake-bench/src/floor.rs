//! The raw floor: the same bytes over plain sockets, with no signature, no hash and no check.
//!
//! Nobody should use it to move anything. It shows what the machine and the service allow.

mod wire;

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, ValueEnum};

use self::wire::{FloorConnection, cut_between};
use crate::Failed;

/// Connections, each in a thread of its own.
const THREADS: usize = 4;
/// The size of parts.
const PART: u64 = 16 << 20;
/// How much of a part is in memory.
const STEP: usize = 256 << 10;

/// What the floor client is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// Send all files of a folder.
    Up,
    /// Look at all files of a folder and list what is stored.
    Unchanged,
    /// Fetch all objects below a prefix.
    Down,
    /// Send one file in parts.
    UpLarge,
    /// Fetch one object in ranges.
    DownLarge,
    /// List what is stored.
    List,
}

/// The command line of the floor client.
#[derive(Debug, Args)]
pub(crate) struct Floor {
    work: Work,
    /// ADDRESS:PORT
    service: String,
    /// BUCKET/KEY or BUCKET/PREFIX/
    place: String,
    path: PathBuf,
}

/// Does the work.
pub(crate) fn run_floor(floor: &Floor) -> Result<(), Failed> {
    let Floor { work, service, place, path } = floor;
    match work {
        Work::Up => upload_files(service, place, path),
        Work::Unchanged => {
            files_below(path)?.iter().try_for_each(|file| fs::metadata(file).map(drop))?;
            list_keys(service, place).map(drop)
        }
        Work::Down => download_objects(service, place, path),
        Work::UpLarge => up_large(service, place, path),
        Work::DownLarge => down_large(service, place, path),
        Work::List => list_keys(service, place).map(drop),
    }
}

/// Does something with each of so many numbers, on a few connections.
fn share_numbers(
    service: &str,
    number: usize,
    each: impl Fn(&mut FloorConnection, usize) -> Result<(), Failed> + Sync,
) -> Result<(), Failed> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wire = FloorConnection::open(service)?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= number {
                return Ok(());
            }
            each(&mut wire, index)?;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(ended) => ended,
            Err(_) => Err(Failed::new("a thread broke")),
        })
    })
}

fn upload_files(service: &str, place: &str, path: &Path) -> Result<(), Failed> {
    let files = files_below(path)?;
    share_numbers(service, files.len(), |wire, index| {
        let Some(file) = files.get(index) else { return Ok(()) };
        let name = file.strip_prefix(path).unwrap_or(file).display();
        let content = fs::read(file)?;
        wire.ask("PUT", &format!("{place}{name}"), &content).map(drop)
    })
}

fn download_objects(service: &str, place: &str, path: &Path) -> Result<(), Failed> {
    let keys = list_keys(service, place)?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    share_numbers(service, keys.len(), |wire, index| {
        let Some(key) = keys.get(index) else { return Ok(()) };
        let content = wire.ask("GET", &format!("{bucket}/{key}"), &[])?;
        let file = path.join(key.strip_prefix(prefix).unwrap_or(key));
        match fs::write(&file, &content) {
            Ok(()) => Ok(()),
            Err(_) => {
                fs::create_dir_all(file.parent().unwrap_or(path))?;
                Ok(fs::write(&file, &content)?)
            }
        }
    })
}

fn up_large(service: &str, place: &str, path: &Path) -> Result<(), Failed> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut wire = FloorConnection::open(service)?;
    let begun = wire.ask("POST", &format!("{place}?uploads="), &[])?;
    let begun = String::from_utf8_lossy(&begun);
    let id = cut_between(&begun, "<UploadId>", "</UploadId>").unwrap_or_default();
    let count = usize::try_from(size.div_ceil(PART)).unwrap_or_default();
    share_numbers(service, count, |wire, index| {
        let start = index as u64 * PART;
        let length = PART.min(size - start);
        wire.begin("PUT", &format!("{place}?partNumber={}&uploadId={id}", index + 1), length)?;
        let mut step = vec![0; STEP];
        let mut place = start;
        while place < start + length {
            let step = step.get_mut(..step_at(place, start + length)).unwrap_or_default();
            file.read_exact_at(step, place)?;
            wire.write(step)?;
            place += step.len() as u64;
        }
        wire.answer().map(drop)
    })?;
    wire.ask("POST", &format!("{place}?uploadId={id}"), b"<CompleteMultipartUpload/>").map(drop)
}

fn down_large(service: &str, place: &str, path: &Path) -> Result<(), Failed> {
    let size = FloorConnection::open(service)?.head(place)?;
    let mut file = File::create(path)?;
    file.seek(SeekFrom::Start(size))?;
    let count = usize::try_from(size.div_ceil(PART)).unwrap_or_default();
    share_numbers(service, count, |wire, index| {
        let start = index as u64 * PART;
        let end = size.min(start + PART);
        wire.range(place, start..end)?;
        let mut at = start;
        wire.body(|chunk| {
            file.write_all_at(chunk, at)?;
            at += chunk.len() as u64;
            Ok(())
        })
    })
}

fn step_at(place: u64, end: u64) -> usize {
    usize::try_from(end - place).unwrap_or(STEP).min(STEP)
}

/// All keys below a prefix.
fn list_keys(service: &str, place: &str) -> Result<Vec<String>, Failed> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let mut wire = FloorConnection::open(service)?;
    let (mut keys, mut token) = (Vec::new(), String::new());
    loop {
        let page = wire.ask("GET", &format!("{bucket}?list-type=2&prefix={prefix}{token}"), &[])?;
        let page = String::from_utf8_lossy(&page);
        let mut rest = &*page;
        while let Some((_, behind)) = rest.split_once("<Key>") {
            let Some((key, behind)) = behind.split_once("</Key>") else { break };
            keys.push(key.to_owned());
            rest = behind;
        }
        match cut_between(rest, "<NextContinuationToken>", "</NextContinuationToken>") {
            Some(next) => token = format!("&continuation-token={next}"),
            None => return Ok(keys),
        }
    }
}

fn files_below(path: &Path) -> Result<Vec<PathBuf>, Failed> {
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let into = if entry.file_type()?.is_dir() { &mut folders } else { &mut files };
            into.push(entry.path());
        }
    }
    Ok(files)
}
