//! Where tables live, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InvalidSpec, parse_key_value, refuse_missing};
use crate::s3::{BucketName, KeyPrefix};
use crate::spec::{Protect, TablesPlace, name_tables_bucket};

const BUCKET: &str = "tables.bucket";
const PREFIX: &str = "tables.prefix";

/// `tables:` — `{}` for a bucket that is named after that of the assets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TablesDocument {
    /// `bucket:` — a bucket without versions; the name of the assets' bucket and `-tables` unless
    /// said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// `prefix:` — instead of that, a prefix in the bucket of the assets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// What the rest of the spec says that tables must agree with.
pub(super) struct TablesContext<'a> {
    /// The bucket of the assets, where one is named.
    pub bucket: Option<&'a BucketName>,
    /// The prefix of the assets' keys.
    pub prefix: &'a KeyPrefix,
    /// How the bucket of the assets guards what is in it.
    pub protect: &'a Protect,
}

impl TablesDocument {
    /// Checks this part; `None` where neither it nor the spec names a bucket.
    pub(super) fn check(
        self,
        context: &TablesContext<'_>,
    ) -> Result<Option<TablesPlace>, InvalidSpec> {
        match (self.bucket, self.prefix) {
            (Some(_), Some(_)) => Err(refuse_both()),
            (Some(name), None) => {
                let name = parse_key_value(BUCKET, &name)?;
                context.require_other_bucket(&name)?;
                Ok(Some(TablesPlace::Bucket(name)))
            }
            (None, Some(prefix)) => {
                let prefix = parse_key_value(PREFIX, &prefix)?;
                context.require_own_prefix(&prefix)?;
                Ok(Some(TablesPlace::Prefix(prefix)))
            }
            (None, None) => {
                let Some(assets) = context.bucket else { return Ok(None) };
                let name = name_tables_bucket(assets).ok_or_else(|| refuse_long(assets))?;
                Ok(Some(TablesPlace::Bucket(name)))
            }
        }
    }
}

impl TablesContext<'_> {
    fn require_other_bucket(&self, name: &BucketName) -> Result<(), InvalidSpec> {
        if self.bucket != Some(name) {
            return Ok(());
        }
        let reason = format!("`{name}` is the bucket of the assets: give another name");
        Err(InvalidSpec { key: BUCKET, reason })
    }

    /// Tables never expire, and nobody takes them for assets.
    fn require_own_prefix(&self, prefix: &KeyPrefix) -> Result<(), InvalidSpec> {
        if prefix.as_str().is_empty() {
            return Err(refuse_missing(PREFIX, "what the keys of tables begin with"));
        }
        if prefix == self.prefix {
            let reason = format!("`{prefix}` is the prefix of the assets: give another one");
            return Err(InvalidSpec { key: PREFIX, reason });
        }
        let below = format!("{prefix}/");
        let meets = |expiring: &&String| {
            below.starts_with(expiring.as_str()) || expiring.starts_with(&below)
        };
        match self.protect.presets().expire.keys().find(meets) {
            None => Ok(()),
            Some(expiring) => {
                let reason = format!(
                    "objects below `{expiring}` expire (`protect`), and tables must not: give \
                     another prefix"
                );
                Err(InvalidSpec { key: PREFIX, reason })
            }
        }
    }
}

fn refuse_both() -> InvalidSpec {
    let reason = "`tables.bucket` names a bucket of their own: give one of the two".to_owned();
    InvalidSpec { key: PREFIX, reason }
}

fn refuse_long(assets: &BucketName) -> InvalidSpec {
    let reason = format!(
        "missing: give a name, since `{assets}{}` is longer than the 63 characters of a bucket's name",
        TablesPlace::ENDING
    );
    InvalidSpec { key: BUCKET, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::SpecDocument;

    /// The place that a spec with this bucket and these words below `tables:` has, or the key that is
    /// refused.
    #[track_caller]
    fn check(bucket: &str, tables: &str, expected: Result<&str, &str>) {
        let mut document = SpecDocument {
            region: Some("fsn1".to_owned()),
            bucket: Some(bucket.to_owned()),
            tables: serde_json::from_str(tables).unwrap(),
            ..SpecDocument::defaults()
        };
        document.protect.expire = Some(vec!["tmp/:7d".to_owned()]);

        let place = document.check().map(|spec| spec.tables);

        let told = match &place {
            Ok(None) => Ok("none".to_owned()),
            Ok(Some(TablesPlace::Bucket(bucket))) => Ok(format!("bucket {bucket}")),
            Ok(Some(TablesPlace::Prefix(prefix))) => Ok(format!("prefix {prefix}")),
            Err(error) => Err(error.key),
        };
        assert_eq!(told, expected.map(str::to_owned), "{tables}");
    }

    #[test]
    fn tables_are_nowhere_in_a_bucket_of_their_own_or_below_a_prefix() {
        check("acme", "null", Ok("none"));
        check("acme", "{}", Ok("bucket acme-tables"));
        check("acme", r#"{"bucket":"lake-tables"}"#, Ok("bucket lake-tables"));
        check("acme", r#"{"prefix":"tables"}"#, Ok("prefix tables"));
        check("acme", r#"{"prefix":"assets/tables"}"#, Ok("prefix assets/tables"));
    }

    #[test]
    fn tables_share_neither_bucket_nor_prefix_with_the_assets_and_never_expire() {
        check("acme", r#"{"bucket":"acme"}"#, Err("tables.bucket"));
        check("acme", r#"{"bucket":"Acme"}"#, Err("tables.bucket"));
        check("acme", r#"{"bucket":"other","prefix":"tables"}"#, Err("tables.prefix"));
        check("acme", r#"{"prefix":""}"#, Err("tables.prefix"));
        check("acme", r#"{"prefix":"assets"}"#, Err("tables.prefix"));
        check("acme", r#"{"prefix":"tmp"}"#, Err("tables.prefix"));
        check("acme", r#"{"prefix":"tmp/tables"}"#, Err("tables.prefix"));
        check("acme", r#"{"prefix":"tmp2"}"#, Ok("prefix tmp2"));
    }

    #[test]
    fn a_name_that_would_be_too_long_is_asked_for() {
        let longest = "a".repeat(56);
        check(&longest, "{}", Ok(&format!("bucket {longest}-tables")));
        check(&format!("{longest}a"), "{}", Err("tables.bucket"));
        check(&format!("{longest}a"), r#"{"bucket":"lake-tables"}"#, Ok("bucket lake-tables"));
    }
}
