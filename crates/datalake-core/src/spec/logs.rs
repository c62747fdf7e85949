//! Where what steps print is kept.

use std::fmt;
use std::str::FromStr;

use super::SpecDocument;

/// Where what steps print is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logs {
    /// `local`: as `dagster.yaml` has it; a block that datalake has put there goes.
    Local,
    /// `s3`: in the bucket, by a block in `dagster.yaml`.
    S3,
}

/// The text names no place for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither local nor s3")]
pub struct InvalidLogs(String);

impl SpecDocument {
    /// Where what steps print is kept, whatever else is wrong with the spec.
    #[must_use]
    pub fn named_logs(&self) -> Logs {
        self.logs.as_ref().and_then(|logs| logs.parse().ok()).unwrap_or(Logs::Local)
    }
}

impl FromStr for Logs {
    type Err = InvalidLogs;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "local" => Ok(Self::Local),
            "s3" => Ok(Self::S3),
            _ => Err(InvalidLogs(text.to_owned())),
        }
    }
}

impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::S3 => "s3",
        })
    }
}
