//! What comes after all that quadlet makes: drop-ins of `systemctl edit`, services written by hand,
//! and quadlet drop-ins with a later name than datalake's.

use std::fmt;

use datalake_core::host::HostPath;

use crate::path_pattern::PathPattern;
use crate::{UnitFile, UnitPlace};

/// A line that undoes what datalake hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its number, from 1.
    pub line: usize,
    /// What it does.
    pub kind: OverrideKind,
}

/// What a line undoes. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideKind {
    /// A service written by hand stands in for the one that quadlet would make.
    Service,
    /// `ExecStart=` replaces the command that quadlet has made.
    Command,
    /// An empty `EnvironmentFile=` drops datalake's env file.
    NoEnvFile,
    /// An empty `PodmanArgs=` drops what hands the variables on.
    NoArguments,
    /// An env file is read after datalake's.
    EnvFile {
        /// The file, as it is written.
        path: String,
        /// What is known of it.
        file: LaterEnvFile,
    },
    /// `Environment=VARIABLE=…`.
    Value {
        /// The name of the variable.
        variable: String,
    },
    /// `UnsetEnvironment=VARIABLE`.
    Unset {
        /// The name of the variable.
        variable: String,
    },
}

/// What is known of an env file that is read after datalake's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaterEnvFile {
    /// It sets these variables of datalake's.
    Sets(Vec<String>),
    /// It does not exist.
    Missing,
    /// It lies outside the home, and was not opened.
    NotLookedAt,
    /// Nobody could read it.
    Unknown,
}

/// What a search for overrides goes by.
pub struct OverrideSearch<'a> {
    /// The env file that datalake hands over; `None` where podman keeps the keys.
    pub env_file: Option<&'a HostPath>,
    /// The variables that are to reach the container, and those that must not.
    pub names: &'a [&'a str],
    /// What is known of the env file at a path.
    pub look: &'a dyn Fn(&HostPath) -> LaterEnvFile,
}

/// Finds what a systemd drop-in of a service undoes.
#[must_use]
pub fn find_overrides(
    unit: &UnitFile,
    place: UnitPlace<'_>,
    search: &OverrideSearch<'_>,
) -> Vec<Override> {
    let mut found = later_env_files(unit, place, search);
    let mut tell = |line: usize, kind| found.push(Override { line, kind });
    for (line, entry) in unit.all_effective().filter(|(_, entry)| entry.section == "Service") {
        let at = unit.line_number(line.range.start);
        let words = || crate::split_words(&entry.value).unwrap_or_default();
        match entry.key.as_str() {
            "ExecStart" if !entry.value.is_empty() => tell(at, OverrideKind::Command),
            "Environment" if search.env_file.is_some() => {
                let set = words().into_iter();
                let set = set.filter_map(|word| Some(word.split_once('=')?.0.to_owned()));
                let ours = set.filter(|name| search.names.contains(&name.as_str()));
                ours.for_each(|variable| tell(at, OverrideKind::Value { variable }));
            }
            "UnsetEnvironment" if search.env_file.is_some() => {
                let unset = words().into_iter();
                let unset = unset.filter_map(|word| word.split('=').next().map(str::to_owned));
                let ours = unset.filter(|name| {
                    search.names.contains(&name.as_str())
                        && !crate::STEERING_VARIABLES.contains(&name.as_str())
                });
                ours.for_each(|variable| tell(at, OverrideKind::Unset { variable }));
            }
            _ => (),
        }
    }
    found.sort_by_key(|found| found.line);
    found
}

/// Finds what a quadlet drop-in undoes that is read after datalake's. Values and names in it are
/// troubles, which [`find_troubles`](crate::find_troubles) finds.
#[must_use]
pub fn find_late_overrides(
    unit: &UnitFile,
    place: UnitPlace<'_>,
    search: &OverrideSearch<'_>,
) -> Vec<Override> {
    let mut found = later_env_files(unit, place, search);
    let resets =
        unit.entries("Container", "PodmanArgs").filter(|(_, entry)| entry.value.is_empty());
    found.extend(resets.map(|(line, _)| Override {
        line: unit.line_number(line.range.start),
        kind: OverrideKind::NoArguments,
    }));
    found
}

/// The line by which a service written by hand is told: its command.
#[must_use]
pub fn find_own_command(unit: &UnitFile) -> Override {
    let command = unit.entries("Service", "ExecStart").last();
    let line = command.map_or(1, |(line, _)| unit.line_number(line.range.start));
    Override { line, kind: OverrideKind::Service }
}

fn later_env_files(
    unit: &UnitFile,
    place: UnitPlace<'_>,
    search: &OverrideSearch<'_>,
) -> Vec<Override> {
    let Some(env_file) = search.env_file else { return Vec::new() };
    let mut found: Vec<Override> = Vec::new();
    for (line, entry) in unit.entries("Service", "EnvironmentFile") {
        let line = unit.line_number(line.range.start);
        let value = entry.value.trim_end();
        if value.is_empty() {
            found = vec![Override { line, kind: OverrideKind::NoEnvFile }];
            continue;
        }
        let (is_optional, path) = match value.strip_prefix('-') {
            Some(path) => (true, path),
            None => (false, value),
        };
        let meant = PathPattern::wildcard(path, place).only_path();
        if meant.as_ref() == Some(env_file) {
            // Read again, or last of all: it wins over everything before it.
            found.clear();
            continue;
        }
        let file = meant.as_ref().map_or(LaterEnvFile::Unknown, search.look);
        let does_harm = match &file {
            LaterEnvFile::Sets(names) => !names.is_empty(),
            LaterEnvFile::Missing => !is_optional,
            LaterEnvFile::NotLookedAt | LaterEnvFile::Unknown => true,
        };
        if does_harm {
            found.push(Override {
                line,
                kind: OverrideKind::EnvFile { path: path.to_owned(), file },
            });
        }
    }
    found
}

