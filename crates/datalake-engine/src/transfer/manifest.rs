//! What was left equal on both sides, kept from run to run.
//!
//! The manifest is sorted by name and read as a stream beside the two sides. A run adds what it has
//! done to a journal, in the order in which it gets done; at its end, and at the beginning of the
//! next run after a kill, the journal is merged into the manifest in sorted pieces.

mod frame;
mod others;
mod record;
mod sorted;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::transfer::Known;

pub(crate) use others::Others;
pub(crate) use record::ManifestRecord;

use self::frame::{FirstFrame, Frames, write_frame};
use self::sorted::{SortedPieces, fold_changes};
use super::{LongFiles, StopCause};
use crate::hold_mutex;

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
        let begun = compact_journal(files, name).map_err(StopCause::Manifest)?;
        Ok(Self { files, name, journal: Mutex::default(), begun: Mutex::new(begun) })
    }

    /// What the last run has left, in order.
    pub(crate) fn entries(&self) -> Result<Entries, StopCause> {
        Entries::open(self.files, self.name).map_err(StopCause::Manifest)
    }

    /// Records something that has been done. It is kept when the process is killed.
    pub(crate) fn add(&self, record: &ManifestRecord) -> Result<(), StopCause> {
        match record {
            ManifestRecord::Begun(name) => drop(hold_mutex(&self.begun).insert(name.clone())),
            ManifestRecord::Ended(name) => drop(hold_mutex(&self.begun).remove(name)),
            ManifestRecord::Known(..) | ManifestRecord::Gone(_) => (),
        }
        let mut journal = hold_mutex(&self.journal);
        self.write(&mut journal, record).map_err(StopCause::Manifest)
    }

    /// Names whose uploads in parts were begun and not ended.
    pub(crate) fn begun(&self) -> BTreeSet<String> {
        hold_mutex(&self.begun).clone()
    }

    /// Whether an earlier run or this one has begun an upload of this name.
    pub(crate) fn has_begun(&self, name: &str) -> bool {
        hold_mutex(&self.begun).contains(name)
    }

    /// Merges the journal into the manifest.
    pub(crate) fn close(self) -> Result<(), StopCause> {
        let written = hold_mutex(&self.journal).take().is_some();
        if !written {
            return Ok(());
        }
        compact_journal(self.files, self.name).map_err(StopCause::Manifest)?;
        Ok(())
    }

    fn write(
        &self,
        journal: &mut Option<Box<dyn Write + Send>>,
        record: &ManifestRecord,
    ) -> Result<(), Fault> {
        let journal = match journal {
            Some(journal) => journal,
            None => {
                let name = journal_name(self.name);
                // A journal that is there was left by `compact` and has its head.
                let headless = self.files.open(&name)?.is_none();
                let mut file = self.files.append(&name)?;
                if headless {
                    write_frame(&mut file, &FirstFrame::journal().bytes())?;
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
                let head = frames.next()?.ok_or_else(|| fault_of_damage("it is empty"))?;
                FirstFrame::manifest().check(&head)?;
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
                let (record, length) = ManifestRecord::decode(rest)?;
                self.place += length;
                match record {
                    ManifestRecord::Known(name, known) => return Ok(Some((name, known))),
                    _ => {
                        return Err(fault_of_damage(
                            "a manifest holds what is known and nothing else",
                        ));
                    }
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
fn compact_journal(files: &dyn LongFiles, name: &str) -> Result<BTreeSet<String>, Fault> {
    let Some(file) = files.open(&journal_name(name))? else { return Ok(BTreeSet::new()) };
    let mut frames = Frames::new(file);
    let mut begun = BTreeSet::new();
    let mut pieces = SortedPieces::new(files, name);
    match frames.next_whole()? {
        None => (),
        Some(head) => {
            FirstFrame::journal().check(&head)?;
            while let Some(frame) = frames.next_whole()? {
                let (record, _) = ManifestRecord::decode(&frame)?;
                match record {
                    ManifestRecord::Begun(name) => drop(begun.insert(name)),
                    ManifestRecord::Ended(name) => drop(begun.remove(&name)),
                    ManifestRecord::Known(name, known) => pieces.add(name, Some(known))?,
                    ManifestRecord::Gone(name) => pieces.add(name, None)?,
                }
            }
        }
    }
    if pieces.any() {
        let old = Entries::open(files, name)?;
        fold_changes(old, pieces, files.create(&manifest_name(name))?)?;
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
    write_frame(&mut *journal, &FirstFrame::journal().bytes())?;
    for name in begun {
        let mut bytes = Vec::new();
        ManifestRecord::Begun(name.clone()).encode(&mut bytes)?;
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

fn fault_of_damage(how: &str) -> Fault {
    Fault::new(FaultKind::Unreadable, format!("the manifest is damaged: {how}"))
}

/// Changes of names, the last of each counts.
type Changes = BTreeMap<String, Option<Known>>;
