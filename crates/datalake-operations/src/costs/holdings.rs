//! What a bucket holds: by prefix, asset and partition, and what lifecycle rules delete next.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::LOGS_PREFIX;
use datalake_core::s3::{BucketName, KeyPrefix, Lifecycle};
use datalake_core::time::Timestamp;
use datalake_core::usage::{FolderTree, LargestGroups, SummedFolder, Tally, Usage, UsageGroups};
use datalake_dagster::{KeyOwner, find_owner};
use datalake_engine::{AssetUse, Due, Lake, Surveyor, Thing, survey_prefix};

/// How many groups of each kind are kept, at least.
const KEPT: usize = 1_000;

/// How many folders and names a tree keeps, about.
const TREE: usize = 20_000;

/// A tree of folders has so many levels.
const LEVELS: usize = 3;

/// What is looked at.
#[derive(Clone, Copy)]
pub struct HoldingsQuestion<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// Below which assets lie.
    pub assets_below: &'a KeyPrefix,
    /// Assets all behind which is a partition.
    pub partitioned: &'a [String],
    /// How many groups of each kind are to be told.
    pub top: usize,
    /// The present time.
    pub now: Timestamp,
}

/// What a bucket holds.
#[derive(Debug)]
pub struct Holdings {
    /// When it was looked at.
    pub at: Timestamp,
    /// All of it.
    pub total: Usage,
    /// By the first folder below the prefix.
    pub folders: LargestGroups,
    /// What lies directly below the prefix.
    pub direct: Usage,
    /// By asset.
    pub assets: LargestGroups,
    /// By partition, with the asset before it: a guess.
    pub partitions: LargestGroups,
    /// By folder, the first levels.
    pub folder_tree: SummedFolder<Tally>,
    /// By asset, in folders.
    pub asset_tree: SummedFolder<Tally>,
    /// Outputs and logs of runs.
    pub runs: Usage,
    /// Outside of the assets' prefix.
    pub outside: Usage,
    /// What rules delete next, or why that is unknown.
    pub due: Result<Vec<Due>, String>,
    /// What steps have printed, where it surely stays for good: no rule lets it go.
    pub lasting_logs: Option<Usage>,
}

impl Holdings {
    /// Looks at everything below a prefix; `progress` is told what was seen so far.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the listing is not whole.
    pub async fn survey(
        lake: &dyn Lake,
        question: &HoldingsQuestion<'_>,
        progress: &mut (dyn FnMut(&Usage) + Send),
    ) -> Result<Self, Fault> {
        let rules = match lake.lifecycle(question.bucket).await {
            // The listing says the same of it, and is not to be without.
            Err(fault) if fault.kind == FaultKind::Absent => Ok(Lifecycle::default()),
            rules => rules.map_err(|fault| fault.to_string()),
        };
        let logs_stay = rules.as_ref().is_ok_and(|it| !it.expires_all_below(LOGS_PREFIX));
        let due = rules.map(|rules| Due::of(&rules));
        let mut sight = HoldingsSurvey::new(question, due, progress);
        survey_prefix(lake, question.bucket, question.prefix, &mut sight).await?;
        let logs = sight.logs;
        let holdings = sight.end();
        Ok(Self { lasting_logs: (logs_stay && !logs.is_empty()).then_some(logs), ..holdings })
    }

    /// The assets as the history keeps them.
    #[must_use]
    pub fn asset_uses(&self) -> Vec<AssetUse> {
        let uses = self.assets.groups.iter();
        uses.map(|(asset, usage)| AssetUse { asset: asset.clone(), total: usage.total() }).collect()
    }
}

/// Sees everything that goes by, and counts it in each of the ways.
struct HoldingsSurvey<'a> {
    question: &'a HoldingsQuestion<'a>,
    progress: &'a mut (dyn FnMut(&Usage) + Send),
    total: Usage,
    direct: Usage,
    runs: Usage,
    outside: Usage,
    logs: Usage,
    folders: UsageGroups,
    assets: UsageGroups,
    partitions: UsageGroups,
    folder_tree: FolderTree<Tally>,
    asset_tree: FolderTree<Tally>,
    due: Result<Vec<Due>, String>,
}

