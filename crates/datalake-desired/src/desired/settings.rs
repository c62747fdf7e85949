//! The variables that a container gets, and the files and secrets that hold them.

use std::collections::BTreeMap;

use datalake_core::host::{FileState, HostPath, Mode, settings_print};
use datalake_core::modal::{TABLES_BUCKET_VARIABLE, TABLES_PREFIX_VARIABLE};
use datalake_core::plan::{DesiredFile, DesiredSecret};
use datalake_core::secret::{FileBody, FilledBody, Fingerprint, Piece, SecretName};
use datalake_core::spec::{Spec, TablesPlace};
use datalake_quadlet::generator::Expected;
use datalake_quadlet::{EnvValue, MODAL_VARIABLES, drop_in, env_body, secret_drop_in};

use super::{Basis, DesiredError};
use crate::podman_secret;
use crate::{UnitPaths, VariableGroups, handed_over_variables};

/// Names and values of the variables, in the order in which they are written.
pub struct DesiredVariables(Vec<(String, EnvValue)>);

impl DesiredVariables {
    /// The variables that the spec asks for.
    pub fn of(spec: &Spec) -> Self {
        let value = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => EnvValue::Secret(SecretName::AccessKeyId),
            "AWS_SECRET_ACCESS_KEY" => EnvValue::Secret(SecretName::SecretAccessKey),
            "MODAL_TOKEN_ID" => EnvValue::Secret(SecretName::ModalTokenId),
            "MODAL_TOKEN_SECRET" => EnvValue::Secret(SecretName::ModalTokenSecret),
            "DAGSTER_S3_BUCKET" => EnvValue::Text(spec.bucket.to_string()),
            TABLES_BUCKET_VARIABLE => {
                let bucket = spec.tables.as_ref().map(|place| place.bucket(&spec.bucket));
                EnvValue::Text(bucket.unwrap_or(&spec.bucket).to_string())
            }
            TABLES_PREFIX_VARIABLE => {
                let prefix = spec.tables.as_ref().and_then(TablesPlace::prefix);
                EnvValue::Text(prefix.map(ToString::to_string).unwrap_or_default())
            }
            "AWS_ENDPOINT_URL_S3" | "DAGSTER_S3_ENDPOINT_URL" => {
                EnvValue::Text(spec.endpoint.to_string())
            }
            "AWS_REGION" | "AWS_DEFAULT_REGION" | "DAGSTER_S3_REGION" => {
                EnvValue::Text(spec.region.to_string())
            }
            // boto3 from 1.36 on sends checksums that Hetzner's gateways refuse, unless told so.
            _ => EnvValue::Text("when_required".to_owned()),
        };
        let names = handed_over_variables(VariableGroups::of_spec(spec)).into_iter();
        Self(names.map(|name| (name.to_owned(), value(name))).collect())
    }

    /// Those that functions in Modal are given: its containers want no token.
    pub(super) fn for_modal(mut self) -> Vec<(String, EnvValue)> {
        self.0.retain(|(name, _)| !MODAL_VARIABLES.contains(&name.as_str()));
        self.0
    }

    /// Those whose value may stand in a unit file.
    fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| match value {
            EnvValue::Text(text) => Some((name.as_str(), text.as_str())),
            EnvValue::Secret(_) => None,
        })
    }

    /// The same as a map.
    pub fn told(&self) -> BTreeMap<String, String> {
        self.texts().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn secrets(&self) -> impl Iterator<Item = (&str, SecretName)> {
        self.0.iter().filter_map(|(name, value)| match value {
            EnvValue::Secret(secret) => Some((name.as_str(), *secret)),
            EnvValue::Text(_) => None,
        })
    }

    /// What a generated unit has to say where podman keeps the secrets.
    pub fn expected_with_secrets<'a>(
        &'a self,
        secrets: &'a [(SecretName, String)],
    ) -> Vec<Expected<'a>> {
        let secret = |(variable, name): (&'a str, SecretName)| {
            let found = secrets.iter().find(|(secret, _)| *secret == name);
            found.map(|(_, secret)| Expected::Secret { variable, secret })
        };
        let values = self.texts().map(|(name, value)| Expected::Value(name, value));
        self.secrets().filter_map(secret).chain(values).collect()
    }

    /// The fingerprint of all of them in a container's environment.
    pub(super) fn print(&self, basis: &Basis<'_>) -> Result<Fingerprint, DesiredError> {
        // One variable in a line, as the kernel keeps them with a NUL after each.
        let filled = fill_body(&env_body(&self.0)?, basis);
        let lines = filled.expose().iter().map(|byte| if *byte == b'\n' { 0 } else { *byte });
        let environment = FilledBody::new(lines.collect());
        Ok(settings_print(&environment, &basis.input.places.watched, basis.input.fingerprints))
    }

    pub(super) fn env_file(&self, basis: &Basis<'_>) -> Result<DesiredFile, DesiredError> {
        let body = env_body(&self.0)?;
        let why = "the containers read address and keys from it";
        Ok(SettingsFile {
            path: basis.input.places.env_file.clone(),
            body,
            mode: Mode::PRIVATE,
            why,
        }
        .desire(basis))
    }

    /// The secrets that podman has to keep.
    pub(super) fn podman_secrets(&self, basis: &Basis<'_>) -> Vec<DesiredSecret> {
        let secret = |(_, name): (&str, SecretName)| {
            let body = FileBody::new([Piece::Secret(name)]);
            DesiredSecret {
                name: podman_secret(name),
                print: basis.input.fingerprints.of(fill_body(&body, basis).expose()),
                body,
                why: "the containers are given it, and no file outside of podman holds it"
                    .to_owned(),
            }
        };
        self.secrets().map(secret).collect()
    }

    /// The drop-in that names podman's secrets.
    pub(super) fn secret_drop_in(
        &self,
        unit: &UnitPaths,
        basis: &Basis<'_>,
    ) -> Result<DesiredFile, DesiredError> {
        let secrets: Vec<_> =
            self.secrets().map(|(name, secret)| (name, podman_secret(secret))).collect();
        let secrets: Vec<_> = secrets.iter().map(|(name, secret)| (*name, secret)).collect();
        let values: Vec<_> = self.texts().collect();
        let body = FileBody::new([Piece::text(secret_drop_in(&secrets, &values)?)]);
        let why = "it hands podman's secrets to the container and leaves the unit file alone";
        let file = SettingsFile { path: unit.drop_in.clone(), body, mode: Mode::PUBLIC, why };
        Ok(owned_by(unit, file.desire(basis)))
    }
}

