//! Content recognised without being shown.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::text::serde_as_text;

/// The key of one host's fingerprints; it has no text form.
///
/// A plain hash of a file that holds a weak secret could be searched for; a keyed one cannot
/// without the key, so plans and receipts may be handed around.
#[derive(Clone)]
pub struct FingerprintKey([u8; 32]);

/// HMAC-SHA256 of a content under a host's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// The text is not a fingerprint: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 hexadecimal digits")]
pub struct InvalidFingerprint;

impl FingerprintKey {
    /// A key of 32 random bytes, made by the caller.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The bytes, to be kept in a file of mode 0600.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The fingerprint of `content`.
    #[must_use]
    pub fn of(&self, content: &[u8]) -> Fingerprint {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(content);
        Fingerprint(mac.finalize().into_bytes().into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidFingerprint);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(InvalidFingerprint)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidFingerprint)?;
        }
        Ok(Self(bytes))
    }
}

serde_as_text!(Fingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_key_and_content() {
        let (one, two) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));

        assert_eq!(one.of(b"x"), one.of(b"x"));
        assert_ne!(one.of(b"x"), one.of(b"y"));
        assert_ne!(one.of(b"x"), two.of(b"x"));
    }

    #[test]
    fn its_text_reads_back() {
        let fingerprint = FingerprintKey::new([7; 32]).of(b"content");

        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        assert!("00".parse::<Fingerprint>().is_err());
        assert!("é".repeat(32).parse::<Fingerprint>().is_err());
    }
}
