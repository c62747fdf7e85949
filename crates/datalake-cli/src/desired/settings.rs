//! The variables that a container gets, and the files and secrets that hold them.

use std::collections::BTreeMap;

use datalake_core::{
    DesiredFile, DesiredSecret, FileBody, FileState, FilledBody, Fingerprint, HostPath, Mode,
    Piece, SecretName, Spec,
};
use datalake_engine::settings_print;
use datalake_quadlet::generator::Expected;
use datalake_quadlet::{EnvValue, MODAL_VARIABLES, drop_in, env_body, secret_drop_in};

use super::{Context, Unfit};
use crate::handover::podman_secret;
use crate::places::{UnitPlaces, variables};

/// Names and values of the variables, in the order in which they are written.
pub(crate) struct Variables(Vec<(String, EnvValue)>);

impl Variables {
    /// The variables that the spec asks for.
    pub(crate) fn of(spec: &Spec) -> Self {
        let value = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => EnvValue::Secret(SecretName::AccessKeyId),
            "AWS_SECRET_ACCESS_KEY" => EnvValue::Secret(SecretName::SecretAccessKey),
            "MODAL_TOKEN_ID" => EnvValue::Secret(SecretName::ModalTokenId),
            "MODAL_TOKEN_SECRET" => EnvValue::Secret(SecretName::ModalTokenSecret),
            "DAGSTER_S3_BUCKET" => EnvValue::Text(spec.bucket.to_string()),
            "AWS_ENDPOINT_URL_S3" | "DAGSTER_S3_ENDPOINT_URL" => {
                EnvValue::Text(spec.endpoint.to_string())
            }
            "AWS_REGION" | "AWS_DEFAULT_REGION" | "DAGSTER_S3_REGION" => {
                EnvValue::Text(spec.region.to_string())
            }
            // boto3 from 1.36 on sends checksums that Hetzner's gateways refuse, unless told so.
            _ => EnvValue::Text("when_required".to_owned()),
        };
        let with_token = spec.modal.as_ref().is_some_and(|modal| modal.token.is_some());
        let names = variables(with_token).into_iter();
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
    pub(crate) fn told(&self) -> BTreeMap<String, String> {
        self.texts().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn secrets(&self) -> impl Iterator<Item = (&str, SecretName)> {
        self.0.iter().filter_map(|(name, value)| match value {
            EnvValue::Secret(secret) => Some((name.as_str(), *secret)),
            EnvValue::Text(_) => None,
        })
    }

    /// What a generated unit has to say where podman keeps the secrets.
    pub(crate) fn expected_with_secrets<'a>(
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
    pub(super) fn print(&self, context: &Context<'_>) -> Result<Fingerprint, Unfit> {
        // One variable in a line, as the kernel keeps them with a NUL after each.
        let filled = filled(&env_body(&self.0)?, context);
        let lines = filled.expose().iter().map(|byte| if *byte == b'\n' { 0 } else { *byte });
        let environment = FilledBody::new(lines.collect());
        Ok(settings_print(&environment, &context.places.watched, context.fingerprints))
    }

    pub(super) fn env_file(&self, context: &Context<'_>) -> Result<DesiredFile, Unfit> {
        let body = env_body(&self.0)?;
        let why = "the containers read address and keys from it";
        Ok(file(context, context.places.env_file.clone(), (body, Mode::PRIVATE), why))
    }

    /// The secrets that podman has to keep.
    pub(super) fn podman_secrets(&self, context: &Context<'_>) -> Vec<DesiredSecret> {
        let secret = |(_, name): (&str, SecretName)| {
            let body = FileBody::new([Piece::Secret(name)]);
            DesiredSecret {
                name: podman_secret(name),
                print: context.fingerprints.of(filled(&body, context).expose()),
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
        unit: &UnitPlaces,
        context: &Context<'_>,
    ) -> Result<DesiredFile, Unfit> {
        let secrets: Vec<_> =
            self.secrets().map(|(name, secret)| (name, podman_secret(secret))).collect();
        let secrets: Vec<_> = secrets.iter().map(|(name, secret)| (*name, secret)).collect();
        let values: Vec<_> = self.texts().collect();
        let body = FileBody::new([Piece::text(secret_drop_in(&secrets, &values)?)]);
        let why = "it hands podman's secrets to the container and leaves the unit file alone";
        Ok(file(context, unit.drop_in.clone(), (body, Mode::PUBLIC), why))
    }
}

/// The drop-in that hands the env file over.
pub(super) fn env_drop_in(unit: &UnitPlaces, context: &Context<'_>) -> Result<DesiredFile, Unfit> {
    let text = drop_in(&context.places.env_file, &context.places.variables)?;
    let body = FileBody::new([Piece::text(text)]);
    let why = "it hands the variables to the container and leaves the unit file alone";
    Ok(file(context, unit.drop_in.clone(), (body, Mode::PUBLIC), why))
}

fn file(
    context: &Context<'_>,
    path: HostPath,
    (body, mode): (FileBody, Mode),
    why: &str,
) -> DesiredFile {
    let content = context.fingerprints.of(filled(&body, context).expose());
    let file = FileState { content, mode, owner: context.account.owner };
    DesiredFile { path, body, file, why: why.to_owned() }
}

/// A body that keeps nothing of the present file, with its secrets.
fn filled(body: &FileBody, context: &Context<'_>) -> FilledBody {
    body.fill(context.keys, b"").unwrap_or_else(|_| FilledBody::new(Vec::new()))
}

#[cfg(test)]
mod tests {
    use datalake_core::SpecDocument;

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
            let given = Variables::of(&spec(token));

            let expected = given.expected_with_secrets(&secrets);

            let secret =
                |variable, secret| expected.contains(&Expected::Secret { variable, secret });
            assert!(secret("AWS_ACCESS_KEY_ID", "datalake-s3-access-key-id"));
            let has_token = secret("MODAL_TOKEN_SECRET", "datalake-modal-token-secret");
            assert_eq!(has_token, token.is_some());
            assert!(expected.contains(&Expected::Value("DAGSTER_S3_BUCKET", "acme-assets")));
            let mut named: Vec<_> = expected.iter().map(Expected::variable).collect();
            let mut all = variables(token.is_some());
            named.sort_unstable();
            all.sort_unstable();
            assert_eq!(named, all);
        }
    }

    #[test]
    fn functions_in_modal_are_given_no_token() {
        let names = |token| {
            let given = Variables::of(&spec(token)).for_modal();
            given.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };

        assert_eq!(names(Some("env")), names(None));
    }
}
