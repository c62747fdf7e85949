//! Lines that keep a service from starting, or from seeing the values of its env file.

use std::fmt;
use std::ops::Range;

use crate::UnitFile;
use crate::edit::{Change, Edited, Part};
use crate::line::{Entry, Line, sources};
use crate::words::{Word, spanned_words};

/// A word of a unit file that does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// The number of its line, from 1.
    pub line: usize,
}

/// What does harm. It holds no value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleKind {
    /// `EnvironmentFile=-PATH` in `[Container]`: podman takes it for a relative path.
    DashedEnvFile {
        /// The path, as it stands behind the dash.
        path: String,
    },
    /// `Environment=VARIABLE=…` in `[Container]`, for a variable that the env file sets.
    LeftOver {
        /// The name of the variable.
        variable: String,
    },
}

impl TroubleKind {
    /// Why it does harm.
    #[must_use]
    pub fn harm(&self) -> String {
        match self {
            Self::DashedEnvFile { path } => format!(
                "podman takes `-{path}` for a path beside the unit, not for an optional file: \
                 the container never starts, whether the file exists or not"
            ),
            Self::LeftOver { variable } => format!(
                "the value of `{variable}` that stands in the unit wins over the env file, \
                 and everyone who can read the unit can read it"
            ),
        }
    }

    /// What puts it right.
    #[must_use]
    pub fn cure(&self) -> String {
        match self {
            Self::DashedEnvFile { path } => format!(
                "take the line out; `EnvironmentFile=-{path}` is right in [Service], \
                 with `PodmanArgs=--env=NAME` in [Container]"
            ),
            Self::LeftOver { variable } => {
                format!("take `{variable}` out of the unit; the env file sets it")
            }
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.harm())
    }
}

/// Finds what does harm in `[Container]` once `names` are set by an env file.
///
/// Only what counts is told: no comments, and nothing that a later `KEY=` drops.
/// [`S3_VARIABLES`](crate::S3_VARIABLES) are the usual names.
#[must_use]
pub fn find_troubles(unit: &UnitFile, names: &[&str]) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = troubled_entries(unit, names)
        .into_iter()
        .flat_map(|troubled| {
            troubled.words.into_iter().filter_map(|(word, kind)| {
                let at = sources(&troubled.entry.parts, &word.span).first()?.start;
                Some(Trouble { kind: kind?, line: unit.line_number(at) })
            })
        })
        .collect();
    troubles.sort_by_key(|trouble| trouble.line);
    troubles
}

/// Takes out what [`find_troubles`] finds.
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

/// An entry with at least one word that does harm.
struct Troubled<'a> {
    line: &'a Line,
    entry: &'a Entry,
    words: Vec<(Word, Option<TroubleKind>)>,
}

impl Troubled<'_> {
    fn without(&self, unit: &UnitFile) -> Change {
        let mut parts: Vec<Part> = self.line.inner.iter().cloned().map(Part::Kept).collect();
        let mut kept = self.words.iter().filter(|(_, kind)| kind.is_none()).peekable();
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

fn troubled_entries<'a>(unit: &'a UnitFile, names: &[&str]) -> Vec<Troubled<'a>> {
    let files = unit.effective("Container", "EnvironmentFile");
    let files = files.filter_map(|(line, entry)| troubled(line, entry, dashed_env_file));
    let variables = unit.effective("Container", "Environment");
    let variables =
        variables.filter_map(|(line, entry)| troubled(line, entry, |word| left_over(word, names)));
    files.chain(variables).collect()
}

fn troubled<'a>(
    line: &'a Line,
    entry: &'a Entry,
    judge: impl Fn(&str) -> Option<TroubleKind>,
) -> Option<Troubled<'a>> {
    let mut counts = true;
    // The generator drops a line with an unknown escape, and what follows an empty word.
    let words: Vec<_> = spanned_words(&entry.value)
        .ok()?
        .into_iter()
        .map(|word| {
            counts &= !word.text.is_empty();
            let kind = counts.then(|| judge(&word.text)).flatten();
            (word, kind)
        })
        .collect();
    words.iter().any(|(_, kind)| kind.is_some()).then_some(Troubled { line, entry, words })
}

fn dashed_env_file(word: &str) -> Option<TroubleKind> {
    word.strip_prefix('-').map(|path| TroubleKind::DashedEnvFile { path: path.to_owned() })
}

fn left_over(word: &str, names: &[&str]) -> Option<TroubleKind> {
    let (name, _) = word.split_once('=')?;
    names.contains(&name).then(|| TroubleKind::LeftOver { variable: name.to_owned() })
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
