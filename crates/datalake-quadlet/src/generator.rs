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

/// What the command of a generated unit must say about one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected<'a> {
    /// `--env=NAME`: it is taken from podman's own environment.
    Env(&'a str),
    /// `--env=NAME=VALUE`: it has this value in the unit itself.
    Value(&'a str, &'a str),
    /// `--secret=SECRET,type=env,target=NAME`: it is a secret of podman's.
    Secret {
        /// The variable.
        variable: &'a str,
        /// The name of podman's secret.
        secret: &'a str,
    },
}

/// Why a generated unit would not hand the variables over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// The generator made no unit of the file; the service would be gone after a reload.
    #[error("the generator makes no unit of `{path}`: {}", or_silence(.messages))]
    Missing {
        /// The quadlet file.
        path: String,
        /// What the generator complained about: of this file, if it is among the complaints.
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

    /// Why there is no unit of the quadlet file at `path`: the complaints that name it or a drop-in
    /// of it, or a file of that name that comes first. All complaints where there are none such,
    /// for one broken file can take others of its folder away.
    #[must_use]
    pub fn messages_about(&self, path: &str) -> Vec<String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let sources = self.units.iter().filter_map(GeneratedUnit::source);
        let comes_first = |source: &&str| source.rsplit('/').next() == Some(name);
        let first = sources.filter(comes_first).map(|first| format!("`{first}` comes first"));
        let is_reason = |message: &&String| names(message, name) && !message.starts_with("Warning");
        let about = self.messages.iter().filter(is_reason).cloned();
        let about: Vec<_> = about.chain(first).collect();
        if !about.is_empty() {
            return about;
        }
        let is_effect = |message: &&String| message.starts_with("No files parsed");
        let causes: Vec<_> =
            self.messages.iter().filter(|message| !is_effect(message)).cloned().collect();
        if causes.is_empty() { self.messages.clone() } else { causes }
    }

    /// The unit that was made from the quadlet file at `path`; its name may be anything.
    #[must_use]
    pub fn made_from(&self, path: &str) -> Option<&GeneratedUnit> {
        self.units.iter().find(|unit| unit.source() == Some(path))
    }
}

