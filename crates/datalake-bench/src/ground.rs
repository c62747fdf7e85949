//! The files and objects that all clients work on.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::server::{BenchObject, Server, read_clock};
use crate::{Client, Failed, Wishes, pattern};

/// Files of one folder.
const PER_FOLDER: u64 = 500;
/// Names of one folder, where there are a million.
const MANY_PER_FOLDER: u64 = 1000;
/// The parts that the large object was made of.
const PART: u64 = 16 << 20;

/// The file that tells a folder of this program from others.
const MARK: &str = ".datalake-bench";

/// The folder that all happens in, and who is there.
pub(crate) struct Ground {
    pub(crate) work: PathBuf,
    pub(crate) tools: PathBuf,
    pub(crate) datalake: PathBuf,
    pub(crate) wishes: Wishes,
}

impl Ground {
    /// Makes the folder anew.
    pub(crate) fn new(wishes: &Wishes) -> Result<Self, Failed> {
        let beside = || Ok::<_, Failed>(std::env::current_exe()?.with_file_name("datalake"));
        let datalake = wishes.datalake.clone().map_or_else(beside, Ok)?;
        if !datalake.exists() {
            return Err(Failed::new(format!("{} is not built", datalake.display())));
        }
        let work = &wishes.work;
        if work.exists() && !work.join(MARK).exists() {
            let place = work.display();
            return Err(Failed::new(format!("{place} already exists, and not from here")));
        }
        remove_path(work)?;
        fs::create_dir_all(work)?;
        fs::write(work.join(MARK), "")?;
        let work = fs::canonicalize(work)?;
        fs::create_dir_all(work.join("home"))?;
        fs::create_dir_all(&wishes.tools)?;
        let tools = fs::canonicalize(&wishes.tools)?;
        Ok(Self { work, tools, datalake, wishes: wishes.clone() })
    }

    /// The folder of small files.
    pub(crate) fn files(&self) -> PathBuf {
        self.work.join("files")
    }

    /// The large file.
    pub(crate) fn large(&self) -> PathBuf {
        self.work.join("large.bin")
    }

    /// The folder of a million names.
    pub(crate) fn names(&self) -> PathBuf {
        self.work.join("names")
    }

    /// Where a client puts what it fetches.
    pub(crate) fn out(&self, client: Client) -> PathBuf {
        self.work.join("out").join(client.name())
    }

    /// Where a client of ours keeps what it knows.
    pub(crate) fn state(&self, client: Client) -> PathBuf {
        self.work.join(format!("state-{}", client.name()))
    }

    /// Makes the small files; more than one call makes them once.
    pub(crate) fn make_files(&self) -> Result<(), Failed> {
        let Wishes { files, size, .. } = self.wishes;
        if self.files().exists() {
            return Ok(());
        }
        for number in 0..files {
            let path = self.files().join(file_name(number));
            if number % PER_FOLDER == 0 {
                fs::create_dir_all(path.parent().unwrap_or(&path))?;
            }
            write_pattern(&path, size)?;
        }
        Ok(())
    }

    /// Makes the large file.
    pub(crate) fn make_large(&self) -> Result<(), Failed> {
        if self.large().exists() { Ok(()) } else { write_pattern(&self.large(), self.wishes.large) }
    }

    /// Makes many names of files with nothing in them: only their sizes count.
    pub(crate) fn make_names(&self) -> Result<(), Failed> {
        if self.names().exists() {
            return Ok(());
        }
        for number in 0..self.wishes.names {
            let path = self.names().join(many_name(number));
            if number % MANY_PER_FOLDER == 0 {
                fs::create_dir_all(path.parent().unwrap_or(&path))?;
            }
            let file = File::create(&path)?;
            file.set_len(many_size(number))?;
            file.set_modified(an_hour_ago())?;
        }
        Ok(())
    }

    /// Removes what a client has fetched.
    pub(crate) fn clear_out(&self, client: Client) -> Result<(), Failed> {
        remove_path(&self.out(client))?;
        Ok(fs::create_dir_all(self.out(client))?)
    }

