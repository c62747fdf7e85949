//! The spec that a host's units propose.

use datalake_core::spec::{SpecDocument, TablesDocument};
use datalake_core::text::printable;

use super::{AnsweredSpec, BucketStanding, DiscoveredUser, TablesAnswer};

/// Where the key pair comes from unless the operator says otherwise.
const KEYS: &str = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment";

/// The spec with what the operator names, then what was found on the host, then the usual values.
/// Region and bucket may be missing in it.
#[must_use]
pub fn propose_spec(named: &SpecDocument, found: Option<&DiscoveredUser>) -> SpecDocument {
    let mut document = SpecDocument::defaults();
    document.region.clone_from(&named.region);
    document.endpoint.clone_from(&named.endpoint);
    document.bucket.clone_from(&named.bucket);
    document.prefix = named.prefix.clone().or(document.prefix);
    let user = named.host.user.clone().or(found.map(|user| user.name.clone()));
    document.host.user = user.or(document.host.user);
    document.host.units.clone_from(&named.host.units);
    document.host.handover.clone_from(&named.host.handover);
    document.tables.clone_from(&named.tables);
    document
}

/// A bucket's name that nobody is likely to have: names are shared by all customers.
#[must_use]
pub fn propose_bucket(document: &SpecDocument, random: u64) -> String {
    let user = document.host.user.as_deref().unwrap_or_default().to_ascii_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let user: String = user.chars().take(32).map(plain).collect();
    format!("{}-assets-{:06x}", user.trim_matches('-'), random & 0xff_ffff)
        .trim_start_matches('-')
        .to_owned()
}

/// Where each value of a spec comes from, a line each.
#[must_use]
pub fn describe_sources(
    AnsweredSpec { document, bucket, tables }: &AnsweredSpec,
    named: &SpecDocument,
    found: Option<&DiscoveredUser>,
) -> String {
    let bucket = match bucket {
        Some(standing) => format!("chosen; {}", standing.describe()),
        None => "chosen".to_owned(),
    };
    let prefix = match &document.prefix {
        prefix if *prefix == SpecDocument::defaults().prefix => "the usual one",
        _ => "chosen",
    };
    let found = found.filter(|user| document.host.user.as_ref() == Some(&user.name));
    let row = |name: &str, value: &Option<String>, source: &str| match value {
        Some(value) => {
            let line = format!("  {name:<9} {:<24} {source}", printable(value));
            format!("{}\n", line.trim_end())
        }
        None => String::new(),
    };
    let user = match found {
        Some(_) => "found: its units run Dagster",
        None => "the usual name; no units of Dagster were found here",
    };
    let (units, of_units) = match (&document.host.units, found) {
        (Some(units), _) => (units.join(", "), "named"),
        (None, Some(user)) => (user.planned_names().join(", "), "found at each run"),
        (None, None) => ("none yet".to_owned(), "found at each run"),
    };
    [
        row("region", &document.region, name_source(named.region.as_deref(), "chosen")),
        row("endpoint", &document.endpoint, "named"),
        row("bucket", &document.bucket, name_source(named.bucket.as_deref(), &bucket)),
        tables_row(document.tables.as_ref(), tables),
        row("prefix", &document.prefix, name_source(named.prefix.as_deref(), prefix)),
        row("user", &document.host.user, name_source(named.host.user.as_deref(), user)),
        row("units", &Some(units), of_units),
        row("key pair", &named.credentials.is_none().then(|| KEYS.to_owned()), ""),
    ]
    .concat()
}

/// Where tables are to live, and why there; nothing where nobody wants to know.
fn tables_row(tables: Option<&TablesDocument>, answer: &TablesAnswer) -> String {
    let bucket = tables.and_then(|tables| tables.bucket.as_deref());
    let prefix = tables.and_then(|tables| tables.prefix.as_deref());
    let place = bucket.or(prefix).unwrap_or("-");
    let source = match answer {
        TablesAnswer::NotWanted => return String::new(),
        TablesAnswer::Named => "named".to_owned(),
        TablesAnswer::Chosen(None) => "a bucket without versions".to_owned(),
        TablesAnswer::Chosen(Some(known)) => {
            format!("a bucket without versions; {}", BucketStanding::describe(known))
        }
        TablesAnswer::LeftOut(why) => {
            format!("left out: {}; give --tables-bucket NAME, or --no-tables", printable(why))
        }
    };
    format!("  {:<9} {:<24} {source}\n", "tables", printable(place))
}

fn name_source<'a>(named: Option<&str>, other: &'a str) -> &'a str {
    if named.is_some() { "named" } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etl() -> DiscoveredUser {
        DiscoveredUser {
            name: "etl".to_owned(),
            uid: 1001,
            home: "/home/etl".to_owned(),
            folders: Vec::new(),
            units: Vec::new(),
            workspaces: Vec::new(),
            dagster_home: None,
            dagster_home_problem: None,
            unread: Vec::new(),
        }
    }

    #[test]
    fn the_user_that_was_found_is_proposed_and_a_named_one_counts() {
        let mut named = SpecDocument::default();
        assert_eq!(propose_spec(&named, Some(&etl())).host.user.as_deref(), Some("etl"));
        assert_eq!(propose_spec(&named, None).host.user.as_deref(), Some("dagster-user"));

        named.host.user = Some("ops".to_owned());
        let document = propose_spec(&named, Some(&etl()));
        assert_eq!(document.host.user.as_deref(), Some("ops"));
        assert_eq!(document.host.units, None);
    }

    #[test]
    fn a_proposed_bucket_has_a_name_that_may_be_given() {
        for user in ["dagster-user", "Etl_1.x", "x", "-a-"] {
            let mut document = SpecDocument::defaults();
            document.host.user = Some(user.to_owned());
            let name = propose_bucket(&document, 0x1234_5678_9abc);
            assert!(name.parse::<datalake_core::s3::BucketName>().is_ok(), "{name}");
            assert!(name.ends_with("-assets-789abc"), "{name}");
        }
    }

    #[test]
    fn each_value_is_told_with_its_source() {
        let named = SpecDocument { region: Some("fsn1".to_owned()), ..SpecDocument::default() };
        let mut document = propose_spec(&named, Some(&etl()));
        document.bucket = Some("acme-x".to_owned());

        let bucket = Some(BucketStanding::Free);
        document.tables =
            Some(TablesDocument { bucket: Some("acme-x-tables".to_owned()), prefix: None });
        let tables = TablesAnswer::Chosen(Some(BucketStanding::Free));
        let answered = AnsweredSpec { document, bucket, tables };
        let told = describe_sources(&answered, &named, Some(&etl()));

        let lines: Vec<Vec<_>> = told.lines().map(|it| it.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["region", "fsn1", "named"]);
        assert_eq!(lines[1], ["bucket", "acme-x", "chosen;", "the", "name", "is", "free"]);
        assert_eq!(lines[2][..4], ["tables", "acme-x-tables", "a", "bucket"]);
        assert!(lines[4].starts_with(&["user", "etl", "found:"]));
    }
}
