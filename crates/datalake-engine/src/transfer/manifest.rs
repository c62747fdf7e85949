//! What was left equal on both sides, kept from run to run.
//!
//! The manifest is sorted by name and read as a stream beside the two sides. A run adds what it has
//! done to a journal, in the order in which it gets done; at its end, and at the beginning of the
//! next run after a kill, the journal is merged into the manifest in sorted pieces.

mod frame;
mod record;
mod sorted;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;

use datalake_core::{Fault, FaultKind, Known};

pub(crate) use record::Record;

use self::frame::{Frames, Head, write_frame};
use self::sorted::{Pieces, fold};
use super::{LongFiles, StopCause};
use crate::memory::held;

/// The manifest and the journal of one pair of places.
pub(crate) struct Ledger<'a> {
    files: &'a dyn LongFiles,
    name: &'a str,
    journal: Mutex<Option<Box<dyn Write + Send>>>,
    /// Keys whose upload in parts a killed run had begun, and those of this run.
    begun: Mutex<BTreeSet<String>>,
}

/// The manifest as a stream.
pub(crate) struct Entries {
    frames: Option<Frames>,
    frame: Vec<u8>,
    place: usize,
}

impl<'a> Ledger<'a> {
    /// Opens the records of a pair of places, and merges what a killed run has left.
    pub(crate) fn open(files: &'a dyn LongFiles, name: &'a str) -> Result<Self, StopCause> {
        let begun = compact(files, name).map_err(StopCause::Manifest)?;
        Ok(Self { files, name, journal: Mutex::default(), begun: Mutex::new(begun) })
    }

    /// What the last run has left, in order.
    pub(crate) fn entries(&self) -> Result<Entries, StopCause> {
        Entries::open(self.files, self.name).map_err(StopCause::Manifest)
    }

    /// Records something that has been done. It is kept when the process is killed.
    pub(crate) fn add(&self, record: &Record) -> Result<(), StopCause> {
        match record {
            Record::Begun(name) => drop(held(&self.begun).insert(name.clone())),
            Record::Ended(name) => drop(held(&self.begun).remove(name)),
            Record::Known(..) | Record::Gone(_) => (),
        }
        let mut journal = held(&self.journal);
        self.write(&mut journal, record).map_err(StopCause::Manifest)
    }

    /// Names whose uploads in parts were begun and not ended.
    pub(crate) fn begun(&self) -> BTreeSet<String> {
        held(&self.begun).clone()
    }

    /// Whether an earlier run or this one has begun an upload of this name.
    pub(crate) fn has_begun(&self, name: &str) -> bool {
        held(&self.begun).contains(name)
    }

    /// Merges the journal into the manifest.
    pub(crate) fn close(self) -> Result<(), StopCause> {
        let written = held(&self.journal).take().is_some();
        if !written {
            return Ok(());
        }
        compact(self.files, self.name).map_err(StopCause::Manifest)?;
        Ok(())
    }

    fn write(
        &self,
        journal: &mut Option<Box<dyn Write + Send>>,
        record: &Record,
    ) -> Result<(), Fault> {
        let journal = match journal {
            Some(journal) => journal,
            None => {
                let name = journal_name(self.name);
                // A journal that is there was left by `compact` and has its head.
                let headless = self.files.open(&name)?.is_none();
                let mut file = self.files.append(&name)?;
                if headless {
                    write_frame(&mut file, &Head::journal().bytes())?;
                }
                journal.insert(file)
            }
        };
        let mut bytes = Vec::new();
        record.encode(&mut bytes)?;
        write_frame(journal, &bytes)
    }
}

impl Entries {
    /// Opens a manifest.
    ///
    /// # Errors
    ///
    /// A fault where it is damaged or of a newer form.
    pub(crate) fn open(files: &dyn LongFiles, name: &str) -> Result<Self, Fault> {
        let frames = match files.open(&manifest_name(name))? {
            None => None,
            Some(file) => {
                let mut frames = Frames::new(file);
                let head = frames.next()?.ok_or_else(|| damaged("it is empty"))?;
                Head::manifest().check(&head)?;
                Some(frames)
            }
        };
        Ok(Self { frames, frame: Vec::new(), place: 0 })
    }

    /// The next name and what is known of it.
    pub(crate) fn next(&mut self) -> Result<Option<(String, Known)>, Fault> {
        loop {
            let rest = self.frame.get(self.place..).unwrap_or_default();
            if !rest.is_empty() {
                let (record, length) = Record::decode(rest)?;
                self.place += length;
                match record {
                    Record::Known(name, known) => return Ok(Some((name, known))),
                    _ => return Err(damaged("a manifest holds what is known and nothing else")),
                }
            }
            let Some(frames) = &mut self.frames else { return Ok(None) };
            match frames.next()? {
                Some(frame) => (self.frame, self.place) = (frame, 0),
                None => self.frames = None,
            }
        }
    }
}

/// Merges the journal into the manifest and gives the uploads that were not ended; they stay in it.
fn compact(files: &dyn LongFiles, name: &str) -> Result<BTreeSet<String>, Fault> {
    let Some(file) = files.open(&journal_name(name))? else { return Ok(BTreeSet::new()) };
    let mut frames = Frames::new(file);
    let mut begun = BTreeSet::new();
    let mut pieces = Pieces::new(files, name);
    match frames.next_whole()? {
        None => (),
        Some(head) => {
            Head::journal().check(&head)?;
            while let Some(frame) = frames.next_whole()? {
                let (record, _) = Record::decode(&frame)?;
                match record {
                    Record::Begun(name) => drop(begun.insert(name)),
                    Record::Ended(name) => drop(begun.remove(&name)),
                    Record::Known(name, known) => pieces.add(name, Some(known))?,
                    Record::Gone(name) => pieces.add(name, None)?,
                }
            }
        }
    }
    if pieces.any() {
        let old = Entries::open(files, name)?;
        fold(old, pieces, files.create(&manifest_name(name))?)?;
    }
    restart_journal(files, name, &begun)?;
    Ok(begun)
}

/// Replaces the journal by one that tells of the open uploads alone, in one go.
fn restart_journal(
    files: &dyn LongFiles,
    name: &str,
    begun: &BTreeSet<String>,
) -> Result<(), Fault> {
    if begun.is_empty() {
        return files.remove(&journal_name(name));
    }
    let mut journal = files.create(&journal_name(name))?;
    write_frame(&mut *journal, &Head::journal().bytes())?;
    for name in begun {
        let mut bytes = Vec::new();
        Record::Begun(name.clone()).encode(&mut bytes)?;
        write_frame(&mut *journal, &bytes)?;
    }
    journal.finish()
}

fn manifest_name(name: &str) -> String {
    format!("{name}.manifest")
}

fn journal_name(name: &str) -> String {
    format!("{name}.journal")
}

fn damaged(how: &str) -> Fault {
    Fault::new(FaultKind::Unreadable, format!("the manifest is damaged: {how}"))
}

/// Changes of names, the last of each counts.
type Changes = BTreeMap<String, Option<Known>>;