/// The drop-in that hands the env file over.
pub(super) fn env_drop_in(
    unit: &UnitPaths,
    basis: &Basis<'_>,
) -> Result<DesiredFile, DesiredError> {
    let text = drop_in(&basis.input.places.env_file, &basis.input.places.variables)?;
    let body = FileBody::new([Piece::text(text)]);
    let why = "it hands the variables to the container and leaves the unit file alone";
    let file = SettingsFile { path: unit.drop_in.clone(), body, mode: Mode::PUBLIC, why };
    Ok(owned_by(unit, file.desire(basis)))
}

/// The drop-in with the owner of what lies in its folder.
fn owned_by(unit: &UnitPaths, file: DesiredFile) -> DesiredFile {
    DesiredFile { file: FileState { owner: unit.owner, ..file.file }, ..file }
}

/// A file with settings, and why it is wanted.
struct SettingsFile<'w> {
    path: HostPath,
    body: FileBody,
    mode: Mode,
    why: &'w str,
}

impl SettingsFile<'_> {
    fn desire(self, basis: &Basis<'_>) -> DesiredFile {
        let Self { path, body, mode, why } = self;
        let content = basis.input.fingerprints.of(fill_body(&body, basis).expose());
        let file = FileState { content, mode, owner: basis.input.account.owner };
        DesiredFile { path, body, file, why: why.to_owned() }
    }
}

/// A body that keeps nothing of the present file, with its secrets.
fn fill_body(body: &FileBody, basis: &Basis<'_>) -> FilledBody {
    body.fill(basis.input.keys, b"").unwrap_or_else(|_| FilledBody::new(Vec::new()))
}

#[cfg(test)]
mod tests {
    use datalake_core::spec::SpecDocument;

    use super::*;

    /// A whole spec, with a token for the containers or without one.
    fn spec(token: Option<&str>) -> Spec {
        let mut document = SpecDocument {
            region: Some("fsn1".to_owned()),
            bucket: Some("acme-assets".to_owned()),
            ..SpecDocument::defaults()
        };
        document.modal.secret = Some("hetzner-s3".to_owned());
        document.modal.token = token.map(str::to_owned);
        document.check().unwrap()
    }

    #[test]
    fn where_podman_keeps_the_keys_every_variable_is_a_secret_or_a_value() {
        let secrets = SecretName::ALL.map(|name| (name, podman_secret(name).to_string()));
        for token in [None, Some("env")] {
            let given = DesiredVariables::of(&spec(token));

            let expected = given.expected_with_secrets(&secrets);

            let secret =
                |variable, secret| expected.contains(&Expected::Secret { variable, secret });
            assert!(secret("AWS_ACCESS_KEY_ID", "datalake-s3-access-key-id"));
            let has_token = secret("MODAL_TOKEN_SECRET", "datalake-modal-token-secret");
            assert_eq!(has_token, token.is_some());
            assert!(expected.contains(&Expected::Value("DAGSTER_S3_BUCKET", "acme-assets")));
            let mut named: Vec<_> = expected.iter().map(Expected::variable).collect();
            let groups =
                VariableGroups { modal_token: token.is_some(), ..VariableGroups::default() };
            let mut all = handed_over_variables(groups);
            named.sort_unstable();
            all.sort_unstable();
            assert_eq!(named, all);
        }
    }

    #[test]
    fn tables_are_named_where_they_live() {
        let told = |tables: &str| {
            let spec = Spec { tables: Some(tables_place(tables)), ..spec(None) };
            let told = DesiredVariables::of(&spec).told();
            let value = |name: &str| told.get(name).cloned();
            (value("DAGSTER_S3_TABLES_BUCKET"), value("DAGSTER_S3_TABLES_PREFIX"))
        };
        let text = |text: &str| Some(text.to_owned());

        assert_eq!(told("acme-tables"), (text("acme-tables"), None));
        assert_eq!(told("lake/"), (text("acme-assets"), text("lake")));
        let without = DesiredVariables::of(&spec(None)).told();
        assert!(!without.keys().any(|name| name.contains("TABLES")), "{without:?}");
    }

    /// A bucket, or with a slash at its end a prefix.
    fn tables_place(text: &str) -> TablesPlace {
        match text.strip_suffix('/') {
            Some(prefix) => TablesPlace::Prefix(prefix.parse().unwrap()),
            None => TablesPlace::Bucket(text.parse().unwrap()),
        }
    }

    #[test]
    fn functions_in_modal_are_given_no_token() {
        let names = |token| {
            let given = DesiredVariables::of(&spec(token)).for_modal();
            given.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };

        assert_eq!(names(Some("env")), names(None));
    }
}
