//! A state folder in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use datalake_core::fault::{Fault, FaultKind};

use crate::hold_mutex;
use crate::ports::{Lock, LockFault, StateFolder};

/// A state folder in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryState {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    holder: Arc<Mutex<Option<String>>>,
}

struct MemoryLock(Arc<Mutex<Option<String>>>);

impl Lock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        *hold_mutex(&self.0) = None;
    }
}

impl MemoryState {
    /// The names of all files.
    #[must_use]
    pub fn file_names(&self) -> Vec<String> {
        hold_mutex(&self.files).keys().cloned().collect()
    }
}

impl StateFolder for MemoryState {
    fn read(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let absent = || Fault::new(FaultKind::Absent, name);
        hold_mutex(&self.files).get(name).cloned().ok_or_else(absent)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        hold_mutex(&self.files).insert(name.to_owned(), content.to_vec());
        Ok(())
    }

    fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault> {
        hold_mutex(&self.files).entry(name.to_owned()).or_default().extend_from_slice(content);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        hold_mutex(&self.files).remove(name);
        Ok(())
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, Fault> {
        let files = hold_mutex(&self.files);
        let inside = |name: &String| {
            let rest = match folder {
                "" => name,
                folder => name.strip_prefix(folder)?.strip_prefix('/')?,
            };
            (!rest.contains('/')).then(|| rest.to_owned())
        };
        Ok(files.keys().filter_map(inside).collect())
    }

    fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
        let mut now = hold_mutex(&self.holder);
        if let Some(other) = now.as_ref() {
            return Err(LockFault::Held(other.clone()));
        }
        *now = Some(holder.to_owned());
        Ok(Box::new(MemoryLock(Arc::clone(&self.holder))))
    }
}
