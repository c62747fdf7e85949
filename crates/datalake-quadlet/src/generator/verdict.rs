//! Whether a unit that the generator would write hands the variables over.

use super::GeneratorOutput;

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
pub enum UnitVerdict {
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
            Self::Env(variable) => {
                list_option_values(command, "--env").any(|word| word == *variable)
            }
            Self::Value(variable, value) => list_option_values(command, "--env")
                .filter_map(|word| word.split_once('='))
                .any(|word| word == (*variable, *value)),
            Self::Secret { variable, secret } => {
                let (is_env, target) = ("type=env", format!("target={variable}"));
                list_option_values(command, "--secret").any(|word| {
                    let mut parts = word.split(',');
                    let is_named = parts.next() == Some(secret);
                    let parts: Vec<_> = parts.collect();
                    is_named && parts.contains(&is_env) && parts.contains(&target.as_str())
                })
            }
        }
    }
}

/// Judges whether the quadlet file at `path` became a unit that hands everything `expected` over
/// and reads no env file that cannot be.
///
/// # Errors
///
/// [`UnitVerdict`] names the first thing that is wrong.
pub fn check_unit(
    output: &GeneratorOutput,
    path: &str,
    expected: &[Expected<'_>],
) -> Result<(), UnitVerdict> {
    let generated = output.made_from(path).ok_or_else(|| UnitVerdict::Missing {
        path: path.to_owned(),
        messages: output.messages_about(path),
    })?;
    let unit = || generated.name.clone();
    let command = generated.command().ok_or_else(|| UnitVerdict::NoCommand { unit: unit() })?;
    if let Some(lacking) = expected.iter().find(|expected| !expected.is_met(&command)) {
        let variable = lacking.variable().to_owned();
        return Err(UnitVerdict::NotHandedOver { unit: unit(), variable });
    }
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    let is_dashed = |path: &&str| {
        let in_folder = folder.and_then(|folder| path.strip_prefix(folder));
        path.contains("/-/") || in_folder.is_some_and(|rest| rest.starts_with("/-"))
    };
    match list_option_values(&command, "--env-file").find(is_dashed) {
        Some(path) => Err(UnitVerdict::DashedEnvFile { unit: unit(), path: path.to_owned() }),
        None => Ok(()),
    }
}

/// The values of `option`, written as one word or as two.
fn list_option_values<'a>(command: &'a [String], option: &'a str) -> impl Iterator<Item = &'a str> {
    let following = command.iter().skip(1).map(Some).chain([None]);
    command.iter().zip(following).filter_map(move |(word, next)| {
        match word.strip_prefix(option)? {
            "" => next.map(String::as_str),
            rest => rest.strip_prefix('='),
        }
    })
}

fn or_silence(messages: &[String]) -> String {
    if messages.is_empty() { "it gave no reason".to_owned() } else { messages.join("; ") }
}
