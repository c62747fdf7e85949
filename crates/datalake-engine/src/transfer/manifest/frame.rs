//! Frames: a length, a checksum, and so many bytes.

use std::io::{ErrorKind, Read, Write};

use datalake_core::fault::{Fault, FaultKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::fault_of_damage;

/// The most that a frame holds; more is damage.
const LARGEST: usize = 4 << 20;
const CHECKSUM: usize = 8;

/// The first frame of a file: what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FirstFrame {
    schema_version: u32,
    kind: String,
}

/// The frames of a file, one after the other.
pub(crate) struct Frames {
    file: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
}

/// The form that is written. Form 1, of datalake 0.1.0, knows neither stamps nor evidence, and is
/// read.
const FORM: u32 = 2;

impl FirstFrame {
    pub(crate) fn manifest() -> Self {
        Self { schema_version: FORM, kind: "transfer-manifest".to_owned() }
    }

    pub(crate) fn journal() -> Self {
        Self { schema_version: FORM, kind: "transfer-journal".to_owned() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a number and a text have a form")
    }

    /// Whether a file that begins so is of this kind and form.
    pub(crate) fn check(&self, frame: &[u8]) -> Result<(), Fault> {
        match serde_json::from_slice::<Self>(frame) {
            Ok(head) if head.kind == self.kind && (1..=FORM).contains(&head.schema_version) => {
                Ok(())
            }
            Ok(head) if head.kind == self.kind => {
                let detail = format!("it has form {}, of a newer datalake", head.schema_version);
                Err(Fault::new(FaultKind::Unreadable, detail))
            }
            _ => Err(fault_of_damage("it begins with something else")),
        }
    }
}

impl Frames {
    pub(crate) fn new(file: Box<dyn Read + Send>) -> Self {
        Self { file, buffer: Vec::new(), start: 0 }
    }

    /// The next frame; a file that ends within one is damaged.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        if !self.fill(1)? {
            return Ok(None);
        }
        self.next_whole()?.map(Some).ok_or_else(|| fault_of_damage("it breaks off"))
    }

    /// The next frame; one that is torn by a kill is the end.
    pub(crate) fn next_whole(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        if !self.fill(4)? {
            return Ok(None);
        }
        let length =
            self.bytes(0, 4).iter().rev().fold(0, |all, byte| all << 8 | usize::from(*byte));
        if length > LARGEST {
            return Err(fault_of_damage("a frame is too long"));
        }
        if !self.fill(4 + CHECKSUM + length)? {
            return Ok(None);
        }
        let content = self.bytes(4 + CHECKSUM, length).to_vec();
        if self.bytes(4, CHECKSUM) != checksum_content(&content) {
            return Err(fault_of_damage("a checksum does not fit"));
        }
        self.start += 4 + CHECKSUM + length;
        Ok(Some(content))
    }

    /// Reads until so many bytes are there; `false` where the file ends before.
    fn fill(&mut self, needed: usize) -> Result<bool, Fault> {
        if self.buffer.len() - self.start >= needed {
            return Ok(true);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let mut chunk = vec![0; needed.max(64 << 10)];
        while self.buffer.len() < needed {
            match self.file.read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(read) => self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(Fault::new(FaultKind::Io, error.to_string())),
            }
        }
        Ok(true)
    }

    fn bytes(&self, from: usize, length: usize) -> &[u8] {
        let from = self.start + from;
        self.buffer.get(from..from + length).unwrap_or_default()
    }
}

/// Adds a frame to a file, with one call.
pub(crate) fn write_frame(file: &mut (impl Write + ?Sized), content: &[u8]) -> Result<(), Fault> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut frame = Vec::with_capacity(4 + CHECKSUM + content.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&checksum_content(content));
    frame.extend_from_slice(content);
    file.write_all(&frame).map_err(|error| {
        let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        Fault::new(if full { FaultKind::DiskFull } else { FaultKind::Io }, error.to_string())
    })
}

fn checksum_content(content: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::digest(content).into();
    let mut short = [0; CHECKSUM];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}
