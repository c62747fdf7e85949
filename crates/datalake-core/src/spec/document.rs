//! The spec as it is written in `datalake.yaml`, in variables and flags.

mod access;
mod catalogs;
mod cost;
mod handed_over;
mod keys;
mod limits;
mod modal;
mod protect;
mod read;
mod schedule;
mod tables;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::access::AccessRoleDocument;
use self::access::check_access;
pub use self::catalogs::CatalogDocument;
use self::catalogs::check_catalogs;
pub use self::cost::{CostDocument, PlanDocument};
pub use self::keys::SpecKey;
pub use self::limits::LimitsDocument;
pub use self::modal::ModalDocument;
pub use self::protect::ProtectDocument;
use self::read::{names, names_shape};
pub use self::schedule::{JobTimerDetails, JobTimerDocument, ScheduleDocument};
use self::tables::TablesContext;
pub use self::tables::TablesDocument;
use crate::host::UnitName;
use crate::s3::{KeyPrefix, LOGS_PREFIX, Region};
use crate::spec::{Ambient, CredentialSource, HostSpec, Protect, Spec, StoreSpec};

/// The written form of a [`Spec`]: every key optional, every value unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SpecDocument {
    /// `region:` — fsn1, nbg1, hel1, or another service's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `endpoint:` — needed for other services than Hetzner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// `bucket:` — needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// `prefix:` — `assets` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// `credentials:` — `{ from: env }` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<CredentialSource>,
    /// `host:` — user, units, and how the settings are handed over.
    #[serde(skip_serializing_if = "HostDocument::is_empty")]
    pub host: HostDocument,
    /// `protect:` — versions and lifecycle.
    #[serde(skip_serializing_if = "ProtectDocument::is_empty")]
    pub protect: ProtectDocument,
    /// `tables:` — where tables live; unless said, nothing is set up for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<TablesDocument>,
    /// `catalogs:` — Iceberg REST catalogs that clients are to find, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub catalogs: BTreeMap<String, CatalogDocument>,
    /// `access:` — what other keys may do, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, AccessRoleDocument>,
    /// `logs:` — `local` unless said otherwise; `s3` sends what steps print to the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["local", "s3", null]))]
    pub logs: Option<String>,
    /// `limits:` — what transfers keep within.
    #[serde(skip_serializing_if = "LimitsDocument::is_empty")]
    pub limits: LimitsDocument,
    /// `cost:` — price list, tax, budget.
    #[serde(skip_serializing_if = "CostDocument::is_empty")]
    pub cost: CostDocument,
    /// `modal:` — the secret in Modal, and who uses it.
    #[serde(skip_serializing_if = "ModalDocument::is_empty")]
    pub modal: ModalDocument,
    /// `schedule:` — what runs by itself, and who is notified.
    #[serde(skip_serializing_if = "ScheduleDocument::is_empty")]
    pub schedule: ScheduleDocument,
}

/// `host:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HostDocument {
    /// `user:` — `dagster-user` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `units:` — a list, or names with commas between them; unless said, they are found.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub units: Option<Vec<String>>,
    /// `handover:` — env-file, podman-secret or in-place; unless said, the installed podman decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["env-file", "podman-secret", "in-place", null]))]
    pub handover: Option<String>,
    /// `dagster-home:` — the folder on the host; unless said, the units tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dagster_home: Option<String>,
    /// `links:` — symbolic links to Dagster's folders that may be followed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub links: Option<Vec<String>>,
}

/// A value of the written form that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {reason}")]
pub struct InvalidSpec {
    /// The key, with dots between its parts.
    pub key: &'static str,
    /// What is wrong with its value.
    pub reason: String,
}

impl SpecDocument {
    /// Every key that can be written, with dots between its parts.
    pub const KEYS: [&str; SpecKey::ALL.len()] = SpecKey::names();

