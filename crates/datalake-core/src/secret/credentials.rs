//! The key pair of an S3 account.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use crate::secret::{SecretName, first_unfit};
use crate::text::serde_as_text;

/// The public half of a key pair; at Hetzner 20 uppercase letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyId(String);

/// The secret half of a key pair; at Hetzner 40 letters and digits.
///
/// It can be neither printed, compared, nor stored. Call [`expose`](Self::expose) only where bytes
/// leave the program.
#[derive(Clone)]
pub struct SecretAccessKey(SecretString);

/// Both halves of a key pair, and what else Dagster's containers are to be given.
#[derive(Clone)]
pub struct Credentials {
    /// Names the key; public by design.
    pub id: AccessKeyId,
    /// Signs requests.
    pub secret: SecretAccessKey,
    /// Modal's token for the containers; `None` where they are given none.
    pub modal: Option<ModalLogin>,
}

/// A token of Modal's; neither half can be printed, compared, or stored.
#[derive(Clone)]
pub struct ModalLogin {
    id: SecretString,
    secret: SecretString,
}

/// Why a text is no key. It never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeyText {
    /// Nothing is there.
    #[error("the {0} is empty")]
    Empty(SecretName),
    /// A blank or line end came along when it was pasted.
    #[error("the {0} holds a blank or a line end, perhaps pasted along with it")]
    Blank(SecretName),
    /// A character occurs that podman, systemd and sh read differently.
    #[error("the {0} holds a character that env files cannot carry safely")]
    Character(SecretName),
    /// It is longer than 128 characters.
    #[error("the {0} is longer than 128 characters")]
    Length(SecretName),
}

impl AccessKeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SecretAccessKey {
    /// The secret as text, for the one place where it leaves the program.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Credentials {
    /// A key pair alone.
    #[must_use]
    pub fn pair(id: AccessKeyId, secret: SecretAccessKey) -> Self {
        Self { id, secret, modal: None }
    }

    /// Whether the two halves look exchanged by their usual lengths at Hetzner.
    #[must_use]
    pub fn look_swapped(&self) -> bool {
        self.id.0.len() == 40 && self.secret.expose().len() == 20
    }

    /// The text that stands for `name` in an env file; `None` where there is no such secret.
    #[must_use]
    pub fn expose(&self, name: SecretName) -> Option<&str> {
        let token = self.modal.as_ref();
        match name {
            SecretName::AccessKeyId => Some(self.id.as_str()),
            SecretName::SecretAccessKey => Some(self.secret.expose()),
            SecretName::ModalTokenId => token.map(ModalLogin::expose_id),
            SecretName::ModalTokenSecret => token.map(ModalLogin::expose_secret),
        }
    }
}

impl ModalLogin {
    /// The token with these halves.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyText`] for a half that an env file cannot carry.
    pub fn new(id: &str, secret: &str) -> Result<Self, InvalidKeyText> {
        Ok(Self {
            id: check_key_text(id, SecretName::ModalTokenId)?.into(),
            secret: check_key_text(secret, SecretName::ModalTokenSecret)?.into(),
        })
    }

    /// The id as text, for the places where it leaves the program.
    #[must_use]
    pub fn expose_id(&self) -> &str {
        self.id.expose_secret()
    }

    /// The secret as text, for the places where it leaves the program.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl FromStr for AccessKeyId {
    type Err = InvalidKeyText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_key_text(text, SecretName::AccessKeyId).map(|text| Self(text.to_owned()))
    }
}

impl FromStr for SecretAccessKey {
    type Err = InvalidKeyText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_key_text(text, SecretName::SecretAccessKey).map(|text| Self(text.into()))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_key_text(text: &str, name: SecretName) -> Result<&str, InvalidKeyText> {
    if text.is_empty() {
        return Err(InvalidKeyText::Empty(name));
    }
    if text.contains(char::is_whitespace) {
        return Err(InvalidKeyText::Blank(name));
    }
    if text.len() > 128 {
        return Err(InvalidKeyText::Length(name));
    }
    first_unfit(text).map_or(Ok(text), |_| Err(InvalidKeyText::Character(name)))
}

serde_as_text!(AccessKeyId);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<InvalidKeyText>) {
        assert_eq!(text.parse::<SecretAccessKey>().err(), expected, "{text:?}");
    }

    #[test]
    fn a_pasted_blank_or_newline_is_told() {
        let name = SecretName::SecretAccessKey;
        check("abcDEF123+/=", None);
        check("", Some(InvalidKeyText::Empty(name)));
        check("abc\n", Some(InvalidKeyText::Blank(name)));
        check(" abc", Some(InvalidKeyText::Blank(name)));
        check("a$b", Some(InvalidKeyText::Character(name)));
        check("~a", Some(InvalidKeyText::Character(name)));
        check(&"x".repeat(129), Some(InvalidKeyText::Length(name)));
    }

    #[test]
    fn exchanged_halves_are_noticed() {
        let credentials = |id: &str, secret: &str| {
            Credentials::pair(id.parse().unwrap(), secret.parse().unwrap())
        };

        assert!(credentials(&"s".repeat(40), &"I".repeat(20)).look_swapped());
        assert!(!credentials(&"I".repeat(20), &"s".repeat(40)).look_swapped());
    }
}
