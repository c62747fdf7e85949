//! Lines with which a client works with a spec. No secret is in them: keys come from the environment.

use std::fmt;
use std::str::FromStr;

use datalake_core::spec::{CatalogName, Spec, TablesPlace};
use schemars::JsonSchema;
use serde::Serialize;

/// A client for which there are lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnippetClient {
    /// `DuckDB`, in SQL.
    Duckdb,
    /// polars, files and Delta tables.
    Polars,
    /// delta-rs, in Python `deltalake`.
    Delta,
    /// pyiceberg.
    Pyiceberg,
    /// pandas.
    Pandas,
    /// pyarrow.
    Pyarrow,
    /// dlt with its destination `filesystem`.
    Dlt,
}

/// Lines for a client, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Snippet {
    /// The client.
    pub client: &'static str,
    /// The language of the lines: `sql` or `python`.
    pub language: &'static str,
    /// The lines.
    pub text: String,
}

/// There are no lines for a client of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are no lines for `{0}`: use duckdb, polars, delta, pyiceberg, pandas, pyarrow or dlt"
)]
pub struct InvalidSnippetClient(String);

impl SnippetClient {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Duckdb,
        Self::Polars,
        Self::Delta,
        Self::Pyiceberg,
        Self::Pandas,
        Self::Pyarrow,
        Self::Dlt,
    ];

    /// The name as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duckdb => "duckdb",
            Self::Polars => "polars",
            Self::Delta => "delta",
            Self::Pyiceberg => "pyiceberg",
            Self::Pandas => "pandas",
            Self::Pyarrow => "pyarrow",
            Self::Dlt => "dlt",
        }
    }

    /// The language of the lines: `sql` or `python`.
    #[must_use]
    pub fn language(self) -> &'static str {
        if self == Self::Duckdb { "sql" } else { "python" }
    }
}

impl FromStr for SnippetClient {
    type Err = InvalidSnippetClient;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|client| client.as_str() == text);
        known.ok_or_else(|| InvalidSnippetClient(text.to_owned()))
    }
}

impl fmt::Display for SnippetClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The lines with which a client reads and writes where the spec has tables live, or else below
/// `tables/` in the bucket of the assets. They can be run as they are, more than once.
#[must_use]
pub fn write_snippet(client: SnippetClient, spec: &Spec) -> Snippet {
    let place = find_place(spec);
    let text = match client {
        SnippetClient::Duckdb => write_duckdb(spec, &place),
        SnippetClient::Polars => write_polars(spec, &place),
        SnippetClient::Delta => write_delta(spec, &place),
        SnippetClient::Pyiceberg => write_pyiceberg(spec, &place),
        SnippetClient::Pandas => write_pandas(&place),
        SnippetClient::Pyarrow => write_pyarrow(&place),
        SnippetClient::Dlt => write_dlt(&place),
    };
    Snippet { client: client.as_str(), language: client.language(), text }
}

/// The address below which examples lie, without a slash at the end.
fn find_place(spec: &Spec) -> String {
    match &spec.tables {
        Some(TablesPlace::Bucket(bucket)) => format!("s3://{bucket}"),
        Some(TablesPlace::Prefix(prefix)) => format!("s3://{}/{prefix}", spec.bucket),
        None => format!("s3://{}/tables", spec.bucket),
    }
}

/// What is said of tables where the spec names no place for them.
fn warn_of_versions(spec: &Spec) -> &'static str {
    if spec.tables.is_some() {
        return "";
    }
    "# Several writers lose commits in a bucket with versions: `tables: {}` in datalake.yaml makes\n\
     # one without.\n"
}

const FROM_ENVIRONMENT: &str =
    "Keys, endpoint and region come from the environment that datalake hands over.";

fn write_duckdb(spec: &Spec, place: &str) -> String {
    let host = spec.endpoint.authority();
    let (region, ssl) = (spec.region.as_str(), spec.endpoint.is_https());
    let mut text = format!(
        "\
-- The keys come from the environment that datalake hands over.
SET s3_endpoint = '{host}';
SET s3_region = '{region}';
SET s3_url_style = 'path';
SET s3_use_ssl = {ssl};
-- A certificate of an authority of your own: SET ca_cert_file = '/path/to/authority.pem';

COPY (SELECT 42 AS answer) TO '{place}/duckdb/example.parquet';
SELECT * FROM '{place}/duckdb/example.parquet';

-- delta_scan, iceberg_scan and DuckLake know only secrets; this one reads the same environment:
-- INSTALL aws;
-- CREATE OR REPLACE SECRET lake (TYPE s3, PROVIDER credential_chain, URL_STYLE 'path',
--     ENDPOINT '{host}', REGION '{region}', USE_SSL {ssl});
"
    );
    for (name, catalog) in &spec.catalogs {
        let warehouse = catalog.warehouse.as_ref().map_or_else(String::new, ToString::to_string);
        let alias = name.as_str().replace('-', "_");
        text.push_str(&format!(
            "-- ATTACH '{warehouse}' AS {alias} (TYPE iceberg, ENDPOINT '{}');\n",
            catalog.uri
        ));
    }
    text
}

