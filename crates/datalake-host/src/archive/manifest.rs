//! The hashes in an archive: one JSON document a line, the first one about the whole.

use std::io::{BufRead, Write};

use datalake_core::fault::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

use super::SCHEMA;
use crate::fault::fault_of_io;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ManifestHead {
    pub(super) schema_version: u32,
    pub(super) kind: String,
    pub(super) created: String,
    pub(super) folder: String,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ManifestLine {
    /// The name in the archive; bytes that are no UTF-8 in hexadecimal digits.
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_hex: bool,
    pub(super) size: u64,
    pub(super) sha256: String,
    /// Copied by `SQLite`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) database: bool,
    /// Written while it was read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) disturbed: bool,
}

impl ManifestLine {
    /// A file of this name in the archive, with its length and hash.
    pub(super) fn new(name: &[u8], size: u64, sha256: String) -> Self {
        let (name, is_hex) = match std::str::from_utf8(name) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (encode_hex(name), true),
        };
        Self { name, is_hex, size, sha256, database: false, disturbed: false }
    }
}

const KIND: &str = "datalake-backup";

impl ManifestHead {
    pub(super) fn new(created: &str, folder: &str) -> Self {
        Self {
            schema_version: SCHEMA,
            kind: KIND.to_owned(),
            created: created.to_owned(),
            folder: folder.to_owned(),
        }
    }
}

impl ManifestLine {
    /// The name as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        if !self.is_hex {
            return self.name.clone().into_bytes();
        }
        let digits = self.name.as_bytes().chunks(2);
        let byte = |two: &[u8]| {
            let text = std::str::from_utf8(two).ok()?;
            u8::from_str_radix(text, 16).ok()
        };
        digits.filter_map(byte).collect()
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a line.
pub(super) fn write_line(out: &mut impl Write, line: &impl Serialize) -> Result<(), Fault> {
    let written = serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from);
    written.and_then(|()| out.write_all(b"\n")).map_err(|error| fault_of_io(&error))
}

/// Reads the hashes.
pub(super) fn read_lines(
    lines: impl BufRead,
    mut each: impl FnMut(ManifestLine),
) -> Result<(), Fault> {
    let unreadable = |what: String| Fault::new(FaultKind::Unreadable, what);
    let mut lines = lines.lines();
    let head = lines.next().ok_or_else(|| unreadable("its hashes are missing".to_owned()))?;
    let head: ManifestHead = serde_json::from_str(&head.map_err(|error| fault_of_io(&error))?)
        .map_err(|error| unreadable(format!("its hashes cannot be read: {error}")))?;
    if head.kind != KIND || head.schema_version != SCHEMA {
        return Err(unreadable(format!("it has the form {}", head.schema_version)));
    }
    for line in lines {
        let line = line.map_err(|error| fault_of_io(&error))?;
        let line = serde_json::from_str(&line);
        each(line.map_err(|error| unreadable(format!("its hashes cannot be read: {error}")))?);
    }
    Ok(())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !*value
}
