//! Every document that a test reads is held to the schema that the program tells of its kind.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// What `datalake schema WORDS…` prints.
pub(crate) fn schema(words: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_datalake-under-test"));
    let ran = program.arg("schema").args(words).env_clear().output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Fails where the document has what its schema does not know, or the other way round.
#[track_caller]
pub(crate) fn fits_its_schema(document: &Value) {
    static KNOWN: LazyLock<Mutex<BTreeMap<String, Validator>>> = LazyLock::new(Mutex::default);
    let kind = document["kind"].as_str().unwrap();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = known.entry(kind.to_owned()).or_insert_with(|| {
        let schema = serde_json::from_str(&schema(&[kind])).unwrap();
        jsonschema::validator_for(&without_more(&schema)).unwrap()
    });
    let told = |error: jsonschema::ValidationError<'_>| {
        format!("{kind}{}: {error}", error.instance_path())
    };
    let problems: Vec<_> = validator.iter_errors(document).map(told).collect();
    drop(known);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The same schema, which takes no key that it does not know.
fn without_more(schema: &Value) -> Value {
    match schema {
        Value::Array(list) => list.iter().map(without_more).collect(),
        Value::Object(object) => {
            let mut inner: Map<_, _> =
                object.iter().map(|(key, value)| (key.clone(), without_more(value))).collect();
            if inner.get("properties").is_some_and(Value::is_object) && inner.contains_key("type") {
                inner.entry("additionalProperties").or_insert(json!(false));
            }
            inner.into()
        }
        other => other.clone(),
    }
}
