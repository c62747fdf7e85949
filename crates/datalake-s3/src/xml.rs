//! XML answers as a small tree.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// An element with its text and its child elements; attributes and namespaces are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Element {
    /// Its name without a namespace prefix.
    pub(crate) name: String,
    /// All text directly in it, with its blanks.
    pub(crate) text: String,
    /// The elements directly in it, in order.
    pub(crate) children: Vec<Element>,
}

/// The bytes are not an XML document that S3 would send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not well-formed XML")]
pub(crate) struct NotXml;

/// No S3 document is nested deeper than this; a hostile one shall not use up the stack.
const MAX_DEPTH: usize = 32;

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name, without blanks around it; `None` where it is
    /// missing or empty.
    pub(crate) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Reads a whole document.
pub(crate) fn parse_document(document: &[u8]) -> Result<Element, NotXml> {
    let text = std::str::from_utf8(document).map_err(|_| NotXml)?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|_| NotXml)? {
            Event::Start(start) if open.len() < MAX_DEPTH && root.is_none() => {
                open.push(begin_element(start.local_name().as_ref())?);
            }
            Event::Empty(empty) if root.is_none() => {
                let element = begin_element(empty.local_name().as_ref())?;
                close_element(element, &mut open, &mut root);
            }
            Event::End(_) => {
                let element = open.pop().ok_or(NotXml)?;
                close_element(element, &mut open, &mut root);
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content().map_err(|_| NotXml)?)?,
            Event::CData(text) => add_text(&mut open, &text.xml10_content().map_err(|_| NotXml)?)?,
            Event::GeneralRef(reference) => add_text(&mut open, &resolve_reference(&reference)?)?,
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => (),
            Event::Eof if open.is_empty() => return root.ok_or(NotXml),
            // A second root, too deep a nest, a cut document; and a document type, which S3 never
            // sends and HTML pages begin with.
            Event::Start(_) | Event::Empty(_) | Event::DocType(_) | Event::Eof => {
                return Err(NotXml);
            }
        }
    }
}

fn begin_element(name: &[u8]) -> Result<Element, NotXml> {
    let name = std::str::from_utf8(name).map_err(|_| NotXml)?.to_owned();
    Ok(Element { name, ..Element::default() })
}

fn close_element(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), NotXml> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim_start_matches('\u{feff}').trim().is_empty() => (),
        None => return Err(NotXml),
    }
    Ok(())
}

fn resolve_reference(reference: &BytesRef<'_>) -> Result<String, NotXml> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| NotXml)? {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|_| NotXml)?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or(NotXml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_blanks_and_loses_escapes() {
        let root = parse_document(b"<?xml version=\"1.0\"?>\n<s:A xmlns:s='u'><B> a &amp; &#x62;<![CDATA[<c>]]></B><C/></s:A>\n").unwrap();

        assert_eq!(root.name, "A");
        assert_eq!(root.children.len(), 2);
        assert_eq!(root.child("B").unwrap().text, " a & b<c>");
        assert_eq!(root.child_text("C"), None);
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        let nested = "<a>".repeat(40) + &"</a>".repeat(40);
        for text in [
            "",
            "hello",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<!DOCTYPE html><html></html>",
            "<a>&unknown;</a>",
            "{\"a\": 1}",
            &nested,
        ] {
            assert_eq!(parse_document(text.as_bytes()), Err(NotXml), "{text}");
        }
        assert_eq!(parse_document(b"<a>\xff</a>"), Err(NotXml));
    }
}
