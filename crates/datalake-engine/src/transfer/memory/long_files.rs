//! Long files in memory.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use datalake_core::fault::Fault;

use crate::hold_mutex;
use crate::transfer::{LongFiles, NewLongFile};

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Long files in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryLongFiles(Files);

struct Appending(Files, String);

struct MemoryLongFile {
    files: Files,
    name: String,
    content: Vec<u8>,
}

impl MemoryLongFiles {
    /// The names of all files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        hold_mutex(&self.0).keys().cloned().collect()
    }

    /// Changes a file's bytes, as a failing disk would.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(hold_mutex(&self.0).entry(name.to_owned()).or_default());
    }
}

impl LongFiles for MemoryLongFiles {
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        let content = hold_mutex(&self.0).get(name).cloned();
        Ok(content.map(|content| Box::new(Cursor::new(content)) as Box<dyn Read + Send>))
    }

    fn create(&self, name: &str) -> Result<Box<dyn NewLongFile>, Fault> {
        let (files, name) = (Arc::clone(&self.0), name.to_owned());
        Ok(Box::new(MemoryLongFile { files, name, content: Vec::new() }))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write + Send>, Fault> {
        Ok(Box::new(Appending(Arc::clone(&self.0), name.to_owned())))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        hold_mutex(&self.0).remove(name);
        Ok(())
    }
}

impl Write for Appending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        hold_mutex(&self.0).entry(self.1.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for MemoryLongFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewLongFile for MemoryLongFile {
    fn finish(self: Box<Self>) -> Result<(), Fault> {
        hold_mutex(&self.files).insert(self.name, self.content);
        Ok(())
    }
}