    /// The values that hold where nothing is written.
    #[must_use]
    pub fn defaults() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            prefix: text("assets"),
            credentials: Some(CredentialSource::From(Ambient::Env)),
            host: HostDocument { user: text("dagster-user"), ..HostDocument::default() },
            logs: text("local"),
            protect: ProtectDocument {
                versioning: Some(true),
                keep_old_versions: text("30d"),
                abort_uploads: text("7d"),
                ..ProtectDocument::default()
            },
            limits: LimitsDocument {
                requests_per_second: text("auto"),
                connections: text("256"),
                bandwidth: None,
            },
            ..Self::default()
        }
    }

    /// Whether neither a service nor a bucket is named.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        [&self.region, &self.endpoint, &self.bucket].iter().all(|value| value.is_none())
    }

    /// Checks every value.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check(self) -> Result<Spec, InvalidSpec> {
        let (host, modal) = (self.host.clone(), self.modal.clone().check()?);
        let (logs, catalogs) = (self.logs.clone(), self.catalogs.clone());
        let store = self.check_store()?;
        let Some(bucket) = store.bucket else {
            return Err(refuse_missing("bucket", "a name that is unique"));
        };
        Ok(Spec {
            region: store.region,
            endpoint: store.endpoint,
            bucket,
            prefix: store.prefix,
            credentials: store.credentials,
            host: host.check()?,
            protect: store.protect,
            tables: store.tables,
            catalogs: check_catalogs(catalogs)?,
            logs: parse_key_value("logs", logs.as_deref().unwrap_or("local"))?,
            modal,
        })
    }

    /// Checks what commands about buckets and objects need; there may be no bucket in it.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check_store(self) -> Result<StoreSpec, InvalidSpec> {
        let endpoint = self.endpoint.map(|text| parse_key_value("endpoint", &text)).transpose()?;
        let region = match (self.region, &endpoint) {
            (Some(text), endpoint) => match endpoint {
                Some(endpoint) => Region::served_by(&text, endpoint),
                None => Region::at_hetzner(&text),
            }
            .map_err(|error| InvalidSpec { key: "region", reason: error.to_string() })?,
            (None, Some(endpoint)) => region_of(endpoint)?,
            (None, None) => return Err(refuse_missing("region", "one of fsn1, nbg1, hel1")),
        };
        let Some(endpoint) = endpoint.or_else(|| region.endpoint()) else {
            return Err(refuse_missing("endpoint", "the address that serves this region"));
        };
        let limits = self.limits.check(&endpoint)?;
        let bucket = self.bucket.map(|text| parse_key_value("bucket", &text)).transpose()?;
        let prefix = parse_key_value("prefix", &self.prefix.unwrap_or_default())?;
        let protect = self.protect.check()?;
        refuse_expiring_assets(&protect, &prefix)?;
        let context = TablesContext { bucket: bucket.as_ref(), prefix: &prefix, protect: &protect };
        let tables = self.tables.map(|tables| tables.check(&context)).transpose()?.flatten();
        Ok(StoreSpec {
            region,
            endpoint,
            bucket,
            prefix,
            credentials: self.credentials.unwrap_or(CredentialSource::From(Ambient::Env)),
            protect,
            tables,
            access: check_access(self.access)?,
            limits,
        })
    }
}

/// Logs expire where no asset can lie.
fn refuse_expiring_assets(protect: &Protect, prefix: &KeyPrefix) -> Result<(), InvalidSpec> {
    let may_hold_assets =
        prefix.as_str().is_empty() || format!("{prefix}/").starts_with(LOGS_PREFIX);
    if protect.logs_expire.is_none() || !may_hold_assets {
        return Ok(());
    }
    let reason = format!(
        "assets may be under `{LOGS_PREFIX}`, and they must not expire: choose another `prefix`"
    );
    Err(InvalidSpec { key: "protect.logs-expire", reason })
}