impl fmt::Display for OverrideKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str(
                "this service replaces the one that quadlet makes, so nothing that datalake \
                 writes reaches it",
            ),
            Self::Command => f.write_str(
                "`ExecStart=` replaces the command that quadlet makes, and with it the variables",
            ),
            Self::NoEnvFile => {
                f.write_str("an empty `EnvironmentFile=` drops the env file of datalake")
            }
            Self::NoArguments => {
                f.write_str("an empty `PodmanArgs=` drops the variables that datalake hands over")
            }
            Self::EnvFile { path, file: LaterEnvFile::Sets(names) } => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "`{path}` is read last, and its {} win", names.join(", "))
            }
            Self::EnvFile { path, file: LaterEnvFile::Missing } => {
                write!(f, "`{path}` does not exist: without it the service never starts")
            }
            Self::EnvFile { path, file: LaterEnvFile::NotLookedAt } => {
                write!(
                    f,
                    "`{path}` is read last and was not looked at, as the service user may not be \
                     able to read it: it may set the same variables"
                )
            }
            Self::EnvFile { path, file: LaterEnvFile::Unknown } => {
                write!(f, "`{path}` is read last, and datalake cannot see what it sets")
            }
            Self::Value { variable } => {
                write!(f, "it sets `{variable}`, which datalake hands over or boto3 must not see")
            }
            Self::Unset { variable } => write!(f, "it takes `{variable}` away again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{S3_VARIABLES, STEERING_VARIABLES, UnitOwner};

    /// What was found in a quadlet drop-in or a systemd one: line and first letter.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
        let file = "/home/d/.config/systemd/user/web.service.d/override.conf".parse().unwrap();
        let place = UnitPlace { path: &file, owner: &owner };
        let names: Vec<_> = S3_VARIABLES.into_iter().chain(STEERING_VARIABLES).collect();
        let look = |path: &HostPath| match path.file_name() {
            "old.env" => LaterEnvFile::Sets(vec!["AWS_REGION".to_owned()]),
            "app.env" => LaterEnvFile::Sets(Vec::new()),
            "closed.env" => LaterEnvFile::Unknown,
            "other.env" => LaterEnvFile::NotLookedAt,
            _ => LaterEnvFile::Missing,
        };
        let env_file = "/home/d/.config/datalake/s3.env".parse().unwrap();
        let search = OverrideSearch { env_file: Some(&env_file), names: &names, look: &look };
        let unit = UnitFile::parse(text);
        let mut found = find_overrides(&unit, place, &search);
        found.extend(
            find_late_overrides(&unit, place, &search)
                .into_iter()
                .filter(|found| found.kind == OverrideKind::NoArguments),
        );
        let word = |found: &Override| {
            let kind = match &found.kind {
                OverrideKind::Service => "service",
                OverrideKind::Command => "command",
                OverrideKind::NoEnvFile => "reset",
                OverrideKind::NoArguments => "arguments",
                OverrideKind::EnvFile { .. } => "file",
                OverrideKind::Value { .. } => "value",
                OverrideKind::Unset { .. } => "unset",
            };
            format!("{kind}{}", found.line)
        };
        let found: Vec<_> = found.iter().map(word).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn a_later_env_file_does_harm_where_it_sets_ours_or_is_missing() {
        check("[Service]\nEnvironmentFile=/srv/old.env\n", "file2");
        check("[Service]\nEnvironmentFile=-%h/old.env\n", "file2");
        check("[Service]\nEnvironmentFile=/srv/app.env\n", "");
        check("[Service]\nEnvironmentFile=/srv/gone.env\n", "file2");
        check("[Service]\nEnvironmentFile=-/srv/gone.env\n", "");
        check("[Service]\nEnvironmentFile=/srv/closed.env\n", "file2");
        check("[Service]\nEnvironmentFile=-/srv/*.env\n", "file2");
        check("[Service]\n#EnvironmentFile=/srv/old.env\n", "");
    }

    #[test]
    fn a_reset_does_harm_unless_ours_is_named_again() {
        check("[Service]\nEnvironmentFile=\n", "reset2");
        check("[Service]\nEnvironmentFile=/srv/old.env\nEnvironmentFile=\n", "reset3");
        let again = "[Service]\nEnvironmentFile=\nEnvironmentFile=-%h/.config/datalake/s3.env\n";
        check(again, "");
        check(&format!("{again}EnvironmentFile=/srv/old.env\n"), "file4");
        check("[Container]\nPodmanArgs=\n", "arguments2");
    }

    #[test]
    fn values_names_and_commands_are_told() {
        check("[Service]\nEnvironment=AWS_REGION=x A=1\n", "value2");
        check("[Service]\nEnvironment=AWS_PROFILE=x\n", "value2");
        check("[Service]\nUnsetEnvironment=AWS_REGION AWS_PROFILE\n", "unset2");
        check("[Service]\nExecStart=\nExecStart=/usr/bin/podman run a\n", "command3");
        check("[Service]\nRestart=no\nExecStartPre=/bin/true\n[Unit]\nAfter=x\n", "");
    }

    #[test]
    fn a_service_is_told_by_its_command() {
        let unit = UnitFile::parse("[Unit]\nA=1\n[Service]\nExecStart=/usr/bin/podman run a\n");
        assert_eq!(find_own_command(&unit), Override { line: 4, kind: OverrideKind::Service });
        assert_eq!(find_own_command(&UnitFile::parse("")).line, 1);
    }
}
