//! Files put together by their assets.

use std::collections::BTreeMap;

use datalake_core::text::printable;

use super::check::{FoundSwitch, SwitchVerdict};
use super::report::AssetSwitch;

/// So many files of an asset are named.
const NAMED: usize = 100;

/// The assets of what was judged, in the order of their keys.
pub(super) fn list_assets(found: &FoundSwitch<'_>) -> Vec<AssetSwitch> {
    let mut assets: BTreeMap<String, AssetSwitch> = BTreeMap::new();
    for (name, file) in &found.judged {
        let key = file.asset.clone().unwrap_or_else(|| printable(name));
        let asset = assets.entry(key.clone()).or_insert_with(|| AssetSwitch {
            asset: key,
            verdict: SwitchVerdict::Green,
            manager: file.manager.clone(),
            green: 0,
            others: 0,
            why: String::new(),
            instead: None,
            files: Vec::new(),
        });
        if file.verdict == SwitchVerdict::Green {
            asset.green += 1;
        } else {
            asset.others += 1;
            if asset.files.len() < NAMED {
                asset.files.push(printable(name));
            }
        }
        // What was loaded itself tells more than that another one was.
        let says_more = file.verdict > asset.verdict
            || (file.verdict == asset.verdict && file.why.starts_with("loaded"));
        if asset.why.is_empty() || says_more {
            asset.verdict = file.verdict.max(asset.verdict);
            asset.why.clone_from(&file.why);
            asset.instead.clone_from(&file.instead);
        }
    }
    assets.into_values().collect()
}
