//! Folders with records in memory.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use datalake_core::fault::Fault;

use super::MemoryState;
use crate::hold_mutex;
use crate::ports::{Lock, LockFault, StateFolder};
use crate::transfer::memory::MemoryLongFiles;
use crate::transfer::{LongFiles, NewLongFile, RecordFolder, RecordFolders};

/// Folders with records in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryRecords {
    /// The small files of all folders.
    pub state: MemoryState,
    /// The long files of all folders.
    pub files: MemoryLongFiles,
    locks: Arc<Mutex<BTreeSet<String>>>,
}

struct RecordsFolder {
    records: MemoryRecords,
    name: String,
}

struct HeldLock(MemoryRecords, String);

impl Lock for HeldLock {}

impl Drop for HeldLock {
    fn drop(&mut self) {
        hold_mutex(&self.0.locks).remove(&self.1);
    }
}

impl MemoryRecords {
    fn lock_name(&self, name: String) -> Result<Box<dyn Lock>, LockFault> {
        if hold_mutex(&self.locks).insert(name.clone()) {
            return Ok(Box::new(HeldLock(self.clone(), name)));
        }
        Err(LockFault::Held(format!("another run has `{name}`")))
    }
}

impl RecordFolders for MemoryRecords {
    fn open_folder(&self, name: &str) -> Result<Box<dyn RecordFolder>, Fault> {
        Ok(Box::new(RecordsFolder { records: self.clone(), name: name.to_owned() }))
    }

    fn lock_pair(&self, id: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.lock_name(format!("pair {id}"))
    }
}

impl RecordsFolder {
    fn path_of(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}/{name}", self.name) }
    }
}

impl RecordFolder for RecordsFolder {
    fn is_there(&self) -> bool {
        let below = self.path_of("");
        self.records.files.names().iter().any(|name| name.starts_with(&below))
            || self.records.state.file_names().iter().any(|name| name.starts_with(&below))
    }
}

impl StateFolder for RecordsFolder {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.records.state.read(&self.path_of(name))
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        self.records.state.write(&self.path_of(name), content)
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        StateFolder::append(&self.records.state, &self.path_of(name), content)
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        StateFolder::remove(&self.records.state, &self.path_of(name))
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let path = self.path_of(folder);
        self.records.state.names(path.trim_end_matches('/'))
    }

    fn lock(&self, _: &str) -> Result<Box<dyn Lock>, LockFault> {
        self.records.lock_name(self.name.clone())
    }
}

impl LongFiles for RecordsFolder {
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        self.records.files.open(&self.path_of(name))
    }

    fn create(&self, name: &str) -> Result<Box<dyn NewLongFile>, Fault> {
        self.records.files.create(&self.path_of(name))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write + Send>, Fault> {
        LongFiles::append(&self.records.files, &self.path_of(name))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        LongFiles::remove(&self.records.files, &self.path_of(name))
    }
}
