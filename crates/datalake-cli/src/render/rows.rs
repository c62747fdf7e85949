//! Answers without an end that is known: rows that are printed as they come.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{DocumentKind, Envelope, Printer, write_out};

/// So much is kept back before it is printed.
const BLOCK: usize = 64 * 1024;

/// How often progress is shown.
const BEAT: Duration = Duration::from_millis(200);

/// How often progress is told where there is no terminal.
const MINUTE: Duration = Duration::from_mins(1);

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

/// A line that tells how far something is: on a terminal one that stands still, else one a minute.
pub(crate) struct Ticker {
    place: TickerPlace,
    next: Instant,
    stands: bool,
}

/// Where the line goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TickerPlace {
    Terminal,
    Lines,
    Nowhere,
}

impl Ticker {
    /// A line on standard error; none beside JSON.
    #[must_use]
    pub(crate) fn new(printer: Printer) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let place = match printer.json {
            true => TickerPlace::Nowhere,
            false if io::stderr().is_terminal() && !is_dumb => TickerPlace::Terminal,
            false => TickerPlace::Lines,
        };
        let wait = if place == TickerPlace::Lines { MINUTE } else { Duration::ZERO };
        Self { place, next: Instant::now() + wait, stands: false }
    }

    /// Whether its texts are shown all the time.
    #[must_use]
    pub(crate) fn is_shown(&self) -> bool {
        self.place == TickerPlace::Terminal
    }

    /// Shows a text, if the last one has stood for a while.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        let now = Instant::now();
        if self.place == TickerPlace::Nowhere || now < self.next {
            return;
        }
        let (text, mut error) = (text(), io::stderr().lock());
        let _ = if self.place == TickerPlace::Terminal {
            self.next = now + BEAT;
            self.stands = true;
            let width = rustix::termios::tcgetwinsize(&error).map_or(0, |size| size.ws_col);
            write!(error, "\r\x1b[K{}", fit_width(&text, width.into()))
        } else {
            self.next = now + MINUTE;
            writeln!(error, "{text}")
        };
    }

    /// Takes the line away, if one is there; it comes back with the next text.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.stands) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.clear();
    }
}

/// As much of a line as a terminal of this width shows without a break; whole parts between `·`.
fn fit_width(line: &str, width: usize) -> &str {
    let fits = |line: &str| width == 0 || line.chars().count() < width;
    let mut shown = line;
    while !fits(shown) {
        let Some((before, _)) = shown.rsplit_once(" · ") else {
            let end = shown.char_indices().nth(width.saturating_sub(1)).map(|(at, _)| at);
            return end.and_then(|end| shown.get(..end)).unwrap_or(shown);
        };
        shown = before;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_there_is_a_line_a_minute() {
        let (place, told) = (TickerPlace::Lines, std::cell::Cell::new(0));
        let mut ticker = Ticker { place, next: Instant::now() + MINUTE, stands: false };
        let text = || {
            told.set(told.get() + 1);
            "1 of 2 files".to_owned()
        };

        ticker.tell(text);
        assert_eq!(told.get(), 0, "the first minute is not over");

        ticker.next = Instant::now();
        ticker.tell(text);
        ticker.tell(text);
        assert_eq!(told.get(), 1);
    }

    #[test]
    fn a_line_that_is_too_long_loses_whole_parts_from_its_end() {
        assert_eq!(fit_width("a · bb · cc", 0), "a · bb · cc");
        assert_eq!(fit_width("a · bb · cc", 12), "a · bb · cc");
        assert_eq!(fit_width("a · bb · cc", 11), "a · bb");
        assert_eq!(fit_width("abcdef", 4), "abc");
        assert_eq!(fit_width("äöü", 3), "äö");
    }
}
