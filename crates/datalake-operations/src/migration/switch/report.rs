//! What a check of the switch has found, for people and programs.

use datalake_core::text::{count_things, printable};
use datalake_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{PlaceAnswer, ToldManager};
use super::asset_rows::list_assets;
use super::check::{AskedSwitchPlace, FoundSwitch, SwitchVerdict};
use super::request::LoadExtent;
use crate::ErrorKind;

/// So many assets of one kind are named as text.
const TOLD: usize = 40;

/// What a check of the switch has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SwitchReport {
    /// When it was made.
    pub checked: String,
    /// Where the files were moved to.
    pub destination: String,
    /// Where frames were moved to, where they were checked.
    pub frames: Option<String>,
    /// Whether Dagster reads all that was moved from there.
    pub verdict: SwitchVerdict,
    /// How many files it reads from there.
    pub green: u64,
    /// How many it reads from somewhere else, or not at all.
    pub red: u64,
    /// For how many it is unknown.
    pub unknown: u64,
    /// How many files of this host are not moved yet.
    pub not_moved: u64,
    /// Whether each file was loaded, or one of each I/O manager.
    pub loaded_all: bool,
    /// Where Dagster was asked.
    pub places: Vec<AskedPlace>,
    /// The assets.
    pub assets: Vec<AssetSwitch>,
}

/// A place in which Dagster was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AskedPlace {
    /// The unit, or the path of a Python.
    pub place: String,
    /// The versions of Dagster there.
    pub dagster: Vec<String>,
    /// Why nothing is known of it, if it is not.
    pub unknown: Option<String>,
    /// Why there is nothing to ask for, if there is not.
    pub nothing: Option<String>,
    /// The I/O managers of assets whose files were moved.
    pub managers: Vec<SeenManager>,
}

/// An I/O manager, as Dagster has built it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeenManager {
    /// The class that code names.
    pub class: String,
    /// `s3`, `local`, `unknown` or another protocol.
    pub kind: String,
    /// The bucket that it reads from.
    pub bucket: Option<String>,
    /// What stands before its keys.
    pub prefix: Option<String>,
    /// The address of its service.
    pub endpoint: Option<String>,
    /// Why it could not be built.
    pub failed: Option<String>,
}

/// An asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetSwitch {
    /// Its key; without an asset of the code, the name of the file.
    pub asset: String,
    /// Whether Dagster reads all of it from the bucket.
    pub verdict: SwitchVerdict,
    /// The class of its I/O manager.
    pub manager: Option<String>,
    /// How many of its files are green.
    pub green: u64,
    /// How many are not.
    pub others: u64,
    /// What proves the first of its files, or what is wrong with the worst.
    pub why: String,
    /// What to write in the code instead, where that is known.
    pub instead: Option<String>,
    /// Its files that are not green; a hundred at most.
    pub files: Vec<String>,
}

impl SwitchReport {
    pub(super) fn of(found: &FoundSwitch<'_>, now: Timestamp, load: LoadExtent) -> Self {
        let count = |verdict: SwitchVerdict| {
            let files = found.judged.values().filter(|file| file.verdict == verdict);
            u64::try_from(files.count()).unwrap_or(u64::MAX)
        };
        let worst = found.judged.values().map(|file| file.verdict).max();
        let is_unasked = found.asked.iter().any(|place| place.answer.is_err());
        let unasked = if is_unasked { SwitchVerdict::Unknown } else { SwitchVerdict::Green };
        Self {
            checked: now.to_string(),
            destination: found.destination.clone(),
            frames: found.frames.clone(),
            verdict: worst.unwrap_or(SwitchVerdict::Unknown).max(unasked),
            green: count(SwitchVerdict::Green),
            red: count(SwitchVerdict::Red),
            unknown: count(SwitchVerdict::Unknown),
            not_moved: found.moved.left,
            loaded_all: load == LoadExtent::All,
            places: found.asked.iter().map(AskedPlace::of).collect(),
            assets: list_assets(found),
        }
    }

