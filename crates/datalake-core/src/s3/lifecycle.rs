//! What a bucket does with its objects by itself.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Days;

/// Whether a bucket keeps old versions of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Lifecycle(BTreeMap<String, LifecycleRule>);

/// One lifecycle rule, of the elements that Hetzner knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LifecycleRule {
    /// Whether the rule is `Enabled`.
    pub enabled: bool,
    /// The keys it concerns; empty for all.
    pub prefix: String,
    /// Objects expire after so long (`Expiration.Days`).
    pub expire: Option<Days>,
    /// Remove delete markers without versions (`Expiration.ExpiredObjectDeleteMarker`).
    pub expire_markers: bool,
    /// Old versions go after so long (`NoncurrentVersionExpiration.NoncurrentDays`).
    pub expire_noncurrent: Option<Days>,
    /// Abort unfinished uploads after this time (`AbortIncompleteMultipartUpload.DaysAfterInitiation`).
    pub abort_uploads: Option<Days>,
}

/// What `datalake`'s own rules do; each part is a rule of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presets {
    /// Objects below these prefixes expire. Where versions are kept that only hides them: they go
    /// as old versions then.
    pub expire: BTreeMap<String, Days>,
    /// Old versions go after so long.
    pub noncurrent: Option<Days>,
    /// Abort unfinished uploads after this time.
    pub abort_uploads: Option<Days>,
    /// Remove delete markers without versions.
    pub expired_markers: bool,
}

/// The objects below a prefix expire after so long; its text is `tmp/:7d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expire {
    /// What their keys begin with; empty for all.
    pub prefix: String,
    /// After how long.
    pub after: Days,
}

/// The text is not a prefix with a number of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not PREFIX:DAYS, such as `tmp/:7d`; a prefix has at most 200 bytes")]
pub struct InvalidExpire(String);

/// What `datalake`'s own rules are called begins with this.
const OWN: &str = "datalake-";

/// The longest prefix whose rule has an id of at most 255 bytes.
const LONGEST_PREFIX: usize = 200;

impl Presets {
    /// Two prefixes one of which begins with the other: which rule counts then is written nowhere.
    #[must_use]
    pub fn overlap(&self) -> Option<(&str, &str)> {
        // In their order a prefix stands before all that begin with it.
        let neighbours = self.expire.keys().zip(self.expire.keys().skip(1));
        let mut overlapping = neighbours.filter(|(one, next)| next.starts_with(one.as_str()));
        overlapping.next().map(|(one, next)| (one.as_str(), next.as_str()))
    }
}

