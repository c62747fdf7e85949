//! `docs/errors.md`: every error from A to Z, from the sources that make them.

use std::collections::{BTreeMap, BTreeSet};

use datalake_cli::exit::Exit;
use datalake_cli::faults::{FaultTold, told};
use datalake_core::fault::FaultKind;

use super::sources::{Message, codes_of_s3, meanings, messages};
use super::{cell, code, hold, sentence};

const HEAD: &str = "\
# Errors from A to Z

```
error: WHERE: WHAT (what was seen): WHY
hint: what to do next
```

An error names the place first (a bucket, file, service), then what is wrong there, then the reasons. Look up WHAT. `…` means names and values.
The [exit code](exit-codes.md) shows a script what to do. With `--json` the same is in a document of kind `error`. No message contains a secret.

What `doctor` finds has [a page of its own](findings.md).

## Faults of a service, a file or a program

These are met with many commands. The same fault may need another cure in another place.
";

const CODES: &str = "
## Error codes of S3

What the service's own codes are taken for. The code decides, not the status: three faults share 403.

| code | taken for |
|---|---|
";

const LETTERS: &str = "
## Messages

Wrong values in the spec (exit 78) or on the command line (exit 2), and what single commands say. Where there is no exit code, it is that of the place: 78 for a value of
the spec, 2 for one of the command line, else that of the fault behind it.
";

/// A text with fewer letters says nothing by itself.
const FEWEST_LETTERS: usize = 8;

#[test]
fn the_page_of_errors_has_every_message() {
    let text = [HEAD, &faults(), CODES, &codes(), LETTERS, &letters()].concat();

    hold("errors.md", &text);
}

fn faults() -> String {
    let meanings = meanings("crates/datalake-core/src/fault.rs", "FaultKind");
    let mut kinds = FaultKind::ALL.to_vec();
    kinds.sort_by_key(|kind| order(&kind.to_string()));
    kinds.into_iter().map(|kind| fault(kind, &meanings[&format!("{kind:?}")])).collect()
}

fn fault(kind: FaultKind, meaning: &str) -> String {
    let ways = told(kind);
    let way = |way: &FaultTold| {
        let places = if ways.len() == 1 { "anywhere".to_owned() } else { way.places.join(", ") };
        let hint = way.hint.clone().unwrap_or_else(|| way.exit.next().to_owned());
        format!("| {places} | {} | {} |\n", way.exit.code(), cell(&sentence(&hint)))
    };
    let rows: String = ways.iter().map(way).collect();
    format!(
        "\n### {}\n\n{}\n\n| where | exit | what next |\n|---|---|---|\n{rows}",
        kind,
        sentence(meaning)
    )
}

fn codes() -> String {
    let kinds: BTreeMap<_, _> =
        FaultKind::ALL.iter().map(|kind| (format!("{kind:?}"), kind)).collect();
    let mut rows: Vec<_> = codes_of_s3()
        .into_iter()
        .flat_map(|(kind, codes)| codes.into_iter().map(move |code| (code, kind.clone())))
        .map(|(code, kind)| format!("| `{code}` | {} |\n", kinds[&kind]))
        .collect();
    assert!(rows.len() > 25, "{rows:?}");
    rows.sort();
    rows.concat() + "| any other | the service refused |\n"
}

fn letters() -> String {
    let exits: BTreeMap<_, _> = Exit::ALL.iter().map(|exit| (format!("{exit:?}"), exit)).collect();
    let faults: BTreeSet<_> = FaultKind::ALL.iter().map(ToString::to_string).collect();
    let mut entries: Vec<_> = joined()
        .into_iter()
        .filter(|message| {
            order(&message.text).len() >= FEWEST_LETTERS && !faults.contains(&message.text)
        })
        .collect();
    assert!(entries.len() > 150, "{}", entries.len());
    entries.sort_by_key(|message| order(&message.text));
    let (mut text, mut letter) = (String::new(), None);
    for message in entries {
        let first = order(&message.text).chars().next().map(|first| first.to_ascii_uppercase());
        if first != letter {
            letter = first;
            text += &format!("\n### {}\n\n", first.unwrap());
        }
        text += &entry(&message, &exits);
    }
    text
}

/// Messages with the same text and exit code in one.
fn joined() -> Vec<Message> {
    let mut joined: BTreeMap<(String, Option<String>), Message> = BTreeMap::new();
    for message in messages() {
        let known =
            joined.entry((message.text.clone(), message.exit.clone())).or_insert_with(|| Message {
                text: message.text.clone(),
                exit: message.exit.clone(),
                ..Message::default()
            });
        known.meaning = known.meaning.take().or(message.meaning);
        for hint in message.hints {
            if !known.hints.contains(&hint) {
                known.hints.push(hint);
            }
        }
    }
    joined.into_values().collect()
}

fn entry(message: &Message, exits: &BTreeMap<String, &Exit>) -> String {
    let mut text = format!("- {}", code(&message.text));
    if let Some(exit) = &message.exit {
        text += &format!(" (exit {})", exits[exit].code());
    }
    let said = message.meaning.iter().chain(&message.hints).map(|part| sentence(part));
    let said = said.collect::<Vec<_>>().join(" ");
    if said.is_empty() { text + "\n" } else { format!("{text}: {said}\n") }
}

/// What a text is sorted by: its letters.
fn order(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}
