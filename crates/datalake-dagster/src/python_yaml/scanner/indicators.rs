//! Tokens of one or three characters, and what they do to keys and blocks.

use super::{Scanner, Token, TokenKind, YamlRefusal};

impl Scanner {
    pub(super) fn fetch_stream_end(&mut self) -> Result<(), YamlRefusal> {
        self.end_blocks(None);
        self.forget_possible_key()?;
        self.may_begin_key = false;
        self.keys.clear();
        self.push(TokenKind::StreamEnd);
        self.is_done = true;
        Ok(())
    }

    pub(super) fn fetch_directive(&mut self) -> Result<(), YamlRefusal> {
        self.end_blocks(None);
        self.forget_possible_key()?;
        self.may_begin_key = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    pub(super) fn fetch_separator(&mut self, kind: TokenKind) -> Result<(), YamlRefusal> {
        self.end_blocks(None);
        self.forget_possible_key()?;
        self.may_begin_key = false;
        self.push(kind);
        self.cursor.forward(3);
        Ok(())
    }

    pub(super) fn open_flow(&mut self, kind: TokenKind) -> Result<(), YamlRefusal> {
        self.keep_possible_key()?;
        self.flow += 1;
        self.may_begin_key = true;
        self.push(kind);
        self.cursor.forward(1);
        Ok(())
    }

    pub(super) fn close_flow(&mut self, kind: TokenKind) -> Result<(), YamlRefusal> {
        self.forget_possible_key()?;
        // One that was never opened is found by who reads the tokens.
        self.flow = self.flow.saturating_sub(1);
        self.may_begin_key = false;
        self.push(kind);
        self.cursor.forward(1);
        Ok(())
    }

    pub(super) fn fetch_flow_entry(&mut self) -> Result<(), YamlRefusal> {
        self.may_begin_key = true;
        self.forget_possible_key()?;
        self.push(TokenKind::FlowEntry);
        self.cursor.forward(1);
        Ok(())
    }

    pub(super) fn fetch_block_entry(&mut self) -> Result<(), YamlRefusal> {
        if self.flow == 0 {
            self.require_new_entry("sequence entries are not allowed here")?;
            if self.begin_block(self.cursor.mark().column) {
                self.push(TokenKind::BlockSequenceStart);
            }
        }
        self.may_begin_key = true;
        self.forget_possible_key()?;
        self.push(TokenKind::BlockEntry);
        self.cursor.forward(1);
        Ok(())
    }

    pub(super) fn fetch_key(&mut self) -> Result<(), YamlRefusal> {
        if self.flow == 0 {
            self.require_new_entry("mapping keys are not allowed here")?;
            if self.begin_block(self.cursor.mark().column) {
                self.push(TokenKind::BlockMappingStart);
            }
        }
        self.may_begin_key = self.flow == 0;
        self.forget_possible_key()?;
        self.push(TokenKind::Key);
        self.cursor.forward(1);
        Ok(())
    }

    pub(super) fn fetch_value(&mut self) -> Result<(), YamlRefusal> {
        if let Some(key) = self.keys.remove(&self.flow) {
            self.insert(TokenKind::Key, key);
            if self.flow == 0 && self.begin_block(key.mark.column) {
                self.insert(TokenKind::BlockMappingStart, key);
            }
            self.may_begin_key = false;
        } else {
            if self.flow == 0 {
                self.require_new_entry("mapping values are not allowed here")?;
                if self.begin_block(self.cursor.mark().column) {
                    self.push(TokenKind::BlockMappingStart);
                }
            }
            self.may_begin_key = self.flow == 0;
        }
        self.push(TokenKind::Value);
        self.cursor.forward(1);
        Ok(())
    }

    /// Fetches what may be a key by itself.
    pub(super) fn fetch_word(
        &mut self,
        scan: fn(&mut Self) -> Result<Token, YamlRefusal>,
    ) -> Result<(), YamlRefusal> {
        self.keep_possible_key()?;
        self.may_begin_key = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    /// Whether a key may begin afterwards depends on whether the text ends with a line.
    pub(super) fn fetch_plain_text(&mut self) -> Result<(), YamlRefusal> {
        self.keep_possible_key()?;
        self.may_begin_key = false;
        let token = self.scan_plain_text();
        self.tokens.push_back(token);
        Ok(())
    }

    pub(super) fn fetch_block_text(&mut self) -> Result<(), YamlRefusal> {
        self.may_begin_key = true;
        self.forget_possible_key()?;
        let token = self.scan_block_text()?;
        self.tokens.push_back(token);
        Ok(())
    }

    pub(super) fn require_new_entry(&self, reason: &str) -> Result<(), YamlRefusal> {
        if self.may_begin_key { Ok(()) } else { Err(YamlRefusal::at(self.cursor.mark(), reason)) }
    }
}
