//! Lines that keep a service from starting, or from seeing the values of its env file.

use std::ops::Range;

use crate::edit::{Edited, RangeEdit, TextPart};
use crate::line::{UnitEntry, UnitLine, find_sources};
use crate::words::{UnitWord, spanned_words};
use crate::{STEERING_VARIABLES, Trouble, TroubleKind, UnitFile};

/// Finds what does harm in `[Container]` and `[Service]` once `names` are set by an env file.
///
/// Only what counts is told: no comments, and nothing that a later `KEY=` drops.
/// [`S3_VARIABLES`](crate::S3_VARIABLES) are the usual names, and [`STEERING_VARIABLES`] go with them.
#[must_use]
pub fn find_troubles(unit: &UnitFile, names: &[&str]) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = troubled_entries(unit, names)
        .into_iter()
        .flat_map(|troubled| {
            troubled.words.into_iter().filter_map(|(word, fate)| {
                let at = find_sources(&troubled.entry.parts, &word.span).first()?.start;
                let Fate::Goes(kind) = fate else { return None };
                Some(Trouble { kind: kind?, line: unit.line_number(at) })
            })
        })
        .chain(host_environment(unit))
        .collect();
    troubles.sort_by_key(|trouble| trouble.line);
    troubles
}

/// Takes out what [`find_troubles`] finds and [`TroubleKind::is_repaired`].
///
/// Other words of the same line stay as they are written, in one line; comments from between its
/// parts come to stand above it.
#[must_use]
pub fn repair_unit(unit: &UnitFile, names: &[&str]) -> Edited {
    let mut changes: Vec<RangeEdit> =
        troubled_entries(unit, names).iter().map(|troubled| troubled.without(unit)).collect();
    changes.sort_by_key(|change| change.range.start);
    Edited::new(unit, changes)
}

/// Takes out each line that hands in the whole environment of podman, for those who ask for it:
/// [`repair_unit`] leaves them, since somebody may want them.
#[must_use]
pub fn without_host_environment(unit: &UnitFile) -> Edited {
    let lines = unit.effective("Container", "EnvironmentHost").filter(|(_, entry)| is_on(entry));
    let gone =
        |(line, _): (&UnitLine, _)| RangeEdit { range: line.range.clone(), parts: Vec::new() };
    Edited::new(unit, lines.map(gone).collect())
}

/// An entry with at least one word that does harm.
pub(crate) struct Troubled<'a> {
    line: &'a UnitLine,
    entry: &'a UnitEntry,
    words: Vec<(UnitWord, Fate)>,
}

/// What becomes of a word.
#[derive(Clone, PartialEq)]
pub(crate) enum Fate {
    Stays,
    /// For this reason, or along with the word that follows.
    Goes(Option<TroubleKind>),
}

impl Troubled<'_> {
    pub(crate) fn without(&self, unit: &UnitFile) -> RangeEdit {
        let mut parts: Vec<TextPart> =
            self.line.inner.iter().cloned().map(TextPart::Kept).collect();
        let mut kept = self.words.iter().filter(|(_, fate)| *fate == Fate::Stays).peekable();
        if kept.peek().is_some() {
            let head = self.entry.head.first().map_or(self.line.range.start, |head| head.start);
            parts.push(TextPart::Kept(self.line.range.start..head));
            parts.extend(self.entry.head.iter().cloned().map(TextPart::Kept));
            for (at, (word, _)) in kept.enumerate() {
                let gap = if at == 0 { "" } else { " " };
                parts.push(TextPart::Text(gap.to_owned()));
                parts.extend(
                    find_sources(&self.entry.parts, &word.span).into_iter().map(TextPart::Kept),
                );
            }
            parts.push(TextPart::Kept(ending_of(unit, &self.line.range)));
        }
        RangeEdit { range: self.line.range.clone(), parts }
    }
}

/// Tells what becomes of each word of a value.
pub(crate) type Judge<'a> = &'a dyn Fn(&[&str]) -> Vec<Fate>;

fn troubled_entries<'a>(unit: &'a UnitFile, names: &[&str]) -> Vec<Troubled<'a>> {
    let judges: [(&str, &str, Judge<'_>); 6] = [
        ("Container", "EnvironmentFile", &|words| judge_each(words, dashed_env_file)),
        ("Container", "Environment", &|words| judge_each(words, |word| left_over(word, names))),
        ("Container", "PodmanArgs", &|words| podman_values(words, names)),
        ("Container", "Secret", &|words| judge_each(words, |word| other_secret(word, names))),
        ("Service", "Environment", &|words| judge_each(words, |word| service_value(word, names))),
        ("Service", "UnsetEnvironment", &|words| {
            judge_each(words, |word| judge_unset(word, names))
        }),
    ];
    let entries = judges.into_iter().flat_map(|(section, key, judge)| {
        let entries = unit.effective(section, key);
        entries.filter_map(move |(line, entry)| find_troubled(line, entry, judge))
    });
    entries.collect()
}

