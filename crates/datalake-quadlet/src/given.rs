//! The variables that a unit gives to what it runs, and where each is said.

use datalake_core::host::HostPath;

use crate::user_unit::{EnvFileText, UnitSort, UserUnit, UserUnits};
use crate::{EnvFileReader, UnitFile, find_env_files, split_words};

/// A variable that a unit gives to what it runs. The value may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenVariable {
    /// Its name.
    pub name: String,
    /// Its value; `None` where podman keeps it.
    pub value: Option<String>,
    /// The file that sets it: a unit, a drop-in or an env file.
    pub path: HostPath,
    /// The number of the line, from 1.
    pub line: usize,
    /// Whether an env file sets it.
    pub is_in_env_file: bool,
}

/// Finds the variables that a unit, by its full name (`web.container`, `web.service`), gives to what
/// it runs, the strongest last: env files, values, those that are handed on, secrets. Those of env
/// files that nobody could read are not among them.
#[must_use]
pub fn find_given_variables(
    unit: &str,
    sort: UnitSort,
    units: &UserUnits<'_>,
) -> Vec<GivenVariable> {
    let mut found = Found::default();
    for file in units.files_for(sort, unit) {
        found.read(file, units);
    }
    if sort != UnitSort::Quadlet {
        return found.service;
    }
    let environment_d = units.files.iter().filter(|file| file.sort == UnitSort::EnvironmentD);
    for file in environment_d {
        found.service.extend(read_lines(&file.path, file.file.text()));
    }
    let is_handed =
        |given: &GivenVariable| found.handed.iter().any(|name| fits_name(name, &given.name));
    let handed: Vec<_> = found.service.iter().filter(|given| is_handed(given)).cloned().collect();
    [found.env_files, found.container, handed, found.secrets].concat()
}

/// What the files of a unit say.
#[derive(Default)]
struct Found {
    /// By env files, for the container.
    env_files: Vec<GivenVariable>,
    /// By values, for the container.
    container: Vec<GivenVariable>,
    /// By secrets of podman's.
    secrets: Vec<GivenVariable>,
    /// For the service that runs podman, or for a service by itself.
    service: Vec<GivenVariable>,
    /// The names that podman hands on from the service.
    handed: Vec<String>,
}

impl Found {
    fn read(&mut self, file: &UserUnit, units: &UserUnits<'_>) {
        let unit = &file.file;
        for (line, entry) in unit.all_effective() {
            let line = unit.line_number(line.range.start);
            let at = |word: &str| given_in_unit(word, &file.path, line);
            let words = || split_words(&entry.value).unwrap_or_default();
            match (entry.section.as_str(), entry.key.as_str()) {
                ("Service", "Environment") => {
                    self.service.extend(words().iter().filter_map(|word| at(word)));
                }
                ("Container", "Environment") => self.take_words(&words(), at),
                ("Container", "PodmanArgs") => self.take_words(&env_arguments(&words()), at),
                ("Container", "Secret") => {
                    let secrets = words();
                    let names = secrets.iter().filter_map(|word| secret_variable(word));
                    self.secrets.extend(names.map(|name| GivenVariable {
                        name: name.to_owned(),
                        value: None,
                        path: file.path.clone(),
                        line,
                        is_in_env_file: false,
                    }));
                }
                _ => (),
            }
        }
        for named in find_env_files(unit, file.place(units.owner)) {
            let Some(path) = named.path() else { continue };
            let Some(EnvFileText::Text(text)) = units.env_files.get(&path) else { continue };
            match named.reader {
                EnvFileReader::Podman => self.env_files.extend(read_lines(&path, text)),
                EnvFileReader::Systemd => self.service.extend(read_lines(&path, text)),
            }
        }
    }

    /// `NAME=VALUE` is given, `NAME` is handed on.
    fn take_words(&mut self, words: &[String], at: impl Fn(&str) -> Option<GivenVariable>) {
        for word in words {
            match at(word) {
                Some(given) => self.container.push(given),
                None => self.handed.push(word.clone()),
            }
        }
    }
}

fn given_in_unit(word: &str, path: &HostPath, line: usize) -> Option<GivenVariable> {
    let (name, value) = word.split_once('=')?;
    let (name, value) = (name.to_owned(), Some(value.to_owned()));
    Some(GivenVariable { name, value, path: path.clone(), line, is_in_env_file: false })
}

/// What the lines of an env file set.
fn read_lines(path: &HostPath, text: &str) -> Vec<GivenVariable> {
    let lines = text.lines().enumerate();
    let given = lines.filter_map(|(at, line)| {
        let line = line.trim();
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with(['#', ';']))?;
        Some(GivenVariable {
            name: name.trim().to_owned(),
            value: Some(value.trim().trim_matches(['"', '\'']).to_owned()),
            path: path.clone(),
            line: at + 1,
            is_in_env_file: true,
        })
    });
    given.collect()
}

