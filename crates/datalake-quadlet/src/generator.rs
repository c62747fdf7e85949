//! What the quadlet generator said: `quadlet -dryrun -user`.

use crate::{UnitFile, split_words};

/// The output of a run of the generator.
#[derive(Debug, Clone)]
pub struct GeneratorOutput {
    /// The units that it would write.
    pub units: Vec<GeneratedUnit>,
    /// What it complained about, without the lines of unit files that it repeats.
    pub messages: Vec<String>,
}

/// A unit that the generator would write.
#[derive(Debug, Clone)]
pub struct GeneratedUnit {
    /// Its name, such as `dagster-webserver.service`.
    pub name: String,
    /// Its content.
    pub file: UnitFile,
}

/// Why a generated unit would not hand the variables over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// The generator made no such unit; the service would be gone after a reload.
    #[error("the generator makes no `{unit}`: {}", or_silence(.messages))]
    Missing {
        /// The unit that was looked for.
        unit: String,
        /// What the generator complained about.
        messages: Vec<String>,
    },
    /// The unit starts nothing.
    #[error("`{unit}` has no readable `ExecStart=`")]
    NoCommand {
        /// The unit.
        unit: String,
    },
    /// A variable does not reach the container.
    #[error("`{unit}` does not hand `{variable}` to its container")]
    NotHandedOver {
        /// The unit.
        unit: String,
        /// The variable.
        variable: String,
    },
    /// A path that begins with a dash was taken for a relative one.
    #[error("`{unit}` can never start: podman would look for an env file at `{path}`")]
    DashedEnvFile {
        /// The unit.
        unit: String,
        /// The path that podman would open.
        path: String,
    },
}

