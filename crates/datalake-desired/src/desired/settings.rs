//! The variables that a container gets, and the files and secrets that hold them.

use std::collections::BTreeMap;

use datalake_core::host::{FileState, HostPath, Mode, settings_print};
use datalake_core::modal::{
    ALLOW_HTTP_VARIABLE, DUCKDB_ENDPOINT_VARIABLE, TABLES_BUCKET_VARIABLE, TABLES_PREFIX_VARIABLE,
};
use datalake_core::plan::{DesiredFile, DesiredSecret};
use datalake_core::secret::{Credentials, FileBody, FilledBody, Fingerprint, Piece, SecretName};
use datalake_core::spec::Spec;
use datalake_quadlet::generator::Expected;
use datalake_quadlet::{EnvError, EnvValue, MODAL_VARIABLES, drop_in, env_body, secret_drop_in};

use super::variables::{Rank, list_usual_variables};
use super::{Basis, DesiredError};
use crate::podman_secret;
use crate::{UnitPaths, names_of};

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
        let usual = list_usual_variables(with_token).into_iter();
        let mut all: Vec<_> = usual.map(|name| (name.clone(), value(&name))).collect();
        let more = for_tables(spec).chain(for_clients(spec)).chain(for_catalogs(spec));
        all.extend(more.map(|(name, text)| (name, EnvValue::Text(text))));
        all.sort_by_cached_key(|(name, _)| (Rank::of(name), name.clone()));
        Self(all)
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The lines of an env file with all values filled in.
    ///
    /// # Errors
    ///
    /// [`EnvError`] where a value cannot be carried.
    pub fn fill(&self, keys: &Credentials) -> Result<FilledBody, EnvError> {
        let body = env_body(&self.0)?;
        Ok(body.fill(keys, b"").unwrap_or_else(|_| FilledBody::new(Vec::new())))
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
        Ok(settings_print(
            &environment,
            &names_of(&basis.input.places.watched),
            basis.input.fingerprints,
        ))
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

/// Where tables live.
fn for_tables(spec: &Spec) -> impl Iterator<Item = (String, String)> {
    let bucket = spec.tables.as_ref().map(|tables| tables.bucket(&spec.bucket).to_string());
    let prefix = spec.tables.as_ref().and_then(|tables| tables.prefix()).map(ToString::to_string);
    let bucket = bucket.map(|bucket| (TABLES_BUCKET_VARIABLE.to_owned(), bucket));
    bucket.into_iter().chain(prefix.map(|prefix| (TABLES_PREFIX_VARIABLE.to_owned(), prefix)))
}

/// What clients need that do not take the endpoint from `AWS_ENDPOINT_URL_S3` as it is.
fn for_clients(spec: &Spec) -> impl Iterator<Item = (String, String)> {
    // Clients on the Rust crate `object_store` (delta-rs, obstore, polars) refuse http without it.
    let http =
        (!spec.endpoint.is_https()).then(|| (ALLOW_HTTP_VARIABLE.to_owned(), "true".to_owned()));
    // DuckDB takes the endpoint from nowhere else, and then asks `https://BUCKET.HOST`. There is no
    // variable for another style. `DUCKDB_S3_USE_SSL` is never set: it sends keys in the open.
    let has_hosts = spec.endpoint.is_https() && spec.endpoint.has_name();
    let duckdb =
        has_hosts.then(|| (DUCKDB_ENDPOINT_VARIABLE.to_owned(), spec.endpoint.authority()));
    http.into_iter().chain(duckdb)
}

/// What pyiceberg reads of the catalogs. Without the region its `PyArrow` asks AWS where the bucket is.
fn for_catalogs(spec: &Spec) -> impl Iterator<Item = (String, String)> {
    spec.catalogs.iter().flat_map(|(name, catalog)| {
        let known = [
            ("TYPE", "rest".to_owned()),
            ("URI", catalog.uri.to_string()),
            ("S3__ENDPOINT", spec.endpoint.to_string()),
            ("S3__REGION", spec.region.to_string()),
        ];
        let warehouse = catalog.warehouse.iter().map(|place| ("WAREHOUSE", place.to_string()));
        known.into_iter().chain(warehouse).map(|(what, text)| (name.variable(what), text))
    })
}

/// The drop-in that hands the env file over.
pub(super) fn env_drop_in(
    unit: &UnitPaths,
    basis: &Basis<'_>,
) -> Result<DesiredFile, DesiredError> {
    let text = drop_in(&basis.input.places.env_file, &names_of(&basis.input.places.variables))?;
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
    use datalake_core::spec::{CatalogDocument, SpecDocument, TablesDocument};

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
            let mut all: Vec<_> = given.names().collect();
            named.sort_unstable();
            all.sort_unstable();
            assert_eq!(named, all);
        }
    }

    /// The lines that no older release wrote, of a spec with these words.
    fn new_lines(document: SpecDocument) -> Vec<String> {
        let document = SpecDocument {
            region: Some("fsn1".to_owned()),
            bucket: Some("acme-assets".to_owned()),
            host: SpecDocument::defaults().host,
            ..document
        };
        let DesiredVariables(all) = DesiredVariables::of(&document.check().unwrap());
        let usual = list_usual_variables(true);
        let line = |(name, value): (String, EnvValue)| match value {
            EnvValue::Text(text) => format!("{name}={text}"),
            EnvValue::Secret(_) => name,
        };
        all.into_iter().filter(|(name, _)| !usual.contains(name)).map(line).collect()
    }

    #[test]
    fn clients_are_given_what_they_need_of_the_endpoint_and_nothing_that_does_harm() {
        let lines = |endpoint: &str| {
            let endpoint = Some(endpoint.to_owned());
            new_lines(SpecDocument { endpoint, ..SpecDocument::default() })
        };
        let hetzner = new_lines(SpecDocument::default());
        assert_eq!(hetzner, ["DUCKDB_S3_ENDPOINT=fsn1.your-objectstorage.com"]);
        let own = lines("https://s3.example.org:8443");
        assert_eq!(own, ["DUCKDB_S3_ENDPOINT=s3.example.org:8443"]);
        for address in ["https://10.0.0.1:7480", "https://localhost:9000"] {
            assert!(lines(address).is_empty(), "{address}");
        }
        assert_eq!(lines("http://127.0.0.1:9000"), ["AWS_ALLOW_HTTP=true"]);
    }

    #[test]
    fn tables_and_catalogs_are_told_where_the_spec_names_them() {
        let catalog = |uri: &str, warehouse: Option<&str>| CatalogDocument {
            uri: Some(uri.to_owned()),
            warehouse: warehouse.map(str::to_owned),
        };
        let lines = new_lines(SpecDocument {
            tables: Some(TablesDocument::default()),
            catalogs: [
                ("prod-eu".to_owned(), catalog("https://c.example.org/catalog", Some("lake"))),
                ("b".to_owned(), catalog("http://lakekeeper:8181", None)),
            ]
            .into(),
            ..SpecDocument::default()
        });

        assert_eq!(
            lines,
            [
                "DAGSTER_S3_TABLES_BUCKET=acme-assets-tables",
                "DUCKDB_S3_ENDPOINT=fsn1.your-objectstorage.com",
                "PYICEBERG_CATALOG__B__S3__ENDPOINT=https://fsn1.your-objectstorage.com",
                "PYICEBERG_CATALOG__B__S3__REGION=fsn1",
                "PYICEBERG_CATALOG__B__TYPE=rest",
                "PYICEBERG_CATALOG__B__URI=http://lakekeeper:8181",
                "PYICEBERG_CATALOG__PROD_EU__S3__ENDPOINT=https://fsn1.your-objectstorage.com",
                "PYICEBERG_CATALOG__PROD_EU__S3__REGION=fsn1",
                "PYICEBERG_CATALOG__PROD_EU__TYPE=rest",
                "PYICEBERG_CATALOG__PROD_EU__URI=https://c.example.org/catalog",
                "PYICEBERG_CATALOG__PROD_EU__WAREHOUSE=lake",
            ]
        );
        let tables = TablesDocument { prefix: Some("tables".to_owned()), bucket: None };
        let lines = new_lines(SpecDocument { tables: Some(tables), ..SpecDocument::default() });
        assert_eq!(lines[0], "DAGSTER_S3_TABLES_BUCKET=acme-assets");
        assert_eq!(lines[1], "DAGSTER_S3_TABLES_PREFIX=tables");
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