impl Expected<'_> {
    /// The variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        match self {
            Self::Env(variable) | Self::Value(variable, _) | Self::Secret { variable, .. } => {
                variable
            }
        }
    }

    fn is_met(&self, command: &[String]) -> bool {
        match self {
            Self::Env(variable) => options(command, "--env").any(|word| word == *variable),
            Self::Value(variable, value) => options(command, "--env")
                .filter_map(|word| word.split_once('='))
                .any(|word| word == (*variable, *value)),
            Self::Secret { variable, secret } => {
                let (is_env, target) = ("type=env", format!("target={variable}"));
                options(command, "--secret").any(|word| {
                    let mut parts = word.split(',');
                    let is_named = parts.next() == Some(secret);
                    let parts: Vec<_> = parts.collect();
                    is_named && parts.contains(&is_env) && parts.contains(&target.as_str())
                })
            }
        }
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

/// Judges whether the quadlet file at `path` became a unit that hands everything `expected` over
/// and reads no env file that cannot be.
///
/// # Errors
///
/// [`Verdict`] names the first thing that is wrong.
pub fn check(
    output: &GeneratorOutput,
    path: &str,
    expected: &[Expected<'_>],
) -> Result<(), Verdict> {
    let generated = output.made_from(path).ok_or_else(|| Verdict::Missing {
        path: path.to_owned(),
        messages: output.messages_about(path),
    })?;
    let unit = || generated.name.clone();
    let command = generated.command().ok_or_else(|| Verdict::NoCommand { unit: unit() })?;
    if let Some(lacking) = expected.iter().find(|expected| !expected.is_met(&command)) {
        let variable = lacking.variable().to_owned();
        return Err(Verdict::NotHandedOver { unit: unit(), variable });
    }
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    let is_dashed = |path: &&str| {
        let in_folder = folder.and_then(|folder| path.strip_prefix(folder));
        path.contains("/-/") || in_folder.is_some_and(|rest| rest.starts_with("/-"))
    };
    match options(&command, "--env-file").find(is_dashed) {
        Some(path) => Err(Verdict::DashedEnvFile { unit: unit(), path: path.to_owned() }),
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
    let is_progress = ["Loading source unit file", "Loading source drop", "processing encountered"]
        .iter()
        .any(|start| said.starts_with(start));
    if said.is_empty() || is_progress {
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

/// Whether `message` names the file `name`, and not one whose name only ends so.
fn names(message: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    message.match_indices(name).any(|(at, _)| {
        let before = message.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !goes_on(c))
    })
}

fn or_silence(messages: &[String]) -> String {
    if messages.is_empty() { "it gave no reason".to_owned() } else { messages.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDOUT: &str = "---w.service---\n[Unit]\nSourcePath=/q/w.container\n[Service]\n\
        ExecStart=/usr/bin/podman run --env=A --env \"B\" --env \"C=a\\x20b\" EXTRA img\n";

    const STDERR: &str = "quadlet-generator[7]: Loading source unit file /q/w.container\n\
        quadlet-generator[7]: file contains line 3: “KEY s3cret” which is not a pair\n\
        quadlet-generator[7]: processing encountered some errors\n";

    #[track_caller]
    fn verdict(extra: &str, path: &str, expected: &[Expected<'_>]) -> Option<String> {
        let output = GeneratorOutput::read(&STDOUT.replace("EXTRA", extra), STDERR);
        check(&output, path, expected).err().map(|verdict| verdict.to_string())
    }

    #[test]
    fn variables_are_found_in_both_spellings() {
        let both = [Expected::Env("A"), Expected::Env("B"), Expected::Value("C", "a b")];
        assert_eq!(verdict("", "/q/w.container", &both), None);
        for missing in [Expected::Env("C"), Expected::Value("C", "a"), Expected::Value("A", "")] {
            let told = verdict("", "/q/w.container", &[Expected::Env("A"), missing.clone()]);
            let variable = missing.variable();
            let text = format!("`w.service` does not hand `{variable}` to its container");
            assert_eq!(told.unwrap(), text);
        }
    }

    #[test]
    fn a_secret_is_handed_over_as_a_variable_of_that_name() {
        let expected = [Expected::Secret { variable: "KEY", secret: "s3-key" }];
        let is_met = |words: &str| verdict(words, "/q/w.container", &expected).is_none();

        assert!(is_met("--secret=s3-key,type=env,target=KEY"));
        assert!(is_met("--secret \"s3-key,target=KEY,uid=0,type=env\""));
        assert!(is_met("--secret s3-key\\x2ctype=env\\x2ctarget=KEY"));
        for words in [
            "",
            "--secret s3-key",
            "--secret s3-key,type=env",
            "--secret s3-key,type=mount,target=KEY",
            "--secret s3-key,type=env,target=KEY2",
            "--secret other,type=env,target=KEY",
            "--env KEY",
        ] {
            assert!(!is_met(words), "{words}");
        }
    }

    #[test]
    fn a_missing_unit_is_told_with_the_complaint_and_without_the_line() {
        assert_eq!(
            verdict("", "/q/x.container", &[]).unwrap(),
            "the generator makes no unit of `/q/x.container`: file contains line 3: “…” which is \
             not a pair"
        );
    }

    #[test]
    fn of_a_missing_unit_only_its_own_complaints_are_told_if_there_are_any() {
        let stderr = "quadlet-generator[7]: No files parsed from [/q]\n\
            quadlet-generator[7]: Warning: x.container has a short name\n\
            quadlet-generator[7]: converting \"x.container\": no Image\n\
            quadlet-generator[7]: converting \"xx.container\": no Image\n";
        let output = GeneratorOutput::read(STDOUT, stderr);

        let about = |path| output.messages_about(path);
        assert_eq!(about("/q/x.container"), ["converting \"x.container\": no Image"]);
        assert_eq!(about("/q/z.container").len(), 3);
        assert_eq!(about("/weaker/w.container"), ["`/q/w.container` comes first"]);
    }

    #[test]
    fn an_env_file_taken_for_a_relative_one_is_told() {
        for path in ["/q/-/etc/a", "/q/-%h/a", "\"/q/-/a\\x20b\"", "/other/-/a"] {
            let told = verdict(&format!("--env-file {path}"), "/q/w.container", &[]).unwrap();
            assert!(told.contains("can never start"), "{told}");
        }
        assert_eq!(verdict("--env-file /etc/a-/-b", "/q/w.container", &[]), None);
    }

    #[test]
    fn a_unit_is_found_by_its_source() {
        let output = GeneratorOutput::read(STDOUT, "");

        assert_eq!(output.made_from("/q/w.container").unwrap().name, "w.service");
        assert!(output.made_from("/q/x.container").is_none());
    }
}
