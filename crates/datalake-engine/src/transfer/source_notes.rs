//! What a source had when it was listed, and what of it has surely arrived: a move deletes nothing
//! else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use datalake_core::s3::ETag;
use datalake_core::transfer::FileFacts;

use crate::hold_mutex;

/// What tells that a source is still the one that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFact {
    /// A file's.
    File(FileFacts),
    /// An object's.
    Object(ETag),
}

/// Facts by the names of a transfer, and keys that were asked for and do not exist.
#[derive(Debug, Default)]
pub struct SourceNotes {
    /// Whether facts are kept: they take memory, and only a move needs them.
    keeps_facts: bool,
    facts: Mutex<BTreeMap<String, SourceFact>>,
    missing: Mutex<BTreeSet<String>>,
}

impl SourceNotes {
    /// Notes for a move, which deletes its sources.
    #[must_use]
    pub fn for_move() -> Self {
        Self { keeps_facts: true, ..Self::default() }
    }

    /// Notes for a copy, which keeps no facts.
    #[must_use]
    pub fn for_copy() -> Self {
        Self::default()
    }

    /// Keeps what a source was when it was listed.
    pub fn add_fact(&self, name: &str, fact: SourceFact) {
        if self.keeps_facts {
            hold_mutex(&self.facts).insert(name.to_owned(), fact);
        }
    }

    /// Keeps that no object has a key that was asked for.
    pub fn add_missing(&self, key: &str) {
        hold_mutex(&self.missing).insert(key.to_owned());
    }

    /// Takes the facts of these names out of the notes.
    #[must_use]
    pub fn take_facts(&self, names: &BTreeSet<String>) -> Vec<(String, SourceFact)> {
        let mut facts = hold_mutex(&self.facts);
        names.iter().filter_map(|name| facts.remove_entry(name)).collect()
    }

    /// The keys that were asked for and do not exist.
    #[must_use]
    pub fn missing_keys(&self) -> BTreeSet<String> {
        hold_mutex(&self.missing).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(tag: &str) -> SourceFact {
        SourceFact::Object(format!("\"{tag}\"").parse().unwrap())
    }

    #[test]
    fn a_move_gets_the_facts_of_what_has_arrived_once() {
        let notes = SourceNotes::for_move();
        notes.add_fact("a", fact("1"));
        notes.add_fact("b", fact("2"));
        notes.add_fact("a", fact("3"));
        let arrived = ["a".to_owned(), "never-listed".to_owned()].into();

        assert_eq!(notes.take_facts(&arrived), [("a".to_owned(), fact("3"))]);
        assert_eq!(notes.take_facts(&arrived), []);
    }

    #[test]
    fn a_copy_keeps_no_facts() {
        let notes = SourceNotes::for_copy();
        notes.add_fact("a", fact("1"));

        assert_eq!(notes.take_facts(&["a".to_owned()].into()), []);
    }

    #[test]
    fn a_key_that_does_not_exist_is_kept_once_whatever_the_notes_are_for() {
        for notes in [SourceNotes::for_copy(), SourceNotes::for_move()] {
            notes.add_missing("b");
            notes.add_missing("a");
            notes.add_missing("b");

            assert_eq!(notes.missing_keys(), ["a".to_owned(), "b".to_owned()].into());
        }
    }
}
