//! Long XML answers, record by record.
//!
//! A listing of a thousand keys is the same few fields a thousand times; a tree of it would be
//! made only to be read once.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use crate::documents::UnknownDocument;
use crate::xml::NotXml;

/// An element directly below the root, with the elements directly in it and in those: `Owner/ID`. What
/// is deeper is left out.
#[derive(Debug, Default)]
pub(crate) struct FlatRecord {
    name: String,
    text: String,
    fields: Vec<(String, String)>,
    used: usize,
}

impl FlatRecord {
    /// Its name without a namespace prefix.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The text directly in it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text of the first element of that name in it; `None` where it is missing.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter().take(self.used);
        fields.find(|(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    fn begin(&mut self, name: &str) {
        self.name.clear();
        self.name.push_str(name);
        self.text.clear();
        self.used = 0;
    }

    // The buffers of the record before are used again.
    fn begin_field(&mut self, name: &str) {
        match self.fields.get_mut(self.used) {
            Some((field, text)) => {
                field.clear();
                field.push_str(name);
                text.clear();
            }
            None => self.fields.push((name.to_owned(), String::new())),
        }
        self.used += 1;
    }

    /// Begins a field of the last field.
    fn begin_inner_field(&mut self, name: &str) {
        let last = self.used.checked_sub(1).and_then(|last| self.fields.get(last));
        let Some((outer, _)) = last else { return };
        let outer = outer.split('/').next().unwrap_or_default().to_owned();
        self.begin_field(&format!("{outer}/{name}"));
    }

    fn add(&mut self, depth: usize, text: &str) {
        let field = self.used.checked_sub(1).and_then(|last| self.fields.get_mut(last));
        match (depth, field) {
            (2, _) => self.text.push_str(text),
            // Blanks around the fields of a field are nobody's.
            (3, Some((name, field))) if !name.contains('/') => field.push_str(text),
            (4, Some((name, field))) if name.contains('/') => field.push_str(text),
            _ => (),
        }
    }
}

/// Reads a whole document with this root and shows each record.
///
/// Line breaks stay as they are, unlike in XML proper: services write a key's carriage return as
/// it is, and it is part of the key.
pub(crate) fn read_records<E: From<UnknownDocument>>(
    document: &[u8],
    root: &'static str,
    mut show: impl FnMut(&FlatRecord) -> Result<(), E>,
) -> Result<(), E> {
    let not_xml = || UnknownDocument::from(NotXml);
    let text = std::str::from_utf8(document).map_err(|_| not_xml())?;
    let mut reader = Reader::from_str(text);
    let (mut depth, mut ended, mut record) = (0_usize, false, FlatRecord::default());
    loop {
        match reader.read_event().map_err(|_| not_xml())? {
            Event::Start(start) if !ended => {
                depth += 1;
                enter_element(depth, read_name(start.local_name().as_ref())?, root, &mut record)?;
            }
            Event::Empty(empty) if !ended => {
                enter_element(
                    depth + 1,
                    read_name(empty.local_name().as_ref())?,
                    root,
                    &mut record,
                )?;
                if depth == 1 {
                    show(&record)?;
                }
                ended = depth == 0;
            }
            Event::End(_) => {
                depth = depth.checked_sub(1).ok_or_else(not_xml)?;
                if depth == 1 {
                    show(&record)?;
                }
                ended = depth == 0;
            }
            Event::Text(text) => {
                record.add(depth, &text.decode().map_err(|_| not_xml())?);
            }
            Event::CData(text) => {
                record.add(depth, &text.decode().map_err(|_| not_xml())?);
            }
            Event::GeneralRef(reference) => record.add(depth, &resolve_reference(&reference)?),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => (),
            Event::Eof if ended => return Ok(()),
            Event::Start(_) | Event::Empty(_) | Event::DocType(_) | Event::Eof => {
                return Err(not_xml().into());
            }
        }
    }
}

fn enter_element(
    depth: usize,
    name: &str,
    root: &'static str,
    record: &mut FlatRecord,
) -> Result<(), UnknownDocument> {
    match depth {
        1 if name != root => return Err(UnknownDocument::Other(root)),
        2 => record.begin(name),
        3 => record.begin_field(name),
        4 => record.begin_inner_field(name),
        _ => (),
    }
    Ok(())
}

fn read_name(name: &[u8]) -> Result<&str, UnknownDocument> {
    std::str::from_utf8(name).map_err(|_| NotXml.into())
}

fn resolve_reference(reference: &BytesRef<'_>) -> Result<String, UnknownDocument> {
    let name = reference.decode().map_err(|_| NotXml)?;
    if let Some(number) = name.strip_prefix('#') {
        // Ceph writes control characters so, which XML 1.0 does not permit; they are keys' bytes.
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        let character = code.ok().and_then(char::from_u32).ok_or(NotXml)?;
        return Ok(character.to_string());
    }
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| NotXml.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(document: &str) -> Result<Vec<String>, UnknownDocument> {
        let mut records = Vec::new();
        read_records(document.as_bytes(), "R", |record| {
            let key = record.field("Key").map(|key| format!(" {key:?}")).unwrap_or_default();
            records.push(format!("{} {:?}{key}", record.name(), record.text()));
            Ok::<(), UnknownDocument>(())
        })?;
        Ok(records)
    }

    #[test]
    fn a_field_of_a_field_has_both_names() {
        let document = "<R><E><Owner><ID>p1</ID><DisplayName>one</DisplayName></Owner>\
            <Key>a</Key></E></R>";
        let mut owners = Vec::new();
        read_records(document.as_bytes(), "R", |record| {
            owners.extend(record.field("Owner/ID").map(str::to_owned));
            assert_eq!(record.field("Key"), Some("a"));
            Ok::<(), UnknownDocument>(())
        })
        .unwrap();

        assert_eq!(owners, ["p1"]);
    }

    #[test]
    fn records_come_with_their_own_fields() {
        let document = "<?xml version='1.0'?><R xmlns='u'><Cut>false</Cut>\
            <E><Key> a&amp;b&#x1;&#10;\r\n</Key><Owner><Key>no</Key></Owner></E><E><Size>1</Size></E>\
            <E/></R>\n";

        let records = records(document).unwrap();

        let expected = ["Cut \"false\"", "E \"\" \" a&b\\u{1}\\n\\r\\n\"", "E \"\"", "E \"\""];
        assert_eq!(records, expected);
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        for document in
            ["", "<R>", "<R><E></R>", "<R/><R/>", "<!DOCTYPE R><R/>", "<R>&what;</R>", "text"]
        {
            assert!(records(document).is_err(), "{document}");
        }
        assert_eq!(records("<Error/>"), Err(UnknownDocument::Other("R")));
        assert_eq!(records("<R/>"), Ok(vec![]));
    }
}
