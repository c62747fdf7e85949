//! A check of clients as text.

use datalake_core::clients::ClientVerdict;
use datalake_core::text::printable;

use super::{ClientReport, LeftTrial, PlaceReport, TriedClient};

impl ClientReport {
    /// A table for each place, with what helps below each client, and what was left behind.
    #[must_use]
    pub fn describe(&self) -> String {
        let places: Vec<_> = self.places.iter().map(describe_place).collect();
        let left = self.left.iter().map(|left| format!("left behind: {}\n", printable(left)));
        let older = self.older.iter().map(|LeftTrial { place, stored, cure }| {
            let place = printable(place);
            format!("left behind by a check of {stored} that was killed: {place} -> {cure}\n")
        });
        let unknown = self.older_unknown.iter().map(|why| {
            let why = printable(why);
            format!("whether earlier checks have left something is not known: {why}\n")
        });
        places.join("\n") + &left.chain(older).chain(unknown).collect::<String>()
    }
}

fn describe_place(place: &PlaceReport) -> String {
    let python = place.python.as_deref().map(|version| format!(" (Python {version})"));
    let mut text = format!("{}{}\n", printable(&place.place), python.unwrap_or_default());
    if let Some(unknown) = &place.unknown {
        text.push_str(&format!("  unknown  {}\n", printable(unknown)));
    }
    let installed =
        |client: &&TriedClient| client.verdict != ClientVerdict::Absent || client.version.is_some();
    let named = |client: &TriedClient| match &client.version {
        Some(version) => format!("{} {version}", client.client),
        None => client.client.clone(),
    };
    let width = place.clients.iter().filter(installed).map(|client| named(client).len()).max();
    let width = width.unwrap_or_default();
    for client in place.clients.iter().filter(installed) {
        let (name, mark) = (named(client), mark_of(client.verdict));
        text.push_str(&format!("  {mark:<7}  {name:<width$}  {}\n", client.seen));
        if let Some(cure) = &client.cure {
            text.push_str(&format!("           {:<width$}  -> {cure}\n", ""));
        }
    }
    let absent = place.clients.iter().filter(|client| !installed(client));
    let absent: Vec<_> = absent.map(|client| client.client.as_str()).collect();
    if !absent.is_empty() {
        text.push_str(&format!("  not installed: {}\n", absent.join(", ")));
    }
    text
}

fn mark_of(verdict: ClientVerdict) -> &'static str {
    match verdict {
        ClientVerdict::Works => "ok",
        ClientVerdict::NeedsLines => "lines",
        ClientVerdict::Broken => "broken",
        ClientVerdict::Absent => "-",
        ClientVerdict::Untried => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_line_and_its_cure_below() {
        let client = |name: &str, verdict, seen: &str, cure: Option<&str>| TriedClient {
            client: name.to_owned(),
            version: (verdict != ClientVerdict::Absent).then(|| "1.0".to_owned()),
            verdict,
            seen: seen.to_owned(),
            elsewhere: Vec::new(),
            cure: cure.map(str::to_owned),
        };
        let report = ClientReport {
            places: vec![PlaceReport {
                place: "etl".to_owned(),
                python: Some("3.11.7".to_owned()),
                unknown: None,
                clients: vec![
                    client("boto3", ClientVerdict::Works, "works", None),
                    client("deltalake", ClientVerdict::Broken, "loses commits", Some("tables")),
                    client("daft", ClientVerdict::Absent, "not installed", None),
                ],
            }],
            left: None,
            older: Vec::new(),
            older_unknown: None,
        };

        let text = "\
etl (Python 3.11.7)
  ok       boto3 1.0      works
  broken   deltalake 1.0  loses commits
                          -> tables
  not installed: daft
";
        assert_eq!(report.describe(), text);
    }
}
