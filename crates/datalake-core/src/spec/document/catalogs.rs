//! Iceberg REST catalogs, as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InvalidSpec, parse_key_value, refuse_missing};
use crate::spec::{Catalog, CatalogName};

const CATALOGS: &str = "catalogs";

/// A catalog below `catalogs:`, under its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CatalogDocument {
    /// `uri:` — the address of its REST interface; needed. No user or password is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// `warehouse:` — the warehouse that is meant, unless the catalog has one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
}

/// Checks all of them. Names are lowercase, so no two meet in the name of a variable.
pub(super) fn check_catalogs(
    written: BTreeMap<String, CatalogDocument>,
) -> Result<BTreeMap<CatalogName, Catalog>, InvalidSpec> {
    let checked = written.into_iter().map(|(name, document)| {
        let uri = document.uri.ok_or_else(|| refuse_missing(CATALOGS, "the `uri:` of each"))?;
        let catalog = Catalog {
            uri: parse_key_value(CATALOGS, &uri)?,
            warehouse: document
                .warehouse
                .map(|text| parse_key_value(CATALOGS, &text))
                .transpose()?,
        };
        Ok((parse_key_value(CATALOGS, &name)?, catalog))
    });
    checked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written of catalogs, and the names that are taken or what is said against it.
    #[track_caller]
    fn check(json: &str, expected: Result<&[&str], &str>) {
        let written: BTreeMap<String, CatalogDocument> = serde_json::from_str(json).unwrap();

        let found = check_catalogs(written).map_err(|error| error.to_string());

        match (&found, expected) {
            (Ok(found), Ok(names)) => {
                let found: Vec<_> = found.keys().map(CatalogName::as_str).collect();
                assert_eq!(found, names, "{json}");
            }
            (Err(found), Err(words)) => assert!(found.contains(words), "{found}"),
            (found, _) => panic!("{json}: {found:?}"),
        }
    }

    #[test]
    fn a_catalog_has_an_address_and_a_name_that_a_variable_can_hold() {
        check("{}", Ok(&[]));
        check(
            r#"{"prod":{"uri":"https://c.example.org/catalog","warehouse":"lake"}}"#,
            Ok(&["prod"]),
        );
        check(r#"{"a1-b":{"uri":"http://lakekeeper:8181/catalog"}}"#, Ok(&["a1-b"]));
        for name in ["Prod", "a_b", "a--b", "-a", "a-", "", "a.b", "ä", "a b"] {
            let json = serde_json::json!({ name: { "uri": "https://c.example.org" } });
            check(&json.to_string(), Err("single hyphens"));
        }
        check(&format!(r#"{{"{}":{{"uri":"https://c"}}}}"#, "a".repeat(65)), Err("64 characters"));
        check(r#"{"prod":{"warehouse":"lake"}}"#, Err("uri"));
    }

    #[test]
    fn an_address_holds_no_secret_and_an_error_repeats_none() {
        for uri in ["https://u:s3cr3t@c", "https://c?token=s3cr3t", "https://c#s3cr3t"] {
            let json = serde_json::json!({ "prod": { "uri": uri } }).to_string();
            check(&json, Err("no user, password"));
            let written = serde_json::from_str(&json).unwrap();
            assert!(!check_catalogs(written).unwrap_err().to_string().contains("s3cr3t"));
        }
        for uri in
            ["c.example.org", "ftp://c", "https://", "https:///x", "https://:80", "https://a b"]
        {
            let json = serde_json::json!({ "prod": { "uri": uri } }).to_string();
            check(&json, Err("https://HOST"));
        }
        for warehouse in ["", "a b", "x\n", "$HOME"] {
            let catalog = serde_json::json!({ "uri": "https://c", "warehouse": warehouse });
            check(&serde_json::json!({ "prod": catalog }).to_string(), Err("cannot carry"));
        }
    }
}
