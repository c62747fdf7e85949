//! What a file will hold, without the secrets in it.

use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Credentials;

/// Names a secret whose value is filled in at the last moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretName {
    /// `AWS_ACCESS_KEY_ID`
    AccessKeyId,
    /// `AWS_SECRET_ACCESS_KEY`
    SecretAccessKey,
    /// `MODAL_TOKEN_ID`
    ModalTokenId,
    /// `MODAL_TOKEN_SECRET`
    ModalTokenSecret,
}

impl SecretName {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::AccessKeyId, Self::SecretAccessKey, Self::ModalTokenId, Self::ModalTokenSecret];
}

/// The content of a file as pieces; it can be printed and stored.
///
/// ```
/// use datalake_core::secret::{Credentials, FileBody, Piece, SecretName};
///
/// let body = FileBody::new([
///     Piece::text("AWS_ACCESS_KEY_ID="),
///     Piece::Secret(SecretName::AccessKeyId),
///     Piece::text("\n"),
/// ]);
/// let keys = Credentials::pair("AKIA1".parse()?, "s3cret".parse()?);
/// assert_eq!(body.fill(&keys, b"").unwrap().expose(), b"AWS_ACCESS_KEY_ID=AKIA1\n");
/// # Ok::<(), datalake_core::secret::InvalidKeyText>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileBody(Vec<Piece>);

/// A part of a file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// These very bytes.
    Text(String),
    /// The value of a secret.
    Secret(SecretName),
    /// These bytes of the file as it is now; they may be anyone's, so a plan does not repeat them.
    Kept(Range<usize>),
}

/// A file's content with its secrets; it can only be written out.
pub struct FilledBody(Vec<u8>);

/// Why a body cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// A secret is named in it, and none is at hand.
    #[error("it names a secret, the {0}")]
    Secret(SecretName),
    /// The present file lacks a part that is to be kept.
    #[error(transparent)]
    Kept(#[from] KeptOutside),
}

/// The file is shorter than the part of it that was to be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file has no bytes {} to {}: it has changed since it was read", .0.start, .0.end)]
pub struct KeptOutside(Range<usize>);

impl Piece {
    /// A piece of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl FileBody {
    /// A body of these pieces, in order.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// The pieces in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The content with secrets, and with the kept parts of `current`.
    ///
    /// # Errors
    ///
    /// [`Unfilled`] where `current` lacks a part that is to be kept, or `keys` a secret.
    pub fn fill(&self, keys: &Credentials, current: &[u8]) -> Result<FilledBody, Unfilled> {
        self.filled(|name| keys.expose(name), current)
    }

    /// The content of a body that names no secret.
    ///
    /// # Errors
    ///
    /// [`Unfilled`] where it does, or where `current` lacks a part that is to be kept.
    pub fn fill_plain(&self, current: &[u8]) -> Result<FilledBody, Unfilled> {
        self.filled(|_| None, current)
    }

    fn filled<'a>(
        &'a self,
        secret: impl Fn(SecretName) -> Option<&'a str>,
        current: &'a [u8],
    ) -> Result<FilledBody, Unfilled> {
        let mut content = Vec::new();
        for piece in &self.0 {
            let bytes = match piece {
                Piece::Text(text) => text.as_bytes(),
                Piece::Secret(name) => secret(*name).ok_or(Unfilled::Secret(*name))?.as_bytes(),
                Piece::Kept(range) => {
                    current.get(range.clone()).ok_or_else(|| KeptOutside(range.clone()))?
                }
            };
            content.extend_from_slice(bytes);
        }
        Ok(FilledBody(content))
    }
}

impl FilledBody {
    /// Wraps bytes that may hold secrets, such as an old copy of a file.
    #[must_use]
    pub fn new(content: Vec<u8>) -> Self {
        Self(content)
    }

    /// The bytes, for the one place that writes them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKeyId => "access key id",
            Self::SecretAccessKey => "secret access key",
            Self::ModalTokenId => "id of Modal's token",
            Self::ModalTokenSecret => "secret of Modal's token",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::ModalLogin;

    fn keys() -> Credentials {
        Credentials::pair("ID".parse().unwrap(), "SECRET".parse().unwrap())
    }

    #[test]
    fn kept_bytes_come_from_the_present_file() {
        let body = FileBody::new([Piece::Kept(0..2), Piece::text("-"), Piece::Kept(4..6)]);

        assert_eq!(body.fill(&keys(), b"abcdef").unwrap().expose(), b"ab-ef");
        assert_eq!(body.fill(&keys(), b"abcde").err(), Some(Unfilled::Kept(KeptOutside(4..6))));
    }

    #[test]
    fn a_body_without_secrets_needs_no_keys() {
        let body = FileBody::new([Piece::Kept(0..2), Piece::text("-")]);
        let id = SecretName::AccessKeyId;
        let secret = FileBody::new([Piece::Secret(id)]);

        assert_eq!(body.fill_plain(b"abc").unwrap().expose(), b"ab-");
        assert_eq!(body.fill_plain(b"a").err(), Some(Unfilled::Kept(KeptOutside(0..2))));
        assert_eq!(secret.fill_plain(b"").err(), Some(Unfilled::Secret(id)));
    }

    #[test]
    fn a_token_that_nobody_has_given_is_told_by_its_name() {
        let body = FileBody::new([Piece::Secret(SecretName::ModalTokenSecret)]);
        let login = ModalLogin::new("ak-1", "as-1").unwrap();

        let lacking = Unfilled::Secret(SecretName::ModalTokenSecret);
        assert_eq!(body.fill(&keys(), b"").err(), Some(lacking));
        let keys = Credentials { modal: Some(login), ..keys() };
        assert_eq!(body.fill(&keys, b"").unwrap().expose(), b"as-1");
    }

    #[test]
    fn a_stored_body_names_its_secrets_and_holds_none() {
        let body = FileBody::new([Piece::Secret(SecretName::SecretAccessKey)]);

        let json = serde_json::to_string(&body).unwrap();

        assert_eq!(json, r#"[{"secret":"secret-access-key"}]"#);
        assert_eq!(serde_json::from_str::<FileBody>(&json).unwrap(), body);
    }
}
