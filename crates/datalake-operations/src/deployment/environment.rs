//! Whether containers run with what the env file holds, told by fingerprints.

use std::collections::BTreeMap;

use datalake_core::host::Prints;
use datalake_core::plan::Found;
use datalake_core::secret::Fingerprint;
use schemars::JsonSchema;
use serde::Serialize;

use super::{DagsterHost, Source};

/// How many digits of a fingerprint are shown.
const DIGITS: usize = 12;

/// What is handed over and the containers' environments by fingerprints.
pub struct Environments {
    /// What is handed over.
    pub env_file: Found<Prints>,
    /// Where that lies.
    pub source: Source,
    /// The containers', in the order of the units.
    pub containers: Vec<Found<Prints>>,
}

/// Whether a container runs with what the env file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum EnvironmentState {
    /// Every variable of the env file has its value.
    InStep,
    /// Some have another value, or none.
    Differs {
        /// Variables with another value.
        other_value: Vec<String>,
        /// Variables that are not there.
        missing: Vec<String>,
    },
    /// There is no env file.
    NoEnvFile,
    /// There is no container that runs.
    NotRunning,
    /// One of the two could not be read.
    #[default]
    Unknown,
}

/// The variables of the env file and of each container, by name and shortened fingerprint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EnvironmentReport {
    /// The variables of the env file.
    pub env_file: Variables,
    /// The variables of each container's first process.
    pub containers: Vec<Variables>,
}

/// Variables of one place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Variables {
    /// The file's path or the unit's name.
    pub of: String,
    /// `None` where there are none to be had.
    #[serde(rename = "variables")]
    pub prints: Option<BTreeMap<String, String>>,
    /// Those that the env file has with another value, or that only it has.
    pub unlike_env_file: Vec<String>,
    /// Why there are none to be had.
    pub problem: Option<String>,
}

pub(super) fn compare_environments(
    env_file: &Found<Prints>,
    container: &Found<Prints>,
) -> EnvironmentState {
    match (env_file, container) {
        (Found::Present(wanted), Found::Present(running)) => {
            let (missing, other_value) = compare_prints(wanted, running);
            if missing.is_empty() && other_value.is_empty() {
                EnvironmentState::InStep
            } else {
                EnvironmentState::Differs { other_value, missing }
            }
        }
        (Found::Absent, _) => EnvironmentState::NoEnvFile,
        (_, Found::Absent) => EnvironmentState::NotRunning,
        (Found::Unknown(_), _) | (_, Found::Unknown(_)) => EnvironmentState::Unknown,
    }
}

/// The names that `running` lacks, and those that it has with another value.
pub fn compare_prints(wanted: &Prints, running: &Prints) -> (Vec<String>, Vec<String>) {
    let (mut missing, mut other_value) = (Vec::new(), Vec::new());
    for (name, print) in wanted {
        match running.get(name) {
            Some(running) if running == print => (),
            Some(_) => other_value.push(name.clone()),
            None => missing.push(name.clone()),
        }
    }
    (missing, other_value)
}

impl EnvironmentReport {
    /// What `env` tells.
    #[must_use]
    pub fn of(dagster_host: &DagsterHost, environments: &Environments) -> Self {
        let wanted = environments.env_file.present();
        let containers = dagster_host.host.units.iter().zip(&environments.containers);
        Self {
            env_file: Variables::of(
                match environments.source {
                    Source::EnvFile => dagster_host.env_file().to_string(),
                    Source::PodmanSecrets => Source::PodmanSecrets.name().to_owned(),
                },
                &environments.env_file,
                None,
            ),
            containers: containers
                .map(|(unit, found)| Variables::of(unit.to_string(), found, wanted))
                .collect(),
        }
    }
}

impl Variables {
    fn of(of: String, found: &Found<Prints>, wanted: Option<&Prints>) -> Self {
        let shown = |prints: &Prints| {
            prints.iter().map(|(name, print)| (name.clone(), shorten_print(*print))).collect()
        };
        let unlike = match (wanted, found.present()) {
            (Some(wanted), Some(running)) => {
                let (missing, other_value) = compare_prints(wanted, running);
                [missing, other_value].concat()
            }
            _ => Vec::new(),
        };
        Self {
            of,
            prints: found.present().map(shown),
            unlike_env_file: unlike,
            problem: match found {
                Found::Present(_) => None,
                Found::Absent => Some("it does not exist".to_owned()),
                Found::Unknown(fault) => Some(fault.to_string()),
            },
        }
    }
}

fn shorten_print(print: Fingerprint) -> String {
    print.to_string().chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use datalake_core::fault::{Fault, FaultKind};
    use datalake_core::secret::FingerprintKey;

    use super::*;

    fn prints(entries: &[(&str, &str)]) -> Found<Prints> {
        let key = FingerprintKey::new([1; 32]);
        let print = |(name, value): &(&str, &str)| ((*name).to_owned(), key.of(value.as_bytes()));
        Found::Present(entries.iter().map(print).collect())
    }

    #[track_caller]
    fn check(env_file: &Found<Prints>, container: &Found<Prints>, expected: &EnvironmentState) {
        assert_eq!(&compare_environments(env_file, container), expected);
    }

    #[test]
    fn a_container_is_in_step_with_every_variable_of_the_env_file() {
        let env_file = prints(&[("A", "1"), ("B", "2")]);

        let in_step = EnvironmentState::InStep;
        check(&env_file, &prints(&[("A", "1"), ("B", "2"), ("PATH", "/bin")]), &in_step);
        let differs = EnvironmentState::Differs {
            other_value: vec!["B".to_owned()],
            missing: vec!["A".to_owned()],
        };
        check(&env_file, &prints(&[("B", "old")]), &differs);
    }

    #[test]
    fn what_nobody_knows_is_not_told_as_absent() {
        let unknown = Found::Unknown(Fault::new(FaultKind::Denied, ""));
        check(&unknown, &prints(&[]), &EnvironmentState::Unknown);
        check(&prints(&[]), &unknown, &EnvironmentState::Unknown);
        check(&prints(&[]), &Found::Absent, &EnvironmentState::NotRunning);
        check(&Found::Absent, &unknown, &EnvironmentState::NoEnvFile);
    }
}
