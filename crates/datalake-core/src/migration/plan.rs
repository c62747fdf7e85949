//! What a migration would do, as a value.

use std::collections::BTreeSet;

use super::scene::FileContent;
use super::{
    AssetKeys, AssetReport, AssetReports, FileTotal, MigrationFile, MigrationReason,
    MigrationVerdict, PartCounts, PartKind, PartScene,
};
use crate::transfer::{Comparison, Known, NameVerdict, Side, SkipReason, judge};

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationItem {
    /// The part that it belongs to.
    pub part: PartKind,
    /// Its name below the part's folder.
    pub name: String,
    /// Its key in the bucket.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// What becomes of it.
    pub verdict: MigrationVerdict,
    /// Why.
    pub reason: MigrationReason,
}

/// What a migration would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationPlan {
    /// What becomes of each file, part by part, by name.
    pub items: Vec<MigrationItem>,
    /// How each part stands.
    pub parts: Vec<PartCounts>,
    /// What becomes of each asset.
    pub assets: Vec<AssetReport>,
    /// Assets that the instance knows and that have no file.
    pub without_file: Vec<String>,
}

/// Tells what becomes of each file that was seen. What is newer in the bucket stays there; what only
/// reading could tell apart from its object, and nobody has read, would be moved.
#[must_use]
pub fn plan_migration(parts: &[PartScene], keys: &AssetKeys) -> MigrationPlan {
    let mut plan = MigrationPlan::default();
    let mut assets = AssetReports::begin(keys);
    for scene in parts {
        let mut counts =
            PartCounts::none(scene.part, scene.source.clone(), scene.destination.clone());
        let mut files: Vec<_> = scene.files.iter().collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        for file in files {
            let item = judge_file(scene, file);
            counts.count(item.verdict, item.bytes);
            if scene.part.names_assets() {
                assets.add(&item.name, item.bytes, &item.reason);
            }
            plan.items.push(item);
        }
        counts.there_alone = count_there_alone(scene);
        counts.left_out.clone_from(&scene.left_out);
        plan.parts.push(counts);
    }
    plan.without_file = assets.list_without_file();
    plan.assets = assets.finish();
    plan
}

impl MigrationPlan {
    /// What a run would move.
    pub fn items_to_move(&self) -> impl Iterator<Item = &MigrationItem> {
        self.items.iter().filter(|item| item.verdict.is_to_move())
    }

    /// All that a run would move, together.
    #[must_use]
    pub fn total_to_move(&self) -> FileTotal {
        self.parts.iter().map(PartCounts::to_move).fold(FileTotal::default(), FileTotal::plus)
    }

    /// Whether nothing is left to be done: all is moved, or newer in the bucket, or stays.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.items.iter().all(|item| {
            matches!(item.verdict, MigrationVerdict::Moved | MigrationVerdict::NewerThere)
        })
    }
}

fn judge_file(scene: &PartScene, file: &MigrationFile) -> MigrationItem {
    let (bytes, reason) = match &file.content {
        FileContent::Whole { side, is_there } => {
            (side.size().0, find_reason(scene, &file.name, side, *is_there))
        }
        FileContent::Refused { bytes, why } => (*bytes, MigrationReason::Refused(why.clone())),
        FileContent::NotPlain(what) => (0, MigrationReason::NotPlain(what.clone())),
    };
    MigrationItem {
        part: scene.part,
        name: file.name.clone(),
        key: format!("{}{}", scene.prefix, file.name),
        bytes,
        verdict: reason.verdict(),
        reason,
    }
}

fn find_reason(
    scene: &PartScene,
    name: &str,
    side: &Side,
    is_there: Option<bool>,
) -> MigrationReason {
    let there = scene.objects.get(name).cloned().map(Side::Object);
    let known = scene.known.get(name);
    match judge(side, there.as_ref(), known, Comparison::KeepNewer) {
        NameVerdict::Skip(reason) => MigrationReason::Equal(reason),
        NameVerdict::Compare(_) if is_there == Some(true) => {
            MigrationReason::Equal(SkipReason::SameContent)
        }
        // What the last run left there is no newer content, whenever it was stored.
        NameVerdict::Compare(_)
            if there.is_some_and(|there| is_newer_content(&there, side, known)) =>
        {
            MigrationReason::Equal(SkipReason::NewerThere)
        }
        NameVerdict::Send(reason) | NameVerdict::Compare(reason) => MigrationReason::Sent(reason),
    }
}

fn is_newer_content(there: &Side, here: &Side, known: Option<&Known>) -> bool {
    there.is_newer_than(here) && !known.is_some_and(|known| known.is_destination(there))
}

fn count_there_alone(scene: &PartScene) -> FileTotal {
    let here: BTreeSet<_> = scene.files.iter().map(|file| file.name.as_str()).collect();
    let mut total = FileTotal::default();
    let alone = scene.objects.iter().filter(|(name, _)| !here.contains(name.as_str()));
    alone.for_each(|(_, object)| total.add(object.size.0));
    total
}

#[cfg(test)]
mod tests;
