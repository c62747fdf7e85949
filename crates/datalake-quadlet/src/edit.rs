//! Changed texts that know which of their bytes are old.

use std::fmt;
use std::ops::Range;

use datalake_core::secret::{FileBody, Piece};

use crate::UnitFile;
use crate::line::join_parts;

/// A unit file after a change.
///
/// Its `Debug` tells what was inserted and not what was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    text: String,
    parts: Vec<TextPart>,
}

/// Bytes of the old text, or new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextPart {
    Kept(Range<usize>),
    Text(String),
}

/// A range of the old text and what stands there afterwards.
pub(crate) struct RangeEdit {
    pub(crate) range: Range<usize>,
    pub(crate) parts: Vec<TextPart>,
}

impl Edited {
    /// The text after the change.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The change as pieces: what is kept is named by its place in the old text.
    #[must_use]
    pub fn body(&self) -> FileBody {
        FileBody::new(self.parts.iter().map(|part| match part {
            TextPart::Kept(range) => Piece::Kept(range.clone()),
            TextPart::Text(text) => Piece::text(text),
        }))
    }

    /// The changed text as a document, for the next change.
    #[must_use]
    pub fn unit(&self) -> UnitFile {
        UnitFile::parse(&self.text)
    }

    /// This change and then `next`, which was made of [`unit`](Self::unit), as one.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let parts = next.parts.iter().flat_map(|part| match part {
            TextPart::Kept(range) => self.slice(range),
            TextPart::Text(text) => vec![TextPart::Text(text.clone())],
        });
        Self { text: next.text.clone(), parts: merge_parts(parts) }
    }

    /// Carries out `changes`, which are in order and do not overlap.
    pub(crate) fn new(unit: &UnitFile, changes: Vec<RangeEdit>) -> Self {
        let mut parts = Vec::new();
        let mut done = 0;
        for change in changes {
            parts.push(TextPart::Kept(done..change.range.start));
            parts.extend(change.parts);
            done = change.range.end;
        }
        parts.push(TextPart::Kept(done..unit.text().len()));
        let parts = merge_parts(parts);
        let text: String = parts.iter().map(|part| part.on(unit.text())).collect();
        if text == unit.text() { Self::unchanged(unit) } else { Self { text, parts } }
    }

    pub(crate) fn unchanged(unit: &UnitFile) -> Self {
        let text = unit.text().to_owned();
        Self { parts: merge_parts([TextPart::Kept(0..text.len())]), text }
    }

    /// The parts that make up `wanted` of this text.
    fn slice(&self, wanted: &Range<usize>) -> Vec<TextPart> {
        let mut before = 0;
        let mut found = Vec::new();
        for part in &self.parts {
            let length = part.length();
            let from = wanted.start.clamp(before, before + length) - before;
            let to = wanted.end.clamp(before, before + length) - before;
            found.push(part.between(from, to));
            before += length;
        }
        found
    }
}

impl TextPart {
    fn length(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::Text(text) => text.len(),
        }
    }

    fn between(&self, from: usize, to: usize) -> Self {
        match self {
            Self::Kept(range) => Self::Kept(range.start + from..range.start + to),
            Self::Text(text) => Self::Text(text.get(from..to).unwrap_or_default().to_owned()),
        }
    }

    fn on(&self, old: &str) -> String {
        match self {
            Self::Kept(range) => join_parts(old, std::slice::from_ref(range)),
            Self::Text(text) => text.clone(),
        }
    }
}

impl fmt::Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edited").field(&self.parts).finish()
    }
}

fn merge_parts(parts: impl IntoIterator<Item = TextPart>) -> Vec<TextPart> {
    let mut all: Vec<TextPart> = Vec::new();
    for part in parts.into_iter().filter(|part| part.length() > 0) {
        match (all.last_mut(), part) {
            (Some(TextPart::Kept(last)), TextPart::Kept(next)) if last.end == next.start => {
                last.end = next.end;
            }
            (Some(TextPart::Text(last)), TextPart::Text(next)) => last.push_str(&next),
            (_, part) => all.push(part),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(unit: &UnitFile, range: Range<usize>, text: &str) -> Edited {
        Edited::new(unit, vec![RangeEdit { range, parts: vec![TextPart::Text(text.to_owned())] }])
    }

    #[test]
    fn two_changes_become_one() {
        let first = replace(&UnitFile::parse("abcdef"), 2..3, "--");
        let second = replace(&first.unit(), 3..5, "+");

        let both = first.then(&second);

        assert_eq!(both.text(), "ab-+ef");
        let pieces = [Piece::Kept(0..2), Piece::text("-+"), Piece::Kept(4..6)];
        assert_eq!(both.body().pieces(), pieces);
    }

    #[test]
    fn a_change_to_the_same_text_is_none() {
        let unit = UnitFile::parse("abc");

        assert_eq!(replace(&unit, 1..2, "b").body().pieces(), [Piece::Kept(0..3)]);
    }
}
