//! `docs/json.md`: what `--json` prints, each document with a sample that a real call has printed.

mod calls;
mod keys;
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::sources::kinds;
use super::structs::fields;
use super::{anchor, hold};
use calls::{CALLS, Stage};
use keys::Keys;
use sample::sample;

const HEAD: &str = "\
# `--json`

Every command but `cat`, `dagster logs` and `man` takes `--json`. Standard output is then documents in one envelope, standard error the talk:

```json
{ \"schema_version\": 1, \"kind\": \"…\", \"data\": … }
```

- Most commands print one document. Listings and transfers print one a line, as things happen; the last line is of a kind that ends the answer (`ls-end`, `tree-end`, `usage-total`,
  `uploads-end`, `gaps-end`, `transfer`, `verification`, `migration`, `migration-back`). Without it the answer is not whole.
- A failure is a document of kind `error`, behind the lines that came before it.
- Keys may be added without a new `schema_version`; none changes its meaning or goes. Values that are not known are `null`, never left out, unless the table says \"may be absent\".
- Sizes are bytes, times are RFC 3339 in UTC, sums of money are millionths or text with a currency, as the key says.
- Names and keys are exact, with no escapes but JSON's.

Samples are those of a test. Lists are cut to their first entries, long texts to their beginning, and what differs from run to run has a word in brackets.
";

/// Documents that need a systemd, a podman, Modal's client or days: their keys come from the source.
const ELSEWHERE: [(&str, &str, &str, &str); 11] = [
    ("dagster-status", "dagster status", "crates/datalake-cli/src/deployment/report.rs", "Report"),
    (
        "dagster-env",
        "dagster env",
        "crates/datalake-cli/src/deployment/report.rs",
        "EnvironmentReport",
    ),
    (
        "dagster-deps",
        "dagster deps plan",
        "crates/datalake-cli/src/commands/deps/report.rs",
        "DepsReport",
    ),
    (
        "dagster-deps-apply",
        "dagster deps apply",
        "crates/datalake-cli/src/commands/deps/report.rs",
        "Done",
    ),
    ("modal-deploy", "modal deploy", "crates/datalake-cli/src/commands/modal/functions.rs", "Told"),
    (
        "modal-rollover",
        "modal rollover",
        "crates/datalake-cli/src/commands/modal/functions.rs",
        "Told",
    ),
    (
        "modal-secret",
        "modal secret status",
        "crates/datalake-cli/src/render/modal.rs",
        "VaultReport",
    ),
    (
        "modal-secret-run",
        "modal secret sync",
        "crates/datalake-cli/src/commands/modal/secret.rs",
        "Done",
    ),
    ("doctor-fix", "doctor --fix ID", "crates/datalake-cli/src/commands/doctor/fix.rs", "Fixed"),
    (
        "cost-forecast",
        "cost forecast",
        "crates/datalake-cli/src/commands/cost/forecast.rs",
        "OutlookTold",
    ),
    ("demo", "demo", "crates/datalake-cli/src/commands/demo.rs", "Played"),
];

/// Only a run that takes long tells of it.
const PROGRESS: &str = "transfer-progress";

/// Documents without keys of their own.
const PLAIN: [(&str, &str); 4] = [
    ("dagster-reload", "`datalake dagster reload`: a list of the names of services."),
    (
        "dagster-restart",
        "`datalake dagster restart`, `start` and `stop` (`dagster-start`, `dagster-stop`): a list, one entry for each service that has settled.",
    ),
    (
        PROGRESS,
        "transfers that take long: the same keys as `transfer`, as far as it is, every fifth second.",
    ),
    (
        "sandbox",
        "`datalake sandbox`: the address, region and keys of the service, as its text prints them; it ends with the service.",
    ),
];

#[test]
fn the_page_of_documents_has_every_kind_with_a_real_sample() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    let mut told: Vec<(String, String, Value, Keys)> = Vec::new();
    for (words, code) in CALLS {
        let documents = match stage.documents(words, code) {
            Ok(documents) => documents,
            Err(problem) => {
                wrong.push(problem);
                continue;
            }
        };
        for document in documents {
            let kind = document["kind"].as_str().unwrap().to_owned();
            if kind == PROGRESS {
                continue;
            }
            match told.iter_mut().find(|(known, ..)| *known == kind) {
                Some((.., keys)) => keys.add(&document["data"]),
                None => {
                    let keys = Keys::of(&document["data"]);
                    told.push((kind, words.to_owned(), document["data"].clone(), keys));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let text = [HEAD.to_owned(), contents(&told), told.iter().map(section).collect(), elsewhere()]
        .concat();
    let known: BTreeSet<_> = told
        .iter()
        .map(|(kind, ..)| kind.as_str())
        .chain(ELSEWHERE.map(|row| row.0))
        .chain(PLAIN.map(|row| row.0))
        .collect();
    let missing: Vec<_> =
        kinds().into_iter().filter(|kind| !known.contains(kind.as_str())).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");

    hold("json.md", &text);
}

fn contents(told: &[(String, String, Value, Keys)]) -> String {
    let mut by_kind: BTreeMap<&str, String> = BTreeMap::new();
    for (kind, words, ..) in told {
        by_kind.insert(kind, shortened(words));
    }
    for (kind, words, ..) in ELSEWHERE {
        by_kind.insert(kind, words.to_owned());
    }
    let row = |(kind, words): (&str, String)| {
        format!("| [`{kind}`](#{}) | `datalake {words}` |\n", anchor(kind))
    };
    let rows: String = by_kind.into_iter().map(row).collect();
    format!("\n| kind | for example from |\n|---|---|\n{rows}\n")
}

fn section((kind, words, data, keys): &(String, String, Value, Keys)) -> String {
    let json = serde_json::to_string_pretty(&sample(data)).unwrap();
    let head = format!("## {kind}\n\n`datalake {} --json`\n\n", shortened(words));
    let keys = match keys.table() {
        none if none.is_empty() => none,
        table => format!("<details><summary>Keys</summary>\n\n{table}</details>\n\n"),
    };
    format!("{head}```json\n{json}\n```\n\n{keys}")
}

/// The words without folders of the test.
fn shortened(words: &str) -> String {
    words.replace(" --home home", "").replace(" --yes --while-running", "")
}

fn elsewhere() -> String {
    let mut text = String::new();
    for (kind, words, file, name) in ELSEWHERE {
        let rows: String = fields(file, name)
            .into_iter()
            .map(|(key, form, meaning)| format!("| `{key}` | {form} | {meaning} |\n"))
            .collect();
        text += &format!(
            "## {kind}\n\n`datalake {words} --json`\n\n| key | form | |\n|---|---|---|\n{rows}\n"
        );
    }
    text += "## Others\n\n";
    for (kind, what) in PLAIN {
        text += &format!("- `{kind}`, from {what}\n");
    }
    text
}
