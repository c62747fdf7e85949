//! What a source had when it was listed, and what of it has surely arrived: a move deletes nothing
//! else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use datalake_core::{ETag, FileFacts};

/// What tells that a source is still the one that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    /// A file's.
    File(FileFacts),
    /// An object's.
    Object(ETag),
}

/// Facts by the names of a transfer, and keys that were asked for and are not there.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Whether facts are kept: they take memory, and only a move needs them.
    keeps: bool,
    facts: Mutex<BTreeMap<String, Fact>>,
    missing: Mutex<BTreeSet<String>>,
}

impl Notes {
    /// Notes for a move, or for a copy, which deletes nothing.
    pub(super) fn new(moves: bool) -> Self {
        Self { keeps: moves, ..Self::default() }
    }

    pub(super) fn add(&self, name: &str, fact: Fact) {
        if self.keeps {
            held(&self.facts).insert(name.to_owned(), fact);
        }
    }

    pub(super) fn miss(&self, key: &str) {
        held(&self.missing).insert(key.to_owned());
    }

    /// The facts of the names that have arrived.
    pub(super) fn of(&self, names: &BTreeSet<String>) -> Vec<(String, Fact)> {
        let mut facts = held(&self.facts);
        names.iter().filter_map(|name| facts.remove_entry(name)).collect()
    }

    pub(super) fn fact(&self, name: &str) -> Option<Fact> {
        held(&self.facts).get(name).cloned()
    }

    pub(super) fn missing(&self) -> BTreeSet<String> {
        held(&self.missing).clone()
    }
}

/// What a lock guards is whole after every step.
pub(in crate::commands) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
