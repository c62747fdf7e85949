//! Iceberg REST catalogs that clients are to find.

use std::fmt;
use std::str::FromStr;

use crate::secret::first_unfit;

/// The name of an Iceberg catalog: lowercase letters, digits and single hyphens between them, at most
/// 64 characters.
///
/// It is a part of the names of variables, in which it stands in capitals with `_` for `-`. pyiceberg
/// reads `_` there as `-`, and `__` as the end of the name (`pyiceberg/utils/config.py` of 0.12.0), so
/// no other names could be found again.
///
/// ```
/// use datalake_core::spec::CatalogName;
///
/// let name: CatalogName = "prod-eu".parse()?;
/// assert_eq!(name.variable("URI"), "PYICEBERG_CATALOG__PROD_EU__URI");
/// # Ok::<(), datalake_core::spec::InvalidCatalog>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogName(String);

/// An Iceberg REST catalog. Nothing here is a secret: a token or credential of the catalog is a
/// variable of the unit's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// The address of its REST interface.
    pub uri: CatalogUri,
    /// The warehouse that is meant; `None` where the catalog has one only.
    pub warehouse: Option<Warehouse>,
}

/// The address of a catalog: `https` or `http`, a host, and a path; no user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogUri(String);

/// The name of a catalog's warehouse, or its place: whatever an env file can carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse(String);

/// The text is no name, address or warehouse of a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCatalog {
    /// The name does not fit into the name of a variable.
    #[error(
        "`{0}` cannot be the name of a catalog: use lowercase letters, digits and single hyphens \
         between them, at most 64 characters"
    )]
    Name(String),
    /// The address has no scheme that clients know, or no host. It is not repeated: it may hold a
    /// password.
    #[error("the address of a catalog is `https://HOST` or `http://HOST`, with a path if need be")]
    Uri,
    /// The address holds a user, a query or a fragment.
    #[error(
        "the address of a catalog must hold no user, password, query or fragment: give the unit the \
         variable `PYICEBERG_CATALOG__NAME__CREDENTIAL` or `…__TOKEN` yourself"
    )]
    Extra,
    /// Env files cannot carry it.
    #[error("it is empty or holds a character that env files cannot carry safely")]
    Warehouse,
}

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

impl CatalogName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the variable that gives pyiceberg this property of the catalog, such as `URI` or
    /// `S3__ENDPOINT`.
    #[must_use]
    pub fn variable(&self, property: &str) -> String {
        let name = self.0.to_ascii_uppercase().replace('-', "_");
        format!("{PREFIX}{name}__{property}")
    }

    /// The catalog's part of a variable that tells its address, such as `PROD_EU`; `None` for any other
    /// variable.
    #[must_use]
    pub fn part_of_variable(name: &str) -> Option<&str> {
        name.strip_prefix(PREFIX)?.strip_suffix("__URI")
    }

    /// Whether a variable may be one by which datalake tells of a catalog.
    #[must_use]
    pub fn is_variable(name: &str) -> bool {
        let rest = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once("__"));
        rest.is_some_and(|(_, property)| PROPERTIES.contains(&property))
    }
}

/// What the names of all variables for catalogs begin with.
const PREFIX: &str = "PYICEBERG_CATALOG__";

/// What datalake tells of a catalog.
const PROPERTIES: [&str; 5] = ["TYPE", "URI", "WAREHOUSE", "S3__ENDPOINT", "S3__REGION"];

impl FromStr for CatalogName {
    type Err = InvalidCatalog;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() <= LONGEST_NAME && text.split('-').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCatalog::Name(text.chars().take(LONGEST_NAME).collect()))
        }
    }
}

impl FromStr for CatalogUri {
    type Err = InvalidCatalog;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['@', '?', '#']) {
            return Err(InvalidCatalog::Extra);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        let has_host = host.bytes().all(plain) && host.starts_with(|c: char| c != ':');
        if has_host && first_unfit(text).is_none() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCatalog::Uri)
        }
    }
}

impl FromStr for Warehouse {
    type Err = InvalidCatalog;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || first_unfit(text).is_some() {
            return Err(InvalidCatalog::Warehouse);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CatalogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CatalogUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
