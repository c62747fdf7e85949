//! Lines between datalake's marks that somebody else has written.

use super::UnfitYaml;
use super::region::{BEFORE, Chunk, count_indent, is_content, strip_line_end};

/// What a line between the marks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineOrigin {
    /// A line from before, behind a sign.
    Before,
    /// The line of the block of this number, whatever value it has by now.
    Ours(usize),
    /// A line below one of ours that holds a part of its value.
    Value(usize),
    /// A line of somebody else inside the block.
    Nested,
    /// A line of somebody else that stands for itself: a comment, a blank line, another root key.
    Apart,
}

/// What each line between the marks is; `margin` is how deep the marks stand.
pub(super) fn find_origins(lines: &[&str], block: &[String], margin: usize) -> Vec<LineOrigin> {
    // In our block, below a line of ours that has a value, or in what somebody else has put there.
    let (mut is_in_block, mut leaf) = (false, None);
    let mut judge = |line: &str| {
        if line.starts_with(BEFORE) {
            return LineOrigin::Before;
        }
        if !is_content(line) {
            return LineOrigin::Apart;
        }
        let level = count_indent(line).saturating_sub(margin);
        if let Some(number) = number_of(line, block, margin).filter(|n| *n == 0 || is_in_block) {
            is_in_block = true;
            leaf = Some(number).filter(|_| has_value(block.get(number)));
            return LineOrigin::Ours(number);
        }
        if level == 0 {
            (is_in_block, leaf) = (false, None);
            return LineOrigin::Apart;
        }
        let above =
            leaf.filter(|number| block.get(*number).is_some_and(|own| count_indent(own) < level));
        leaf = above;
        match above {
            Some(number) => LineOrigin::Value(number),
            None if is_in_block => LineOrigin::Nested,
            None => LineOrigin::Apart,
        }
    };
    lines.iter().map(|line| judge(line)).collect()
}

/// Whether the line of somebody else is there at all.
pub(super) fn has_others(origins: &[LineOrigin]) -> bool {
    origins.iter().any(|origin| matches!(origin, LineOrigin::Nested | LineOrigin::Apart))
}

/// The lines between the marks without our block: those from before, and those of others. What stood
/// inside the block stays as a comment.
pub(super) fn without_block(lines: &[&str], origins: &[LineOrigin]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for (line, origin) in lines.iter().zip(origins) {
        match origin {
            LineOrigin::Before => {
                chunks.push(Chunk::Kept(line.strip_prefix(BEFORE).unwrap_or(line).to_owned()));
            }
            LineOrigin::Apart => chunks.push(Chunk::Kept((*line).to_owned())),
            LineOrigin::Nested => {
                chunks.push(Chunk::Own("#".to_owned()));
                chunks.push(Chunk::Kept((*line).to_owned()));
            }
            LineOrigin::Ours(_) | LineOrigin::Value(_) => (),
        }
    }
    chunks
}

/// The lines between the marks with our block as it would be today, each other line in its place.
pub(super) fn with_block(
    lines: &[&str],
    origins: &[LineOrigin],
    block: &[String],
    margin: usize,
) -> Result<Vec<Chunk>, UnfitYaml> {
    let eol = if lines.iter().any(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let own = |text: &str| Chunk::Own(format!("{}{text}{eol}", " ".repeat(margin)));
    let is_there = |number| origins.contains(&LineOrigin::Ours(number));
    if !is_there(0) {
        return Err(UnfitYaml::Marks);
    }
    let is_kept = |number: usize, line: &str| {
        block
            .get(number)
            .is_some_and(|own| strip_line_end(line).get(margin..) == Some(own.as_str()))
            || says_same(line, block.get(number))
    };
    let (mut chunks, mut keeps) = (Vec::new(), false);
    for (line, origin) in lines.iter().zip(origins) {
        match origin {
            LineOrigin::Before | LineOrigin::Apart | LineOrigin::Nested => {
                chunks.push(Chunk::Kept((*line).to_owned()));
            }
            LineOrigin::Value(_) if keeps => chunks.push(Chunk::Kept((*line).to_owned())),
            LineOrigin::Value(_) => (),
            LineOrigin::Ours(number) => {
                keeps = is_kept(*number, line);
                match block.get(*number) {
                    Some(text) if !keeps => chunks.push(own(text)),
                    _ => chunks.push(Chunk::Kept((*line).to_owned())),
                }
                let missing = (number + 1..block.len()).take_while(|next| !is_there(*next));
                chunks.extend(missing.filter_map(|next| block.get(next)).map(|text| own(text)));
            }
        }
    }
    Ok(chunks)
}

/// Which line of the block this is, by its key and depth.
fn number_of(line: &str, block: &[String], margin: usize) -> Option<usize> {
    let key = key_of(strip_line_end(line).get(margin..)?)?;
    block.iter().position(|own| key_of(own) == Some(key))
}

/// The key with what stands before it.
fn key_of(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some(key)
}

/// Whether the line has a value, and no further keys of ours below it.
fn has_value(own: Option<&String>) -> bool {
    own.is_some_and(|own| !own.ends_with(':'))
}

/// Whether the line says what ours says, in another form or with a comment behind it.
fn says_same(line: &str, own: Option<&String>) -> bool {
    let read = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text.trim()).ok();
    own.is_some_and(|own| read(line).is_some_and(|said| Some(said) == read(own)))
}
