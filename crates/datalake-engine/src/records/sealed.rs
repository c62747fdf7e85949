//! Receipts with a checksum, so that one that was edited is told as such.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::receipt::Receipt;
use serde_json::Value;

use crate::journal::checksum_record;

/// The field of a receipt's file that holds the checksum of all the others. Receipts of releases before
/// it have none.
const CHECKSUM: &str = "checksum";

/// The file of a receipt.
///
/// # Errors
///
/// A [`Fault`] where it makes no JSON.
pub(super) fn seal_receipt(receipt: &Receipt) -> Result<Vec<u8>, Fault> {
    let unfit = |error: serde_json::Error| Fault::new(FaultKind::Unreadable, error.to_string());
    let sum = checksum_of(&serde_json::to_value(receipt).map_err(unfit)?);
    let sealed = Sealed { receipt, checksum: &sum };
    serde_json::to_vec_pretty(&sealed).map_err(unfit)
}

#[derive(serde::Serialize)]
struct Sealed<'a> {
    #[serde(flatten)]
    receipt: &'a Receipt,
    checksum: &'a str,
}

/// Refuses a receipt that says other things than when it was written. Line breaks and the order of
/// fields say nothing.
///
/// # Errors
///
/// A [`Fault`] of kind `Disturbed`.
pub(super) fn require_unchanged(file: &Value) -> Result<(), Fault> {
    let Some(sum) = file.get(CHECKSUM) else { return Ok(()) };
    if sum.as_str() == Some(&checksum_of(file)) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Disturbed,
        "the receipt was edited: its checksum does not match. To use it as it is, delete its line \
         `checksum`",
    ))
}

fn checksum_of(file: &Value) -> String {
    let mut text = String::new();
    write_canonical(file, true, &mut text);
    checksum_record(text.as_bytes())
}

/// Writes a value in the one form that all releases agree on: fields in the order of their names.
fn write_canonical(value: &Value, is_file: bool, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                if is_file && name == CHECKSUM {
                    continue;
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(value, false, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write_canonical(value, false, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Value {
        let receipt: Receipt = serde_json::from_value(serde_json::json!({
            "schema_version": 1, "run": "R-1", "kind": "provision",
            "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:01Z", "steps": [],
        }))
        .unwrap();
        serde_json::from_slice(&seal_receipt(&receipt).unwrap()).unwrap()
    }

    #[test]
    fn a_receipt_that_was_edited_is_told_as_such() {
        let mut file = sealed();
        require_unchanged(&file).unwrap();

        file["ended"] = "2026-01-01T00:00:02Z".into();
        assert_eq!(require_unchanged(&file).unwrap_err().kind, FaultKind::Disturbed);

        file.as_object_mut().unwrap().remove(CHECKSUM);
        require_unchanged(&file).unwrap();
    }

    #[test]
    fn a_field_that_is_added_is_an_edit_and_a_line_break_is_none() {
        let mut file = sealed();
        let compact: Value = serde_json::from_str(&file.to_string()).unwrap();
        require_unchanged(&compact).unwrap();

        file["more"] = true.into();
        assert!(require_unchanged(&file).is_err());
    }
}
