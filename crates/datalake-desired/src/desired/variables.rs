//! Names of the variables that containers are given: they depend on the spec.

use std::collections::BTreeSet;

use datalake_core::modal::list_vault_variables;
use datalake_core::spec::{CatalogName, Spec};
use datalake_quadlet::{MODAL_VARIABLES, S3_VARIABLES};

use super::DesiredVariables;

/// The names of the variables that a spec has containers given, in the order in which they are written.
#[must_use]
pub fn list_variables(spec: &Spec) -> Vec<String> {
    DesiredVariables::of(spec).names().map(str::to_owned).collect()
}

/// Those that every spec gives, and Modal's token where the spec asks for it.
#[must_use]
pub fn list_usual_variables(with_token: bool) -> Vec<String> {
    let token = MODAL_VARIABLES.into_iter().filter(|_| with_token);
    S3_VARIABLES.into_iter().chain(token).map(str::to_owned).collect()
}

/// The names in a text of datalake's, such as an env file or a drop-in, that some spec has containers
/// given.
#[must_use]
pub fn find_variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| Rank::of(word) < Rank::Foreign).map(str::to_owned).collect()
}

/// The names once each, in the order in which they are written and fingerprinted.
#[must_use]
pub fn order_variables(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ordered: Vec<String> = names.into_iter().collect();
    ordered.sort_by(|one, other| (Rank::of(one), one).cmp(&(Rank::of(other), other)));
    ordered.dedup();
    ordered
}

/// Where a variable stands among the others. An older release knew the first and the last ones, in the
/// same order, so a fingerprint of what it wrote stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Vault(usize),
    Catalog,
    Token(usize),
    Foreign,
}

impl Rank {
    pub(super) fn of(name: &str) -> Self {
        let vault = list_vault_variables().position(|known| known == name);
        match (vault, MODAL_VARIABLES.iter().position(|known| *known == name)) {
            (Some(at), _) => Self::Vault(at),
            (None, Some(at)) => Self::Token(at),
            (None, None) if CatalogName::is_variable(name) => Self::Catalog,
            (None, None) => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_whatever_datalake_has_written() {
        let env = "# Written by datalake\nAWS_REGION=x\nPYICEBERG_CATALOG__PROD__URI=https://c\n";
        let drop_in = "PodmanArgs=--env=MODAL_TOKEN_ID\nPodmanArgs=--env=AWS_ALLOW_HTTP\n";

        let known = find_variables(&format!("{env}{drop_in}HOME=/x\nPYICEBERG_HOME=/y\n"));

        let expected =
            ["AWS_ALLOW_HTTP", "AWS_REGION", "MODAL_TOKEN_ID", "PYICEBERG_CATALOG__PROD__URI"];
        assert_eq!(known.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_order_is_that_of_older_releases_with_what_is_new_between() {
        let names = ["MODAL_TOKEN_ID", "PYICEBERG_CATALOG__A__URI", "DUCKDB_S3_ENDPOINT"];
        let names = names.map(str::to_owned).into_iter().chain(list_usual_variables(true));

        let ordered = order_variables(names);

        let mut without = ordered.clone();
        without.retain(|name| list_usual_variables(true).contains(name));
        assert_eq!(without, list_usual_variables(true));
        let between = &ordered[S3_VARIABLES.len()..S3_VARIABLES.len() + 2];
        assert_eq!(between, ["DUCKDB_S3_ENDPOINT", "PYICEBERG_CATALOG__A__URI"]);
    }
}