    /// Whether a client has fetched all small files; their number and bytes count.
    pub(crate) fn check_files(&self, client: Client) -> Result<(), Failed> {
        let Wishes { files, size, .. } = self.wishes;
        let expected = (files, files * size);
        let (mut found, mut folders) = ((0, 0), vec![self.out(client)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    found = (found.0 + 1, found.1 + entry.metadata()?.len());
                }
            }
        }
        compare_counts(client, expected, found)
    }

    /// Whether a client has fetched the large file, byte for byte.
    pub(crate) fn check_large(&self, client: Client) -> Result<(), Failed> {
        let file = File::open(self.out(client).join("large.bin"))?;
        compare_counts(client, (1, self.wishes.large), (1, file.metadata()?.len()))?;
        let (mut place, mut chunk) = (0, vec![0; 16 * pattern::PERIOD]);
        while place < self.wishes.large {
            let expected = pattern::make_content(place, self.wishes.large - place);
            let chunk = chunk.get_mut(..expected.len()).unwrap_or_default();
            file.read_exact_at(chunk, place)?;
            if chunk != &*expected {
                return Err(Failed::new(format!("{}: wrong content", client.name())));
            }
            place += expected.len() as u64;
        }
        Ok(())
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next run.
        let _ = remove_path(&self.work);
    }
}

/// Whether there is as much as there should be.
pub(crate) fn compare_counts(
    client: Client,
    expected: (u64, u64),
    found: (u64, u64),
) -> Result<(), Failed> {
    if expected == found {
        return Ok(());
    }
    let name = client.name();
    Err(Failed::new(format!("{name}: {found:?} of {expected:?} files and bytes have arrived")))
}

/// Stores the objects that are fetched and listed.
pub(crate) fn fill_bucket(server: &Server, wishes: &Wishes) {
    let (mut store, now) = (server.store(), read_clock());
    for number in 0..wishes.files {
        store.put(format!("source/{}", file_name(number)), BenchObject::new(wishes.size, now));
    }
    // As those who send in parts have left it.
    let (upload, mut place) = (store.begin(None), 0);
    for number in 1..=u16::MAX {
        let part = PART.min(wishes.large - place);
        store.part(upload, number, part);
        place += part;
        if place >= wishes.large {
            break;
        }
    }
    store.complete(upload, "large/source.bin", now);
    for number in 0..wishes.objects {
        let size = 1 + number * 7919 % 100_000;
        store.put(format!("many/{}", many_name(number)), BenchObject::untagged(size, now));
    }
}

/// Stores an object for each of many names.
pub(crate) fn fill_names(server: &Server, wishes: &Wishes) {
    let (mut store, now) = (server.store(), read_clock());
    // There is nothing in the files, and their tags say so.
    let mut objects: HashMap<u64, BenchObject> = HashMap::new();
    for number in 0..wishes.names {
        let size = many_size(number);
        let empty = || BenchObject::of(&vec![0; usize::try_from(size).unwrap_or_default()], now);
        let object = objects.entry(size).or_insert_with(empty).clone();
        store.put(format!("names/{}", many_name(number)), object);
    }
}

fn file_name(number: u64) -> String {
    format!("folder-{:03}/file-{number:06}.dat", number / PER_FOLDER)
}

fn many_name(number: u64) -> String {
    format!("folder-{:04}/name-{number:07}.parquet", number / MANY_PER_FOLDER)
}

fn many_size(number: u64) -> u64 {
    number * 37 % 4097
}

fn write_pattern(path: &Path, size: u64) -> Result<(), Failed> {
    let (mut file, mut place) = (File::create(path)?, 0);
    while place < size {
        let piece = pattern::make_content(place, size - place);
        file.write_all(&piece)?;
        place += piece.len() as u64;
    }
    Ok(file.set_modified(an_hour_ago())?)
}

/// Files are older than their objects, also for those who count in whole seconds.
fn an_hour_ago() -> SystemTime {
    SystemTime::now() - Duration::from_hours(1)
}

fn remove_path(path: &Path) -> Result<(), Failed> {
    if path.exists() { Ok(fs::remove_dir_all(path)?) } else { Ok(()) }
}