impl<'a> HoldingsSurvey<'a> {
    fn new(
        question: &'a HoldingsQuestion<'a>,
        due: Result<Vec<Due>, String>,
        progress: &'a mut (dyn FnMut(&Usage) + Send),
    ) -> Self {
        let groups = || UsageGroups::new(question.top.max(KEPT));
        Self {
            question,
            progress,
            total: Usage::default(),
            direct: Usage::default(),
            runs: Usage::default(),
            outside: Usage::default(),
            logs: Usage::default(),
            folders: groups(),
            assets: groups(),
            partitions: groups(),
            folder_tree: FolderTree::new(TREE),
            asset_tree: FolderTree::new(TREE),
            due,
        }
    }

    fn count_by_owner(&mut self, key: &str, usage: &Usage) {
        let HoldingsQuestion { assets_below, partitioned, .. } = self.question;
        let (asset, partition) = match find_owner(assets_below, key, partitioned) {
            KeyOwner::Runs => return self.runs += *usage,
            KeyOwner::Outside => return self.outside += *usage,
            KeyOwner::Asset { asset, partition } => (asset, partition),
        };
        // Groups are named by whole keys, which come in their order.
        let behind = partition.map_or(0, |partition| partition.len() + 1);
        let asset_key = key.get(..key.len() - behind).unwrap_or(key);
        debug_assert!(asset_key.ends_with(asset), "{asset_key} is not {asset}");
        self.assets.add(asset_key, key, usage);
        self.asset_tree.add_name(asset, &usage.total());
        if partition.is_some() {
            self.partitions.add(key, key, usage);
        }
    }

    fn end(self) -> Holdings {
        let above = match self.question.assets_below.as_str() {
            "" => 0,
            prefix => prefix.len() + 1,
        };
        let named = |mut groups: LargestGroups| {
            for (name, _) in &mut groups.groups {
                *name = name.get(above..).unwrap_or_default().to_owned();
            }
            groups
        };
        Holdings {
            at: self.question.now,
            total: self.total,
            folders: self.folders.largest(),
            direct: self.direct,
            assets: named(self.assets.largest()),
            partitions: named(self.partitions.largest()),
            folder_tree: self.folder_tree.sum_up(),
            asset_tree: self.asset_tree.sum_up(),
            runs: self.runs,
            outside: self.outside,
            due: self.due,
            lasting_logs: None,
        }
    }
}

/// The first levels of the folder that a key lies in.
fn find_upper_folders(key: &str) -> &str {
    let ends = key.match_indices('/').map(|(at, _)| at).take(LEVELS);
    ends.last().and_then(|end| key.get(..end)).unwrap_or_default()
}

impl Surveyor for HoldingsSurvey<'_> {
    fn sees(&mut self, thing: &Thing<'_>) {
        let mut usage = Usage::default();
        thing.count_in(&mut usage);
        self.total += usage;
        let prefix = self.question.prefix;
        let below = thing.key.get(prefix.len()..).unwrap_or_default();
        match below.find('/') {
            None => self.direct += usage,
            Some(slash) => {
                let folder = thing.key.get(..=prefix.len() + slash).unwrap_or_default();
                self.folders.add(folder, thing.key, &usage);
                self.folder_tree.add_name(find_upper_folders(below), &usage.total());
            }
        }
        if thing.key.starts_with(LOGS_PREFIX) {
            self.logs += usage;
        }
        self.count_by_owner(thing.key, &usage);
        for due in self.due.iter_mut().flatten() {
            due.sees(thing, self.question.now);
        }
    }

    fn page(&mut self) {
        (self.progress)(&self.total);
    }
}