pub(crate) fn find_troubled<'a>(
    line: &'a UnitLine,
    entry: &'a UnitEntry,
    judge: Judge<'_>,
) -> Option<Troubled<'a>> {
    // The generator drops a line with an unknown escape, and what follows an empty word.
    let words = spanned_words(&entry.value).ok()?;
    let counted = words.iter().map(|word| word.text.as_str()).take_while(|word| !word.is_empty());
    let fates = judge(&counted.collect::<Vec<_>>());
    let fates = fates.into_iter().chain(std::iter::repeat(Fate::Stays));
    let words: Vec<_> = words.into_iter().zip(fates).collect();
    let has_trouble = words.iter().any(|(_, fate)| *fate != Fate::Stays);
    has_trouble.then_some(Troubled { line, entry, words })
}

fn judge_each(words: &[&str], judge: impl Fn(&str) -> Option<TroubleKind>) -> Vec<Fate> {
    let fate = |word: &&str| judge(word).map_or(Fate::Stays, |kind| Fate::Goes(Some(kind)));
    words.iter().map(fate).collect()
}

fn dashed_env_file(word: &str) -> Option<TroubleKind> {
    word.strip_prefix('-').map(|path| TroubleKind::DashedEnvFile { path: path.to_owned() })
}

fn left_over(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let variable = find_assigned(word, names)?;
    Some(judge_steering(&variable).unwrap_or(TroubleKind::LeftOver { variable }))
}

fn service_value(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let variable = find_assigned(word, names)?;
    Some(judge_steering(&variable).unwrap_or(TroubleKind::ServiceValue { variable }))
}

/// `UnsetEnvironment=NAME` and `UnsetEnvironment=NAME=value`. What boto3 is better off without may
/// well be unset.
fn judge_unset(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let is_ours = names.contains(&name) && judge_steering(name).is_none();
    is_ours.then(|| TroubleKind::Unset { variable: name.to_owned() })
}

fn judge_steering(variable: &str) -> Option<TroubleKind> {
    let steers = STEERING_VARIABLES.contains(&variable);
    steers.then(|| TroubleKind::Steers { variable: variable.to_owned() })
}

/// `--env=NAME=…`, `--env NAME=…`, and the same with `-e`.
fn podman_values(words: &[&str], names: &[&str]) -> Vec<Fate> {
    let goes = |word: &str| {
        let variable = find_assigned(word, names)?;
        let kind = judge_steering(&variable).unwrap_or(TroubleKind::PodmanValue { variable });
        Some(Fate::Goes(Some(kind)))
    };
    let mut fates = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let next = words.peek().filter(|_| ["--env", "-e"].contains(word));
        if let Some(fate) = next.and_then(|next| goes(next)) {
            words.next();
            fates.extend([Fate::Goes(None), fate]);
            continue;
        }
        let short = || word.strip_prefix("-e").map(|rest| rest.strip_prefix('=').unwrap_or(rest));
        let value = word.strip_prefix("--env=").or_else(short);
        fates.push(value.and_then(goes).unwrap_or(Fate::Stays));
    }
    fates
}

fn other_secret(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let mut parts = word.split(',');
    let secret = parts.next()?;
    let options: Vec<_> = parts.collect();
    let target = options.iter().find_map(|option| option.strip_prefix("target="));
    let variable = target.unwrap_or(secret);
    let is_ours = options.contains(&"type=env") && names.contains(&variable);
    let other = || TroubleKind::OtherSecret { variable: variable.to_owned() };
    is_ours.then(|| judge_steering(variable).unwrap_or_else(other))
}

/// The one of `names` that `word` gives a value.
fn find_assigned(word: &str, names: &[&str]) -> Option<String> {
    let (name, _) = word.split_once('=')?;
    names.contains(&name).then(|| name.to_owned())
}

fn host_environment(unit: &UnitFile) -> Option<Trouble> {
    let (line, entry) = unit.effective("Container", "EnvironmentHost").last()?;
    let line = unit.line_number(line.range.start);
    is_on(entry).then_some(Trouble { kind: TroubleKind::HostEnvironment, line })
}

fn is_on(entry: &UnitEntry) -> bool {
    ["1", "yes", "true", "on"].iter().any(|yes| entry.value.eq_ignore_ascii_case(yes))
}

fn ending_of(unit: &UnitFile, range: &Range<usize>) -> Range<usize> {
    let text = unit.text().get(range.clone()).unwrap_or_default();
    let length = match text {
        _ if text.ends_with("\r\n") => 2,
        _ if text.ends_with('\n') => 1,
        _ => 0,
    };
    range.end - length..range.end
}

#[cfg(test)]
mod tests;
