//! `datalake job`.

mod bad_days;
mod brake;
mod elsewhere;
mod functions;
mod killed;
mod roads;

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::Shelf;

/// Keys that a careless hand takes apart.
fn list_odd_keys() -> Vec<String> {
    let mut keys: Vec<_> =
        ["a", "a b+c%2F", "a/", "a//b", "%", "ü", "e\u{301}", "tab\tbed", "cut\nline", "*[x]?"]
            .map(|name| format!("raw/{name}"))
            .into();
    keys.push(format!("raw/{}", "k".repeat(1_020)));
    keys.sort();
    keys
}

/// A bucket with objects of odd keys, each of another size.
fn make_odd_shelf() -> Shelf {
    let shelf = Shelf::empty();
    for (number, key) in list_odd_keys().iter().enumerate() {
        shelf.put_content(key, &make_content(number));
    }
    shelf
}

fn make_content(number: usize) -> Vec<u8> {
    format!("content {number} ").repeat(number * 1_000).into_bytes()
}

fn hash_hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All outcomes of a job by key.
#[track_caller]
fn read_receipts(shelf: &Shelf, job: &str) -> BTreeMap<String, Value> {
    let prefix = format!("_datalake/jobs/{job}/");
    let is_receipt = |key: &String| key.starts_with(&prefix) && key.contains("/receipts/");
    let receipts = shelf.keys().into_iter().filter(is_receipt);
    let mut outcomes = BTreeMap::new();
    // Beside them lie what asks workers to stop, and which run has called them.
    for receipt in receipts.filter(|key| key.strip_suffix(".json").is_some()) {
        let text = shelf.call("cat").arg(&receipt).run().exits(0).stdout;
        let receipt: Value = serde_json::from_str(&text).unwrap();
        for one in receipt["keys"].as_array().unwrap() {
            let key = one["key"].as_str().unwrap().to_owned();
            assert!(outcomes.insert(key, one["outcome"].clone()).is_none(), "{one}");
        }
    }
    outcomes
}
