//! What the quadlet generator said: `quadlet -dryrun -user`.

mod verdict;

use crate::{UnitFile, split_words};

pub use verdict::{Expected, UnitVerdict, check_unit};

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
            messages: stderr.lines().filter_map(read_complaint).collect(),
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
        let is_reason =
            |message: &&String| names_file(message, name) && !message.starts_with("Warning");
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

fn unit_header(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix("---")?.strip_suffix("---")?;
    let is_name = name.contains('.') && !name.contains([' ', '/', '=']);
    is_name.then_some(name)
}

/// A line of stderr without the program's name, the quoted text of unit files and mere progress.
fn read_complaint(line: &str) -> Option<String> {
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
fn names_file(message: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    message.match_indices(name).any(|(at, _)| {
        let before = message.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !goes_on(c))
    })
}

#[cfg(test)]
mod tests;
