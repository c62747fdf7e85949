//! The name of a user or of a container's unit.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// The name of a user or unit: letters, digits, `-`, `_`, `.` and `@`, not first `-` or `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

/// The text is not a valid name of a user or unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of a user or unit")]
pub struct InvalidUnitName(String);

impl UnitName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitName {
    type Err = InvalidUnitName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_suffix(".container").unwrap_or(text);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
        let is_name = (1..=200).contains(&bare.len())
            && bare.bytes().all(plain)
            && !bare.starts_with(['-', '.']);
        if is_name { Ok(Self(bare.to_owned())) } else { Err(InvalidUnitName(text.to_owned())) }
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(UnitName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_named_with_or_without_its_ending() {
        let name: UnitName = "dagster-webserver.container".parse().unwrap();

        assert_eq!(name.as_str(), "dagster-webserver");
        for text in ["", "-x", ".x", "a b", "a/b", "a\n", ".container"] {
            assert!(text.parse::<UnitName>().is_err(), "{text:?}");
        }
    }
}
