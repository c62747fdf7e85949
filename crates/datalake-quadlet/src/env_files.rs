//! The env files that a unit names, and a unit without some of them.

use datalake_core::host::HostPath;

use crate::edit::{Edited, RangeEdit, TextPart};
use crate::line::{UnitEntry, UnitLine, find_sources};
use crate::path_pattern::PathPattern;
use crate::repair::{Fate, find_troubled};
use crate::words::spanned_words;
use crate::{UnitFile, UnitPlace};

/// An env file that a unit names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEnvFile {
    /// The number of the line, from 1.
    pub line: usize,
    /// Who reads it.
    pub reader: EnvFileReader,
    /// Whether a dash makes it optional. In `[Container]` podman knows no such thing.
    pub is_optional: bool,
    pattern: PathPattern,
}

/// Who reads an env file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvFileReader {
    /// podman, for the container: without the file it ends with 125.
    Podman,
    /// systemd, for the service: without the file it starts nothing.
    Systemd,
}

impl NamedEnvFile {
    /// The one file that is meant; `None` for a pattern, or where only systemd knows a part of it.
    #[must_use]
    pub fn path(&self) -> Option<HostPath> {
        self.pattern.only_path()
    }

    /// Whether `path` is meant, or may be.
    #[must_use]
    pub fn may_name(&self, path: &HostPath) -> bool {
        self.pattern.may_name(path)
    }
}

/// Finds the env files that count, by `EnvironmentFile=` and by `--env-file` in `PodmanArgs=`.
///
/// ```
/// use datalake_quadlet::{UnitFile, UnitOwner, UnitPlace, find_env_files};
///
/// let unit = UnitFile::parse("[Container]\nEnvironmentFile=%h/s3.env\n");
/// let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse()? };
/// let place = UnitPlace { path: &"/home/d/web.container".parse()?, owner: &owner };
///
/// let found = find_env_files(&unit, place);
/// assert_eq!(found[0].path(), Some("/home/d/s3.env".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn find_env_files(unit: &UnitFile, place: UnitPlace<'_>) -> Vec<NamedEnvFile> {
    let mut found = Vec::new();
    for (line, entry) in list_counting_entries(unit) {
        found.extend(named_in(line, entry, unit, place));
    }
    found
}

/// Takes out each word and line that names one of `gone`, in `[Container]` and in `[Service]`.
#[must_use]
pub fn without_env_files(unit: &UnitFile, place: UnitPlace<'_>, gone: &[HostPath]) -> Edited {
    let goes = |pattern: PathPattern| pattern.only_path().is_some_and(|path| gone.contains(&path));
    let mut changes = Vec::new();
    for (line, entry) in list_counting_entries(unit) {
        let change = match reader_of(entry) {
            Some(EnvFileReader::Systemd) => {
                let path = without_dash(entry.value.trim_end()).1;
                goes(PathPattern::wildcard(path, place)).then(|| RangeEdit {
                    range: line.range.clone(),
                    parts: line.inner.iter().cloned().map(TextPart::Kept).collect(),
                })
            }
            Some(EnvFileReader::Podman) => {
                let goes = |word: &str| goes(PathPattern::plain(without_dash(word).1, place));
                let judge = |words: &[&str]| decide_fates(words, &entry.key, &goes);
                find_troubled(line, entry, &judge).map(|troubled| troubled.without(unit))
            }
            None => None,
        };
        changes.extend(change);
    }
    Edited::new(unit, changes)
}

/// The entries that no later `KEY=` drops, of keys that may name env files.
fn list_counting_entries(unit: &UnitFile) -> impl Iterator<Item = (&UnitLine, &UnitEntry)> {
    unit.all_effective().filter(|(_, entry)| reader_of(entry).is_some())
}

fn reader_of(entry: &UnitEntry) -> Option<EnvFileReader> {
    match (entry.section.as_str(), entry.key.as_str()) {
        ("Service", "EnvironmentFile") => Some(EnvFileReader::Systemd),
        ("Service" | "Unit" | "Install", _) => None,
        (_, "EnvironmentFile" | "PodmanArgs") => Some(EnvFileReader::Podman),
        _ => None,
    }
}

fn named_in(
    line: &UnitLine,
    entry: &UnitEntry,
    unit: &UnitFile,
    place: UnitPlace<'_>,
) -> Vec<NamedEnvFile> {
    let Some(reader) = reader_of(entry) else { return Vec::new() };
    if reader == EnvFileReader::Systemd {
        // systemd knows neither quotes nor several paths here.
        let (is_optional, path) = without_dash(entry.value.trim_end());
        let pattern = PathPattern::wildcard(path, place);
        let line = unit.line_number(line.range.start);
        let named = NamedEnvFile { line, reader, is_optional, pattern };
        return if path.is_empty() { Vec::new() } else { vec![named] };
    }
    let Ok(words) = spanned_words(&entry.value) else { return Vec::new() };
    let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    let named = texts.iter().zip(values_in(&texts, &entry.key)).zip(&words);
    let named = named.filter_map(|((_, value), word)| {
        let (is_optional, path) = without_dash(value?);
        let at = find_sources(&entry.parts, &word.span).first()?.start;
        let (line, pattern) = (unit.line_number(at), PathPattern::plain(path, place));
        Some(NamedEnvFile { line, reader, is_optional, pattern })
    });
    named.collect()
}

