//! What a bucket holds: by prefix, asset and partition, and what lifecycle rules delete next.

use datalake_core::price::Plan;
use datalake_core::{
    BucketName, FaultKind, KeyPrefix, LargestGroups, Lifecycle, Timestamp, Usage, UsageGroups,
};
use datalake_dagster::{Owner, owner};
use datalake_engine::{AssetUse, Clock as _, Due, ObjectStore, Surveyor, Thing, survey};

use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{Printer, Ticker, usage_words};

/// How many groups of each kind are kept, at least.
const KEPT: usize = 1_000;

/// What is looked at.
pub(in crate::commands) struct Subject<'a> {
    /// The bucket.
    pub(in crate::commands) bucket: &'a BucketName,
    /// What the keys begin with.
    pub(in crate::commands) prefix: &'a str,
    /// Assets all behind which is a partition.
    pub(in crate::commands) partitioned: &'a [String],
    /// How many groups of each kind are to be told.
    pub(in crate::commands) top: usize,
}

/// What a bucket holds.
pub(in crate::commands) struct Holdings {
    /// When it was looked at.
    pub(in crate::commands) at: Timestamp,
    /// All of it.
    pub(in crate::commands) total: Usage,
    /// By the first folder below the prefix.
    pub(in crate::commands) folders: LargestGroups,
    /// What lies directly below the prefix.
    pub(in crate::commands) direct: Usage,
    /// By asset.
    pub(in crate::commands) assets: LargestGroups,
    /// By partition, with the asset before it: a guess.
    pub(in crate::commands) partitions: LargestGroups,
    /// Outputs and logs of runs.
    pub(in crate::commands) runs: Usage,
    /// Outside of the assets' prefix.
    pub(in crate::commands) outside: Usage,
    /// What rules delete next, or why nobody knows.
    pub(in crate::commands) due: Result<Vec<Due>, String>,
}

impl Holdings {
    /// Looks at everything below a prefix.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the listing is not whole.
    pub(in crate::commands) async fn look(
        remote: &Remote,
        subject: &Subject<'_>,
    ) -> Result<Self, Failure> {
        let lake = remote.lake();
        let due = match lake.lifecycle(subject.bucket).await {
            Ok(rules) => Ok(Due::of(&rules)),
            // The listing says the same of it, and is not to be without.
            Err(fault) if fault.kind == FaultKind::Absent => Ok(Due::of(&Lifecycle::default())),
            Err(fault) => Err(fault.to_string()),
        };
        let now = remote.site.clock.now();
        let mut sight = Sight::new(remote, subject, (due, now));
        let below = (subject.bucket, subject.prefix);
        survey(&lake, below, &mut sight).await.map_err(at_bucket(subject.bucket))?;
        Ok(sight.end())
    }

    /// The assets as the history keeps them.
    pub(in crate::commands) fn asset_uses(&self) -> Vec<AssetUse> {
        let uses = self.assets.groups.iter();
        uses.map(|(asset, usage)| AssetUse { asset: asset.clone(), total: usage.total() }).collect()
    }

    /// What the bill counts by this plan.
    pub(in crate::commands) fn billed(&self, plan: &Plan, at: Timestamp) -> u64 {
        let smallest = plan.at(at).map(|prices| prices.storage.smallest).unwrap_or_default();
        let Usage { current, noncurrent, markers, uploads } = &self.total;
        [current, noncurrent, markers, uploads]
            .into_iter()
            .map(|tally| tally.billed_by(smallest).0)
            .sum()
    }
}

/// Sees everything that goes by, and counts it in each of the ways.
struct Sight<'a> {
    prefix: &'a str,
    assets_below: &'a KeyPrefix,
    partitioned: &'a [String],
    now: Timestamp,
    ticker: Ticker,
    total: Usage,
    direct: Usage,
    runs: Usage,
    outside: Usage,
    folders: UsageGroups,
    assets: UsageGroups,
    partitions: UsageGroups,
    due: Result<Vec<Due>, String>,
}

impl<'a> Sight<'a> {
    fn new(
        remote: &'a Remote,
        subject: &Subject<'a>,
        (due, now): (Result<Vec<Due>, String>, Timestamp),
    ) -> Self {
        let printer: Printer = remote.site.printer;
        let groups = || UsageGroups::new(subject.top.max(KEPT));
        Self {
            prefix: subject.prefix,
            assets_below: &remote.spec.prefix,
            partitioned: subject.partitioned,
            now,
            ticker: Ticker::new(printer),
            total: Usage::default(),
            direct: Usage::default(),
            runs: Usage::default(),
            outside: Usage::default(),
            folders: groups(),
            assets: groups(),
            partitions: groups(),
            due,
        }
    }

    fn by_owner(&mut self, key: &str, usage: &Usage) {
        let (asset, partition) = match owner(self.assets_below, key, self.partitioned) {
            Owner::Runs => return self.runs += *usage,
            Owner::Outside => return self.outside += *usage,
            Owner::Asset { asset, partition } => (asset, partition),
        };
        // Groups are named by whole keys, which come in their order.
        let behind = partition.map_or(0, |partition| partition.len() + 1);
        let asset_key = key.get(..key.len() - behind).unwrap_or(key);
        debug_assert!(asset_key.ends_with(asset), "{asset_key} is not {asset}");
        self.assets.add(asset_key, key, usage);
        if partition.is_some() {
            self.partitions.add(key, key, usage);
        }
    }

    fn end(self) -> Holdings {
        let above = match self.assets_below.as_str() {
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
            at: self.now,
            total: self.total,
            folders: self.folders.largest(),
            direct: self.direct,
            assets: named(self.assets.largest()),
            partitions: named(self.partitions.largest()),
            runs: self.runs,
            outside: self.outside,
            due: self.due,
        }
    }
}

impl Surveyor for Sight<'_> {
    fn sees(&mut self, thing: &Thing<'_>) {
        let mut usage = Usage::default();
        thing.count_in(&mut usage);
        self.total += usage;
        let below = thing.key.get(self.prefix.len()..).unwrap_or_default();
        match below.find('/') {
            None => self.direct += usage,
            Some(slash) => {
                let folder = thing.key.get(..=self.prefix.len() + slash).unwrap_or_default();
                self.folders.add(folder, thing.key, &usage);
            }
        }
        self.by_owner(thing.key, &usage);
        for due in self.due.iter_mut().flatten() {
            due.sees(thing, self.now);
        }
    }

    fn page(&mut self) {
        let total = &self.total;
        self.ticker.tell(|| usage_words(total));
    }
}
