//! Which file of a Delta table tells that rows of another one are deleted.

use serde::Deserialize;
use serde::de::Error as _;

use super::commit::decode_path;

/// The digits of the numbers in names: base 85 as `ZeroMQ` has it (Delta's protocol, 2026-06).
const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
/// So many of them stand for the id of a file.
const ID: usize = 20;

/// `deletionVector`, as Delta's protocol has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletionVector {
    storage_type: String,
    path_or_inline_dv: String,
}

impl DeletionVector {
    /// The path of its file below the table's folder, or an address of a place outside; `None` where it is
    /// in the commit itself.
    pub(super) fn name_file(&self) -> Result<Option<String>, serde_json::Error> {
        let text = self.path_or_inline_dv.as_str();
        match self.storage_type.as_str() {
            "i" => Ok(None),
            "p" => Ok(Some(decode_path(text))),
            "u" => {
                let named = name_relative(text);
                named.map(Some).ok_or_else(|| serde_json::Error::custom("no id of a file"))
            }
            _ => Err(serde_json::Error::custom("no place of a deletion vector")),
        }
    }
}

/// `FOLDER/deletion_vector_ID.bin` of a folder and the digits of an id behind it.
fn name_relative(text: &str) -> Option<String> {
    let (folder, id) = text.split_at_checked(text.len().checked_sub(ID)?)?;
    let mut bytes = Vec::with_capacity(16);
    for digits in id.as_bytes().chunks(5) {
        let number = digits.iter().try_fold(0_u32, |number, digit| {
            let value = DIGITS.iter().position(|known| known == digit)?;
            number.checked_mul(85)?.checked_add(u32::try_from(value).ok()?)
        })?;
        bytes.extend(number.to_be_bytes());
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to);
    let id = [part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?].join("-");
    let slash = if folder.is_empty() { "" } else { "/" };
    Some(format!("{folder}{slash}deletion_vector_{id}.bin"))
}
