//! Modal's secrets and apps, as far as a plan has to know them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::{FileBody, FilledBody, Fingerprint, Piece};
use crate::text::serde_as_text;

/// The name of a secret, an app or an environment of Modal's: at most 64 letters, digits, `-`, `_`
/// and `.`, not first `-` or `.`, and not like the id of an app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModalName(String);

/// The text is not a name for a thing of Modal's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid name in Modal: a name has at most 64 letters, digits, `-`, `_` and `.`, begins with a \
     letter, a digit or `_`, and is not like `ap-` and 22 letters"
)]
pub struct InvalidModalName(String);

/// A secret or app of Modal's with the environment that it is in.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ModalObject {
    /// Its name.
    pub name: ModalName,
    /// The environment; `None` for the one that the client's profile names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<ModalName>,
}

/// What was found of a secret that nobody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VaultState {
    /// It bears the marker of this content, one of those that were asked for.
    Holds(Fingerprint),
    /// It bears the marker of this content, and a variable that belongs to it is not there any more.
    Lacks(Fingerprint),
    /// It is there and bears none of the markers that were asked for.
    Other,
    /// The same, and none of datalake's variables is in it: all of it is somebody else's.
    Apart,
}

/// A content that a secret may hold, as it is asked for: nobody can read the secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedContent {
    /// What marks it.
    pub print: Fingerprint,
    /// The names of the variables that belong to it; empty where they are not known any more.
    pub variables: Vec<String>,
}

impl AskedContent {
    /// A content of this body.
    #[must_use]
    pub fn of_body(print: Fingerprint, body: &FileBody) -> Self {
        Self { print, variables: list_body_variables(body) }
    }
}

impl From<Fingerprint> for AskedContent {
    fn from(print: Fingerprint) -> Self {
        Self { print, variables: Vec::new() }
    }
}

/// The names of the variables in a body of `KEY=VALUE` lines.
fn list_body_variables(body: &FileBody) -> Vec<String> {
    let plain = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(_) | Piece::Kept(_) => String::new(),
    };
    let text: String = body.pieces().iter().map(plain).collect();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
}

impl ModalName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModalName {
    type Err = InvalidModalName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let is_name = (1..=64).contains(&text.len())
            && text.bytes().all(plain)
            && !text.starts_with(['-', '.'])
            && !is_app_id(text);
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidModalName(text.to_owned())) }
    }
}

fn is_app_id(text: &str) -> bool {
    let id = text.strip_prefix("ap-");
    id.is_some_and(|id| id.len() == 22 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl fmt::Display for ModalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ModalName);

impl fmt::Display for ModalObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.environment {
            None => self.name.fmt(f),
            Some(environment) => write!(f, "{environment}/{}", self.name),
        }
    }
}

/// The variable with the name of the bucket of tables.
pub const TABLES_BUCKET_VARIABLE: &str = "DAGSTER_S3_TABLES_BUCKET";

/// The variable with the prefix of tables, where they share the bucket of the assets.
pub const TABLES_PREFIX_VARIABLE: &str = "DAGSTER_S3_TABLES_PREFIX";

/// The variables that every container and function is given.
pub const USUAL_VARIABLES: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "DAGSTER_S3_BUCKET",
    "DAGSTER_S3_ENDPOINT_URL",
    "DAGSTER_S3_REGION",
];

/// The variable that has clients on the Rust crate `object_store` take an endpoint over http.
pub const ALLOW_HTTP_VARIABLE: &str = "AWS_ALLOW_HTTP";

/// The variable with the host of the service for `DuckDB`.
pub const DUCKDB_ENDPOINT_VARIABLE: &str = "DUCKDB_S3_ENDPOINT";

