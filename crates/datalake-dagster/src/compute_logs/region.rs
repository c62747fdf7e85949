//! The lines of a `dagster.yaml`: the block of a root key, and the marked lines in its place.

use super::between::{find_origins, has_others, with_block, without_block};
use super::{KEY, UnfitYaml};

const BEGIN: &str =
    "# datalake: compute logs go to the bucket; `logs: local` brings back what was here";
const END: &str = "# datalake: end";
/// What stands before a line from before.
pub(super) const BEFORE: &str = "#|";

/// A part of the changed text.
pub(super) enum Chunk {
    /// From the old text.
    Kept(String),
    /// New.
    Own(String),
}

impl Chunk {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Kept(text) | Self::Own(text) => text,
        }
    }

    fn kept(text: impl Into<String>) -> Self {
        Self::Kept(text.into())
    }
}

/// Where the marked lines go.
#[derive(Clone, Copy)]
pub(super) enum BlockPlace {
    /// In the place of the block of [`KEY`].
    Said,
    /// Behind the last key.
    Last,
    /// Before the first key.
    First,
}

pub(super) fn has_mark(text: &str) -> bool {
    split_lines(text).any(|line| is_mark(line, BEGIN) || is_mark(line, END))
}

/// Where the two marks stand, by the numbers of their lines.
fn find_marks(lines: &[&str]) -> Result<Option<(usize, usize)>, UnfitYaml> {
    let at = |mark| {
        let mut found = lines.iter().enumerate().filter(|(_, line)| is_mark(line, mark));
        (found.next().map(|(at, _)| at), found.next().is_some())
    };
    match (at(BEGIN), at(END)) {
        ((None, _), (None, _)) => Ok(None),
        ((Some(begin), false), (Some(end), false)) if begin < end => Ok(Some((begin, end))),
        _ => Err(UnfitYaml::Marks),
    }
}

/// The text without the marked lines of `block`; `None` where there are none. What others have written
/// between the marks stays.
pub(super) fn remove_block(text: &str, block: &[String]) -> Result<Option<Vec<Chunk>>, UnfitYaml> {
    let lines: Vec<_> = split_lines(text).collect();
    let Some((begin, end)) = find_marks(&lines)? else { return Ok(None) };
    let part = |range: std::ops::Range<usize>| lines.get(range).unwrap_or_default();
    let between = part(begin + 1..end);
    let margin = part(begin..begin + 1).first().map_or(0, |line| count_indent(line));
    let origins = find_origins(between, block, margin);
    let mut chunks: Vec<_> = part(0..begin).iter().map(|line| Chunk::kept(*line)).collect();
    chunks.extend(without_block(between, &origins));
    let is_last_whole = part(end..end + 1).iter().all(|line| line.ends_with('\n'));
    if !is_last_whole {
        // The text had no end of line there; one was added for the marks.
        if let Some(Chunk::Kept(last)) = chunks.last_mut() {
            *last = strip_line_end(last).to_owned();
        }
    }
    chunks.extend(part(end + 1..lines.len()).iter().map(|line| Chunk::kept(*line)));
    Ok(Some(chunks))
}

/// The text whose marked lines are those of `block`, with each line of others in its place; `None`
/// where there are no lines of others between marks.
pub(super) fn renew_block(text: &str, block: &[String]) -> Result<Option<Vec<Chunk>>, UnfitYaml> {
    let lines: Vec<_> = split_lines(text).collect();
    let Some((begin, end)) = find_marks(&lines)? else { return Ok(None) };
    let part = |range: std::ops::Range<usize>| lines.get(range).unwrap_or_default();
    let between = part(begin + 1..end);
    let margin = part(begin..begin + 1).first().map_or(0, |line| count_indent(line));
    let origins = find_origins(between, block, margin);
    if !has_others(&origins) {
        return Ok(None);
    }
    let kept = |lines: &[&str]| lines.iter().map(|line| Chunk::kept(*line)).collect::<Vec<_>>();
    let mut chunks = kept(part(0..begin + 1));
    chunks.extend(with_block(between, &origins, block, margin)?);
    chunks.extend(kept(part(end..lines.len())));
    Ok(Some(chunks))
}

