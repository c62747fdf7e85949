//! One side of a transfer, as a person names it.

use std::path::PathBuf;
use std::str::FromStr;

use datalake_core::s3::S3Address;
use datalake_core::text::printable;

/// How standard input and output are named.
const STANDARD: &str = "-";

/// One side of a transfer, as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferSide {
    /// A file or folder of this machine; `-` for standard input or output.
    Local(PathBuf),
    /// A key, or what keys begin with.
    Bucket(S3Address),
}

impl TransferSide {
    /// Whether it is standard input or output.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        matches!(self, Self::Local(path) if path.as_os_str() == STANDARD)
    }

    /// The side as it was typed, fit for a terminal.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Local(path) => printable(&path.display().to_string()),
            Self::Bucket(S3Address { bucket: Some(bucket), key }) => {
                format!("s3://{bucket}/{}", printable(key))
            }
            Self::Bucket(S3Address { bucket: None, key }) => printable(key),
        }
    }
}

impl FromStr for TransferSide {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            // Most often a variable that is not set.
            return Err("an empty text names nothing; this folder is `.`".to_owned());
        }
        let address: S3Address = text.parse().map_err(|error| format!("{error}"))?;
        Ok(match address.bucket {
            Some(_) => Self::Bucket(address),
            None => Self::Local(PathBuf::from(text)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_scheme_is_a_file() {
        let side = |text: &str| text.parse::<TransferSide>().ok();

        assert_eq!(side("raw/a"), Some(TransferSide::Local("raw/a".into())));
        assert!(matches!(side("s3://acme/raw/a"), Some(TransferSide::Bucket(_))));
        assert_eq!(side("s3://No/x"), None);
        assert_eq!(side(""), None);
    }

    #[test]
    fn a_dash_alone_is_a_pipe_and_a_file_of_that_name_is_none() {
        let is_standard = |text: &str| text.parse::<TransferSide>().unwrap().is_standard();

        assert!(is_standard("-"));
        assert!(!is_standard("./-"));
        assert!(!is_standard("s3://acme/-"));
    }

    #[test]
    fn a_side_is_described_as_it_was_typed_without_what_steers_a_terminal() {
        for (text, shown) in [("a\u{1b}b", "a\\u{1b}b"), ("s3://acme/x\n", "s3://acme/x\\n")] {
            assert_eq!(text.parse::<TransferSide>().unwrap().describe(), shown);
        }
        let address = S3Address { bucket: None, key: "raw/a".to_owned() };
        assert_eq!(TransferSide::Bucket(address).describe(), "raw/a");
    }
}