impl GeneratorOutput {
    /// Reads what the generator printed on its two outputs.
    #[must_use]
    pub fn read(stdout: &str, stderr: &str) -> Self {
        let mut units: Vec<(String, String)> = Vec::new();
        for line in stdout.split_inclusive('\n') {
            match (unit_header(line), units.last_mut()) {
                (Some(name), _) => units.push((name.to_owned(), String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => (),
            }
        }
        let unit =
            |(name, text): (String, String)| GeneratedUnit { name, file: UnitFile::parse(&text) };
        Self {
            units: units.into_iter().map(unit).collect(),
            messages: stderr.lines().filter_map(complaint).collect(),
        }
    }

    /// The unit of this name.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<&GeneratedUnit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// The unit that was made from the quadlet file at `path`; its name may be anything.
    #[must_use]
    pub fn made_from(&self, path: &str) -> Option<&GeneratedUnit> {
        self.units.iter().find(|unit| unit.source() == Some(path))
    }
}

impl GeneratedUnit {
    /// The path of the quadlet file that it was made from.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.file.last("Unit", "SourcePath")
    }

    /// The words of `ExecStart=`; `None` where there is none or it cannot be split.
    #[must_use]
    pub fn command(&self) -> Option<Vec<String>> {
        let words = split_words(self.file.last("Service", "ExecStart")?).ok()?;
        (!words.is_empty()).then_some(words)
    }
}

/// Judges whether `unit` is there, hands `variables` over and reads no env file that cannot be.
///
/// # Errors
///
/// [`Verdict`] names the first thing that is wrong.
pub fn check(output: &GeneratorOutput, unit: &str, variables: &[&str]) -> Result<(), Verdict> {
    let name = || unit.to_owned();
    let generated = output
        .unit(unit)
        .ok_or_else(|| Verdict::Missing { unit: name(), messages: output.messages.clone() })?;
    let command = generated.command().ok_or_else(|| Verdict::NoCommand { unit: name() })?;
    for variable in variables {
        if !options(&command, "--env").any(|value| value == *variable) {
            return Err(Verdict::NotHandedOver { unit: name(), variable: (*variable).to_owned() });
        }
    }
    let folder =
        generated.source().and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
    let is_dashed = |path: &&str| {
        let in_folder = folder.and_then(|folder| path.strip_prefix(folder));
        path.contains("/-/") || in_folder.is_some_and(|rest| rest.starts_with("/-"))
    };
    match options(&command, "--env-file").find(is_dashed) {
        Some(path) => Err(Verdict::DashedEnvFile { unit: name(), path: path.to_owned() }),
        None => Ok(()),
    }
}

/// The values of `option`, written as one word or as two.
fn options<'a>(command: &'a [String], option: &'a str) -> impl Iterator<Item = &'a str> {
    let following = command.iter().skip(1).map(Some).chain([None]);
    command.iter().zip(following).filter_map(move |(word, next)| {
        match word.strip_prefix(option)? {
            "" => next.map(String::as_str),
            rest => rest.strip_prefix('='),
        }
    })
}

fn unit_header(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix("---")?.strip_suffix("---")?;
    let is_name = name.contains('.') && !name.contains([' ', '/', '=']);
    is_name.then_some(name)
}

/// A line of stderr without the program's name, the quoted text of unit files and mere progress.
fn complaint(line: &str) -> Option<String> {
    let (_, said) =
        line.split_once("]: ").filter(|(who, _)| who.contains("quadlet")).unwrap_or(("", line));
    if said.is_empty() || said.starts_with("Loading source unit file") {
        return None;
    }
    Some(without_quoted(&without_quoted(said, "“", "”"), "token \"", "\" has no"))
}

fn without_quoted(text: &str, open: &str, close: &str) -> String {
    let quoted = text.find(open).map(|at| at + open.len()).zip(text.rfind(close));
    let parts = quoted.and_then(|(from, to)| Some((text.get(..from)?, text.get(to..)?)));
    match parts {
        Some((before, after)) => format!("{before}…{after}"),
        None => text.to_owned(),
    }
}

fn or_silence(messages: &[String]) -> String {
    if messages.is_empty() { "it gave no reason".to_owned() } else { messages.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDOUT: &str = "---w.service---\n[Unit]\nSourcePath=/q/w.container\n[Service]\n\
        ExecStart=/usr/bin/podman run --env=A --env \"B\" --env \"C=a\\x20b\" EXTRA img\n";

    #[track_caller]
    fn verdict(extra: &str, unit: &str, variables: &[&str]) -> Option<String> {
        let output = GeneratorOutput::read(
            &STDOUT.replace("EXTRA", extra),
            "quadlet-generator[7]: Loading source unit file /q/w.container\n\
             quadlet-generator[7]: file contains line 3: “KEY s3cret” which is not a pair\n",
        );
        check(&output, unit, variables).err().map(|verdict| verdict.to_string())
    }

    #[test]
    fn variables_are_found_in_both_spellings() {
        assert_eq!(verdict("", "w.service", &["A", "B"]), None);
        assert_eq!(
            verdict("", "w.service", &["A", "C"]).unwrap(),
            "`w.service` does not hand `C` to its container"
        );
    }

    #[test]
    fn a_missing_unit_is_told_with_the_complaint_and_without_the_line() {
        assert_eq!(
            verdict("", "x.service", &[]).unwrap(),
            "the generator makes no `x.service`: file contains line 3: “…” which is not a pair"
        );
    }

    #[test]
    fn an_env_file_taken_for_a_relative_one_is_told() {
        for path in ["/q/-/etc/a", "/q/-%h/a", "\"/q/-/a\\x20b\"", "/other/-/a"] {
            let told = verdict(&format!("--env-file {path}"), "w.service", &[]).unwrap();
            assert!(told.contains("can never start"), "{told}");
        }
        assert_eq!(verdict("--env-file /etc/a-/-b", "w.service", &[]), None);
    }

    #[test]
    fn a_unit_is_found_by_its_source() {
        let output = GeneratorOutput::read(STDOUT, "");

        assert_eq!(output.made_from("/q/w.container").unwrap().name, "w.service");
        assert!(output.made_from("/q/x.container").is_none());
    }
}
