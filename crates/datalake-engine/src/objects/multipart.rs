//! Parts of uploads.

use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;

/// The number of a part: 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

/// The number is that of no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parts have the numbers 1 to 10,000")]
pub struct InvalidPartNumber;

impl PartNumber {
    /// The number of the first part.
    pub const FIRST: Self = Self(1);
    /// The number of the last possible part.
    pub const LAST: Self = Self(10_000);

    /// The part with this number.
    ///
    /// # Errors
    ///
    /// [`InvalidPartNumber`] for 0 and above 10,000.
    pub fn new(number: u16) -> Result<Self, InvalidPartNumber> {
        let part = Self(number);
        if (Self::FIRST..=Self::LAST).contains(&part) { Ok(part) } else { Err(InvalidPartNumber) }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

/// A part that a service has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenPart {
    /// Its number.
    pub number: PartNumber,
    /// The tag of its content: the MD5 in hex, at all known services.
    pub etag: ETag,
}

/// A page of an upload's parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartPage {
    /// The parts, by number.
    pub parts: Vec<PartEntry>,
    /// The number behind which the next page begins; `None` on the last one.
    pub next: Option<PartNumber>,
}

/// A part in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartEntry {
    /// The part.
    pub part: TakenPart,
    /// The length of its content.
    pub size: ByteSize,
    /// When it was stored.
    pub modified: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_numbers_from_1_to_10_000() {
        assert_eq!(PartNumber::new(0), Err(InvalidPartNumber));
        assert_eq!(PartNumber::new(1), Ok(PartNumber::FIRST));
        assert_eq!(PartNumber::new(10_000).unwrap().get(), 10_000);
        assert_eq!(PartNumber::new(10_001), Err(InvalidPartNumber));
    }
}
