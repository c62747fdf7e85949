//! What a bucket does with its objects by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Days;

/// Whether a bucket keeps old versions of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Versioning {
    /// It never did. There is no way back to this state.
    Never,
    /// It does.
    Enabled,
    /// It keeps the old versions it has, and makes no new ones. Lifecycle rules do not run then
    /// (Hetzner, page "Applying lifecycle policies", 2025-04-08).
    Suspended,
}

/// All lifecycle rules of a bucket, by their id.
///
/// Two sets are equal when they mean the same: the order of rules, and `Filter` or `Prefix`, make
/// no difference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lifecycle(BTreeMap<String, LifecycleRule>);

/// One lifecycle rule, of the elements that Hetzner knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifecycleRule {
    /// Whether the rule is `Enabled`.
    pub enabled: bool,
    /// The keys it concerns; empty for all.
    pub prefix: String,
    /// Objects expire after so long (`Expiration.Days`).
    pub expire: Option<Days>,
    /// Delete markers without versions go (`Expiration.ExpiredObjectDeleteMarker`).
    pub expire_markers: bool,
    /// Old versions go after so long (`NoncurrentVersionExpiration.NoncurrentDays`).
    pub expire_noncurrent: Option<Days>,
    /// Unfinished uploads go after so long (`AbortIncompleteMultipartUpload.DaysAfterInitiation`).
    pub abort_uploads: Option<Days>,
}

/// What `datalake`'s own rules are called begins with this.
const OWN: &str = "datalake-";

impl Lifecycle {
    /// The rules with their ids; of two with the same id the last counts.
    pub fn new(rules: impl IntoIterator<Item = (String, LifecycleRule)>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// The rules in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &LifecycleRule)> {
        self.0.iter().map(|(id, rule)| (id.as_str(), rule))
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These rules with datalake's own replaced by `own`; all others stay.
    #[must_use]
    pub fn with_own(&self, own: &Self) -> Self {
        let others = self.0.iter().filter(|(id, _)| !id.starts_with(OWN));
        Self(others.chain(&own.0).map(|(id, rule)| (id.clone(), rule.clone())).collect())
    }

    /// datalake's own rules: old versions and unfinished uploads go after so long.
    #[must_use]
    pub fn protection(keep_old_versions: Option<Days>, abort_uploads: Option<Days>) -> Self {
        let rule = LifecycleRule { enabled: true, ..LifecycleRule::default() };
        let noncurrent = keep_old_versions.map(|days| {
            let rule = LifecycleRule { expire_noncurrent: Some(days), ..rule.clone() };
            (format!("{OWN}old-versions"), rule)
        });
        let uploads = abort_uploads.map(|days| {
            let rule = LifecycleRule { abort_uploads: Some(days), ..rule.clone() };
            (format!("{OWN}unfinished-uploads"), rule)
        });
        Self::new(noncurrent.into_iter().chain(uploads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(count: u32) -> Days {
        Days::new(count).unwrap()
    }

    #[test]
    fn the_rules_of_others_stay() {
        let theirs = LifecycleRule { expire: Some(days(90)), ..LifecycleRule::default() };
        let old = Lifecycle::new([("theirs".to_owned(), theirs.clone())])
            .with_own(&Lifecycle::protection(Some(days(30)), Some(days(7))));

        let new = old.with_own(&Lifecycle::protection(None, Some(days(1))));

        let ids: Vec<_> = new.iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["datalake-unfinished-uploads", "theirs"]);
        assert_eq!(new.0["theirs"], theirs);
    }

    #[test]
    fn no_wish_means_no_rule() {
        assert!(Lifecycle::protection(None, None).is_empty());
    }
}
