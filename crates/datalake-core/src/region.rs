//! Where a bucket lies.

use std::fmt;
use std::str::FromStr;

use crate::Endpoint;
use crate::text::serde_as_text;

/// A location of Hetzner Object Storage, or the region name of another service.
///
/// The three locations are those of the product page (copy of 2026-07-22). The
/// name is also the region in a request's signature.
///
/// ```
/// use datalake_core::Region;
///
/// let region: Region = "fsn1".parse()?;
/// assert_eq!(region.endpoint().unwrap().to_string(), "https://fsn1.your-objectstorage.com");
/// # Ok::<(), datalake_core::InvalidRegion>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Region {
    /// Falkenstein, Germany.
    Fsn1,
    /// Nuremberg, Germany.
    Nbg1,
    /// Helsinki, Finland.
    Hel1,
    /// A region of another service; its endpoint has to be given.
    Custom(RegionName),
}

/// The region name of a service that is not Hetzner's: 1 to 64 letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegionName(String);

/// The text is no region name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no region: use fsn1, nbg1, hel1, or letters, digits and hyphens")]
pub struct InvalidRegion(String);

impl Region {
    /// Hetzner's endpoint for the location; `None` for other services.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Fsn1 | Self::Nbg1 | Self::Hel1 => Some(Endpoint::hetzner(self.as_str())),
            Self::Custom(_) => None,
        }
    }

    /// The name as it stands in signatures and settings.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fsn1 => "fsn1",
            Self::Nbg1 => "nbg1",
            Self::Hel1 => "hel1",
            Self::Custom(name) => &name.0,
        }
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fsn1" => Ok(Self::Fsn1),
            "nbg1" => Ok(Self::Nbg1),
            "hel1" => Ok(Self::Hel1),
            _ if is_region_name(text) => Ok(Self::Custom(RegionName(text.to_owned()))),
            _ => Err(InvalidRegion(text.to_owned())),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(Region);

fn is_region_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_region_has_no_endpoint_of_its_own() {
        let region: Region = "us-east-1".parse().unwrap();

        assert_eq!(region.endpoint(), None);
        assert_eq!(region.to_string(), "us-east-1");
    }

    #[test]
    fn text_that_could_leave_a_header_or_line_is_refused() {
        for text in ["", "fsn1\n", "a b", "é", &"x".repeat(65)] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
    }
}