impl HostDocument {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks this part alone.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check(self) -> Result<HostSpec, InvalidSpec> {
        let user = self.user.ok_or_else(|| refuse_missing("host.user", "a user"))?;
        let finds_units = self.units.is_none();
        let units = self.units.unwrap_or_default();
        let mut checked: Vec<UnitName> = units
            .iter()
            .map(|unit| parse_key_value("host.units", unit))
            .collect::<Result<_, _>>()?;
        checked.dedup();
        if checked.is_empty() && !finds_units {
            return Err(refuse_missing("host.units", "at least one unit"));
        }
        Ok(HostSpec {
            user: parse_key_value("host.user", &user)?,
            units: checked,
            finds_units,
            handover: self
                .handover
                .map(|text| parse_key_value("host.handover", &text))
                .transpose()?,
            dagster_home: self
                .dagster_home
                .map(|text| parse_key_value("host.dagster-home", &text))
                .transpose()?,
            links: self
                .links
                .unwrap_or_default()
                .iter()
                .map(|text| parse_key_value("host.links", text))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn region_of(endpoint: &crate::s3::Endpoint) -> Result<Region, InvalidSpec> {
    match endpoint.hetzner_location() {
        Some(location) => parse_key_value("region", location),
        None => Err(refuse_missing("region", "the region that the service signs with")),
    }
}

fn parse_key_value<T: std::str::FromStr<Err: std::fmt::Display>>(
    key: &'static str,
    text: &str,
) -> Result<T, InvalidSpec> {
    text.parse().map_err(|err: T::Err| InvalidSpec { key, reason: err.to_string() })
}

fn refuse_missing(key: &'static str, what: &str) -> InvalidSpec {
    InvalidSpec { key, reason: format!("missing: give {what}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_and_a_bucket_are_enough() {
        let document = SpecDocument {
            region: Some("hel1".to_owned()),
            bucket: Some("acme-assets".to_owned()),
            ..SpecDocument::defaults()
        };

        let spec = document.check().unwrap();

        assert_eq!(spec.endpoint.to_string(), "https://hel1.your-objectstorage.com");
        assert_eq!(spec.protect.keep_old_versions.unwrap().count(), 30);
    }

    #[test]
    fn a_mistyped_location_is_no_region_without_an_endpoint() {
        let with = |endpoint: Option<&str>| {
            let document = SpecDocument {
                region: Some("fns1".to_owned()),
                bucket: Some("acme-assets".to_owned()),
                endpoint: endpoint.map(str::to_owned),
                ..SpecDocument::defaults()
            };
            document.check().map_err(|error| (error.key, error.reason))
        };
        let told = ("region", "`fns1` is not a Hetzner location: did you mean `fsn1`?".to_owned());

        assert_eq!(with(None).unwrap_err(), told);
        assert_eq!(with(Some("fsn1.your-objectstorage.com")).unwrap_err(), told);
        assert!(with(Some("https://s3.example.org")).is_ok());
    }

    #[test]
    fn the_region_follows_from_a_hetzner_endpoint_alone() {
        let with = |endpoint: &str| {
            let document = SpecDocument {
                endpoint: Some(endpoint.to_owned()),
                bucket: Some("acme-assets".to_owned()),
                ..SpecDocument::defaults()
            };
            document.check()
        };

        assert_eq!(with("nbg1.your-objectstorage.com").unwrap().region, Region::Nbg1);
        assert_eq!(with("https://s3.example.org").unwrap_err().key, "region");
    }

    #[test]
    fn the_wrong_key_is_named() {
        let document = SpecDocument {
            region: Some("fsn1".to_owned()),
            bucket: Some("My_Bucket".to_owned()),
            ..SpecDocument::defaults()
        };

        let error = document.check().unwrap_err();

        assert_eq!(error.key, "bucket");
        assert!(error.to_string().contains("lowercase"), "{error}");
    }

    #[test]
    fn limits_are_numbers_words_or_off() {
        let hetzners = "https://fsn1.your-objectstorage.com".parse().unwrap();
        let limits = |text: &str| {
            let limits = serde_json::from_str::<LimitsDocument>(text).unwrap();
            limits.check(&hetzners).map_err(|error| error.key)
        };

        let usual = |endpoint| SpecDocument::defaults().limits.check(endpoint).unwrap();
        assert_eq!(usual(&hetzners), crate::spec::ServiceLimits::of(&hetzners));
        assert_eq!(usual(&hetzners).requests_per_second, Some(750));
        let elsewhere = usual(&"https://s3.example.com".parse().unwrap());
        assert_eq!((elsewhere.requests_per_second, elsewhere.connections), (None, 256));
        let given = limits(r#"{"requests-per-second":"off","connections":8}"#).unwrap();
        assert_eq!((given.requests_per_second, given.connections), (None, 8));
        let table = limits(r#"{"bandwidth":"08:00,512K 23:00,off"}"#).unwrap().bandwidth.unwrap();
        assert_eq!(table.at(9 * 3600).map(|limit| limit.0), Some(512 << 10));
        assert_eq!(limits(r#"{"connections":0}"#), Err("limits.connections"));
        assert_eq!(limits(r#"{"requests-per-second":"x"}"#), Err("limits.requests-per-second"));
        assert_eq!(limits(r#"{"bandwidth":"fast"}"#), Err("limits.bandwidth"));
    }

    #[test]
    fn every_default_has_its_key_in_the_list() {
        let json = serde_json::to_value(SpecDocument::defaults()).unwrap();
        for (key, value) in json.as_object().unwrap() {
            for inner in value.as_object().map(|map| map.keys()).into_iter().flatten() {
                assert!(SpecDocument::KEYS.contains(&format!("{key}.{inner}").as_str()));
            }
        }
    }
}
