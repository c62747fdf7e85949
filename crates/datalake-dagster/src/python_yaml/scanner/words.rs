//! Text without quotes, and text in quotes.

use super::{Scanner, Token, TokenKind, YamlRefusal};
use crate::python_yaml::cursor::{END, is_break, is_gap, quote_character};

/// Text without quotes.
impl Scanner {
    pub(super) fn scan_plain_text(&mut self) -> Token {
        let mark = self.cursor.mark();
        let indent = self.indent.map_or(0, |column| column + 1);
        let (mut text, mut spaces) = (String::new(), String::new());
        while self.cursor.peek(0) != '#' {
            let length = self.count_plain();
            if length == 0 {
                break;
            }
            self.may_begin_key = false;
            text.push_str(&spaces);
            text.push_str(&self.cursor.take(length));
            spaces = self.scan_plain_spaces();
            let is_outside = self.flow == 0 && self.cursor.mark().column < indent;
            if spaces.is_empty() || is_outside {
                break;
            }
        }
        Token { kind: TokenKind::Scalar { text, is_plain: true }, mark }
    }

    /// How many characters of plain text come next.
    fn count_plain(&self) -> usize {
        let is_in_flow = self.flow > 0;
        let ends_key = |c: char| is_gap(c) || is_in_flow && ",[]{}".contains(c);
        let mut length = 0;
        loop {
            let c = self.cursor.peek(length);
            let is_colon = c == ':' && ends_key(self.cursor.peek(length + 1));
            if is_gap(c) || is_colon || is_in_flow && ",?[]{}".contains(c) {
                return length;
            }
            length += 1;
        }
    }

    /// What the blanks and line ends behind plain text stand for. A tab ends the text.
    fn scan_plain_spaces(&mut self) -> String {
        let blanks = self.cursor.take_while(|c| c == ' ');
        let Some(line_break) = self.cursor.take_break() else { return blanks };
        self.may_begin_key = true;
        if self.cursor.is_at_separator() {
            return String::new();
        }
        let mut breaks = String::new();
        loop {
            self.cursor.skip_while(|c| c == ' ');
            let Some(next) = self.cursor.take_break() else { break };
            breaks.push(next);
            if self.cursor.is_at_separator() {
                return String::new();
            }
        }
        fold_lines(line_break, &breaks)
    }
}

/// Text in quotes.
impl Scanner {
    pub(super) fn scan_quoted_text(&mut self) -> Result<Token, YamlRefusal> {
        let mark = self.cursor.mark();
        let quote = self.cursor.peek(0);
        self.cursor.forward(1);
        let mut text = String::new();
        self.scan_quoted_words(quote, &mut text)?;
        while self.cursor.peek(0) != quote {
            self.scan_quoted_spaces(&mut text)?;
            self.scan_quoted_words(quote, &mut text)?;
        }
        self.cursor.forward(1);
        Ok(Token { kind: TokenKind::Scalar { text, is_plain: false }, mark })
    }

    fn scan_quoted_words(&mut self, quote: char, text: &mut String) -> Result<(), YamlRefusal> {
        loop {
            let plain = self.cursor.take_while(|c| !is_gap(c) && !"'\"\\".contains(c));
            text.push_str(&plain);
            match (self.cursor.peek(0), quote) {
                ('\'', '\'') if self.cursor.peek(1) == '\'' => {
                    text.push('\'');
                    self.cursor.forward(2);
                }
                ('\'', '"') | ('"' | '\\', '\'') => text.push_str(&self.cursor.take(1)),
                ('\\', _) => {
                    self.cursor.forward(1);
                    self.scan_escape(text)?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// What stands behind a backslash.
    fn scan_escape(&mut self, text: &mut String) -> Result<(), YamlRefusal> {
        let letter = self.cursor.peek(0);
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ if is_break(letter) => {
                self.cursor.take_break();
                return self.scan_quoted_breaks(text);
            }
            _ => {
                let Some(meant) = unescape_letter(letter) else {
                    let reason =
                        format!("found unknown escape character {}", quote_character(letter));
                    return Err(self.refuse(self.cursor.mark(), reason));
                };
                text.push(meant);
                self.cursor.forward(1);
                return Ok(());
            }
        };
        self.cursor.forward(1);
        let mark = self.cursor.mark();
        let what = format!("escape sequence of {digits} hexadecimal numbers");
        let code = self.scan_hexadecimal(digits, &what)?;
        let meant = char::from_u32(code);
        text.push(meant.ok_or_else(|| self.refuse(mark, "found an escape of no character"))?);
        Ok(())
    }

    fn scan_quoted_spaces(&mut self, text: &mut String) -> Result<(), YamlRefusal> {
        let blanks = self.cursor.take_while(|c| c == ' ' || c == '\t');
        if self.cursor.peek(0) == END {
            return Err(self.refuse(self.cursor.mark(), "found unexpected end of stream"));
        }
        let Some(line_break) = self.cursor.take_break() else {
            text.push_str(&blanks);
            return Ok(());
        };
        let mut breaks = String::new();
        self.scan_quoted_breaks(&mut breaks)?;
        text.push_str(&fold_lines(line_break, &breaks));
        Ok(())
    }

    fn scan_quoted_breaks(&mut self, breaks: &mut String) -> Result<(), YamlRefusal> {
        loop {
            if self.cursor.is_at_separator() {
                let reason = "found unexpected document separator";
                return Err(self.refuse(self.cursor.mark(), reason));
            }
            self.cursor.skip_while(|c| c == ' ' || c == '\t');
            let Some(next) = self.cursor.take_break() else { return Ok(()) };
            breaks.push(next);
        }
    }
}

/// One line end is a blank; of several the first is dropped.
fn fold_lines(first: char, breaks: &str) -> String {
    match first {
        '\n' if breaks.is_empty() => " ".to_owned(),
        '\n' => breaks.to_owned(),
        other => format!("{other}{breaks}"),
    }
}

/// The character that a backslash and this letter stand for.
fn unescape_letter(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '\\' | '/' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
