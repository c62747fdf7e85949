//! What is newer in the bucket than here.

use std::collections::BTreeSet;
use std::sync::Mutex;

use datalake_engine::transfer::{Finding, Item, TransferWatch, VerifyWatch};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::transfer::held;
use super::part::PartKind;
use super::standing::Standing;
use crate::render::{Sum, count, counted, escaped};

/// So many names of each kind are told as text.
const TOLD: usize = 40;

/// What is newer where.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ahead {
    /// The part of Dagster's files.
    pub(super) part: PartKind,
    /// Newer in the bucket, or another content that is.
    pub(super) newer: Vec<String>,
    /// In the bucket alone.
    pub(super) alone: Vec<String>,
    /// Gone from the bucket, where a migration had brought them: the local files may be stale.
    pub(super) gone: Vec<String>,
    /// Written here since: the local files count.
    pub(super) newer_here: Vec<String>,
    /// Cannot be fetched.
    pub(super) failed: Vec<String>,
    /// No pickles, or not the names of logs: they stay in the bucket.
    pub(super) other_kinds: Vec<String>,
    /// Equal on both sides.
    pub(super) equal: Sum,
    /// How long what is to be fetched is.
    pub(super) bytes: u64,
}

/// Names that the store has lost.
#[derive(Default)]
pub(super) struct Gone(pub(super) Mutex<BTreeSet<String>>);

impl TransferWatch for Gone {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Gone {
    fn found(&self, name: &str, finding: &Finding) {
        if *finding == Finding::Missing {
            held(&self.0).insert(name.to_owned());
        }
    }
}

impl Ahead {
    pub(super) fn nothing(part: PartKind) -> Self {
        Self {
            part,
            newer: Vec::new(),
            alone: Vec::new(),
            gone: Vec::new(),
            newer_here: Vec::new(),
            failed: Vec::new(),
            other_kinds: Vec::new(),
            equal: Sum::default(),
            bytes: 0,
        }
    }

    pub(super) fn add(&mut self, item: &Item<'_>, standing: Standing) {
        let names = match standing {
            Standing::Left => &mut self.alone,
            Standing::Changed => &mut self.newer,
            Standing::NewerThere => &mut self.newer_here,
            Standing::Failed => &mut self.failed,
            Standing::Moved | Standing::NoFile => return,
        };
        names.push(item.name.to_owned());
    }

    pub(super) fn text(&self) -> String {
        let equal = counted(self.equal.items, "file");
        let mut text = format!("{:<12}{equal} equal on both sides\n", self.part.word());
        let mut list = |names: &[String], what: &str| {
            if names.is_empty() {
                return;
            }
            text.push_str(&format!("{:<12}{} {what}:\n", "", count(names.len() as u64)));
            for name in names.iter().take(TOLD) {
                text.push_str(&format!("{:<14}{}\n", "", escaped(name)));
            }
            if names.len() > TOLD {
                text.push_str(&format!("{:<14}…; --json has all\n", ""));
            }
        };
        list(&self.newer, "newer in the bucket: the local files are stale");
        list(&self.alone, "in the bucket alone");
        list(&self.gone, "gone from the bucket: the local files may be older than that");
        list(&self.newer_here, "newer here: the local files stay");
        list(&self.other_kinds, "of other kinds, which stay in the bucket");
        list(&self.failed, "cannot be fetched: materialize them again");
        text
    }
}
