//! A document made fit for a page.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::support::shown;

/// More of a list is left out.
const LONGEST_LIST: usize = 2;
/// More of a text is left out.
const LONGEST_TEXT: usize = 120;

/// Numbers that differ from run to run or from month to month, and what stands for them.
const NUMBERS: [(&str, u64); 9] = [
    ("at", 1_795_953_600),
    ("hours", 720),
    ("egress_free_bytes", 1_080_000_000_000),
    ("stored_byte_seconds", 829_440_000_000),
    ("stored_free_byte_seconds", 2_592_000_000_000_000_000),
    ("pid", 4711),
    ("packed", 470),
    ("uid", 1001),
    ("gid", 1001),
];

/// Texts that do.
const TEXTS: [(&str, &str); 6] = [
    ("upload", "[ID]"),
    ("version", "[ID]"),
    ("version_id", "[ID]"),
    ("mtime", "[SECONDS]"),
    ("month", "[MONTH]"),
    ("url", "[ADDRESS]"),
];

/// The same document, shortened, with words in brackets for what differs from run to run.
pub(super) fn sample(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(short(&shown(text))),
        Value::Array(list) => list.iter().take(LONGEST_LIST).map(sample).collect(),
        Value::Object(object) => {
            let inner = object.iter().map(|(key, value)| (shown(key), steady(key, value)));
            Value::Object(inner.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

fn steady(key: &str, value: &Value) -> Value {
    let number = NUMBERS.iter().find(|(varying, _)| *varying == key);
    let text = TEXTS.iter().find(|(varying, _)| *varying == key);
    match (value, number, text) {
        (Value::Number(found), ..) if found.is_f64() => json!(1.5),
        (Value::Number(_), Some((_, steady)), _) => json!(steady),
        (Value::String(_), _, Some((_, steady))) => json!(steady),
        _ => sample(value),
    }
}

fn short(text: &str) -> String {
    let text = MONTHS.replace_all(text, "720$1");
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => text[..at].to_owned() + "…",
        None => text.into_owned(),
    }
}

/// A month has 672 to 744 hours.
static MONTHS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:672|696|720|744)((?:\.000)? (?:hours|TB-h))").unwrap());
