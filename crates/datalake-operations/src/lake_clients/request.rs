//! What the program that tries clients is told.

use std::time::Duration;

use datalake_core::s3::BucketName;
use datalake_core::spec::{Spec, TablesPlace};
use serde::Serialize;

/// What one client may take.
const ONE_CLIENT: u64 = 60;

/// What all of them may take together.
const ALL_CLIENTS: u64 = 480;

/// The clients that can be tried, by the names that the program has for them.
pub const KNOWN_CLIENTS: [&str; 15] = [
    "boto3",
    "s3fs",
    "fsspec",
    "pandas",
    "pyarrow",
    "polars",
    "polars-delta",
    "deltalake",
    "obstore",
    "lance",
    "dlt",
    "duckdb",
    "pyiceberg",
    "pyiceberg-fsspec",
    "daft",
];

/// What the program is told; its JSON form holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ClientRequest {
    bucket: String,
    prefix: String,
    tables_bucket: String,
    tables_prefix: String,
    endpoint: String,
    authority: String,
    region: String,
    /// Hosts that may be asked: the service's, and those of catalogs.
    hosts: Vec<String>,
    catalogs: Vec<String>,
    only: Vec<String>,
    seconds: u64,
    all_seconds: u64,
    /// Whether packages of a user and of `PYTHONPATH` count, as they do for user code.
    inside: bool,
}

/// A prefix of a bucket that is thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ThrowAway {
    pub(super) bucket: BucketName,
    /// What the keys begin with, with a slash at the end.
    pub(super) prefix: String,
}

/// Where clients write: files and tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrialPlaces {
    files: ThrowAway,
    tables: ThrowAway,
}

impl TrialPlaces {
    /// The places of a check with this name: tables go where the spec has them live.
    pub(super) fn choose(spec: &Spec, name: &str) -> Self {
        let below = |prefix: &str, what: &str| {
            let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
            format!("{prefix}.datalake-lake-{name}/{what}/")
        };
        let tables = spec.tables.as_ref();
        let prefix = match tables {
            Some(TablesPlace::Prefix(prefix)) => prefix.as_str(),
            Some(TablesPlace::Bucket(_)) => "",
            None => spec.prefix.as_str(),
        };
        let bucket = tables.map_or(&spec.bucket, |tables| tables.bucket(&spec.bucket));
        Self {
            files: ThrowAway {
                bucket: spec.bucket.clone(),
                prefix: below(spec.prefix.as_str(), "files"),
            },
            tables: ThrowAway { bucket: bucket.clone(), prefix: below(prefix, "tables") },
        }
    }

    /// What is to be removed afterwards.
    pub(super) fn list_thrown_away(&self) -> [&ThrowAway; 2] {
        [&self.files, &self.tables]
    }

    /// What a program is told of them.
    pub(super) fn request(&self, spec: &Spec, only: &[String]) -> ClientRequest {
        let folder = |place: &ThrowAway| place.prefix.trim_end_matches('/').to_owned();
        let of_uri = |uri: &str| {
            let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
            let authority = rest.split('/').next().unwrap_or(rest);
            authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_owned()
        };
        let catalogs = spec.catalogs.values().map(|catalog| of_uri(&catalog.uri.to_string()));
        let own = [spec.endpoint.host().to_owned(), "localhost".to_owned()];
        ClientRequest {
            bucket: self.files.bucket.to_string(),
            prefix: folder(&self.files),
            tables_bucket: self.tables.bucket.to_string(),
            tables_prefix: folder(&self.tables),
            endpoint: spec.endpoint.to_string(),
            authority: spec.endpoint.authority(),
            region: spec.region.to_string(),
            hosts: own.into_iter().chain(catalogs).collect(),
            catalogs: spec.catalogs.keys().map(ToString::to_string).collect(),
            only: only.to_vec(),
            seconds: ONE_CLIENT,
            all_seconds: limit_seconds(only),
            inside: false,
        }
    }
}

/// What the clients that are named may take together; all of them where none is.
fn limit_seconds(only: &[String]) -> u64 {
    match only.len() as u64 {
        0 => ALL_CLIENTS,
        named => named.saturating_mul(ONE_CLIENT).min(ALL_CLIENTS),
    }
}

impl ClientRequest {
    /// What the program may take before it begins with no client any more.
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.all_seconds)
    }

    /// The same for a container, in which all is the user code's own.
    pub(super) fn for_container(self) -> Self {
        Self { inside: true, ..self }
    }
}