fn write_polars(spec: &Spec, place: &str) -> String {
    let warning = warn_of_versions(spec);
    format!(
        "\
# {FROM_ENVIRONMENT}
import polars as pl

frame = pl.DataFrame({{\"id\": [1, 2, 3]}})
frame.write_parquet(\"{place}/polars/example.parquet\")
print(pl.scan_parquet(\"{place}/polars/*.parquet\").collect())

# Delta tables need the package deltalake.
{warning}frame.write_delta(\"{place}/polars-delta\", mode=\"append\")
print(pl.scan_delta(\"{place}/polars-delta\").collect())
"
    )
}

fn write_delta(spec: &Spec, place: &str) -> String {
    let warning = warn_of_versions(spec);
    format!(
        "\
# {FROM_ENVIRONMENT}
{warning}import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

rows = pa.table({{\"id\": [1, 2, 3]}})
write_deltalake(\"{place}/delta\", rows, mode=\"append\")
print(DeltaTable(\"{place}/delta\").version())
"
    )
}

fn write_pyiceberg(spec: &Spec, place: &str) -> String {
    let catalog = match spec.catalogs.keys().next() {
        Some(name) => load_named_catalog(name),
        None => load_own_catalog(spec, place),
    };
    format!(
        "\
import pyarrow as pa
from pyiceberg.catalog import load_catalog

{catalog}
rows = pa.table({{\"id\": [1, 2, 3]}})
catalog.create_namespace_if_not_exists(\"example\")
table = catalog.create_table_if_not_exists(\"example.rows\", rows.schema)
table.append(rows)
print(table.scan().to_arrow().num_rows)
"
    )
}

fn load_named_catalog(name: &CatalogName) -> String {
    let variables = name.variable("…");
    format!(
        "\
# Its address, the endpoint and the region come from {variables}.
catalog = load_catalog(\"{name}\")
"
    )
}

fn load_own_catalog(spec: &Spec, place: &str) -> String {
    format!(
        "\
# The spec names no catalog (`catalogs:`), so this one keeps its list of tables in a file. Without
# endpoint and region here, pyiceberg asks AWS; the keys come from the environment.
catalog = load_catalog(
    \"example\",
    **{{
        \"type\": \"sql\",
        \"uri\": \"sqlite:///catalog.db\",
        \"warehouse\": \"{place}/iceberg\",
        \"s3.endpoint\": \"{}\",
        \"s3.region\": \"{}\",
    }},
)
",
        spec.endpoint, spec.region
    )
}

fn write_pandas(place: &str) -> String {
    format!(
        "\
# {FROM_ENVIRONMENT} Needs the packages
# pandas, pyarrow and s3fs.
import pandas as pd

frame = pd.DataFrame({{\"id\": [1, 2, 3]}})
frame.to_parquet(\"{place}/pandas/example.parquet\")
print(pd.read_parquet(\"{place}/pandas/example.parquet\"))
"
    )
}

fn write_pyarrow(place: &str) -> String {
    format!(
        "\
# {FROM_ENVIRONMENT} Only `from_uri`
# asks it for the endpoint: `S3FileSystem()` goes to AWS.
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

files, folder = fs.FileSystem.from_uri(\"{place}/pyarrow\")
pq.write_table(pa.table({{\"id\": [1, 2, 3]}}), f\"{{folder}}/example.parquet\", filesystem=files)
print(pq.read_table(f\"{{folder}}/example.parquet\", filesystem=files))
"
    )
}

fn write_dlt(place: &str) -> String {
    format!(
        "\
# {FROM_ENVIRONMENT} Needs the packages
# dlt, pyarrow and s3fs.
import dlt

lake = dlt.destinations.filesystem(bucket_url=\"{place}/dlt\")
pipeline = dlt.pipeline(\"example\", destination=lake, dataset_name=\"example\")
print(pipeline.run([{{\"id\": 1}}], table_name=\"rows\", loader_file_format=\"parquet\"))
"
    )
}