impl FromStr for Expire {
    type Err = InvalidExpire;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.rsplit_once(':').and_then(|(prefix, days)| {
            let fits = prefix.len() <= LONGEST_PREFIX && !prefix.chars().any(char::is_control);
            fits.then_some((prefix, days.parse().ok()?))
        });
        let (prefix, after) = parts.ok_or_else(|| InvalidExpire(text.to_owned()))?;
        Ok(Self { prefix: prefix.to_owned(), after })
    }
}

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

    /// These rules with those of `presets` added or replaced; all others stay.
    #[must_use]
    pub fn with(&self, presets: &Presets) -> Self {
        let mut rules = self.0.clone();
        rules.extend(Self::own(presets).0);
        Self(rules)
    }

    /// These rules without the ones of these ids.
    #[must_use]
    pub fn without(&self, ids: &[String]) -> Self {
        let kept = self.0.iter().filter(|(id, _)| !ids.contains(id));
        Self(kept.map(|(id, rule)| (id.clone(), rule.clone())).collect())
    }

    /// The first rule, with its id, by which objects expire whose keys begin with `prefix`; one that is
    /// not enabled does nothing.
    #[must_use]
    pub fn find_expiry(&self, prefix: &str) -> Option<(&str, &LifecycleRule)> {
        self.iter().find(|(_, rule)| {
            rule.enabled
                && rule.expire.is_some()
                && (prefix.starts_with(&rule.prefix) || rule.prefix.starts_with(prefix))
        })
    }

    /// Whether all objects expire whose keys begin with `prefix`.
    #[must_use]
    pub fn expires_all_below(&self, prefix: &str) -> bool {
        let expires = |rule: &LifecycleRule| rule.enabled && rule.expire.is_some();
        self.0.values().any(|rule| expires(rule) && prefix.starts_with(&rule.prefix))
    }

    /// The rule of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&LifecycleRule> {
        self.0.get(id)
    }

    /// The rules that `presets` stand for.
    #[must_use]
    pub fn own(presets: &Presets) -> Self {
        let rule = LifecycleRule { enabled: true, ..LifecycleRule::default() };
        let named = |name: &str, rule| (format!("{OWN}{name}"), rule);
        let expire = presets.expire.iter().map(|(prefix, days)| {
            let name = if prefix.is_empty() { "everything" } else { prefix };
            let prefix = prefix.clone();
            named(
                &format!("expire-{name}"),
                LifecycleRule { prefix, expire: Some(*days), ..rule.clone() },
            )
        });
        let noncurrent = presets.noncurrent.map(|days| {
            named("old-versions", LifecycleRule { expire_noncurrent: Some(days), ..rule.clone() })
        });
        let uploads = presets.abort_uploads.map(|days| {
            named("unfinished-uploads", LifecycleRule { abort_uploads: Some(days), ..rule.clone() })
        });
        let markers = presets.expired_markers.then(|| {
            named("delete-markers", LifecycleRule { expire_markers: true, ..rule.clone() })
        });
        Self::new(expire.chain(noncurrent).chain(uploads).chain(markers))
    }

    /// The rules for old versions and unfinished uploads alone.
    #[must_use]
    pub fn protection(noncurrent: Option<Days>, abort_uploads: Option<Days>) -> Self {
        Self::own(&Presets { noncurrent, abort_uploads, ..Presets::default() })
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

    #[test]
    fn each_preset_is_a_rule_of_its_own() {
        let expire = [("tmp/".to_owned(), days(7)), (String::new(), days(90))].into();
        let presets = Presets { expire, expired_markers: true, ..Presets::default() };

        let rules = Lifecycle::protection(Some(days(1)), None).with(&presets);

        let ids: Vec<_> = rules.iter().map(|(id, _)| id).collect();
        let expected = ["delete-markers", "expire-everything", "expire-tmp/", "old-versions"];
        assert_eq!(ids, expected.map(|name| format!("datalake-{name}")));
        assert_eq!(rules.get("datalake-expire-tmp/").unwrap().prefix, "tmp/");
        let left = rules.without(&[ids[0].to_owned(), "other".to_owned()]);
        assert_eq!(left.iter().count(), 3);
    }

    #[test]
    fn a_prefix_that_begins_with_another_is_found() {
        let overlap = |prefixes: &[&str]| {
            let expire = prefixes.iter().map(|prefix| ((*prefix).to_owned(), days(1))).collect();
            let presets = Presets { expire, ..Presets::default() };
            presets.overlap().map(|(one, next)| format!("{one} {next}"))
        };

        assert_eq!(overlap(&["a/", "ab/", "b/"]), None);
        assert_eq!(overlap(&["a/b/", "z", "a/"]), Some("a/ a/b/".to_owned()));
        assert_eq!(overlap(&["", "x"]), Some(" x".to_owned()));
    }

    #[test]
    fn a_prefix_may_hold_a_colon() {
        let expire: Expire = "a:b/:7d".parse().unwrap();

        assert_eq!((expire.prefix.as_str(), expire.after), ("a:b/", days(7)));
        for text in ["tmp/", "tmp/:7", "7d", "a\n:7d", &format!("{}:7d", "x".repeat(201))] {
            assert!(text.parse::<Expire>().is_err(), "{text:?}");
        }
    }
}
