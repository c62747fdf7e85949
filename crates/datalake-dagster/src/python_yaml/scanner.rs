//! Tokens of a YAML text.
//!
//! A key is known only by the colon behind it. So a place where one may have begun is remembered
//! ([`PossibleKey`]), and tokens wait until it is settled; the token of the key is put in before
//! them.

mod block_text;
mod indicators;
mod names;
mod token;
mod words;

use std::collections::{BTreeMap, VecDeque};

pub(super) use token::{Token, TokenKind};

use super::YamlRefusal;
use super::cursor::{Cursor, END, Mark, is_gap, quote_character};

/// A place where a key may have begun.
#[derive(Debug, Clone, Copy)]
struct PossibleKey {
    /// The number of its first token.
    number: usize,
    /// Nothing but a key can stand there.
    is_required: bool,
    mark: Mark,
}

/// A key has to end within so many characters.
const LONGEST_KEY: usize = 1024;

pub(super) struct Scanner {
    cursor: Cursor,
    /// How many brackets and braces are open.
    flow: usize,
    tokens: VecDeque<Token>,
    /// How many tokens were given out.
    taken: usize,
    /// The column of the block at hand; `None` outside of any.
    indent: Option<usize>,
    indents: Vec<Option<usize>>,
    may_begin_key: bool,
    /// By how many brackets are open there.
    keys: BTreeMap<usize, PossibleKey>,
    is_done: bool,
}

impl Scanner {
    pub(super) fn new(cursor: Cursor) -> Self {
        Self {
            cursor,
            flow: 0,
            tokens: VecDeque::new(),
            taken: 0,
            indent: None,
            indents: Vec::new(),
            may_begin_key: true,
            keys: BTreeMap::new(),
            is_done: false,
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<Token, YamlRefusal> {
        while self.needs_more()? {
            self.fetch()?;
        }
        let end = || Token { kind: TokenKind::StreamEnd, mark: self.cursor.mark() };
        Ok(self.tokens.front().cloned().unwrap_or_else(end))
    }

    /// The next token.
    pub(super) fn take(&mut self) -> Result<Token, YamlRefusal> {
        let token = self.peek()?;
        if self.tokens.pop_front().is_some() {
            self.taken += 1;
        }
        Ok(token)
    }

    fn needs_more(&mut self) -> Result<bool, YamlRefusal> {
        if self.is_done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        self.drop_stale_keys()?;
        Ok(self.keys.values().map(|key| key.number).min() == Some(self.taken))
    }

    fn fetch(&mut self) -> Result<(), YamlRefusal> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        let mark = self.cursor.mark();
        self.end_blocks(Some(mark.column));
        let (next, is_before_gap) = (self.cursor.peek(0), is_gap(self.cursor.peek(1)));
        let is_at_separator = mark.column == 0 && self.cursor.is_at_separator();
        match next {
            END => self.fetch_stream_end(),
            '%' if mark.column == 0 => self.fetch_directive(),
            '-' if is_at_separator => self.fetch_separator(TokenKind::DocumentStart),
            '.' if is_at_separator => self.fetch_separator(TokenKind::DocumentEnd),
            '[' => self.open_flow(TokenKind::SequenceStart),
            '{' => self.open_flow(TokenKind::MappingStart),
            ']' => self.close_flow(TokenKind::SequenceEnd),
            '}' => self.close_flow(TokenKind::MappingEnd),
            ',' => self.fetch_flow_entry(),
            '-' if is_before_gap => self.fetch_block_entry(),
            '?' if is_before_gap || self.flow > 0 => self.fetch_key(),
            ':' if is_before_gap || self.flow > 0 => self.fetch_value(),
            '*' | '&' => self.fetch_word(Self::scan_anchor),
            '!' => self.fetch_word(Self::scan_tag),
            '|' | '>' if self.flow == 0 => self.fetch_block_text(),
            '\'' | '"' => self.fetch_word(Self::scan_quoted_text),
            _ if self.is_at_plain_text(next) => self.fetch_plain_text(),
            _ => {
                let reason = format!(
                    "found character {} that cannot start any token",
                    quote_character(next)
                );
                Err(YamlRefusal::at(mark, reason))
            }
        }
    }

    fn skip_to_token(&mut self) {
        if self.cursor.mark().index == 0 && self.cursor.peek(0) == '\u{feff}' {
            self.cursor.forward(1);
        }
        loop {
            // Tabs are no blanks here.
            self.cursor.skip_while(|c| c == ' ');
            self.cursor.skip_comment();
            if self.cursor.take_break().is_none() {
                return;
            }
            self.may_begin_key |= self.flow == 0;
        }
    }

    fn is_at_plain_text(&self, next: char) -> bool {
        if !is_gap(next) && !"-?:,[]{}#&*!|>'\"%@`".contains(next) {
            return true;
        }
        let may_go_on = next == '-' || self.flow == 0 && matches!(next, '?' | ':');
        may_go_on && !is_gap(self.cursor.peek(1))
    }
}

/// Keys that may have begun.
impl Scanner {
    /// A key stands in one line and is not too long.
    fn drop_stale_keys(&mut self) -> Result<(), YamlRefusal> {
        let here = self.cursor.mark();
        let is_stale = |key: &PossibleKey| {
            key.mark.line != here.line || here.index - key.mark.index > LONGEST_KEY
        };
        if self.keys.values().any(|key| is_stale(key) && key.is_required) {
            return Err(missing_colon(here));
        }
        self.keys.retain(|_, key| !is_stale(key));
        Ok(())
    }

    /// The next token may be the first of a key.
    fn keep_possible_key(&mut self) -> Result<(), YamlRefusal> {
        if !self.may_begin_key {
            return Ok(());
        }
        let mark = self.cursor.mark();
        let is_required = self.flow == 0 && self.indent == Some(mark.column);
        self.forget_possible_key()?;
        let number = self.taken + self.tokens.len();
        self.keys.insert(self.flow, PossibleKey { number, is_required, mark });
        Ok(())
    }

    /// There is no colon for it any more.
    fn forget_possible_key(&mut self) -> Result<(), YamlRefusal> {
        match self.keys.remove(&self.flow) {
            Some(PossibleKey { is_required: true, .. }) => Err(missing_colon(self.cursor.mark())),
            _ => Ok(()),
        }
    }
}

/// Blocks by their columns.
impl Scanner {
    /// Ends the blocks that are deeper than a column; all of them without one.
    fn end_blocks(&mut self, column: Option<usize>) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd);
            self.indent = self.indents.pop().flatten();
        }
    }

    /// Begins a block in this column, if it is deeper than the one at hand.
    fn begin_block(&mut self, column: usize) -> bool {
        let is_deeper = self.indent < Some(column);
        if is_deeper {
            self.indents.push(self.indent);
            self.indent = Some(column);
        }
        is_deeper
    }

    fn push(&mut self, kind: TokenKind) {
        let mark = self.cursor.mark();
        self.tokens.push_back(Token { kind, mark });
    }

    /// Puts a token before those that came since a possible key.
    fn insert(&mut self, kind: TokenKind, key: PossibleKey) {
        let at = key.number.saturating_sub(self.taken).min(self.tokens.len());
        self.tokens.insert(at, Token { kind, mark: key.mark });
    }
}

fn missing_colon(here: Mark) -> YamlRefusal {
    YamlRefusal::at(here, "could not find expected ':'")
}
