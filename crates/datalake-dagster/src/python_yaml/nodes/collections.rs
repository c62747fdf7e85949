//! Lists and mappings, as blocks and between brackets.

use std::rc::Rc;

use super::{Composer, Content, Node, Pair, Position, YAML_TAG, make_empty_node};
use crate::python_yaml::YamlRefusal;
use crate::python_yaml::scanner::{Token, TokenKind};

type Ends = fn(&TokenKind) -> bool;

/// Blocks.
impl Composer {
    pub(super) fn read_block_sequence(&mut self) -> Result<Content, YamlRefusal> {
        self.scanner.take()?;
        let mut items = Vec::new();
        loop {
            let next = self.scanner.take()?;
            match next.kind {
                TokenKind::BlockEntry => {
                    let ends =
                        |kind: &_| matches!(kind, TokenKind::BlockEntry | TokenKind::BlockEnd);
                    items.push(self.read_or_empty(Position::Block, ends)?);
                }
                TokenKind::BlockEnd => return Ok(Content::Items(items)),
                _ => return Err(refuse_token("expected <block end>", &next)),
            }
        }
    }

    /// A list that stands no deeper than its key.
    pub(super) fn read_entries(&mut self) -> Result<Content, YamlRefusal> {
        let mut items = Vec::new();
        while self.scanner.peek()?.kind == TokenKind::BlockEntry {
            self.scanner.take()?;
            let ends = |kind: &_| *kind == TokenKind::BlockEntry || ends_block_part(kind);
            items.push(self.read_or_empty(Position::Block, ends)?);
        }
        Ok(Content::Items(items))
    }

    pub(super) fn read_block_mapping(&mut self) -> Result<Content, YamlRefusal> {
        self.scanner.take()?;
        let mut pairs = Vec::new();
        loop {
            let next = self.scanner.take()?;
            match next.kind {
                TokenKind::Key => {
                    let key = self.read_or_empty(Position::BlockValue, ends_block_part)?;
                    let value = self.read_value(Position::BlockValue, ends_block_part)?;
                    pairs.push(Pair { key, value });
                }
                TokenKind::BlockEnd => return Ok(Content::Pairs(pairs)),
                _ => return Err(refuse_token("expected <block end>", &next)),
            }
        }
    }
}

/// Between brackets and braces.
impl Composer {
    pub(super) fn read_flow_sequence(&mut self) -> Result<Content, YamlRefusal> {
        let begin = self.scanner.take()?;
        let mut items = Vec::new();
        while self.has_flow_item(&TokenKind::SequenceEnd, items.is_empty(), &begin)? {
            let next = self.scanner.peek()?;
            if next.kind != TokenKind::Key {
                items.push(self.read_node(Position::Flow)?);
                continue;
            }
            self.scanner.take()?;
            let ends = |kind: &_| *kind == TokenKind::Value || ends_item(kind);
            let key = self.read_or_empty(Position::Flow, ends)?;
            let value = self.read_value(Position::Flow, ends_item)?;
            let content = Content::Pairs(vec![Pair { key, value }]);
            items.push(Rc::new(Node { tag: format!("{YAML_TAG}map"), content, mark: next.mark }));
        }
        Ok(Content::Items(items))
    }

    pub(super) fn read_flow_mapping(&mut self) -> Result<Content, YamlRefusal> {
        let begin = self.scanner.take()?;
        let mut pairs = Vec::new();
        while self.has_flow_item(&TokenKind::MappingEnd, pairs.is_empty(), &begin)? {
            if self.scanner.peek()?.kind == TokenKind::Key {
                self.scanner.take()?;
                let ends = |kind: &_| *kind == TokenKind::Value || ends_pair(kind);
                let key = self.read_or_empty(Position::Flow, ends)?;
                let value = self.read_value(Position::Flow, ends_pair)?;
                pairs.push(Pair { key, value });
            } else {
                let key = self.read_node(Position::Flow)?;
                let value = make_empty_node(self.scanner.peek()?.mark);
                pairs.push(Pair { key, value });
            }
        }
        Ok(Content::Pairs(pairs))
    }

    /// Takes a comma or the end; whether another item follows.
    fn has_flow_item(
        &mut self,
        end: &TokenKind,
        is_first: bool,
        begin: &Token,
    ) -> Result<bool, YamlRefusal> {
        let mut next = self.scanner.peek()?;
        if next.kind != *end && !is_first {
            if next.kind != TokenKind::FlowEntry {
                let (open, end) = (begin.mark.line + 1, end.name());
                let reason = format!("of what line {open} opens: expected ',' or '{end}'");
                return Err(refuse_token(&reason, &next));
            }
            self.scanner.take()?;
            next = self.scanner.peek()?;
        }
        if next.kind == *end {
            self.scanner.take()?;
            return Ok(false);
        }
        Ok(true)
    }
}

impl Composer {
    /// A node, or nothing where such a token stands.
    fn read_or_empty(&mut self, position: Position, ends: Ends) -> Result<Rc<Node>, YamlRefusal> {
        let next = self.scanner.peek()?;
        if ends(&next.kind) { Ok(make_empty_node(next.mark)) } else { self.read_node(position) }
    }

    /// What stands behind a colon, if there is one.
    fn read_value(&mut self, position: Position, ends: Ends) -> Result<Rc<Node>, YamlRefusal> {
        let next = self.scanner.peek()?;
        if next.kind != TokenKind::Value {
            return Ok(make_empty_node(next.mark));
        }
        self.scanner.take()?;
        self.read_or_empty(position, ends)
    }
}

fn ends_block_part(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd)
}

fn ends_item(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::FlowEntry | TokenKind::SequenceEnd)
}

fn ends_pair(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::FlowEntry | TokenKind::MappingEnd)
}

fn refuse_token(expected: &str, found: &Token) -> YamlRefusal {
    YamlRefusal::at(found.mark, format!("{expected}, but found '{}'", found.kind.name()))
}
