//! The tree of a document, before it is known what its texts mean.

mod collections;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::YamlRefusal;
use super::cursor::{Cursor, Mark};
use super::scalar::resolve_tag;
use super::scanner::{Scanner, Token, TokenKind};

/// A text, a list or a mapping with its tag.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) tag: String,
    pub(super) content: Content,
    pub(super) mark: Mark,
}

#[derive(Debug)]
pub(super) enum Content {
    Text(String),
    Items(Vec<Rc<Node>>),
    Pairs(Vec<Pair>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) key: Rc<Node>,
    pub(super) value: Rc<Node>,
}

/// What the tags of YAML itself begin with.
pub(super) const YAML_TAG: &str = "tag:yaml.org,2002:";

/// Deeper than this nobody writes settings, and Python's own stack ends soon after.
const DEEPEST: usize = 100;

/// Where a node stands, which tells in which forms it may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Between brackets or braces.
    Flow,
    Block,
    /// The value of a block's key: a list may stand no deeper than the key.
    BlockValue,
}

/// What stands before a node: `&ANCHOR` and `!TAG`.
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
    mark: Mark,
}

struct Composer {
    scanner: Scanner,
    /// The nodes with an anchor; nothing yet of those at hand.
    anchors: BTreeMap<String, Option<Rc<Node>>>,
    tag_prefixes: BTreeMap<String, String>,
    depth: usize,
}

/// Reads the one document of a text; `None` where there is none.
pub(super) fn read_document(cursor: Cursor) -> Result<Option<Rc<Node>>, YamlRefusal> {
    let mut composer = Composer {
        scanner: Scanner::new(cursor),
        anchors: BTreeMap::new(),
        tag_prefixes: default_prefixes(),
        depth: 0,
    };
    let Some(root) = composer.read_first()? else { return Ok(None) };
    composer.skip_document_ends()?;
    let next = composer.scanner.peek()?;
    if next.kind != TokenKind::StreamEnd {
        composer.begin_document()?;
        let reason = "expected a single document in the stream, but found another document";
        return Err(YamlRefusal::at(next.mark, reason));
    }
    Ok(Some(root))
}

/// Documents.
impl Composer {
    fn read_first(&mut self) -> Result<Option<Rc<Node>>, YamlRefusal> {
        let first = self.scanner.peek()?;
        match first.kind {
            TokenKind::StreamEnd => return Ok(None),
            TokenKind::DocumentStart => (),
            ref kind if is_directive(kind) => (),
            _ => return self.read_node(Position::Block).map(Some),
        }
        self.begin_document()?;
        let next = self.scanner.peek()?;
        match next.kind {
            TokenKind::DocumentStart | TokenKind::DocumentEnd | TokenKind::StreamEnd => {
                Ok(Some(make_empty_node(next.mark)))
            }
            ref kind if is_directive(kind) => Ok(Some(make_empty_node(next.mark))),
            _ => self.read_node(Position::Block).map(Some),
        }
    }

    fn skip_document_ends(&mut self) -> Result<(), YamlRefusal> {
        while self.scanner.peek()?.kind == TokenKind::DocumentEnd {
            self.scanner.take()?;
        }
        Ok(())
    }

    /// Reads directives and `---`.
    fn begin_document(&mut self) -> Result<(), YamlRefusal> {
        let (mut prefixes, mut has_version) = (BTreeMap::new(), false);
        loop {
            let Token { kind, mark } = self.scanner.take()?;
            match kind {
                TokenKind::DocumentStart => break,
                TokenKind::Directive => (),
                TokenKind::Version(_) if has_version => {
                    return Err(YamlRefusal::at(mark, "found duplicate YAML directive"));
                }
                TokenKind::Version(1) => has_version = true,
                TokenKind::Version(_) => {
                    let reason = "found incompatible YAML document (version 1.* is required)";
                    return Err(YamlRefusal::at(mark, reason));
                }
                TokenKind::TagPrefix { handle, prefix } => {
                    let reason = format!("duplicate tag handle '{handle}'");
                    if prefixes.insert(handle, prefix).is_some() {
                        return Err(YamlRefusal::at(mark, reason));
                    }
                }
                other => {
                    let found = other.name();
                    let reason = format!("expected '<document start>', but found '{found}'");
                    return Err(YamlRefusal::at(mark, reason));
                }
            }
        }
        self.tag_prefixes = default_prefixes();
        self.tag_prefixes.extend(prefixes);
        Ok(())
    }
}

