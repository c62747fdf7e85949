//! Who needs what a plan is about to take away: files, variables of `environment.d`, secrets.

mod mention;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use datalake_core::host::HostPath;

use self::mention::{mentioned_at, mentions_name};
use self::variables::{Handing, handed_variables, named_variables};
use crate::line::{UnitEntry, find_sources};
use crate::path_pattern::PathPattern;
use crate::{NamedEnvFile, UnitFile, UnitPlace, find_env_files};

/// What a plan takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Files that go, or that lose variables.
    pub files: BTreeSet<HostPath>,
    /// Variables that leave `environment.d`, each with the file that it leaves.
    pub variables: BTreeMap<String, HostPath>,
    /// Secrets that podman keeps no longer.
    pub secrets: BTreeSet<String>,
}

/// Env files that stay, each with the variables that it sets.
pub type KeptEnvFiles = BTreeMap<HostPath, BTreeSet<String>>;

/// A line that needs what goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossReader {
    /// Its number, from 1.
    pub line: usize,
    /// What it needs.
    pub need: ReaderNeed,
}

/// What a line needs of what goes. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderNeed {
    /// An env file.
    EnvFile {
        /// The file.
        path: HostPath,
        /// Whether the service starts without it, and only loses its variables.
        is_optional: bool,
    },
    /// A file that is named in a command, a mount or in any other way.
    File {
        /// The file.
        path: HostPath,
    },
    /// Variables that it names, from the environment of the user's systemd.
    Variables {
        /// Their names.
        names: BTreeSet<String>,
    },
    /// A program that runs with the whole environment of the user's systemd, and may use them.
    Environment {
        /// Their names.
        names: BTreeSet<String>,
    },
    /// A secret of podman's.
    Secret {
        /// Its name.
        name: String,
    },
}

impl Losses {
    /// Whether nothing goes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.variables.is_empty() && self.secrets.is_empty()
    }

    /// The same for a unit that gets these variables from elsewhere.
    #[must_use]
    pub fn without_variables(&self, covered: &BTreeSet<String>) -> Self {
        let mut left = self.clone();
        left.variables.retain(|name, _| !covered.contains(name));
        left
    }
}

/// Finds the lines of a unit file, a drop-in or a service that need what goes. Comments need
/// nothing, and nor does what a later `KEY=` drops.
///
/// ```
/// use datalake_quadlet::{Losses, UnitFile, UnitOwner, UnitPlace, find_readers};
///
/// let unit = UnitFile::parse("[Container]\nPodmanArgs=--env=AWS_REGION\n");
/// let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse()? };
/// let place = UnitPlace { path: &"/home/d/code.container".parse()?, owner: &owner };
/// let from = "/home/d/.config/environment.d/s3.conf".parse()?;
/// let losses = Losses { variables: [("AWS_REGION".to_owned(), from)].into(), ..Losses::default() };
///
/// assert_eq!(find_readers(&unit, place, &losses)[0].line, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn find_readers(unit: &UnitFile, place: UnitPlace<'_>, losses: &Losses) -> Vec<LossReader> {
    let env_files = find_env_files(unit, place);
    // What stands in these lines is known well enough.
    let named = env_files.iter().map(|file| file.line).collect();
    let mut search =
        ReaderSearch { unit, place, losses, named, found: Vec::new(), has_program: false };
    for file in &env_files {
        search.take_env_file(file);
    }
    for (line, entry) in unit.all_effective() {
        let start = unit.line_number(line.range.start);
        search.take_names(entry, start);
        search.take_variables(entry, start);
    }
    search.found.sort_by_key(|reader| reader.line);
    search.found
}

/// Finds the lines of a file in `environment.d` that make use of variables which go.
#[must_use]
pub fn find_expansions(text: &str, losses: &Losses) -> Vec<LossReader> {
    let used = |(at, line): (usize, &str)| {
        let is_comment = line.trim_start().starts_with(['#', ';']);
        let names = if is_comment { BTreeSet::new() } else { named_variables(line, losses) };
        (!names.is_empty())
            .then_some(LossReader { line: at + 1, need: ReaderNeed::Variables { names } })
    };
    text.lines().enumerate().filter_map(used).collect()
}

/// Finds the lines of a script, a crontab or the like that name files which go. Comments need
/// nothing.
#[must_use]
pub fn find_mentions(text: &str, place: UnitPlace<'_>, losses: &Losses) -> Vec<LossReader> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with('#'));
    let used = |(at, line): (usize, &str)| {
        let mut files = losses.files.iter();
        let path = files.find(|path| mentioned_at(line, place, path).is_some())?.clone();
        Some(LossReader { line: at + 1, need: ReaderNeed::File { path } })
    };
    lines.filter_map(used).collect()
}

/// The lines of a container that name a file by the path at which the container sees it.
#[must_use]
pub fn find_uses_inside(unit: &UnitFile, place: UnitPlace<'_>, inside: &HostPath) -> Vec<usize> {
    let entries = unit.all_effective().filter(|(_, entry)| {
        // Env files and mounts are the host's.
        let is_host = ["Volume", "Mount", "EnvironmentFile"].contains(&entry.key.as_str());
        entry.section == "Container" && !is_host
    });
    let named = entries.filter(|(_, entry)| mentioned_at(&entry.value, place, inside).is_some());
    named.map(|(line, _)| unit.line_number(line.range.start)).collect()
}