/// The text with the marked lines of `block`.
pub(super) fn insert_block(
    text: &str,
    block: &[String],
    place: BlockPlace,
) -> Result<Vec<Chunk>, UnfitYaml> {
    let lines: Vec<_> = split_lines(text).collect();
    let indent = root_indent(&lines);
    let at = |place| (place, place);
    let (from, to) = match place {
        BlockPlace::Said => find_said_block(&lines, indent).ok_or(UnfitYaml::Form)?,
        BlockPlace::Last => at(end_of_keys(&lines)),
        BlockPlace::First => at(first_key(&lines).ok_or(UnfitYaml::Form)?),
    };
    let part = |range: std::ops::Range<usize>| lines.get(range).unwrap_or_default();
    let (head, old, tail) = (part(0..from), part(from..to), part(to..lines.len()));
    let whole = lines.iter().find(|line| line.ends_with('\n'));
    let eol = if whole.is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let margin = " ".repeat(indent);

    let mut chunks: Vec<_> = head.iter().map(|line| Chunk::kept(*line)).collect();
    let is_torn = |lines: &[&str]| lines.last().is_some_and(|line| !line.ends_with('\n'));
    // A byte order mark alone is no line that needs an end.
    let is_head_torn = is_torn(head) && !is_byte_order_mark(head);
    if is_head_torn {
        chunks.push(Chunk::Own(eol.to_owned()));
    }
    let new = [BEGIN].into_iter().chain(block.iter().map(String::as_str));
    chunks.extend(new.map(|line| Chunk::Own(format!("{margin}{line}{eol}"))));
    for line in old {
        chunks.push(Chunk::Own(BEFORE.to_owned()));
        chunks.push(Chunk::kept(*line));
    }
    if is_torn(old) {
        chunks.push(Chunk::Own(eol.to_owned()));
    }
    let is_whole = !(tail.is_empty() && (is_head_torn && old.is_empty() || is_torn(old)));
    chunks.push(Chunk::Own(format!("{margin}{END}{}", if is_whole { eol } else { "" })));
    chunks.extend(tail.iter().map(|line| Chunk::kept(*line)));
    Ok(chunks)
}

/// The lines with their ends; a byte order mark is a line of its own.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let (mark, rest) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (text.get(..text.len() - rest.len()), rest),
        None => (None, text),
    };
    mark.into_iter().chain(rest.split_inclusive('\n'))
}

fn is_byte_order_mark(lines: &[&str]) -> bool {
    lines == ["\u{feff}"]
}

fn is_mark(line: &str, mark: &str) -> bool {
    strip_line_end(line).trim_start_matches(' ') == mark
}

/// A line without its end.
pub(super) fn strip_line_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

pub(super) fn count_indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether the line says anything: no comment, no marker of documents.
pub(super) fn is_content(line: &str) -> bool {
    let text = strip_line_end(line).trim_matches([' ', '\t', '\u{feff}']);
    !(text.is_empty() || text.starts_with('#'))
}

fn is_frame(line: &str) -> bool {
    ["---", "...", "%"].iter().any(|mark| line.starts_with(mark))
}

fn first_key(lines: &[&str]) -> Option<usize> {
    lines.iter().position(|line| is_content(line) && !is_frame(line))
}

/// How deep the root's keys stand.
fn root_indent(lines: &[&str]) -> usize {
    let first = first_key(lines).and_then(|at| lines.get(at));
    first.map_or(0, |line| count_indent(line))
}

/// The lines of the block of [`KEY`], from its own to the last one that says something.
fn find_said_block(lines: &[&str], indent: usize) -> Option<(usize, usize)> {
    let is_key = |line: &&str| count_indent(line) == indent && is_key(line);
    let mut keys = lines.iter().enumerate().filter(|(_, line)| is_key(line));
    let (from, _) = keys.next()?;
    if keys.next().is_some() {
        return None;
    }
    let belongs = |line: &&str| {
        let closes = line.trim_start().starts_with(['}', ']']);
        !is_content(line) || (count_indent(line) > indent || closes) && !is_frame(line)
    };
    let rest = lines.get(from + 1..)?.iter().take_while(|line| belongs(line));
    let said = rest.enumerate().filter(|(_, line)| is_content(line)).last();
    Some((from, from + 1 + said.map_or(0, |(at, _)| at + 1)))
}

fn is_key(line: &str) -> bool {
    let line = strip_line_end(line).trim_start_matches(' ');
    let forms = [KEY.to_owned(), format!("\"{KEY}\""), format!("'{KEY}'")];
    forms.iter().any(|form| {
        let rest = line.strip_prefix(form.as_str()).map(str::trim_start);
        let value = rest.and_then(|rest| rest.strip_prefix(':'));
        value.is_some_and(|value| value.is_empty() || value.starts_with([' ', '\t']))
    })
}

/// Behind the last key: at the end of the text, or before the mark that ends the document.
fn end_of_keys(lines: &[&str]) -> usize {
    let last = lines.iter().rposition(|line| is_content(line));
    match last {
        Some(at) if lines.get(at).is_some_and(|line| line.starts_with("...")) => at,
        _ => lines.len(),
    }
}
