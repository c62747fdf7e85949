//! Files in `environment.d`: what they set, systemd hands to every service of the user.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::edit::{Edited, RangeEdit};
use crate::{Trouble, TroubleKind, UnitFile};

/// Finds the variables of `names` that the text of a file in `environment.d` sets.
///
/// ```
/// use datalake_quadlet::{find_user_wide, without_user_wide};
///
/// let text = "# mine\nEDITOR=vi\nAWS_REGION=fsn1\n";
/// assert_eq!(find_user_wide(text, &["AWS_REGION"])[0].line, 3);
/// assert_eq!(without_user_wide(text, &["AWS_REGION"]).text(), "# mine\nEDITOR=vi\n");
/// ```
#[must_use]
pub fn find_user_wide(text: &str, names: &[&str]) -> Vec<Trouble> {
    let document = UnitFile::parse(text);
    let trouble = |(name, range): (&str, Range<usize>)| Trouble {
        kind: TroubleKind::UserWide { variable: name.to_owned() },
        line: document.line_number(range.start),
    };
    list_settings(text).into_iter().filter(|(name, _)| names.contains(name)).map(trouble).collect()
}

/// Takes the lines out that [`find_user_wide`] finds.
#[must_use]
pub fn without_user_wide(text: &str, names: &[&str]) -> Edited {
    let gone = list_settings(text).into_iter().filter(|(name, _)| names.contains(name));
    let changes = gone.map(|(_, range)| RangeEdit { range, parts: Vec::new() });
    Edited::new(&UnitFile::parse(text), changes.collect())
}

/// The names of the variables that the text of an env file sets.
#[must_use]
pub fn set_names(text: &str) -> BTreeSet<String> {
    list_settings(text).into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// Whether the text holds nothing but blanks and comments.
#[must_use]
pub fn sets_nothing(text: &str) -> bool {
    let is_quiet = |line: &str| line.is_empty() || line.starts_with(['#', ';']);
    text.lines().map(str::trim).all(is_quiet)
}

/// Where systemd's reader of such files stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReaderState {
    BeforeKey,
    Comment,
    Key,
    BeforeValue,
    Value,
    Single,
    Double,
}

/// The names that are set, each with the bytes of its lines.
fn list_settings(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let (mut state, mut line, mut key) = (ReaderState::BeforeKey, 0, 0..0);
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        let is_value = matches!(state, ReaderState::BeforeValue | ReaderState::Value);
        if c == '\n' && !matches!(state, ReaderState::Single | ReaderState::Double) {
            if is_value {
                found.push((key.clone(), line..at + 1));
            }
            (state, line) = (ReaderState::BeforeKey, at + 1);
            continue;
        }
        is_escaped =
            c == '\\' && (is_value || matches!(state, ReaderState::Comment | ReaderState::Double));
        state = match (state, c) {
            (ReaderState::BeforeKey, '#' | ';') => ReaderState::Comment,
            (ReaderState::BeforeKey, ' ' | '\t' | '\r') => ReaderState::BeforeKey,
            (ReaderState::BeforeKey, _) => {
                key = at..at;
                ReaderState::Key
            }
            (ReaderState::Key, '=') => {
                key.end = at;
                ReaderState::BeforeValue
            }
            (ReaderState::BeforeValue, '\'') => ReaderState::Single,
            (ReaderState::BeforeValue, '"') => ReaderState::Double,
            (ReaderState::BeforeValue, ' ' | '\t' | '\r')
            | (ReaderState::Single, '\'')
            | (ReaderState::Double, '"') => ReaderState::BeforeValue,
            (ReaderState::BeforeValue, _) => ReaderState::Value,
            (other, _) => other,
        };
    }
    if !matches!(state, ReaderState::BeforeKey | ReaderState::Comment | ReaderState::Key) {
        found.push((key, line..text.len()));
    }
    let named = |(key, range): (Range<usize>, Range<usize>)| {
        (text.get(key).unwrap_or_default().trim_end(), range)
    };
    found.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, lines: &[usize], expected: &str) {
        let found: Vec<_> = find_user_wide(text, &["A", "B"]).iter().map(|it| it.line).collect();
        assert_eq!(found, lines, "{text:?}");
        assert_eq!(without_user_wide(text, &["A", "B"]).text(), expected);
    }

    #[test]
    fn settings_go_with_all_their_lines() {
        check("A=1\nC=2\n  B =x", &[1, 3], "C=2\n");
        check("C=1\r\nA=2\r\nD=3\r\n", &[2], "C=1\r\nD=3\r\n");
        check("A=1\\\n2\nC=3\n", &[1], "C=3\n");
        check("A='1\n2'\nC=3\n", &[1], "C=3\n");
        check("A=\"1\\\"\n2\" 'x\n'\nC=3\n", &[1], "C=3\n");
        check("A=it's\nC=3\nB=\n", &[1, 3], "C=3\n");
    }

    #[test]
    fn what_systemd_does_not_read_as_a_setting_stays() {
        for text in ["# A=1\n", "; x \\\nA=1\n", "A\n", "C='\nA=1\n'\n", "export A=1\n", "AA=1\n"] {
            check(text, &[], text);
        }
    }

    #[test]
    fn a_file_of_comments_and_blanks_sets_nothing() {
        assert!(sets_nothing("") && sets_nothing("# a\n\n  ; b\n"));
        assert!(!sets_nothing("# a\nC=1\n"));
    }
}
