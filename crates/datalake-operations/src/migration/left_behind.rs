//! What a part leaves where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use datalake_core::migration::LeftOutRow;
use datalake_core::s3::TableKind;
use datalake_core::size::ByteSize;
use datalake_core::text::printable;
use datalake_dagster::StoredKind;
use datalake_engine::hold_mutex;

/// What was left out of a part.
#[derive(Debug, Default)]
pub(crate) struct LeftBehind {
    kinds: Mutex<BTreeMap<StoredKind, KindLeft>>,
    /// Names of files that began like pickles and are none, now that all of them was read.
    late: Mutex<BTreeSet<String>>,
    /// Whether every name is wanted, or one of each kind.
    named: bool,
}

/// Files of one kind that were left out.
#[derive(Debug, Clone, Default)]
struct KindLeft {
    items: u64,
    bytes: u64,
    /// Their names, where they are wanted.
    names: Vec<String>,
}

impl LeftBehind {
    /// Keeps every name, for a report of all.
    pub(crate) fn naming_all() -> Self {
        Self { named: true, ..Self::default() }
    }

    /// Begins anew: a folder is gone through once more.
    pub(crate) fn clear(&self) {
        hold_mutex(&self.kinds).clear();
        hold_mutex(&self.late).clear();
    }

    pub(crate) fn add(&self, kind: StoredKind, name: &str, size: ByteSize) {
        let mut kinds = hold_mutex(&self.kinds);
        let left = kinds.entry(kind).or_default();
        left.items += 1;
        left.bytes = left.bytes.saturating_add(size.0);
        if self.named || left.names.is_empty() {
            left.names.push(name.to_owned());
        }
    }

    /// Notes a file that began like a pickle.
    pub(crate) fn add_late(&self, kind: StoredKind, name: &str, size: ByteSize) {
        if hold_mutex(&self.late).insert(name.to_owned()) {
            self.add(kind, name, size);
        }
    }

    /// Whether a file that failed is one of another kind.
    pub(crate) fn is_late(&self, name: &str) -> bool {
        hold_mutex(&self.late).contains(name)
    }

    /// How many files were found out only when all of them was read.
    pub(crate) fn count_late(&self) -> u64 {
        hold_mutex(&self.late).len() as u64
    }

    /// Their names.
    pub(crate) fn list_late(&self) -> Vec<String> {
        hold_mutex(&self.late).iter().cloned().collect()
    }

    /// Each kind with its first name.
    #[must_use]
    pub(crate) fn list_rows(&self) -> Vec<LeftOutRow> {
        let kinds = hold_mutex(&self.kinds);
        let row = |(kind, left): (&StoredKind, &KindLeft)| LeftOutRow {
            kind: kind.slug().to_owned(),
            name: printable(left.names.first().map(String::as_str).unwrap_or_default()),
            items: left.items,
            bytes: left.bytes,
            why: explain_staying(*kind).to_owned(),
            words: if left.items == 1 { kind.singular() } else { kind.plural() },
        };
        kinds.iter().map(row).collect()
    }

    /// Every name that was kept, with its reason.
    pub(crate) fn tell_each(&self, mut tell: impl FnMut(&str, &str)) {
        for (kind, left) in &*hold_mutex(&self.kinds) {
            left.names.iter().for_each(|name| tell(name, explain_staying(*kind)));
        }
    }
}

/// Why files of a kind stay that were not asked for.
fn explain_staying(kind: StoredKind) -> &'static str {
    match kind {
        StoredKind::OpOutput => {
            "an output of an op, which only runs that are gone on with read: --op-outputs takes it"
        }
        StoredKind::Log => {
            "a log of a step, which shows as before with `local_dir` at the old place: --logs takes it"
        }
        StoredKind::TickLog => {
            "a log of a sensor, schedule or backfill, which shows as before with `local_dir` at the old place: --logs takes it"
        }
        StoredKind::Parquet => "a Parquet file of another I/O manager: --tables takes it",
        StoredKind::Csv => "a CSV file of another I/O manager: --tables takes it",
        StoredKind::Table(TableKind::Delta) | StoredKind::TableLog(TableKind::Delta) => {
            "part of a Delta table: --tables takes it"
        }
        StoredKind::Table(TableKind::Lance) | StoredKind::TableLog(TableKind::Lance) => {
            "part of a Lance table: --tables takes it"
        }
        kind => kind.stays_because().unwrap_or("a pickle of an asset, in a folder of logs"),
    }
}

#[cfg(test)]
mod tests;
