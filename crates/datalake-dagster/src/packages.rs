//! The packages that an image's Python sees.

use serde::Deserialize;

/// Prints as one JSON object the versions of the packages that count, `null` for one that is not
/// there. Nothing is imported, so it is quick and runs no code of theirs. The folder in which it is
/// started does not count, as it does not for Dagster's own commands.
pub const PACKAGES_SCRIPT: &str = "\
import sys
sys.path[:] = [path for path in sys.path if path]
import importlib.metadata, json
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
names = ['dagster', 'dagster-aws', 'boto3', 'modal', 'polars', 'pandas', 'pyarrow', 'duckdb', 'pip']
print(json.dumps({name: version(name) for name in names}))
";

/// The same after an import of Dagster and what it needs for S3, and of Modal's client and
/// what frames need where it is there. It tells the version that Dagster tells of itself, and why an import failed.
pub const IMPORT_SCRIPT: &str = "\
import sys
sys.path[:] = [path for path in sys.path if path]
import importlib, importlib.metadata, json
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
names = ['dagster-aws', 'boto3', 'modal', 'polars', 'pandas', 'pyarrow', 'duckdb', 'pip']
found = {name: version(name) for name in names}
try:
    import dagster, dagster_aws.s3, boto3
    found['dagster'] = dagster.__version__
    for name in ['modal', 'polars', 'pandas', 'pyarrow', 'duckdb']:
        if found[name]:
            importlib.import_module(name)
except Exception as error:
    found['error'] = f'{type(error).__name__}: {error}'
print(json.dumps(found))
";

/// The versions of the packages that count; `None` for one that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Packages {
    /// Dagster.
    pub dagster: Option<String>,
    /// Its library for S3.
    pub dagster_aws: Option<String>,
    /// The S3 client.
    pub boto3: Option<String>,
    /// The client of Modal.
    pub modal: Option<String>,
    /// polars.
    pub polars: Option<String>,
    /// pandas.
    pub pandas: Option<String>,
    /// What pandas reads and writes parquet with.
    pub pyarrow: Option<String>,
    /// `DuckDB`.
    pub duckdb: Option<String>,
    /// What installs packages.
    pub pip: Option<String>,
    /// Why an import failed, where one was tried.
    pub error: Option<String>,
}

/// The script has printed something else.
#[derive(Debug, thiserror::Error)]
#[error("the image's Python did not list its packages")]
pub struct UnreadablePackages(#[source] serde_json::Error);

impl Packages {
    /// The version of a package that is wanted.
    #[must_use]
    pub fn version_of(&self, name: &str) -> Option<&str> {
        let version = match name {
            "dagster" => &self.dagster,
            "dagster-aws" => &self.dagster_aws,
            "boto3" => &self.boto3,
            "modal" => &self.modal,
            "polars" => &self.polars,
            "pandas" => &self.pandas,
            "pyarrow" => &self.pyarrow,
            "duckdb" => &self.duckdb,
            _ => return None,
        };
        version.as_deref()
    }

    /// Reads what one of the scripts has printed.
    ///
    /// # Errors
    ///
    /// [`UnreadablePackages`] for anything else.
    pub fn parse(printed: &[u8]) -> Result<Self, UnreadablePackages> {
        // An image may print more as Python starts; the answer is the last line.
        let lines = printed.trim_ascii_end().rsplit(|byte| *byte == b'\n');
        serde_json::from_slice(lines.into_iter().next().unwrap_or_default())
            .map_err(UnreadablePackages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python 3.13 in an image with Dagster alone.
    const PRINTED: &[u8] = b"{\"dagster\": \"1.12.6\", \"dagster-aws\": null, \"boto3\": null, \
                             \"modal\": null, \"pip\": \"26.3\"}\n";

    #[test]
    fn what_is_not_there_has_no_version() {
        let packages = Packages::parse(PRINTED).unwrap();

        assert_eq!(packages.dagster.as_deref(), Some("1.12.6"));
        assert_eq!((packages.dagster_aws, packages.boto3), (None, None));
        assert_eq!(packages.pip.as_deref(), Some("26.3"));
    }

    #[test]
    fn the_last_line_is_the_answer() {
        let printed = [b"sitecustomize says hello\n", PRINTED].concat();

        assert_eq!(Packages::parse(&printed).unwrap(), Packages::parse(PRINTED).unwrap());
        for printed in [&b""[..], b"Traceback", b"[1]", b"\xff"] {
            assert!(Packages::parse(printed).is_err());
        }
    }
}