/// The values of `--env` and `-e`.
fn env_arguments(words: &[String]) -> Vec<String> {
    let mut values = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "--env" | "-e" => words.next().map(String::as_str),
            word => word.strip_prefix("--env=").or_else(|| word.strip_prefix("-e=")),
        };
        values.extend(value.map(str::to_owned));
    }
    values
}

/// `NAME,type=env,target=VARIABLE`
fn secret_variable(word: &str) -> Option<&str> {
    let mut parts = word.split(',');
    let secret = parts.next()?;
    let options: Vec<_> = parts.collect();
    let target = options.iter().find_map(|option| option.strip_prefix("target="));
    options.contains(&"type=env").then(|| target.unwrap_or(secret))
}

/// podman takes `*` at the end for the rest of any name.
fn fits_name(handed: &str, name: &str) -> bool {
    match handed.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => handed == name,
    }
}

/// The commands of a unit: `Exec=` of a container, `ExecStart=` of a service, each with its line.
#[must_use]
pub fn find_commands(unit: &UnitFile) -> Vec<(usize, String)> {
    let keys = [("Container", "Exec"), ("Container", "Entrypoint"), ("Service", "ExecStart")];
    let entries = unit.all_effective().filter(|(_, entry)| {
        keys.contains(&(entry.section.as_str(), entry.key.as_str())) && !entry.value.is_empty()
    });
    entries.map(|(line, entry)| (unit.line_number(line.range.start), entry.value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::UnitOwner;

    #[track_caller]
    fn check(unit: &str, drop_in: &str, expected: &[&str]) {
        let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
        let folder = "/home/d/.config/containers/systemd";
        let file = |path: &str, text: &str| UserUnit {
            path: format!("{folder}/{path}").parse().unwrap(),
            sort: UnitSort::Quadlet,
            file: UnitFile::parse(text),
        };
        let files = [file("web.container", unit), file("web.container.d/a.conf", drop_in)];
        let text = EnvFileText::Text("# c\nA=1\n B = \"2\"\n".to_owned());
        let env_files = BTreeMap::from([("/home/d/a.env".parse().unwrap(), text)]);
        let units = UserUnits {
            owner: &owner,
            files: &files,
            env_files: &env_files,
            unread: &[],
            masked: &[],
        };
        let given = find_given_variables("web.container", UnitSort::Quadlet, &units);
        let words: Vec<_> = given
            .iter()
            .map(|it| {
                let value = it.value.as_deref().unwrap_or("?").trim();
                format!("{}={value} {}:{}", it.name, it.path.file_name(), it.line)
            })
            .collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn a_container_gets_values_env_files_and_secrets() {
        check(
            "[Container]\nEnvironment=X=1 Y=2\n",
            "",
            &["X=1 web.container:2", "Y=2 web.container:2"],
        );
        check("[Container]\nEnvironmentFile=%h/a.env\n", "", &["A=1 a.env:2", "B=2 a.env:3"]);
        let secret = "[Container]\nSecret=s,type=env,target=S\nSecret=f\n";
        check(secret, "", &["S=? web.container:2"]);
        check(
            "[Container]\nPodmanArgs=--env=X=1 -e Y=2\n",
            "",
            &["X=1 web.container:2", "Y=2 web.container:2"],
        );
    }

    #[test]
    fn the_strongest_comes_last() {
        let unit =
            "[Container]\nSecret=s,type=env,target=A\nEnvironment=A=5\nEnvironmentFile=%h/a.env\n";
        let all = ["A=1 a.env:2", "B=2 a.env:3", "A=5 web.container:3", "A=? web.container:2"];
        check(unit, "", &all);
    }

    #[test]
    fn of_the_service_it_gets_what_is_handed_on() {
        let drop_in = "[Service]\nEnvironmentFile=-%h/a.env\nEnvironment=C=3\n";
        check("[Container]\nImage=i\n", drop_in, &[]);
        let hands = format!("{drop_in}[Container]\nPodmanArgs=--env=A\n");
        check("[Container]\nImage=i\n", &hands, &["A=1 a.env:2"]);
        check("[Container]\nEnvironment=C\n", drop_in, &["C=3 a.conf:3"]);
    }

    #[test]
    fn commands_are_told_with_their_lines() {
        let unit = UnitFile::parse("[Container]\nImage=i\nExec=dagster api grpc\n");
        assert_eq!(find_commands(&unit), [(3, "dagster api grpc".to_owned())]);
    }
}
