//! A place in a text, and the characters that `PyYAML` takes.

use super::YamlRefusal;

/// A place in the text, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What is left to read.
pub(super) struct Cursor {
    chars: Vec<char>,
    mark: Mark,
}

/// Stands behind the last character, and nowhere else: the text may not hold it.
pub(super) const END: char = '\0';

impl Cursor {
    /// # Errors
    ///
    /// [`YamlRefusal`] for a character that YAML does not permit.
    pub(super) fn new(text: &str) -> Result<Self, YamlRefusal> {
        // Python reads text with one kind of line end.
        let chars = text.replace("\r\n", "\n").replace('\r', "\n").chars().collect();
        let mut cursor = Self { chars, mark: Mark::default() };
        let strange = cursor.chars.iter().position(|c| !is_printable(*c));
        if let Some(strange) = strange {
            cursor.forward(strange);
            let code = u32::from(cursor.peek(0));
            let reason =
                format!("unacceptable character #x{code:04x}: special characters are not allowed");
            return Err(YamlRefusal::at(cursor.mark, reason));
        }
        Ok(cursor)
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// The character `ahead` of the next one; [`END`] behind the last.
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.mark.index + ahead).copied().unwrap_or(END)
    }

    pub(super) fn next_is(&self, test: impl Fn(char) -> bool) -> bool {
        test(self.peek(0))
    }

    pub(super) fn forward(&mut self, count: usize) {
        for _ in 0..count {
            let Some(c) = self.chars.get(self.mark.index).copied() else { return };
            self.mark.index += 1;
            if is_break(c) {
                self.mark.line += 1;
                self.mark.column = 0;
            } else if c != '\u{feff}' {
                self.mark.column += 1;
            }
        }
    }

    /// The next `count` characters, which are left behind.
    pub(super) fn take(&mut self, count: usize) -> String {
        let from = self.mark.index;
        self.forward(count);
        self.chars.get(from..self.mark.index).unwrap_or_default().iter().collect()
    }

    /// The characters up to the first that fails the test.
    pub(super) fn take_while(&mut self, test: impl Fn(char) -> bool) -> String {
        let count = self.count_while(test);
        self.take(count)
    }

    pub(super) fn skip_while(&mut self, test: impl Fn(char) -> bool) {
        let count = self.count_while(test);
        self.forward(count);
    }

    fn count_while(&self, test: impl Fn(char) -> bool) -> usize {
        let left = self.chars.get(self.mark.index..).unwrap_or_default();
        left.iter().take_while(|c| test(**c)).count()
    }

    /// Takes a line end, and tells what it stands for.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let c = self.peek(0);
        if !is_break(c) {
            return None;
        }
        self.forward(1);
        Some(if matches!(c, '\u{2028}' | '\u{2029}') { c } else { '\n' })
    }

    /// Skips a comment, if one begins here.
    pub(super) fn skip_comment(&mut self) {
        if self.peek(0) == '#' {
            self.skip_while(|c| !is_break(c));
        }
    }

    /// Whether `---` or `...` stands here with nothing behind it.
    pub(super) fn is_at_separator(&self) -> bool {
        let next = [self.peek(0), self.peek(1), self.peek(2)];
        (next == ['-'; 3] || next == ['.'; 3]) && is_gap(self.peek(3))
    }
}

fn is_printable(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}'
        | '\u{10000}'..='\u{10ffff}')
}

/// The end of a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The end of a line or of the text.
pub(super) fn is_line_end(c: char) -> bool {
    c == END || is_break(c)
}

/// What may stand behind a word in most places; tabs do not count.
pub(super) fn is_space_or_end(c: char) -> bool {
    c == ' ' || is_line_end(c)
}

/// What may stand behind an indicator.
pub(super) fn is_gap(c: char) -> bool {
    c == '\t' || is_space_or_end(c)
}

/// A character of a name: of an anchor, a directive, a tag's handle.
pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// A character as Python writes it in a message.
pub(super) fn quote_character(c: char) -> String {
    match c {
        END => "'\\x00'".to_owned(),
        '\'' => "\"'\"".to_owned(),
        _ if c.is_control() => format!("'{}'", c.escape_default()),
        _ => format!("'{c}'"),
    }
}
