//! `docs/json.md`: what `--json` prints, each document with a sample that a real call has printed.

mod calls;
mod sample;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{anchor, hold};
use calls::{CALLS, Stage};
use sample::sample;
use shape::Shape;

use crate::support::{fits_its_schema, schema};

const HEAD: &str = "\
# `--json`

Every command but `cat`, `dagster logs` and `man` takes `--json`. Standard output is then documents in one envelope, standard error the talk:

```json
{ \"schema_version\": 1, \"kind\": \"…\", \"data\": … }
```

- Most commands print one document. Listings and transfers print one a line, as things happen; the last line is of a kind that ends the answer (`ls-end`, `tree-end`, `usage-total`,
  `uploads-end`, `restore-end`, `transfer`, `verification`, `migration`, `migration-back`). Without it the answer is not whole.
- A failure is a document of kind `error`, behind the lines that came before it; so is a command line that is not understood.
- Keys may be added without a new `schema_version`; none changes its meaning or goes. Values that are not known are `null`, never left out, unless a table says that the key may be absent.
- Sizes are bytes, times are RFC 3339 in UTC, sums of money are millionths or text with a currency, as the key says.
- Names and keys are exact, with no escapes but JSON's.
- `datalake schema KIND` prints the JSON Schema (draft 2020-12) of a kind, with every key at any depth; `datalake schema` lists the kinds. Below are the keys of the first three levels; `[]` is each entry of a list, `*` each name of a map.

Samples are those of a test. Lists are cut to their first entries, long texts to their beginning, and what differs from run to run has a word in brackets.
";

/// Documents that need a systemd, a podman, Modal's client or days, or that only a long run tells.
const ELSEWHERE: [(&str, &str); 33] = [
    ("access-proof", "access prove --key-file FILE"),
    ("access-run", "access apply"),
    ("cost-forecast", "cost forecast"),
    ("dagster-deps", "dagster deps plan"),
    ("dagster-deps-apply", "dagster deps apply"),
    ("dagster-env", "dagster env"),
    ("dagster-reload", "dagster reload"),
    ("dagster-restart", "dagster restart"),
    ("dagster-start", "dagster start"),
    ("dagster-status", "dagster status"),
    ("dagster-stop", "dagster stop"),
    ("demo", "demo"),
    ("doctor-fix", "doctor --fix ID"),
    ("job-key", "job report NAME"),
    ("job-offer", "job run NAME --on modal --dry-run"),
    ("job-plan", "job plan NAME --do checksum assets/"),
    ("job-report", "job report NAME"),
    ("job-run", "job run NAME"),
    ("job-shard", "job shard NAME 0"),
    ("job-status", "job status NAME"),
    ("job-stop", "job stop NAME"),
    ("key-age", "key age"),
    ("key-check", "key check"),
    ("key-rotation", "key rotate"),
    ("lake-check", "lake check"),
    ("modal-deploy", "modal deploy"),
    ("modal-rollover", "modal rollover"),
    ("modal-secret", "modal secret status"),
    ("modal-secret-run", "modal secret sync"),
    ("restore-not-kept", "restore assets/"),
    ("restore-undo", "restore --undo RUN"),
    ("sandbox", "sandbox"),
    ("schedule", "schedule apply"),
];

/// Only a run that takes long tells of it.
const PROGRESS: (&str, &str) = ("transfer-progress", "sync");

/// A kind, the words of a call that prints it, and what it printed.
struct Told {
    kind: String,
    words: String,
    data: Option<Value>,
}

#[test]
fn the_page_of_documents_has_every_kind_with_a_real_sample() {
    let stage = Stage::new();
    let shapes = shapes();
    let mut wrong = Vec::new();
    let mut told: Vec<Told> = Vec::new();
    for (words, code) in CALLS {
        let documents = stage.documents(words, code).unwrap_or_else(|problem| {
            wrong.push(problem);
            Vec::new()
        });
        for document in documents {
            let kind = document["kind"].as_str().unwrap();
            fits_its_schema(&document);
            if kind != PROGRESS.0 && !told.iter().any(|known| known.kind == kind) {
                let data = Some(document["data"].clone());
                told.push(Told { kind: kind.to_owned(), words: shortened(words), data });
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    told.extend(ELSEWHERE.into_iter().chain([PROGRESS]).map(|(kind, words)| Told {
        kind: kind.to_owned(),
        words: words.to_owned(),
        data: None,
    }));
    let known: BTreeSet<_> = told.iter().map(|told| &told.kind).collect();
    assert_eq!(known, shapes.keys().collect(), "kinds that are told, and all kinds");

    let sections = told.iter().map(|told| section(told, &shapes[&told.kind]));
    hold("json.md", &[HEAD.to_owned(), contents(&told), sections.collect()].concat());
}

/// The shape of every kind.
fn shapes() -> BTreeMap<String, Shape> {
    let names = schema(&[]);
    let shape =
        |kind: &str| (kind.to_owned(), Shape(serde_json::from_str(&schema(&[kind])).unwrap()));
    names.lines().filter(|kind| *kind != "spec").map(shape).collect()
}

fn contents(told: &[Told]) -> String {
    let by_kind: BTreeMap<_, _> = told.iter().map(|told| (&told.kind, &told.words)).collect();
    let row = |(kind, words): (&String, &String)| {
        format!("| [`{kind}`](#{}) | `datalake {words}` |\n", anchor(kind))
    };
    let rows: String = by_kind.into_iter().map(row).collect();
    format!("\n| kind | for example from |\n|---|---|\n{rows}\n")
}

fn section(Told { kind, words, data }: &Told, shape: &Shape) -> String {
    let mut text = format!("## {kind}\n\n`datalake {words} --json`\n\n");
    if !shape.meaning().is_empty() {
        text += &format!("{}\n\n", shape.meaning());
    }
    if let Some(data) = data {
        let json = serde_json::to_string_pretty(&sample(data)).unwrap();
        text += &format!("```json\n{json}\n```\n\n");
    }
    match shape.table() {
        none if none.is_empty() => text,
        table if data.is_none() => text + &table,
        table => text + &format!("<details><summary>Keys</summary>\n\n{table}</details>\n\n"),
    }
}

/// The words without folders of the test.
fn shortened(words: &str) -> String {
    words.replace(" --home home", "").replace(" --yes --while-running", "")
}
