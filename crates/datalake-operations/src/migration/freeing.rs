//! Local files that the bucket surely has, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use datalake_core::migration::{FileTotal, LeftOutRow, MigrationVerdict, PartKind};
use datalake_core::transfer::Comparison;
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{
    FreeWatch, FreeableFile, Freeing, FreeingPorts, Item, KeptFile, TransferWatch, free_files,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::counting::find_verdict;
use super::left_behind::LeftBehind;
use super::tree::Facts;
use super::{FileLines, Migration, MigrationPart, ProofDepth, SwitchProof};
use crate::OperationError;

/// What became of a part's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreedPart {
    /// The part of Dagster's files.
    pub part: PartKind,
    /// What was removed here.
    pub removed: FileTotal,
    /// How many files stay: the bucket has not the same.
    pub kept: u64,
    /// What else is there: files of other kinds, which are never removed.
    pub left_out: Vec<LeftOutRow>,
}

/// Notes which files the bucket seems to have, and why others stay.
#[derive(Default)]
struct SameFiles {
    same: Mutex<BTreeSet<String>>,
    others: Mutex<BTreeMap<String, String>>,
}

/// Counts what goes and what stays, and writes a line for each.
struct FreeingWatch<'l> {
    freed: Mutex<FreedPart>,
    lines: Mutex<Option<&'l mut (dyn FileLines + 'l)>>,
}

/// Removes the pickles of all parts that Dagster was seen to read from the bucket and whose content the
/// store has now, each after a look at the store; everything else stays.
///
/// # Errors
///
/// [`OperationError`] for something that all other files would meet too. What went is in the bucket.
pub async fn free_parts(
    migration: &Migration<'_>,
    proof: &SwitchProof,
    how: &ProofDepth<'_>,
    mut lines: Option<&mut (dyn FileLines + '_)>,
) -> Result<Vec<FreedPart>, OperationError> {
    let mut freed = Vec::new();
    for part in &migration.parts {
        // What the loop lends lives as long as one round.
        let lines = lines.as_mut().map(|lines| &mut **lines as &mut (dyn FileLines + '_));
        let proved = ProvedPart { part, proof };
        freed.push(free_part(migration, proved, how, lines).await?);
    }
    Ok(freed)
}

/// A part, and what was proved of it.
#[derive(Clone, Copy)]
struct ProvedPart<'p> {
    part: &'p MigrationPart,
    proof: &'p SwitchProof,
}

async fn free_part<'l>(
    migration: &Migration<'_>,
    proved: ProvedPart<'_>,
    how: &ProofDepth<'_>,
    mut lines: Option<&'l mut (dyn FileLines + 'l)>,
) -> Result<FreedPart, OperationError> {
    let ProvedPart { part, proof } = proved;
    let none = FreedPart::none(part.kind);
    if part.is_yet_to_come() {
        return Ok(none);
    }
    let facts: Arc<Facts> = Arc::default();
    let _lock = migration.lock_part(part)?;
    let open = migration.open_part(part, true)?.naming().remembering(&facts);
    let same = SameFiles::default();
    let seen = open.look_at_changes(how.limits, Comparison::KeepNewer, &same).await;
    seen.map_err(|stopped| open.explain_stop(stopped))?;
    if part.kind == PartKind::Assets {
        proof.require_same_manifest(&open)?;
    }
    let tree = open.files()?.files;
    let met = std::mem::take(&mut *hold_mutex(&facts));
    let left_out = open.left_out();
    if let Some(lines) = lines.as_mut() {
        left_out.tell_each(|name, why| lines.write_line('.', name, why));
    }
    let watch = FreeingWatch { freed: Mutex::new(none), lines: Mutex::new(lines) };
    let mut files = Vec::new();
    for (name, facts) in met {
        match same.judge(part.kind, &name, &left_out) {
            FileFate::MayGo => match proof.judge_file(part, &name) {
                Ok(()) => files.push(FreeableFile { name, facts }),
                Err(why) => {
                    watch.keep(&name, &format!("Dagster was not seen to read it there: {why}"));
                }
            },
            FileFate::Stays(why) => watch.keep(&name, &why),
            FileFate::OfAnotherKind => (),
        }
    }
    let how = Freeing { deep: how.deep, limits: how.limits.clone() };
    let clock = migration.context.clock;
    let ports = FreeingPorts { tree, folder: &open.folder, clock };
    let freed = free_files(ports, &files, &how, &watch).await;
    freed.map_err(|stopped| open.explain_stop(stopped))?;
    let freed = watch.freed.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(FreedPart { left_out: left_out.list_rows(), ..freed })
}

/// What may become of a file.
#[derive(Debug, PartialEq, Eq)]
enum FileFate {
    /// The bucket seems to have it.
    MayGo,
    /// It stays, and why.
    Stays(String),
    /// It is told with those of its kind.
    OfAnotherKind,
}

impl SameFiles {
    fn judge(&self, part: PartKind, name: &str, left_out: &LeftBehind) -> FileFate {
        match (part.is_pickled(), hold_mutex(&self.same).contains(name)) {
            (true, true) => FileFate::MayGo,
            (false, true) => {
                FileFate::Stays(format!("a {}: only pickles are removed", part.file_word()))
            }
            (_, false) if left_out.is_late(name) => FileFate::OfAnotherKind,
            (_, false) => {
                let others = hold_mutex(&self.others);
                let why = others.get(name).map_or("nothing is known of it", String::as_str);
                FileFate::Stays(format!("the bucket does not have the same: {why}"))
            }
        }
    }
}

impl FreedPart {
    fn none(part: PartKind) -> Self {
        Self { part, removed: FileTotal::default(), kept: 0, left_out: Vec::new() }
    }
}

impl FreeingWatch<'_> {
    fn keep(&self, name: &str, why: &str) {
        hold_mutex(&self.freed).kept += 1;
        self.write('!', name, why);
    }

    fn write(&self, mark: char, name: &str, why: &str) {
        if let Some(lines) = hold_mutex(&self.lines).as_mut() {
            lines.write_line(mark, name, why);
        }
    }
}

impl TransferWatch for SameFiles {
    fn item(&self, item: &Item<'_>) {
        if find_verdict(item) == MigrationVerdict::Moved {
            hold_mutex(&self.same).insert(item.name.to_owned());
        } else {
            hold_mutex(&self.others).insert(item.name.to_owned(), item.reason.to_string());
        }
    }
}

impl TransferWatch for FreeingWatch<'_> {
    fn item(&self, _: &Item<'_>) {}
}

impl FreeWatch for FreeingWatch<'_> {
    fn freed(&self, file: &FreeableFile, outcome: &Result<(), KeptFile>) {
        match outcome {
            Ok(()) => {
                hold_mutex(&self.freed).removed.add(file.facts.size.0);
                self.write('-', &file.name, "the bucket has the same");
            }
            Err(why) => self.keep(&file.name, &why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