    /// Why it is no success; `None` where Dagster reads all of it from the bucket.
    #[must_use]
    pub fn failure(&self) -> Option<(ErrorKind, String)> {
        match self.verdict {
            SwitchVerdict::Green => None,
            SwitchVerdict::Unknown => {
                let message = match self.unknown {
                    0 => "not every place could be asked".to_owned(),
                    unknown => format!("{} not proved", count_things(unknown, "file")),
                };
                Some((ErrorKind::Partly, message))
            }
            SwitchVerdict::Red => {
                let files = count_things(self.red, "file");
                let message = format!("{files} not read from where they were moved to");
                Some((ErrorKind::Mismatch, message))
            }
        }
    }

    /// The same as text: places and managers, then the assets, the worst first.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text: String = self.places.iter().map(AskedPlace::describe).collect();
        let mut told: Vec<_> = self.assets.iter().collect();
        told.sort_by_key(|asset| std::cmp::Reverse(asset.verdict));
        let width = told.iter().take(TOLD).map(|asset| asset.asset.chars().count()).max();
        let width = width.unwrap_or_default().min(TOLD);
        for asset in told.iter().take(TOLD) {
            text.push_str(&asset.describe(width));
        }
        if let Some(more @ 1..) = told.len().checked_sub(TOLD) {
            text.push_str(&format!(
                "… and {} (--json has all)\n",
                count_things(more as u64, "more asset")
            ));
        }
        let frames = self.frames.as_ref().map(|frames| format!(" and {frames}"));
        text.push_str(&format!(
            "{} read from {}{}, {} not, {} unknown\n",
            count_things(self.green, "file"),
            self.destination,
            frames.unwrap_or_default(),
            self.red,
            self.unknown
        ));
        if self.not_moved > 0 {
            text.push_str(&format!("{} not moved yet\n", count_things(self.not_moved, "file")));
        }
        text
    }
}

impl AskedPlace {
    fn of(asked: &AskedSwitchPlace) -> Self {
        let mut dagster: Vec<_> = asked.list_codes().map(|code| code.dagster.clone()).collect();
        dagster.sort();
        dagster.dedup();
        let mut managers = Vec::new();
        for manager in asked.list_codes().flat_map(|code| &code.managers) {
            let seen = SeenManager::of(manager);
            if !managers.contains(&seen) {
                managers.push(seen);
            }
        }
        Self {
            place: asked.name.clone(),
            dagster,
            unknown: asked.tell_unknown(),
            nothing: match &asked.answer {
                Ok(PlaceAnswer::Nothing(why)) => Some(why.clone()),
                Ok(PlaceAnswer::Told(_)) | Err(_) => None,
            },
            managers,
        }
    }

    fn describe(&self) -> String {
        let mut text = printable(&self.place);
        if !self.dagster.is_empty() {
            text.push_str(&format!(" (Dagster {})", self.dagster.join(", ")));
        }
        let reason = self.unknown.as_ref().or(self.nothing.as_ref());
        if let Some(why) = reason {
            text.push_str(&format!(": {}", printable(why)));
        }
        text.push('\n');
        for manager in &self.managers {
            text.push_str(&format!("  {}\n", manager.describe()));
        }
        text
    }
}

impl SeenManager {
    fn of(manager: &ToldManager) -> Self {
        Self {
            class: manager.name(),
            kind: manager.kind.clone(),
            bucket: manager.bucket.clone(),
            prefix: manager.prefix.clone(),
            endpoint: manager.endpoint.clone(),
            failed: manager.failed.clone(),
        }
    }

    fn describe(&self) -> String {
        let class = &self.class;
        match (&self.failed, &self.bucket) {
            (Some(failed), _) => format!("{class}: {}", printable(failed)),
            (None, Some(bucket)) => {
                let prefix = self.prefix.as_deref().unwrap_or_default();
                format!("{class} reads s3://{}/{}", printable(bucket), printable(prefix))
            }
            (None, None) => format!("{class}: {}", printable(&self.kind)),
        }
    }
}

impl AssetSwitch {
    fn describe(&self, width: usize) -> String {
        let mark = match self.verdict {
            SwitchVerdict::Green => "green",
            SwitchVerdict::Unknown => "unknown",
            SwitchVerdict::Red => "red",
        };
        let files = count_things(self.green + self.others, "file");
        let mut text =
            format!("{mark:<8} {:<width$}  {files}: {}\n", self.asset, printable(&self.why));
        if let Some(instead) = &self.instead {
            text.push_str(&format!("{:<8} {:<width$}  -> write {}\n", "", "", printable(instead)));
        }
        text
    }
}
