//! Secrets that podman keeps, as far as a plan has to know them.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// The name of a secret that podman keeps: letters, digits, `-`, `_` and `.`, first a letter or
/// digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodmanSecret(String);

/// The text is not a name of a secret of podman's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of a podman secret")]
pub struct InvalidPodmanSecret(String);

impl PodmanSecret {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PodmanSecret {
    type Err = InvalidPodmanSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let is_name = (1..=253).contains(&text.len())
            && text.bytes().all(plain)
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidPodmanSecret(text.to_owned())) }
    }
}

impl fmt::Display for PodmanSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(PodmanSecret);

#[cfg(test)]
mod tests {
    use super::PodmanSecret;

    #[test]
    fn a_name_is_never_an_option_nor_a_list() {
        assert!("datalake-s3-access-key-id".parse::<PodmanSecret>().is_ok());
        for text in ["", "-a", ".a", "a,type=env", "a b", "a/b", "a\n", "ä"] {
            assert!(text.parse::<PodmanSecret>().is_err(), "{text:?}");
        }
    }
}
