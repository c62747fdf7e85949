//! What was seen of both places before anything is moved.

use std::collections::BTreeMap;

use super::{LeftOutRow, PartKind};
use crate::transfer::{FileFacts, Known, ObjectFacts, Side};

/// A file, or an object of another place, that a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFile {
    /// Its name below the part's folder, as it is in the bucket.
    pub name: String,
    /// What it is.
    pub content: FileContent,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// It can be moved.
    Whole {
        /// Length and time, or the tag of an object.
        side: Side,
        /// Whether its content is that of the object of its name; `None` where nobody has compared
        /// the two.
        is_there: Option<bool>,
    },
    /// It cannot be moved, in words: half a pickle, or unreadable.
    Refused {
        /// Its length.
        bytes: u64,
        /// Why.
        why: String,
    },
    /// It is no plain file, in words.
    NotPlain(String),
}

/// What was seen of one part of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartScene {
    /// What the part holds.
    pub part: PartKind,
    /// Where it comes from, in words.
    pub source: String,
    /// Where it goes, in words.
    pub destination: String,
    /// What stands before each name in the bucket.
    pub prefix: String,
    /// The files.
    pub files: Vec<MigrationFile>,
    /// The objects of the bucket, by their names behind the prefix.
    pub objects: BTreeMap<String, ObjectFacts>,
    /// What the last run left, by name.
    pub known: BTreeMap<String, Known>,
    /// What lies among the files and stays: files of other kinds.
    pub left_out: Vec<LeftOutRow>,
}

impl MigrationFile {
    /// A plain file that nobody has compared with an object.
    pub fn plain(name: impl Into<String>, facts: FileFacts) -> Self {
        let content = FileContent::Whole { side: Side::File(facts), is_there: None };
        Self { name: name.into(), content }
    }
}

impl PartScene {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(part: PartKind) -> Self {
        Self {
            part,
            source: String::new(),
            destination: String::new(),
            prefix: String::new(),
            files: Vec::new(),
            objects: BTreeMap::new(),
            known: BTreeMap::new(),
            left_out: Vec::new(),
        }
    }
}
