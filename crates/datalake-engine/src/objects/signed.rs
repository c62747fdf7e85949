//! Addresses that carry a permission in them.

use std::fmt;
use std::time::Duration;

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_core::time::Timestamp;

use super::AnyKey;
use crate::ports::VersionId;

/// Signs addresses with which somebody without a key can make one kind of request.
pub trait Presign: Send + Sync {
    /// Signs one call, valid from `now` on for as long as `expiry` says. Nothing is sent: whether
    /// the bucket or object is there, and the key may do it, is told to who uses the address.
    ///
    /// # Errors
    ///
    /// A fault of kind `Refused` where the call cannot be written as an address.
    fn presign(
        &self,
        call: &SignedCall<'_>,
        expiry: Expiry,
        now: Timestamp,
    ) -> Result<SignedUrl, Fault>;
}

/// What an address permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedCall<'a> {
    /// Reading an object or one version of it.
    Get(&'a BucketName, &'a AnyKey, Option<&'a VersionId>),
    /// Storing an object.
    Put(&'a BucketName, &'a AnyKey),
    /// Deleting an object.
    Delete(&'a BucketName, &'a AnyKey),
    /// Listing the objects below a prefix.
    List(&'a BucketName, &'a str),
}

/// How long an address is valid: 1 second to 7 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry(u32);

/// The length is none for a signed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signed address is valid for 1 second to 7 days")]
pub struct InvalidExpiry;

impl Expiry {
    /// The longest one: 7 days.
    pub const LONGEST: Self = Self(7 * 24 * 60 * 60);

    /// The length in whole seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<Duration> for Expiry {
    type Error = InvalidExpiry;

    /// A fraction of a second is cut off.
    fn try_from(length: Duration) -> Result<Self, Self::Error> {
        let seconds = u32::try_from(length.as_secs()).map_err(|_| InvalidExpiry)?;
        let expiry = Self(seconds);
        if seconds > 0 && expiry <= Self::LONGEST { Ok(expiry) } else { Err(InvalidExpiry) }
    }
}

/// An address with a signature in it: whoever has it can use it, so it is not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// Takes what a signer has made.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self(url)
    }

    /// The address, for the one who has asked for it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_valid_for_a_second_to_a_week() {
        let week = Duration::from_hours(24 * 7);

        assert_eq!(Expiry::try_from(week), Ok(Expiry::LONGEST));
        assert_eq!(Expiry::try_from(Duration::from_mins(15)).unwrap().seconds(), 900);
        for length in [Duration::ZERO, Duration::from_millis(999), week + Duration::from_secs(1)] {
            assert_eq!(Expiry::try_from(length), Err(InvalidExpiry), "{length:?}");
        }
    }

    #[test]
    fn debug_does_not_show_the_signature() {
        let url = SignedUrl::new("https://h/b/k?X-Amz-Signature=canary".to_owned());

        assert_eq!(format!("{url:?}"), "SignedUrl(..)");
    }
}
