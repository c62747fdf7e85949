//! Lines that keep a service from starting, or from seeing the values of its env file.

use std::ops::Range;

use crate::edit::{Change, Edited, Part};
use crate::line::{Entry, Line, sources};
use crate::words::{Word, spanned_words};
use crate::{Trouble, TroubleKind, UnitFile};

/// Finds what does harm in `[Container]` once `names` are set by an env file.
///
/// Only what counts is told: no comments, and nothing that a later `KEY=` drops.
/// [`S3_VARIABLES`](crate::S3_VARIABLES) are the usual names.
#[must_use]
pub fn find_troubles(unit: &UnitFile, names: &[&str]) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = troubled_entries(unit, names)
        .into_iter()
        .flat_map(|troubled| {
            troubled.words.into_iter().filter_map(|(word, fate)| {
                let at = sources(&troubled.entry.parts, &word.span).first()?.start;
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
pub fn repaired(unit: &UnitFile, names: &[&str]) -> Edited {
    let mut changes: Vec<Change> =
        troubled_entries(unit, names).iter().map(|troubled| troubled.without(unit)).collect();
    changes.sort_by_key(|change| change.range.start);
    Edited::new(unit, changes)
}

/// Takes out each line that hands in the whole environment of podman, for those who ask for it:
/// [`repaired`] leaves them, since somebody may want them.
#[must_use]
pub fn without_host_environment(unit: &UnitFile) -> Edited {
    let lines = unit.effective("Container", "EnvironmentHost").filter(|(_, entry)| is_on(entry));
    let gone = |(line, _): (&Line, _)| Change { range: line.range.clone(), parts: Vec::new() };
    Edited::new(unit, lines.map(gone).collect())
}

/// An entry with at least one word that does harm.
struct Troubled<'a> {
    line: &'a Line,
    entry: &'a Entry,
    words: Vec<(Word, Fate)>,
}

/// What becomes of a word.
#[derive(Clone, PartialEq)]
enum Fate {
    Stays,
    /// For this reason, or along with the word that follows.
    Goes(Option<TroubleKind>),
}

impl Troubled<'_> {
    fn without(&self, unit: &UnitFile) -> Change {
        let mut parts: Vec<Part> = self.line.inner.iter().cloned().map(Part::Kept).collect();
        let mut kept = self.words.iter().filter(|(_, fate)| *fate == Fate::Stays).peekable();
        if kept.peek().is_some() {
            let head = self.entry.head.first().map_or(self.line.range.start, |head| head.start);
            parts.push(Part::Kept(self.line.range.start..head));
            parts.extend(self.entry.head.iter().cloned().map(Part::Kept));
            for (at, (word, _)) in kept.enumerate() {
                let gap = if at == 0 { "" } else { " " };
                parts.push(Part::Text(gap.to_owned()));
                parts.extend(sources(&self.entry.parts, &word.span).into_iter().map(Part::Kept));
            }
            parts.push(Part::Kept(ending_of(unit, &self.line.range)));
        }
        Change { range: self.line.range.clone(), parts }
    }
}

/// Tells what becomes of each word of a value.
type Judge<'a> = &'a dyn Fn(&[&str]) -> Vec<Fate>;

fn troubled_entries<'a>(unit: &'a UnitFile, names: &[&str]) -> Vec<Troubled<'a>> {
    let judges: [(&str, Judge<'_>); 4] = [
        ("EnvironmentFile", &|words| each(words, dashed_env_file)),
        ("Environment", &|words| each(words, |word| left_over(word, names))),
        ("PodmanArgs", &|words| podman_values(words, names)),
        ("Secret", &|words| each(words, |word| other_secret(word, names))),
    ];
    let entries = judges.into_iter().flat_map(|(key, judge)| {
        let entries = unit.effective("Container", key);
        entries.filter_map(move |(line, entry)| troubled(line, entry, judge))
    });
    entries.collect()
}

fn troubled<'a>(line: &'a Line, entry: &'a Entry, judge: Judge<'_>) -> Option<Troubled<'a>> {
    // The generator drops a line with an unknown escape, and what follows an empty word.
    let words = spanned_words(&entry.value).ok()?;
    let counted = words.iter().map(|word| word.text.as_str()).take_while(|word| !word.is_empty());
    let fates = judge(&counted.collect::<Vec<_>>());
    let fates = fates.into_iter().chain(std::iter::repeat(Fate::Stays));
    let words: Vec<_> = words.into_iter().zip(fates).collect();
    let has_trouble = words.iter().any(|(_, fate)| *fate != Fate::Stays);
    has_trouble.then_some(Troubled { line, entry, words })
}

