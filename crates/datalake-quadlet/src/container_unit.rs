//! A user's units as the generator puts them together: the first file of a name in its search path,
//! with the drop-ins that count for it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use datalake_core::host::{HostPath, UnitName};

use crate::user_unit::applies_to;
use crate::{UnitFile, UnitSort, UserUnit};

/// A container unit with its drop-ins.
pub struct ContainerUnit<'a> {
    /// The name, without `.container`.
    pub name: UnitName,
    /// The unit file: the first of its name.
    pub unit: &'a UserUnit,
    /// The folder of the search path in which it lies, or below which.
    pub folder: &'a HostPath,
    /// Its drop-ins in the order in which they count.
    pub drop_ins: Vec<&'a UserUnit>,
    /// All of them as one file.
    merged: UnitFile,
}

/// A line of a unit, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitLine {
    /// The unit file or drop-in.
    pub path: HostPath,
    /// The number of the line, from 1.
    pub line: usize,
    /// The value, which may be secret.
    pub value: String,
}

/// The first file of each name, in the order of the search path: what the generator reads.
#[must_use]
pub fn find_first_units<'a>(
    files: &'a [UserUnit],
    folders: &'a [HostPath],
) -> Vec<(&'a UserUnit, &'a HostPath)> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for folder in folders {
        let mut here: Vec<_> = files.iter().filter(|file| is_unit_below(file, folder)).collect();
        here.sort_by_key(|file| (parts_of_parent(&file.path), file.path.file_name()));
        let here = here.into_iter().filter(|file| names.insert(file.path.file_name()));
        found.extend(here.map(|file| (file, folder)));
    }
    found
}

/// The container units among them. One whose name no unit may have is passed over.
#[must_use]
pub fn find_container_units<'a>(
    files: &'a [UserUnit],
    folders: &'a [HostPath],
) -> Vec<ContainerUnit<'a>> {
    let units = find_first_units(files, folders).into_iter();
    let containers = units.filter_map(|(unit, folder)| {
        let name = unit.path.file_name().strip_suffix(".container")?.parse().ok()?;
        let drop_ins = find_drop_ins(unit.path.file_name(), files, folders);
        let texts = [unit].into_iter().chain(drop_ins.iter().copied());
        let texts: Vec<_> = texts.map(|file| file.file.text()).collect();
        let merged = UnitFile::parse(&texts.join("\n"));
        Some(ContainerUnit { name, unit, folder, drop_ins, merged })
    });
    containers.collect()
}

/// The drop-ins that count for a unit: of one name, that of the strongest folder and the most special
/// one; all in the order of their names.
fn find_drop_ins<'a>(
    unit: &str,
    files: &'a [UserUnit],
    folders: &'a [HostPath],
) -> Vec<&'a UserUnit> {
    let mut found: Vec<_> = files
        .iter()
        .filter(|file| file.sort == UnitSort::Quadlet && is_drop_in(&file.path))
        .filter(|file| applies_to(&file.subject(), unit) || is_of_template(&file.subject(), unit))
        .filter_map(|file| {
            let place = file.path.parent()?.parent()?;
            let at = folders.iter().position(|folder| is_at_or_below(&place, folder))?;
            let parts: Vec<String> = place.parts().map(str::to_owned).collect();
            Some((at, parts, Reverse(file.subject().len()), file))
        })
        .collect();
    found.sort_by(|one, other| (one.0, &one.1, one.2).cmp(&(other.0, &other.1, other.2)));
    let mut names = BTreeSet::new();
    let mut found: Vec<_> = found.into_iter().map(|(.., file)| file).collect();
    found.retain(|file| names.insert(file.path.file_name()));
    found.sort_by_key(|file| file.path.file_name());
    found
}

/// Whether drop-ins of the template count for its instance.
fn is_of_template(subject: &str, unit: &str) -> bool {
    let template = unit.split_once('@').map(|(stem, _)| format!("{stem}@.container"));
    template.is_some_and(|template| template == subject)
}

fn is_drop_in(path: &HostPath) -> bool {
    path.parent().is_some_and(|folder| folder.as_str().rsplit('.').next() == Some("d"))
}

fn is_unit_below(file: &UserUnit, folder: &HostPath) -> bool {
    file.sort == UnitSort::Quadlet && !is_drop_in(&file.path) && is_at_or_below(&file.path, folder)
}

fn is_at_or_below(path: &HostPath, folder: &HostPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn parts_of_parent(path: &HostPath) -> Vec<&str> {
    let mut parts: Vec<_> = path.parts().collect();
    parts.pop();
    parts
}

impl ContainerUnit<'_> {
    /// The unit file and its drop-ins, the strongest last.
    pub fn files(&self) -> impl DoubleEndedIterator<Item = &UserUnit> {
        [self.unit].into_iter().chain(self.drop_ins.iter().copied())
    }

    /// The same as one file.
    #[must_use]
    pub fn merged(&self) -> &UnitFile {
        &self.merged
    }

    /// Whether it is a template, of which only instances run.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.name.as_str().ends_with('@')
    }

    /// The line of a key that has only one value, where that is not empty.
    #[must_use]
    pub fn find_line(&self, section: &str, key: &str) -> Option<UnitLine> {
        let last = self.files().rev().find_map(|file| {
            let (line, entry) = file.file.entries(section, key).next_back()?;
            let line = file.file.line_number(line.range.start);
            let value = entry.value.trim_end().to_owned();
            Some(UnitLine { path: file.path.clone(), line, value })
        });
        last.filter(|line| !line.value.is_empty())
    }

    /// The line that sets a variable of the container by `Environment=`, and its value.
    #[must_use]
    pub fn find_variable(&self, name: &str) -> Option<UnitLine> {
        let words = self.merged.words("Container", "Environment");
        let value = words.iter().rev().find_map(|word| value_of(word, name))?;
        let line = self.files().rev().find_map(|file| {
            let mut entries = file.file.effective("Container", "Environment");
            let sets = |text: &str| {
                let words = crate::split_words(text).unwrap_or_default();
                words.iter().any(|word| value_of(word, name).is_some())
            };
            let (line, _) = entries.find(|(_, entry)| sets(&entry.value))?;
            Some((file.path.clone(), file.file.line_number(line.range.start)))
        });
        let (path, line) = line?;
        Some(UnitLine { path, line, value: value.to_owned() })
    }

    /// The words that its container starts with: those of `Entrypoint=`, then those of `Exec=`.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        let entry = self.merged.last("Container", "Entrypoint").unwrap_or_default();
        let words = match listed_words(entry) {
            Some(words) => words,
            None => vec![entry.to_owned()],
        };
        let command = self.merged.last("Container", "Exec").unwrap_or_default();
        let command = crate::split_words(command)
            .unwrap_or_else(|_| command.split_whitespace().map(str::to_owned).collect());
        words.into_iter().filter(|word| !word.is_empty()).chain(command).collect()
    }
}

fn value_of<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    word.strip_prefix(name)?.strip_prefix('=')
}

/// The words of a list as podman takes it for an entry point: `["sh", "-c", "…"]`.
fn listed_words(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut words = Vec::new();
    let mut rest = inner.trim_start();
    while let Some(after) = rest.strip_prefix('"') {
        let end = after.find('"')?;
        words.push(after.get(..end)?.to_owned());
        rest = after.get(end + 1..)?.trim_start().trim_start_matches(',').trim_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests;