/// The variables that datalake may put into a secret of Modal's, besides those of catalogs; all others
/// in it are somebody else's. Which of them there are depends on the spec; this is their order.
pub fn list_vault_variables() -> impl Iterator<Item = &'static str> {
    let tables = [TABLES_BUCKET_VARIABLE, TABLES_PREFIX_VARIABLE];
    let clients = [ALLOW_HTTP_VARIABLE, DUCKDB_ENDPOINT_VARIABLE];
    USUAL_VARIABLES.into_iter().chain(tables).chain(clients)
}

/// The key that marks a secret of Modal's as one that holds this content.
///
/// Modal tells nobody a value, but whether a key of that name is there. The name holds 64 bits of a
/// keyed fingerprint, from which nobody without the host's key learns anything.
#[must_use]
pub fn vault_marker(content: Fingerprint) -> String {
    let digits: String = content.to_string().chars().take(16).collect();
    format!("DATALAKE_FP_{digits}")
}

/// The command that brings the newest client of Modal's to where the one of this Python is, by what has
/// installed it there.
#[must_use]
pub fn name_upgrade_command(python: &str) -> String {
    if python.contains("/pipx/venvs/") {
        "pipx upgrade modal".to_owned()
    } else if python.contains("/uv/tools/") {
        "uv tool upgrade modal".to_owned()
    } else {
        format!("{python} -m pip install --upgrade modal")
    }
}

/// The lines of an env file that belong into Modal's secret: all but those for Modal's client, which
/// its own containers are not to be given.
#[must_use]
pub fn vault_part(env_file: &FilledBody) -> FilledBody {
    let lines = env_file.expose().split_inclusive(|byte| *byte == b'\n');
    FilledBody::new(lines.filter(|line| !line.starts_with(b"MODAL_")).flatten().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{FingerprintKey, SecretName};

    #[test]
    fn a_name_is_what_the_client_takes_and_never_an_option() {
        for text in ["hetzner-s3", "a", "_x", "ap-short", &"x".repeat(64)] {
            assert_eq!(text.parse::<ModalName>().unwrap().as_str(), text);
        }
        let id = format!("ap-{}", "a1".repeat(11));
        for text in ["", "has space", "-e", ".x", "a/b", "ä", "a\n", &"x".repeat(65), &id] {
            assert!(text.parse::<ModalName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_marker_is_a_key_that_modal_takes() {
        let marker = vault_marker(FingerprintKey::new([1; 32]).of(b"x"));

        let digits = marker.strip_prefix("DATALAKE_FP_").unwrap();
        assert_eq!(digits.len(), 16);
        assert!(digits.bytes().all(|b| b.is_ascii_hexdigit()), "{marker}");
    }

    #[test]
    fn a_body_tells_the_names_of_its_variables_and_no_value() {
        let body = FileBody::new([
            Piece::text("# A=1\nA=x=y\nAWS_SECRET_ACCESS_KEY="),
            Piece::Secret(SecretName::SecretAccessKey),
            Piece::text("\nB=2\n"),
        ]);

        let asked = AskedContent::of_body(FingerprintKey::new([1; 32]).of(b"x"), &body);

        assert_eq!(asked.variables, ["A", "AWS_SECRET_ACCESS_KEY", "B"]);
    }

    #[test]
    fn the_line_to_type_is_that_of_what_has_installed_the_client() {
        for (python, line) in [
            ("/home/o/.local/share/pipx/venvs/modal/bin/python", "pipx upgrade modal"),
            ("/home/o/.local/share/uv/tools/modal/bin/python", "uv tool upgrade modal"),
            ("/opt/v/bin/python3", "/opt/v/bin/python3 -m pip install --upgrade modal"),
        ] {
            assert_eq!(name_upgrade_command(python), line);
        }
    }

    #[test]
    fn the_token_for_the_client_stays_out_of_the_secret() {
        let env = FilledBody::new(b"A=1\nMODAL_TOKEN_ID=ak\nB=2\nMODAL_TOKEN_SECRET=as\n".to_vec());

        assert_eq!(vault_part(&env).expose(), b"A=1\nB=2\n");
    }
}
