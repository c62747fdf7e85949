//! What transfers keep within, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{word, word_shape};
use super::{InvalidSpec, parse};
use crate::ServiceLimits;

/// `limits:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LimitsDocument {
    /// `requests-per-second:` — 750 unless said otherwise; `off` for any number.
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

    pub(super) fn check(self) -> Result<ServiceLimits, InvalidSpec> {
        let requests = self.requests_per_second.filter(|text| text != "off");
        let requests_per_second =
            requests.map(|text| positive("limits.requests-per-second", &text)).transpose()?;
        let connections = match self.connections {
            Some(text) => positive("limits.connections", &text)?,
            None => ServiceLimits::default().connections,
        };
        let bandwidth = self.bandwidth.map(|text| parse("limits.bandwidth", &text)).transpose()?;
        Ok(ServiceLimits { requests_per_second, connections, bandwidth })
    }
}

fn positive(key: &'static str, text: &str) -> Result<u32, InvalidSpec> {
    let wrong = || InvalidSpec { key, reason: format!("`{text}` is no number from 1 on") };
    text.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)
}
