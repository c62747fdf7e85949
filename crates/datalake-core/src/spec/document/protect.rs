//! How a bucket is guarded, as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{flag, flag_shape, names, names_shape};
use super::{InvalidSpec, parse_key_value};
use crate::s3::{Expire, Presets};
use crate::spec::Protect;
use crate::time::Days;

/// `protect:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProtectDocument {
    /// `versioning:` — true unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "flag")]
    #[schemars(schema_with = "flag_shape")]
    pub versioning: Option<bool>,
    /// `keep-old-versions:` — `30d` unless said otherwise; `off` for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_old_versions: Option<String>,
    /// `abort-uploads:` — `7d` unless said otherwise; `off` for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_uploads: Option<String>,
    /// `expire:` — a list of `PREFIX:DAYS`, or such words with commas between them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub expire: Option<Vec<String>>,
    /// `logs-expire:` — unless said, or with `off`, what steps have printed stays for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs_expire: Option<String>,
    /// `expired-markers:` — false unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "flag")]
    #[schemars(schema_with = "flag_shape")]
    pub expired_markers: Option<bool>,
}

impl ProtectDocument {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(self) -> Result<Protect, InvalidSpec> {
        let logs_expire = parse_days("protect.logs-expire", self.logs_expire.as_deref())?;
        let protect = Protect {
            versioning: self.versioning.unwrap_or(true),
            keep_old_versions: parse_days(
                "protect.keep-old-versions",
                self.keep_old_versions.as_deref(),
            )?,
            abort_uploads: parse_days("protect.abort-uploads", self.abort_uploads.as_deref())?,
            expire: parse_expiry(self.expire.unwrap_or_default())?,
            logs_expire,
            expired_markers: self.expired_markers.unwrap_or(false),
        };
        match protect.presets().overlap() {
            None => Ok(protect),
            Some((one, next)) => Err(InvalidSpec {
                key: "protect.expire",
                reason: format!("`{one}` and `{next}` overlap, and `protect.logs-expire` has one"),
            }),
        }
    }
}

fn parse_days(key: &'static str, text: Option<&str>) -> Result<Option<Days>, InvalidSpec> {
    match text {
        None | Some("off") => Ok(None),
        Some(text) => parse_key_value(key, text).map(Some),
    }
}

fn parse_expiry(words: Vec<String>) -> Result<BTreeMap<String, Days>, InvalidSpec> {
    const KEY: &str = "protect.expire";
    let mut presets = Presets::default();
    for word in words {
        let Expire { prefix, after } = parse_key_value(KEY, &word)?;
        presets.expire.insert(prefix, after);
    }
    match presets.overlap() {
        None => Ok(presets.expire),
        Some((one, next)) => {
            let reason = format!("`{next}` begins with `{one}`: prefixes must not overlap");
            Err(InvalidSpec { key: KEY, reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_that_expire_must_not_overlap() {
        let with = |words: &[&str]| {
            let words = words.iter().map(ToString::to_string).collect();
            ProtectDocument { expire: Some(words), ..ProtectDocument::default() }.check()
        };

        assert_eq!(with(&["tmp/:7d", "logs/:30d"]).unwrap().expire["tmp/"].count(), 7);
        assert_eq!(with(&["tmp/:7d", "tmp/a/:1d"]).unwrap_err().key, "protect.expire");
        assert_eq!(with(&["tmp/"]).unwrap_err().key, "protect.expire");
    }

    #[test]
    fn logs_expire_where_the_spec_says_so_and_in_no_place_twice() {
        let with = |words: &[&str]| {
            let expire = Some(words.iter().map(ToString::to_string).collect());
            let logs_expire = Some("90d".to_owned());
            ProtectDocument { expire, logs_expire, ..ProtectDocument::default() }.check()
        };

        let rules = with(&["tmp/:7d"]).unwrap().presets().expire;
        assert_eq!((rules["compute-logs/"].count(), rules.len()), (90, 2));
        assert_eq!(with(&["compute-logs/a/:7d"]).unwrap_err().key, "protect.expire");
        let without = ProtectDocument::default().check().unwrap();
        assert!(without.presets().expire.is_empty());
    }
}