fn each(words: &[&str], judge: impl Fn(&str) -> Option<TroubleKind>) -> Vec<Fate> {
    let fate = |word: &&str| judge(word).map_or(Fate::Stays, |kind| Fate::Goes(Some(kind)));
    words.iter().map(fate).collect()
}

fn dashed_env_file(word: &str) -> Option<TroubleKind> {
    word.strip_prefix('-').map(|path| TroubleKind::DashedEnvFile { path: path.to_owned() })
}

fn left_over(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let variable = assigned(word, names)?;
    Some(TroubleKind::LeftOver { variable })
}

/// `--env=NAME=…`, `--env NAME=…`, and the same with `-e`.
fn podman_values(words: &[&str], names: &[&str]) -> Vec<Fate> {
    let goes = |word: &str| {
        let variable = assigned(word, names)?;
        Some(Fate::Goes(Some(TroubleKind::PodmanValue { variable })))
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
    is_ours.then(|| TroubleKind::OtherSecret { variable: variable.to_owned() })
}

/// The one of `names` that `word` gives a value.
fn assigned(word: &str, names: &[&str]) -> Option<String> {
    let (name, _) = word.split_once('=')?;
    names.contains(&name).then(|| name.to_owned())
}

fn host_environment(unit: &UnitFile) -> Option<Trouble> {
    let (line, entry) = unit.effective("Container", "EnvironmentHost").last()?;
    let line = unit.line_number(line.range.start);
    is_on(entry).then_some(Trouble { kind: TroubleKind::HostEnvironment, line })
}

fn is_on(entry: &Entry) -> bool {
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
mod tests {
    use datalake_core::Piece;

    use super::*;
    use crate::S3_VARIABLES;

    #[track_caller]
    fn check(text: &str, lines: &[usize], expected: &str) {
        let unit = UnitFile::parse(text);
        let found: Vec<_> =
            find_troubles(&unit, &S3_VARIABLES).iter().map(|trouble| trouble.line).collect();
        assert_eq!(found, lines, "{text:?}");
        assert_eq!(repaired(&unit, &S3_VARIABLES).text(), expected);
    }

    #[track_caller]
    fn fine(text: &str) {
        check(text, &[], text);
    }

    #[test]
    fn an_env_file_with_a_dash_is_fatal_in_container_only() {
        check("[Container]\nEnvironmentFile=-/a\nImage=b\n", &[2], "[Container]\nImage=b\n");
        check("[Container]\nEnvironmentFile = \"-/a b\"", &[2], "[Container]\n");
        check("[Container]\nEnvironmentFile=\\x2d/a -%h/b -c\n", &[2, 2, 2], "[Container]\n");
        fine("[Service]\nEnvironmentFile=-/a\n[Container]\nEnvironmentFile=/b\n");
        fine("[Container]\nEnvironmentFile=-/a\nEnvironmentFile=\n#EnvironmentFile=-/b\n");
        fine("[Container]\nEnvironmentFile=-/a \\q\nEnvironmentFile=\"\" -/a\n");
    }

    #[test]
    fn other_words_of_a_line_stay_as_written() {
        check(
            "[Container]\r\n  Environment = A='1 2' AWS_REGION=x \"B=3\"  \r\nImage=c\r\n",
            &[2],
            "[Container]\r\n  Environment = A='1 2' \"B=3\"\r\nImage=c\r\n",
        );
        check(
            "[Container]\nEnvironmentFile=/a \\\n# c \\\n\n  -/b \\\n  \"/d \\\n e\"\nImage=f\n",
            &[5],
            "[Container]\n# c \\\n\nEnvironmentFile=/a \"/d e\"\nImage=f\n",
        );
    }

    #[test]
    fn left_over_values_are_found_and_names_alone_are_not() {
        check(
            "[Container]\nEnvironment=AWS_SECRET_ACCESS_KEY=s3cret\nEnvironment=A=1\n",
            &[2],
            "[Container]\nEnvironment=A=1\n",
        );
        check("[Container]\nEnvironment='AWS_REGION=' B=\n", &[2], "[Container]\nEnvironment=B=\n");
        fine("[Container]\nEnvironment=AWS_REGION AWS_PROFILE=x XAWS_REGION=y\n");
        fine("[Service]\nEnvironment=AWS_REGION=x\n");
    }

    #[test]
    fn values_in_podman_arguments_are_found_in_every_spelling() {
        check(
            "[Container]\nPodmanArgs=--env=AWS_REGION=x --tty -e AWS_REGION=y --env=A=1\n",
            &[2, 2],
            "[Container]\nPodmanArgs=--tty --env=A=1\n",
        );
        check(
            "[Container]\nPodmanArgs=--env 'AWS_REGION=x y' -eAWS_REGION=z\n",
            &[2, 2],
            "[Container]\n",
        );
        check("[Container]\nPodmanArgs=-e=AWS_REGION=x\n", &[2], "[Container]\n");
        fine("[Container]\nPodmanArgs=--env=AWS_REGION --env AWS_REGION --env=AWS_* --env\n");
        fine("[Container]\nPodmanArgs=--label AWS_REGION=x --entrypoint -x\n");
    }

    #[test]
    fn a_secret_of_others_for_the_same_variable_is_found() {
        check(
            "[Container]\nSecret=mine,type=env,target=AWS_ACCESS_KEY_ID\nSecret=pg,type=env\n",
            &[2],
            "[Container]\nSecret=pg,type=env\n",
        );
        check("[Container]\nSecret=AWS_ACCESS_KEY_ID,type=env\n", &[2], "[Container]\n");
        fine("[Container]\nSecret=AWS_ACCESS_KEY_ID\nSecret=x,type=mount,target=AWS_REGION\n");
    }

    #[test]
    fn the_whole_environment_is_told_and_left() {
        let text = "[Container]\nEnvironmentHost=true\n";
        check(text, &[2], text);
        fine("[Container]\nEnvironmentHost=true\nEnvironmentHost=no\n");
    }

    #[test]
    fn the_whole_environment_goes_where_that_is_asked_for() {
        let without = |text| without_host_environment(&UnitFile::parse(text)).text().to_owned();
        let twice = "[Container]\r\nEnvironmentHost = Yes\r\nImage=a\r\nEnvironmentHost=1";
        assert_eq!(without(twice), "[Container]\r\nImage=a\r\n");
        let fine =
            "[Container]\n#EnvironmentHost=true\nEnvironmentHost=no\n[X]\nEnvironmentHost=1\n";
        assert_eq!(without(fine), fine);
    }

    #[test]
    fn no_value_is_told_or_copied() {
        let text = "[Container]\nEnvironment=AWS_SECRET_ACCESS_KEY=s3cret TOKEN=t0ken\n";
        let unit = UnitFile::parse(text);

        let troubles = find_troubles(&unit, &S3_VARIABLES);
        let edited = repaired(&unit, &S3_VARIABLES);

        let told = format!("{troubles:?} {} {edited:?}", troubles[0]);
        assert!(!told.contains("s3cret") && !told.contains("t0ken"), "{told}");
        assert_eq!(edited.body().pieces(), [Piece::Kept(0..24), Piece::Kept(53..65)]);
    }
}
