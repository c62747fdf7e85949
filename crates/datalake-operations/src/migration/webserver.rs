//! Where Dagster's webserver may be.

use crate::HomePlaces;

/// Where a webserver is looked for where nothing tells.
const USUAL: [&str; 2] = ["http://127.0.0.1:3000", "http://127.0.0.1:3002"];

/// The addresses of the webserver: the one that is named, those that the units publish, or else the
/// usual ones.
pub(crate) fn list_addresses(named: Option<&str>, home: &HomePlaces) -> Vec<String> {
    match (named, home.webservers.as_slice()) {
        (Some(named), _) => vec![named.to_owned()],
        (None, []) => USUAL.map(str::to_owned).to_vec(),
        (None, published) => published.to_vec(),
    }
}
