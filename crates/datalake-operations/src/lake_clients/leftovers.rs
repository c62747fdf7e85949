//! What a check of clients that was killed has left in the bucket.

use std::collections::BTreeSet;

use datalake_core::fault::Fault;
use datalake_core::time::Timestamp;
use datalake_engine::ListAsk;
use schemars::JsonSchema;
use serde::Serialize;

use super::ClientCheck;
use super::request::{ThrowAway, TrialPlaces};
use crate::{Advice, AdvisedCommand};

/// No check goes on for so many seconds in one place: what is younger may be in use.
const LONGEST: i64 = 3600;
/// The digits of a check's name.
const DIGITS: usize = 16;

/// A folder of a bucket that a check of clients has not removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftTrial {
    /// `s3://BUCKET/FOLDER/`.
    pub place: String,
    /// When something in it was stored.
    pub stored: String,
    /// The command that removes it.
    pub cure: String,
}

impl ClientCheck<'_> {
    /// The folders that checks have left behind which are surely over. They are told and not removed: only
    /// their name says whose they are.
    pub(super) async fn find_left_trials(&self) -> Result<Vec<LeftTrial>, Fault> {
        let mut seen = BTreeSet::new();
        let mut left = Vec::new();
        for ThrowAway { bucket, prefix } in TrialPlaces::choose(self.spec, "").list_thrown_away() {
            // `PREFIX/.datalake-lake-`, without the name of a check.
            let Some((begin, _)) = prefix.trim_end_matches('/').rsplit_once('/') else { continue };
            let ask = ListAsk::directly_below(begin);
            let page = self.lake.list(bucket, &ask, None).await?;
            for folder in page.prefixes.iter().filter(|folder| is_of_a_check(folder, begin)) {
                let place = format!("s3://{bucket}/{folder}");
                if !seen.insert(place.clone()) {
                    continue;
                }
                let ask = ListAsk { page_size: 1, ..ListAsk::below(folder.as_str()) };
                let page = self.lake.list(bucket, &ask, None).await?;
                let Some(stored) = page.objects.first().map(|entry| entry.modified) else {
                    continue;
                };
                if is_over(stored, self.clock.now()) {
                    let command = AdvisedCommand::RemoveFolder(place.clone());
                    let cure = self.reporter.word(&Advice::naming("{} removes it", [command]));
                    left.push(LeftTrial { place, stored: stored.to_string(), cure });
                }
            }
        }
        Ok(left)
    }
}

fn is_of_a_check(folder: &str, begin: &str) -> bool {
    let name = folder.strip_prefix(begin).and_then(|name| name.strip_suffix('/'));
    name.is_some_and(|name| {
        name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_over(stored: Timestamp, now: Timestamp) -> bool {
    now.unix().saturating_sub(stored.unix()) > LONGEST
}