/// The files that a `.kube` unit has podman make a pod of.
#[must_use]
pub fn find_yaml_files(unit: &UnitFile, place: UnitPlace<'_>) -> Vec<HostPath> {
    let values = unit.values("Kube", "Yaml").into_iter();
    values.filter_map(|path| PathPattern::plain(path.trim(), place).only_path()).collect()
}

/// The variables that a unit gets by itself: whatever the user's systemd has of them is of no use
/// to it.
#[must_use]
pub fn covered_variables(
    unit: &UnitFile,
    place: UnitPlace<'_>,
    kept: &KeptEnvFiles,
) -> BTreeSet<String> {
    let set = unit.words("Service", "Environment").into_iter();
    let set = set.filter_map(|word| word.split_once('=').map(|(name, _)| name.to_owned()));
    let unset = unit.words("Service", "UnsetEnvironment").into_iter();
    let unset = unset.filter_map(|word| word.split('=').next().map(str::to_owned));
    let read = find_env_files(unit, place).into_iter();
    let read = read.filter_map(|named| kept.get(&named.path()?)).flatten().cloned();
    set.chain(unset).chain(read).collect()
}

/// The service that a timer starts, and the line that says so.
#[must_use]
pub fn started_service(unit: &UnitFile, stem: &str) -> (usize, String) {
    let section = ["Timer", "Path", "Socket"];
    let said = unit.all_effective().filter(|(_, entry)| {
        section.contains(&entry.section.as_str()) && ["Unit", "Service"].contains(&&*entry.key)
    });
    match said.last() {
        Some((line, entry)) => {
            (unit.line_number(line.range.start), entry.value.trim_end().to_owned())
        }
        None => (1, format!("{stem}.service")),
    }
}

struct ReaderSearch<'a> {
    unit: &'a UnitFile,
    place: UnitPlace<'a>,
    losses: &'a Losses,
    /// The lines that name env files.
    named: BTreeSet<usize>,
    found: Vec<LossReader>,
    /// One program with the whole environment is as good as many.
    has_program: bool,
}

impl ReaderSearch<'_> {
    fn take_env_file(&mut self, named: &NamedEnvFile) {
        for path in self.losses.files.iter().filter(|path| named.may_name(path)) {
            let need = ReaderNeed::EnvFile { path: path.clone(), is_optional: named.is_optional };
            self.found.push(LossReader { line: named.line, need });
        }
    }

    /// Files and secrets that the entry which begins at line `start` names.
    fn take_names(&mut self, entry: &UnitEntry, start: usize) {
        if entry.key != "EnvironmentFile" {
            for path in &self.losses.files {
                let Some(at) = mentioned_at(&entry.value, self.place, path) else { continue };
                let line = self.line_of(entry, at).unwrap_or(start);
                if !self.named.contains(&line) {
                    self.found
                        .push(LossReader { line, need: ReaderNeed::File { path: path.clone() } });
                }
            }
        }
        for name in self.losses.secrets.iter().filter(|name| mentions_name(&entry.value, name)) {
            self.found
                .push(LossReader { line: start, need: ReaderNeed::Secret { name: name.clone() } });
        }
    }

    /// Variables that the entry which begins at line `start` takes from systemd.
    fn take_variables(&mut self, entry: &UnitEntry, start: usize) {
        if self.losses.variables.is_empty() {
            return;
        }
        let mut names = named_variables(&entry.value, self.losses);
        match handed_variables(entry, self.losses) {
            Handing::Named(handed) => names.extend(handed),
            Handing::All if !self.has_program => {
                self.has_program = true;
                let names = self.losses.variables.keys().cloned().collect();
                self.found
                    .push(LossReader { line: start, need: ReaderNeed::Environment { names } });
                return;
            }
            Handing::All => (),
        }
        if !names.is_empty() {
            self.found.push(LossReader { line: start, need: ReaderNeed::Variables { names } });
        }
    }

    /// The number of the line that holds the byte at `at` of a value.
    fn line_of(&self, entry: &UnitEntry, at: usize) -> Option<usize> {
        let source = find_sources(&entry.parts, &(at..at + 1));
        Some(self.unit.line_number(source.first()?.start))
    }
}

impl fmt::Display for ReaderNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::EnvFile { path, is_optional: false } => {
                write!(f, "the service reads `{path}` and does not start without it")
            }
            Self::EnvFile { path, is_optional: true } => {
                write!(f, "the service reads `{path}` and would lose its variables")
            }
            Self::File { path } => write!(f, "it uses `{path}`"),
            Self::Variables { names } => {
                write!(f, "it takes {} from the user's systemd", list(names))
            }
            Self::Environment { names } => {
                let names = list(names);
                write!(f, "it runs with all variables of the user's systemd and may use {names}")
            }
            Self::Secret { name } => write!(f, "it uses podman's secret `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests;
