//! How the place for tables stands, for programs.

use datalake_core::plan::Observed;
use datalake_core::s3::{Lifecycle, Versioning};
use datalake_core::spec::Spec;
use schemars::JsonSchema;
use serde::Serialize;

/// Where tables live, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TablesStanding {
    /// The bucket that holds them.
    pub bucket: String,
    /// The prefix of their keys; `null` where they have a bucket of their own.
    pub prefix: Option<String>,
    /// Whether the bucket is there.
    pub present: bool,
    /// Whether it keeps old versions, among which commits get lost; `null` where that is unknown.
    pub versioning: Option<Versioning>,
    /// Its lifecycle rules; `null` where they are unknown.
    pub lifecycle: Option<Lifecycle>,
}

impl TablesStanding {
    /// What was seen of it; `None` where the spec does not speak of tables.
    #[must_use]
    pub fn of(spec: &Spec, observed: &Observed) -> Option<Self> {
        let place = spec.tables.as_ref()?;
        let name = place.bucket(&spec.bucket);
        let found = observed.bucket(name);
        let bucket = found.present();
        Some(Self {
            bucket: name.to_string(),
            prefix: place.prefix().map(ToString::to_string),
            present: bucket.is_some(),
            versioning: bucket.and_then(|bucket| bucket.versioning.present().copied()),
            lifecycle: bucket.and_then(|bucket| bucket.lifecycle.present().cloned()),
        })
    }
}
