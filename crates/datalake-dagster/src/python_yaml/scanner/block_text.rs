//! Text behind `|` and `>`.

use super::{Scanner, Token, TokenKind, YamlRefusal};
use crate::python_yaml::cursor::{END, is_break, is_line_end, is_space_or_end};

/// What becomes of the line ends behind the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// What stands behind `|` or `>`.
struct Header {
    chomping: Chomping,
    /// How deep the text stands, where that is said.
    increment: Option<usize>,
}

impl Scanner {
    pub(super) fn scan_block_text(&mut self) -> Result<Token, YamlRefusal> {
        let mark = self.cursor.mark();
        let is_folded = self.cursor.peek(0) == '>';
        self.cursor.forward(1);
        let Header { chomping, increment } = self.scan_header()?;
        self.end_header_line()?;
        let least = self.indent.map_or(1, |column| column + 1);
        let (indent, mut breaks) = match increment {
            Some(increment) => {
                let indent = least + increment - 1;
                (indent, self.scan_breaks(indent))
            }
            None => {
                let (deepest, breaks) = self.scan_first_breaks();
                (least.max(deepest), breaks)
            }
        };
        let (mut text, mut line_break) = (String::new(), None);
        while self.is_in_block(indent) {
            text.push_str(&breaks);
            let begins_with_word = !self.cursor.next_is(is_blank);
            text.push_str(&self.cursor.take_while(|c| !is_line_end(c)));
            line_break = self.cursor.take_break();
            breaks = self.scan_breaks(indent);
            if !self.is_in_block(indent) {
                break;
            }
            let joins = is_folded
                && line_break == Some('\n')
                && begins_with_word
                && !self.cursor.next_is(is_blank);
            match joins {
                true if breaks.is_empty() => text.push(' '),
                true => (),
                false => text.extend(line_break),
            }
        }
        if chomping != Chomping::Strip {
            text.extend(line_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        Ok(Token { kind: TokenKind::Scalar { text, is_plain: false }, mark })
    }

    fn is_in_block(&self, indent: usize) -> bool {
        self.cursor.mark().column == indent && self.cursor.peek(0) != END
    }

    /// `+`, `-`, a digit, or both in any order.
    fn scan_header(&mut self) -> Result<Header, YamlRefusal> {
        let mut chomping = self.scan_chomping();
        let increment = match self.cursor.peek(0).to_digit(10) {
            Some(0) => {
                let reason = "expected indentation indicator in the range 1-9, but found 0";
                return Err(self.refuse(self.cursor.mark(), reason));
            }
            Some(digit) => {
                self.cursor.forward(1);
                usize::try_from(digit).ok()
            }
            None => None,
        };
        if chomping.is_none() && increment.is_some() {
            chomping = self.scan_chomping();
        }
        if !self.cursor.next_is(is_space_or_end) {
            return Err(self.expected("chomping or indentation indicators"));
        }
        Ok(Header { chomping: chomping.unwrap_or(Chomping::Clip), increment })
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.peek(0) {
            '+' => Chomping::Keep,
            '-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.forward(1);
        Some(chomping)
    }

    /// Empty lines before the text, and the deepest column in them.
    fn scan_first_breaks(&mut self) -> (usize, String) {
        let (mut deepest, mut breaks) = (0, String::new());
        while self.cursor.next_is(|c| c == ' ' || is_break(c)) {
            if let Some(next) = self.cursor.take_break() {
                breaks.push(next);
            } else {
                self.cursor.forward(1);
                deepest = deepest.max(self.cursor.mark().column);
            }
        }
        (deepest, breaks)
    }

    /// Empty lines in the text, up to the column where it goes on.
    fn scan_breaks(&mut self, indent: usize) -> String {
        let mut breaks = String::new();
        loop {
            while self.cursor.mark().column < indent && self.cursor.peek(0) == ' ' {
                self.cursor.forward(1);
            }
            let Some(next) = self.cursor.take_break() else { return breaks };
            breaks.push(next);
        }
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}
