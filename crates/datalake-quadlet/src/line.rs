//! Physical lines grouped to logical ones, by the rules of podman 5.4 and later.

use std::ops::Range;

/// One logical line and the bytes it takes, line endings included.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UnitLine {
    pub(crate) range: Range<usize>,
    pub(crate) kind: LineKind,
    /// Comments and blank lines between the parts of a continued line.
    pub(crate) inner: Vec<Range<usize>>,
    /// Text put right behind this line would become a part of it.
    pub(crate) dangling: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LineKind {
    Blank,
    Comment,
    Section(String),
    Entry(UnitEntry),
    /// The generator skips it without a word.
    Ignored,
    /// The generator refuses the whole file because of it.
    Odd,
}

/// `key=value` in a section.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UnitEntry {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) value: String,
    /// Where the key and everything up to the value come from.
    pub(crate) head: Vec<Range<usize>>,
    /// Where the value comes from, part by part.
    pub(crate) parts: Vec<Range<usize>>,
}

/// Groups `text` to logical lines; each byte belongs to exactly one.
pub(crate) fn group_lines(text: &str) -> Vec<UnitLine> {
    let mut lines = Vec::new();
    let mut section = None;
    let mut open: Option<OpenLine> = None;
    let mut start = 0;
    for physical in text.split_inclusive('\n') {
        let whole = start..start + physical.len();
        start = whole.end;
        let content = content_of(physical, whole.start);
        let words = text.get(content.clone()).unwrap_or_default();
        if words.is_empty() || words.starts_with(['#', ';']) {
            match &mut open {
                Some(open) => open.inner.push(whole),
                None => lines.push(make_quiet_line(whole, words.is_empty())),
            }
            continue;
        }
        let mut line = open.take().unwrap_or_else(|| OpenLine::at(whole.start));
        let continues = words.ends_with('\\');
        line.parts.push(content.start..content.end - usize::from(continues));
        let says_nothing = line.parts.iter().all(Range::is_empty);
        if continues && whole.end < text.len() && !says_nothing {
            open = Some(line);
            continue;
        }
        let kind = kind_of(text, &line.parts, &mut section);
        lines.push(line.close(whole.end, kind, continues));
    }
    // Only comments and blank lines follow the backslash: the generator forgets the line.
    lines.extend(open.map(|line| line.close(text.len(), LineKind::Ignored, true)));
    lines
}

/// The bytes of `text` from `parts`, put together.
pub(crate) fn join_parts(text: &str, parts: &[Range<usize>]) -> String {
    parts.iter().filter_map(|part| text.get(part.clone())).collect()
}

/// Where `span` of the text joined from `parts` comes from.
pub(crate) fn find_sources(parts: &[Range<usize>], span: &Range<usize>) -> Vec<Range<usize>> {
    let mut before = 0;
    let mut found = Vec::new();
    for part in parts {
        let from = span.start.clamp(before, before + part.len());
        let to = span.end.clamp(before, before + part.len());
        if from < to {
            found.push(part.start + from - before..part.start + to - before);
        }
        before += part.len();
    }
    found
}

/// A logical line of which more may come.
struct OpenLine {
    start: usize,
    parts: Vec<Range<usize>>,
    inner: Vec<Range<usize>>,
}

impl OpenLine {
    fn at(start: usize) -> Self {
        Self { start, parts: Vec::new(), inner: Vec::new() }
    }

    fn close(self, end: usize, kind: LineKind, dangling: bool) -> UnitLine {
        UnitLine { range: self.start..end, kind, inner: self.inner, dangling }
    }
}

fn content_of(physical: &str, start: usize) -> Range<usize> {
    let indent = physical.len() - physical.trim_start().len();
    start + indent..start + indent + physical.trim().len()
}

fn make_quiet_line(range: Range<usize>, blank: bool) -> UnitLine {
    let kind = if blank { LineKind::Blank } else { LineKind::Comment };
    UnitLine { range, kind, inner: Vec::new(), dangling: false }
}

fn kind_of(text: &str, parts: &[Range<usize>], section: &mut Option<String>) -> LineKind {
    let line = join_parts(text, parts);
    if line.is_empty() {
        return LineKind::Ignored;
    }
    if let Some(name) = section_name(&line) {
        if name.is_empty() || name.contains(|c: char| c == '[' || c.is_control()) {
            return LineKind::Odd;
        }
        *section = Some(name.to_owned());
        return LineKind::Section(name.to_owned());
    }
    match (line.split_once('='), section) {
        (Some((key, value)), Some(section)) if !key.trim_end().is_empty() => {
            let value = value.trim_start();
            let value_at = line.len() - value.len();
            LineKind::Entry(UnitEntry {
                section: section.clone(),
                key: key.trim_end().to_owned(),
                value: value.to_owned(),
                head: find_sources(parts, &(0..value_at)),
                parts: find_sources(parts, &(value_at..line.len())),
            })
        }
        _ => LineKind::Odd,
    }
}

fn section_name(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    rest.trim_matches([' ', '\t']).is_empty().then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_a_continued_line_is_found_in_its_parts() {
        let parts = [2..5, 9..9, 9..12];

        assert_eq!(join_parts("..abc\\\n  def", &parts), "abcdef");
        assert_eq!(find_sources(&parts, &(1..5)), [3..5, 9..11]);
        assert!(find_sources(&parts, &(3..3)).is_empty());
    }
}
