//! A unit file as a document.

use std::collections::BTreeMap;
use std::fmt;

use crate::line::{LineKind, UnitEntry, UnitLine, group_lines};
use crate::words::split_words;

/// A unit file that keeps every byte, and answers as podman 5.4 and later read it.
///
/// Its `Debug` tells no content: a unit file may hold anyone's secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct UnitFile {
    text: String,
    lines: Vec<UnitLine>,
    /// Where each physical line ends.
    ends: Vec<usize>,
}

impl UnitFile {
    /// Reads any text; lines that are no unit file syntax are kept as they are.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text: text.to_owned(), lines: group_lines(text), ends }
    }

    /// The text, byte for byte what was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the sections in the order of the file; a section may come more than once.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match &line.kind {
            LineKind::Section(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The values of `key` that count, over all sections of that name; `key=` alone drops those
    /// before it.
    ///
    /// ```
    /// use datalake_quadlet::UnitFile;
    ///
    /// let unit = UnitFile::parse("[Container]\nVolume=/a\nVolume=\nVolume=/b\n");
    /// assert_eq!(unit.values("Container", "Volume"), ["/b"]);
    /// ```
    #[must_use]
    pub fn values(&self, section: &str, key: &str) -> Vec<&str> {
        self.effective(section, key).map(|(_, entry)| entry.value.as_str()).collect()
    }

    /// The value of a key that has only one: the last one wins.
    #[must_use]
    pub fn last(&self, section: &str, key: &str) -> Option<&str> {
        let mut found = self.entries(section, key).map(|(_, entry)| entry.value.as_str());
        found.next_back().map(str::trim_end)
    }

    /// The words of the values of `key` that count, as the generator takes them.
    ///
    /// It drops a line with an unknown escape, and what follows an empty word in a line.
    #[must_use]
    pub fn words(&self, section: &str, key: &str) -> Vec<String> {
        let values = self.effective(section, key).map(|(_, entry)| split_words(&entry.value));
        values
            .flatten()
            .flat_map(|words| words.into_iter().take_while(|word| !word.is_empty()))
            .collect()
    }

    /// The numbers, from 1, of the lines for which the generator refuses the whole file.
    #[must_use]
    pub fn refused_lines(&self) -> Vec<usize> {
        let odd = self.lines.iter().filter(|line| line.kind == LineKind::Odd);
        odd.map(|line| self.line_number(line.range.start)).collect()
    }
}

impl UnitFile {
    pub(crate) fn lines(&self) -> &[UnitLine] {
        &self.lines
    }

    /// The line ending of the file, taken from its first line.
    pub(crate) fn line_ending(&self) -> &'static str {
        let first = self.text.split_inclusive('\n').next().unwrap_or_default();
        if first.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// The number, from 1, of the physical line that holds the byte at `offset`.
    pub(crate) fn line_number(&self, offset: usize) -> usize {
        self.ends.partition_point(|end| *end < offset) + 1
    }

    pub(crate) fn entries(
        &self,
        section: &str,
        key: &str,
    ) -> impl DoubleEndedIterator<Item = (&UnitLine, &UnitEntry)> {
        self.lines.iter().filter_map(move |line| match &line.kind {
            LineKind::Entry(entry) if entry.section == section && entry.key == key => {
                Some((line, entry))
            }
            _ => None,
        })
    }

    /// All entries, whether they count or not.
    pub(crate) fn all_entries(&self) -> impl Iterator<Item = (&UnitLine, &UnitEntry)> {
        self.lines.iter().filter_map(|line| match &line.kind {
            LineKind::Entry(entry) => Some((line, entry)),
            _ => None,
        })
    }

    /// All entries that no later `key=` in a section of the same name drops.
    pub(crate) fn all_effective(&self) -> impl Iterator<Item = (&UnitLine, &UnitEntry)> {
        let resets = self.all_entries().filter(|(_, entry)| entry.value.is_empty());
        let key = |entry: &'_ UnitEntry| (entry.section.clone(), entry.key.clone());
        let resets: BTreeMap<_, _> =
            resets.map(|(line, entry)| (key(entry), line.range.start)).collect();
        self.all_entries().filter(move |(line, entry)| {
            resets.get(&key(entry)).is_none_or(|reset| *reset < line.range.start)
        })
    }

    /// The entries of a list that no later `key=` drops.
    pub(crate) fn effective(
        &self,
        section: &str,
        key: &str,
    ) -> impl Iterator<Item = (&UnitLine, &UnitEntry)> {
        let mut resets = self.entries(section, key).filter(|(_, entry)| entry.value.is_empty());
        let from = resets.next_back().map_or(0, |(line, _)| line.range.end);
        self.entries(section, key).filter(move |(line, _)| line.range.start >= from)
    }
}

impl fmt::Display for UnitFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for UnitFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitFile({} lines)", self.text.lines().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, key: &str, expected: &[&str]) {
        assert_eq!(UnitFile::parse(text).values("Container", key), expected, "{text:?}");
    }

    #[test]
    fn a_key_is_looked_up_in_every_section_of_the_name() {
        check("[Container]\nA=1\n[Service]\nA=2\n[Container]\nA=3", "A", &["1", "3"]);
        check("[Container]\nA=1\nA=\nA=2\n", "A", &["2"]);
        check("A=1\n[Container]\n", "A", &[]);
        check("\u{feff}[Container]\nA=1\n", "A", &[]);
    }

    #[test]
    fn a_backslash_continues_and_comments_do_not() {
        check("[Container]\nA=1 \\\n# c\n\n ; d\n  2\nB=3\n", "A", &["1 2"]);
        check("[Container]\nA=1\\\n  2\n", "A", &["12"]);
        check("[Container]\n# c \\\nA=1\n", "A", &["1"]);
        check("[Container]\nA=1 \\", "A", &["1 "]);
        check("[Container]\nA=1 \\\n\n", "A", &[]);
        check("[Container]\n\\\nA=1\n", "A", &["1"]);
        check("[Cont\\\nainer]\nA=1\n", "A", &["1"]);
    }

    #[test]
    fn blanks_and_carriage_returns_round_a_line_do_not_count() {
        check("[Container]  \r\n\tA\t=\t1  \r\n", "A", &["1"]);
    }

    #[test]
    fn what_the_generator_refuses_is_told_by_line() {
        let refused = |text| UnitFile::parse(text).refused_lines();

        assert!(refused("[Container]\nA=1\n#\n\n;\n").is_empty());
        assert_eq!(refused("A=1\n[Container] # web\n[]\n[Unit]\n=1\nx y\n"), [1, 2, 3, 5, 6]);
    }

    #[test]
    fn words_end_where_the_generator_stops() {
        let text = "[Container]\nE=A=1 \"B=2 3\"\nE=C=\\q\nE=D=4 \"\" F=5\n";

        assert_eq!(UnitFile::parse(text).words("Container", "E"), ["A=1", "B=2 3", "D=4"]);
    }

    #[test]
    fn debug_tells_no_content() {
        let unit = UnitFile::parse("[Container]\nEnvironment=TOKEN=s3cret\n");

        assert_eq!(format!("{unit:?}"), "UnitFile(2 lines)");
    }
}
