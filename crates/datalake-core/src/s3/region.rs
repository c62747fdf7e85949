//! Where a bucket lies.

use std::fmt;
use std::str::FromStr;

use crate::s3::Endpoint;
use crate::text::serde_as_text;

/// A location of Hetzner Object Storage, or the region name of another service.
///
/// The three locations are those of the product page (copy of 2026-07-22). The
/// name is also the region in a request's signature.
///
/// ```
/// use datalake_core::s3::Region;
///
/// let region: Region = "fsn1".parse()?;
/// assert_eq!(region.endpoint().unwrap().to_string(), "https://fsn1.your-objectstorage.com");
/// # Ok::<(), datalake_core::s3::InvalidRegion>(())
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

/// The text is no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRegion {
    /// It is not a name of a region.
    #[error("`{0}` is not a region: use fsn1, nbg1, hel1, or letters, digits and hyphens")]
    NoName(String),
    /// It is none of Hetzner's locations, and one of them is near.
    #[error("`{0}` is not a Hetzner location: did you mean `{1}`?")]
    NearLocation(String, Region),
}

impl Region {
    /// Hetzner's endpoint for the location; `None` for other services.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Fsn1 | Self::Nbg1 | Self::Hel1 => Some(Endpoint::hetzner(self.as_str())),
            Self::Custom(_) => None,
        }
    }

    /// The location of Hetzner's that may be meant by another name: one letter is wrong, missing, too
    /// many or in its neighbour's place, or it is the name of the town.
    ///
    /// ```
    /// use datalake_core::s3::Region;
    ///
    /// assert_eq!("fns1".parse::<Region>()?.near_location(), Some(Region::Fsn1));
    /// assert_eq!("us-east-1".parse::<Region>()?.near_location(), None);
    /// # Ok::<(), datalake_core::s3::InvalidRegion>(())
    /// ```
    #[must_use]
    pub fn near_location(&self) -> Option<Self> {
        let Self::Custom(RegionName(name)) = self else { return None };
        let name = name.to_ascii_lowercase();
        let locations = [
            (Self::Fsn1, "falkenstein"),
            (Self::Nbg1, "nuremberg"),
            (Self::Nbg1, "nuernberg"),
            (Self::Hel1, "helsinki"),
        ];
        let mut near = locations
            .into_iter()
            .filter(|(location, town)| is_one_edit_away(&name, location.as_str()) || name == *town);
        near.next().map(|(location, _)| location)
    }

    /// The region of that name, served by `endpoint`.
    ///
    /// # Errors
    ///
    /// [`InvalidRegion`]; as [`Region::at_hetzner`] where the endpoint is one of Hetzner's.
    pub fn served_by(text: &str, endpoint: &Endpoint) -> Result<Self, InvalidRegion> {
        if endpoint.hetzner_location().is_some() { Self::at_hetzner(text) } else { text.parse() }
    }

    /// The region of that name, which ought to be one of Hetzner's locations.
    ///
    /// # Errors
    ///
    /// [`InvalidRegion`], also for a name that is no location of Hetzner's and near to one.
    pub fn at_hetzner(text: &str) -> Result<Self, InvalidRegion> {
        let region: Self = text.parse()?;
        match region.near_location() {
            Some(near) => Err(InvalidRegion::NearLocation(text.to_owned(), near)),
            None => Ok(region),
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
            _ => Err(InvalidRegion::NoName(text.to_owned())),
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

/// Whether at most one letter differs, is added or left out, or stands in its neighbour's place.
fn is_one_edit_away(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let same = text.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (text, word) = (text.get(same..).unwrap_or_default(), word.get(same..).unwrap_or_default());
    match (text, word) {
        ([], []) => true,
        ([_, rest @ ..], []) | ([], [_, rest @ ..]) => rest.is_empty(),
        ([a, text_rest @ ..], [b, word_rest @ ..]) => {
            let is_swapped = matches!((text_rest, word_rest),
                ([c, left @ ..], [d, right @ ..]) if a == d && b == c && left == right);
            text_rest == word_rest || text_rest == word || text == word_rest || is_swapped
        }
    }
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

    #[test]
    fn a_mistyped_location_is_known() {
        let near = |text: &str| {
            text.parse::<Region>().unwrap().near_location().map(|region| region.to_string())
        };
        for text in ["fns1", "fsn", "fsn11", "fsn2", "FSN1", "sfn1", "fn1", "falkenstein"] {
            assert_eq!(near(text).as_deref(), Some("fsn1"), "{text}");
        }
        assert_eq!(near("nbg").as_deref(), Some("nbg1"));
        assert_eq!(near("hel11").as_deref(), Some("hel1"));
        for text in ["fsn1", "us-east-1", "f1", "n1", "fsn123", "ash1", "fra1"] {
            assert_eq!(near(text), None, "{text}");
        }
    }
}
