//! Takes marked blocks out of a unit file.

use std::ops::Range;

use super::{BlockError, MARKERS};
use crate::UnitFile;
use crate::edit::{Edited, RangeEdit};
use crate::line::{LineKind, UnitEntry, UnitLine};
use crate::variable::is_variable;

/// Takes all blocks out. Lines in a block that are not of this program stay.
///
/// After [`insert_blocks`](super::insert_blocks) this gives the very bytes of before.
///
/// # Errors
///
/// [`BlockError::Unpaired`] where the extent of a block is unknown.
pub fn remove_blocks(unit: &UnitFile) -> Result<Edited, BlockError> {
    let mut ours: Vec<&UnitLine> = Vec::new();
    let mut begin: Option<&UnitLine> = None;
    for (at, line) in unit.lines().iter().enumerate() {
        match (read_marker(unit, line), begin) {
            (Some(Marker::Begin), None) => begin = Some(line),
            (Some(Marker::End), Some(_)) => begin = None,
            (Some(_), _) => return Err(refuse_unpaired(unit, begin.unwrap_or(line))),
            (None, Some(_)) if is_ours(unit, at, line) => (),
            (None, _) => continue,
        }
        ours.push(line);
    }
    if let Some(begin) = begin {
        return Err(refuse_unpaired(unit, begin));
    }
    let mut gone: Vec<Range<usize>> = ours.iter().map(|line| line.range.clone()).collect();
    gone.extend(ending_before_last_block(unit, &gone));
    gone.sort_by_key(|range| range.start);
    let change = |range| RangeEdit { range, parts: Vec::new() };
    Ok(Edited::new(unit, gone.into_iter().map(change).collect()))
}

enum Marker {
    Begin,
    End,
}

fn read_marker(unit: &UnitFile, line: &UnitLine) -> Option<Marker> {
    if line.kind != LineKind::Comment {
        return None;
    }
    let text = unit.text().get(line.range.clone())?.trim();
    if text == MARKERS.end {
        return Some(Marker::End);
    }
    let rest = text.strip_prefix(MARKERS.begin)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(Marker::Begin)
}

fn refuse_unpaired(unit: &UnitFile, line: &UnitLine) -> BlockError {
    BlockError::Unpaired { line: unit.line_number(line.range.start) }
}

/// Whether a line inside a block was put there by `insert_blocks`.
fn is_ours(unit: &UnitFile, at: usize, line: &UnitLine) -> bool {
    match &line.kind {
        LineKind::Entry(entry) => is_own_entry(entry),
        LineKind::Section(name) => name == "Service" && !has_other_keys(unit, at),
        _ => false,
    }
}

fn is_own_entry(entry: &UnitEntry) -> bool {
    let value = entry.value.as_str();
    match (entry.section.as_str(), entry.key.as_str()) {
        ("Container", "PodmanArgs") => value.strip_prefix("--env=").is_some_and(is_variable),
        ("Service", "EnvironmentFile") => value.starts_with("-/"),
        _ => false,
    }
}

/// Whether someone has put keys of their own below the header at `at`, which is in a block.
fn has_other_keys(unit: &UnitFile, at: usize) -> bool {
    let mut in_block = true;
    for line in unit.lines().iter().skip(at + 1) {
        match &line.kind {
            LineKind::Section(_) => return false,
            LineKind::Entry(entry) if !(in_block && is_own_entry(entry)) => return true,
            _ => in_block &= !matches!(read_marker(unit, line), Some(Marker::End)),
        }
    }
    false
}

/// The line ending that `insert_blocks` gave to a file whose last line had none.
fn ending_before_last_block(unit: &UnitFile, gone: &[Range<usize>]) -> Option<Range<usize>> {
    let text = unit.text();
    if text.ends_with('\n') || gone.last()?.end != text.len() {
        return None;
    }
    let mut start = text.len();
    for range in gone.iter().rev() {
        if range.end == start {
            start = range.start;
        }
    }
    let own_ending = if text.get(start..)?.split('\n').next()?.ends_with('\r') { 2 } else { 1 };
    let from = start.checked_sub(own_ending)?;
    text.get(from..start).filter(|ending| matches!(*ending, "\n" | "\r\n"))?;
    Some(from..start)
}