/// What becomes of each word where those that name an env file go.
fn decide_fates(words: &[&str], key: &str, goes: &dyn Fn(&str) -> bool) -> Vec<Fate> {
    let values = values_in(words, key);
    let is_gone: Vec<_> = values.iter().map(|value| value.is_some_and(goes)).collect();
    let fate = |(at, word): (usize, &&str)| {
        // `--env-file` in a word of its own goes along with the word that follows.
        let is_flag = key == "PodmanArgs" && *word == "--env-file";
        let is_gone = is_gone.get(if is_flag { at + 1 } else { at }).copied();
        if is_gone.unwrap_or_default() { Fate::Goes(None) } else { Fate::Stays }
    };
    words.iter().enumerate().map(fate).collect()
}

/// The path that each word is or holds.
fn values_in<'a>(words: &[&'a str], key: &str) -> Vec<Option<&'a str>> {
    if key == "EnvironmentFile" {
        return words.iter().map(|word| Some(*word)).collect();
    }
    let mut is_path = false;
    let value = |word: &&'a str| {
        if std::mem::take(&mut is_path) {
            return Some(*word);
        }
        is_path = *word == "--env-file";
        word.strip_prefix("--env-file=")
    };
    words.iter().map(value).collect()
}

fn without_dash(path: &str) -> (bool, &str) {
    path.strip_prefix('-').map_or((false, path), |path| (true, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitOwner;

    const GONE: &str = "/home/d/.config/environment.d/s3.conf";

    #[track_caller]
    fn check(text: &str, lines: &[usize], expected: &str) {
        let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
        let file = "/home/d/.config/containers/systemd/web.container".parse().unwrap();
        let place = UnitPlace { path: &file, owner: &owner };
        let unit = UnitFile::parse(text);
        let gone = [GONE.parse().unwrap()];

        let found = find_env_files(&unit, place);
        let named = found.iter().filter(|named| named.path().as_ref() == gone.first());
        let found: Vec<_> = named.map(|named| named.line).collect();

        assert_eq!(found, lines, "{text:?}");
        assert_eq!(without_env_files(&unit, place, &gone).text(), expected);
    }

    #[test]
    fn a_line_goes_in_both_sections_and_in_every_spelling() {
        for line in [
            format!("EnvironmentFile={GONE}"),
            format!("EnvironmentFile=\"{GONE}\""),
            "EnvironmentFile=%h/.config/environment.d/s3.conf".to_owned(),
            "EnvironmentFile=%E/environment.d/s3.conf".to_owned(),
            "EnvironmentFile=../../environment.d/s3.conf".to_owned(),
            "EnvironmentFile=${HOME}/.config/environment.d/s3.conf".to_owned(),
            format!("PodmanArgs=--env-file={GONE}"),
            format!("PodmanArgs=--env-file {GONE}"),
        ] {
            check(&format!("[Container]\n{line}\nImage=a\n"), &[2], "[Container]\nImage=a\n");
        }
        for dash in ["", "-"] {
            let text = format!("[Service]\nEnvironmentFile={dash}{GONE}\nRestart=no\n");
            check(&text, &[2], "[Service]\nRestart=no\n");
        }
    }

    #[test]
    fn other_words_of_a_line_stay() {
        check(
            &format!("[Container]\nEnvironmentFile=/a {GONE} /b\n"),
            &[2],
            "[Container]\nEnvironmentFile=/a /b\n",
        );
        check(
            &format!("[Container]\nPodmanArgs=--tty --env-file {GONE} --tz=UTC\n"),
            &[2],
            "[Container]\nPodmanArgs=--tty --tz=UTC\n",
        );
        check(
            &format!("[Container]\nEnvironmentFile=/a \\\n  # b\n  {GONE}\n"),
            &[4],
            "[Container]\n  # b\nEnvironmentFile=/a\n",
        );
    }

    #[test]
    fn what_does_not_count_stays() {
        for text in [
            format!("[Container]\n#EnvironmentFile={GONE}\nImage=a\n"),
            format!("[Container]\nEnvironmentFile={GONE}\nEnvironmentFile=\n"),
            format!("[Container]\nEnvironmentFile={GONE}.bak\n"),
            "[Container]\nEnvironmentFile=/other\nPodmanArgs=--env-file\n".to_owned(),
            "[Service]\nEnvironmentFile=-%h/.config/environment.d/*.conf\n".to_owned(),
        ] {
            check(&text, &[], &text);
        }
    }
}