/// Nodes.
impl Composer {
    fn read_node(&mut self, position: Position) -> Result<Rc<Node>, YamlRefusal> {
        let first = self.scanner.peek()?;
        if let TokenKind::Alias(name) = first.kind {
            self.scanner.take()?;
            return self.find_anchored(&name, first.mark);
        }
        if self.depth >= DEEPEST {
            return Err(YamlRefusal::at(first.mark, "it is nested too deeply"));
        }
        let properties = self.read_properties()?;
        if let Some(anchor) = &properties.anchor
            && self.anchors.insert(anchor.clone(), None).is_some()
        {
            let reason = format!("found duplicate anchor '{anchor}'");
            return Err(YamlRefusal::of_anchor(properties.mark, reason));
        }
        let anchor = properties.anchor.clone();
        self.depth += 1;
        let node = Rc::new(self.read_content(properties, position)?);
        self.depth -= 1;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(Rc::clone(&node)));
        }
        Ok(node)
    }

    fn find_anchored(&self, name: &str, mark: Mark) -> Result<Rc<Node>, YamlRefusal> {
        match self.anchors.get(name) {
            Some(Some(node)) => Ok(Rc::clone(node)),
            Some(None) => {
                let reason = format!("what the alias '{name}' stands for holds the alias itself");
                Err(YamlRefusal::of_anchor(mark, reason))
            }
            None => Err(YamlRefusal::of_anchor(mark, format!("found undefined alias '{name}'"))),
        }
    }

    /// An anchor and a tag, in any order.
    fn read_properties(&mut self) -> Result<Properties, YamlRefusal> {
        let mark = self.scanner.peek()?.mark;
        let (mut anchor, mut tag) = (None, None);
        loop {
            let next = self.scanner.peek()?;
            match next.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name),
                TokenKind::Tag { handle, suffix } if tag.is_none() => {
                    tag = Some(self.expand_tag(handle, suffix, next.mark)?);
                }
                _ => return Ok(Properties { anchor, tag, mark }),
            }
            self.scanner.take()?;
        }
    }

    fn expand_tag(
        &self,
        handle: Option<String>,
        suffix: String,
        mark: Mark,
    ) -> Result<String, YamlRefusal> {
        let Some(handle) = handle else { return Ok(suffix) };
        match self.tag_prefixes.get(&handle) {
            Some(prefix) => Ok(format!("{prefix}{suffix}")),
            None => Err(YamlRefusal::at(mark, format!("found undefined tag handle '{handle}'"))),
        }
    }

    fn read_content(
        &mut self,
        properties: Properties,
        position: Position,
    ) -> Result<Node, YamlRefusal> {
        let Properties { anchor, tag, mark } = properties;
        let has_properties = anchor.is_some() || tag.is_some();
        let tag = match tag {
            None => Tagged::ByContent,
            Some(tag) if tag == "!" => Tagged::ByWords,
            Some(tag) => Tagged::As(tag),
        };
        let next = self.scanner.peek()?;
        let is_block = position != Position::Flow;
        let content = match next.kind {
            TokenKind::BlockEntry if position == Position::BlockValue => self.read_entries()?,
            TokenKind::Scalar { text, is_plain } => {
                self.scanner.take()?;
                let tag = tag.of_text(&text, is_plain);
                return Ok(Node { tag, content: Content::Text(text), mark });
            }
            TokenKind::SequenceStart => self.read_flow_sequence()?,
            TokenKind::MappingStart => self.read_flow_mapping()?,
            TokenKind::BlockSequenceStart if is_block => self.read_block_sequence()?,
            TokenKind::BlockMappingStart if is_block => self.read_block_mapping()?,
            _ if has_properties => {
                let tag = tag.of_text("", true);
                return Ok(Node { tag, content: Content::Text(String::new()), mark });
            }
            other => {
                let reason = format!("expected the node content, but found '{}'", other.name());
                return Err(YamlRefusal::at(next.mark, reason));
            }
        };
        Ok(Node { tag: tag.of_collection(&content), content, mark })
    }
}

/// How the tag of a node is known.
enum Tagged {
    As(String),
    ByContent,
    /// A lone `!`: a text counts as if it stood without quotes.
    ByWords,
}

impl Tagged {
    fn of_text(self, text: &str, is_plain: bool) -> String {
        match self {
            Self::As(tag) => tag,
            Self::ByWords => format!("{YAML_TAG}{}", resolve_tag(text)),
            Self::ByContent if is_plain => format!("{YAML_TAG}{}", resolve_tag(text)),
            Self::ByContent => format!("{YAML_TAG}str"),
        }
    }

    fn of_collection(self, content: &Content) -> String {
        match (self, content) {
            (Self::As(tag), _) => tag,
            (_, Content::Pairs(_)) => format!("{YAML_TAG}map"),
            (_, Content::Items(_) | Content::Text(_)) => format!("{YAML_TAG}seq"),
        }
    }
}

fn is_directive(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Directive | TokenKind::Version(_) | TokenKind::TagPrefix { .. })
}

fn default_prefixes() -> BTreeMap<String, String> {
    let prefixes = [("!", "!"), ("!!", YAML_TAG)];
    prefixes.map(|(handle, prefix)| (handle.to_owned(), prefix.to_owned())).into()
}

/// What stands where nothing is written.
fn make_empty_node(mark: Mark) -> Rc<Node> {
    let content = Content::Text(String::new());
    Rc::new(Node { tag: format!("{YAML_TAG}null"), content, mark })
}
