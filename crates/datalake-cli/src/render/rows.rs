//! Answers without an end that is known: rows that are printed as they come.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{DocumentKind, Envelope, Printer, write_out};

/// So much is kept back before it is printed.
const BLOCK: usize = 64 * 1024;

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);

/// Rows on standard output: lines of text, or one JSON envelope a line.
pub(crate) struct Rows {
    json: bool,
    buffer: Vec<u8>,
    gone: bool,
}

impl Rows {
    /// Rows as text, or as JSON where that is wanted.
    #[must_use]
    pub(crate) fn new(printer: Printer) -> Self {
        Self { json: printer.json, buffer: Vec::with_capacity(BLOCK), gone: false }
    }

    /// Adds a row: `data` in its envelope for JSON, the line else.
    pub(crate) fn row(
        &mut self,
        kind: DocumentKind,
        data: impl Serialize,
        line: impl FnOnce() -> String,
    ) {
        if self.json {
            // A buffer in memory takes everything, and rows hold what JSON can write.
            let _ = serde_json::to_writer(&mut self.buffer, &Envelope::around(kind, data));
            self.line("");
        } else {
            self.line(&line());
        }
    }

    /// Adds a line of text.
    pub(crate) fn line(&mut self, line: &str) {
        self.buffer.extend_from_slice(line.as_bytes());
        self.buffer.push(b'\n');
        if self.buffer.len() >= BLOCK {
            self.flush();
        }
    }

    /// Adds bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BLOCK {
            self.flush();
        }
    }

    /// Prints what was kept back, and tells whether anyone reads on.
    pub(crate) fn flush(&mut self) -> bool {
        if !self.gone && !self.buffer.is_empty() {
            self.gone = !write_out(&self.buffer);
        }
        self.buffer.clear();
        !self.gone
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.flush();
    }
}

/// A line on a terminal that tells how far something is; nothing anywhere else.
pub(crate) struct Ticker {
    shown: bool,
    next: Option<Instant>,
}

impl Ticker {
    /// A line on standard error, if that is a terminal.
    #[must_use]
    pub(crate) fn new(printer: Printer) -> Self {
        Self { shown: !printer.json && io::stderr().is_terminal(), next: None }
    }

    /// Whether its texts are shown.
    #[must_use]
    pub(crate) fn is_shown(&self) -> bool {
        self.shown
    }

    /// Shows a text, if the last one has stood for a while.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        if !self.shown || self.next.is_some_and(|next| Instant::now() < next) {
            return;
        }
        self.next = Some(Instant::now() + BEAT);
        let _ = write!(io::stderr().lock(), "\r\x1b[K{}", text());
    }
}

impl Ticker {
    /// Takes the line away, if one is there; it comes back with the next text.
    pub(crate) fn clear(&mut self) {
        if self.next.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.clear();
    }
}
