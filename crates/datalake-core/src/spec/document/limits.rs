//! What transfers keep within, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{word, word_shape};
use super::{InvalidSpec, parse_key_value};
use crate::s3::Endpoint;
use crate::spec::ServiceLimits;

/// The word for what the service allows.
const AUTO: &str = "auto";
/// The word for no limit.
const OFF: &str = "off";

/// `limits:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LimitsDocument {
    /// `requests-per-second:` — `auto` unless said otherwise: 750 at Hetzner's endpoints, any number
    /// elsewhere; `off` for any number.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "word")]
    #[schemars(schema_with = "word_shape")]
    pub requests_per_second: Option<String>,
    /// `connections:` — 256 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "word")]
    #[schemars(schema_with = "word_shape")]
    pub connections: Option<String>,
    /// `bandwidth:` — bytes per second or a timetable of them; `off` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "word")]
    #[schemars(schema_with = "word_shape")]
    pub bandwidth: Option<String>,
}

impl LimitsDocument {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn check(self, endpoint: &Endpoint) -> Result<ServiceLimits, InvalidSpec> {
        let usual = ServiceLimits::of(endpoint);
        let requests_per_second = match self.requests_per_second.as_deref() {
            None | Some(AUTO) => usual.requests_per_second,
            Some(OFF) => None,
            Some(text) => Some(parse_positive("limits.requests-per-second", text)?),
        };
        let connections = match self.connections {
            Some(text) => parse_positive("limits.connections", &text)?,
            None => usual.connections,
        };
        let bandwidth =
            self.bandwidth.map(|text| parse_key_value("limits.bandwidth", &text)).transpose()?;
        Ok(ServiceLimits { requests_per_second, connections, bandwidth })
    }
}

fn parse_positive(key: &'static str, text: &str) -> Result<u32, InvalidSpec> {
    let wrong =
        || InvalidSpec { key, reason: format!("`{text}` is not a whole number of at least 1") };
    text.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)
}
