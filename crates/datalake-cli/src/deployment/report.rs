//! What is told of a deployment.

use std::collections::BTreeMap;

use datalake_core::{Fingerprint, Found};
use datalake_engine::{ActiveState, DeployedUnit, Deployment, Prints};
use datalake_quadlet::PodmanVersion;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Ground, OldLine, Source};

/// How many digits of a fingerprint are shown.
const DIGITS: usize = 12;

/// What is handed over and the containers' environments by fingerprints.
pub(crate) struct Environments {
    /// What is handed over.
    pub env_file: Found<Prints>,
    /// Where that lies.
    pub source: Source,
    /// The containers', in the order of the units.
    pub containers: Vec<Found<Prints>>,
}

/// A deployment as it stands, for people and programs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// The service user.
    pub user: String,
    /// Its number.
    pub uid: u32,
    /// Its home.
    pub home: String,
    /// Whether its user manager runs without a login.
    pub lingers: Option<bool>,
    /// Whether network-online.target is active.
    pub online: Option<bool>,
    /// The version of podman.
    pub podman: Option<String>,
    /// Whether podman reads drop-ins.
    pub drop_ins_count: Option<bool>,
    /// Where the settings lie that are handed over.
    pub settings_in: Source,
    /// The folders in which quadlet files are looked for, the strongest first.
    pub folders: Vec<String>,
    /// The units.
    pub units: Vec<UnitReport>,
    /// What could not be learned.
    pub problems: Vec<String>,
}

/// A unit, its service and its container as they stand.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct UnitReport {
    /// The unit, without `.container`.
    pub name: String,
    /// Its file.
    pub file: Option<String>,
    /// Its drop-ins, in the order in which they count.
    pub drop_ins: Vec<String>,
    /// The service that is made of it.
    pub service: Option<String>,
    /// Its state in systemd's words, such as `active`.
    pub active: Option<String>,
    /// The finer state in systemd's words, such as `running`.
    pub sub: Option<String>,
    /// Since when.
    pub since: Option<String>,
    /// How often systemd has restarted it.
    pub restarts: Option<u32>,
    /// How its last process ended, in systemd's words.
    pub result: Option<String>,
    /// The container.
    pub container: Option<String>,
    /// The image.
    pub image: Option<String>,
    /// Whether the container has the variables of the env file.
    pub environment: EnvironmentState,
    /// Lines that win over the env file.
    pub old_values: Vec<OldValue>,
    /// What could not be learned of it.
    pub problems: Vec<String>,
}

/// Whether a container runs with what the env file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub(crate) enum EnvironmentState {
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

/// A line that wins over the env file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OldValue {
    /// The file.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What it does.
    pub harm: String,
    /// What to do about it.
    pub cure: String,
    /// Whether the next `provision` puts it right; the rest is for people to decide.
    pub is_repaired: bool,
}

/// The variables of the env file and of each container, by name and shortened fingerprint.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EnvironmentReport {
    /// The variables of the env file.
    pub env_file: Variables,
    /// The variables of each container's first process.
    pub containers: Vec<Variables>,
}

/// Variables of one place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Variables {
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

impl Report {
    /// Whether every unit runs with the values of the env file, where there is one.
    pub(crate) fn is_well(&self) -> bool {
        self.problems.is_empty()
            && self.lingers == Some(true)
            && self.units.iter().all(UnitReport::is_well)
    }
}

impl UnitReport {
    fn is_well(&self) -> bool {
        let in_step =
            matches!(self.environment, EnvironmentState::InStep | EnvironmentState::NoEnvFile);
        let runs = self.active.as_deref() == Some("active");
        let is_old = self.old_values.iter().any(|old| old.is_repaired);
        in_step && runs && self.problems.is_empty() && !is_old
    }
}

/// What is told of a deployment; `old_lines` in the order of the units.
#[must_use]
pub(crate) fn report(
    ground: &Ground,
    deployment: &Deployment,
    environments: &Environments,
    old_lines: Vec<Vec<OldLine>>,
) -> Report {
    let version = deployment.podman.present().and_then(|text| text.parse::<PodmanVersion>().ok());
    let mut problems = Vec::new();
    note(&mut problems, "podman", &deployment.podman);
    note(&mut problems, "lingering", &deployment.lingers);
    note(&mut problems, "network-online.target", &deployment.online);
    problems.extend(deployment.unseen.iter().map(|(path, fault)| format!("`{path}`: {fault}")));
    let units = deployment.units.iter().zip(&environments.containers).zip(old_lines);
    let units = units.map(|((unit, container), old_lines)| {
        let environment = compared(&environments.env_file, container);
        let mut report = unit_report(unit, old_lines);
        note(&mut report.problems, "environment", container);
        UnitReport { environment, ..report }
    });
    Report {
        user: ground.host.user.to_string(),
        uid: ground.account.owner.uid,
        home: ground.account.home.to_string(),
        lingers: match deployment.lingers {
            Found::Present(()) => Some(true),
            Found::Absent => Some(false),
            Found::Unknown(_) => None,
        },
        online: deployment.online.present().copied(),
        podman: version.map(|version| version.to_string()),
        drop_ins_count: version.map(PodmanVersion::supports_drop_ins),
        settings_in: environments.source,
        folders: deployment.folders.iter().map(ToString::to_string).collect(),
        units: units.collect(),
        problems,
    }
}

fn unit_report(unit: &DeployedUnit, old_lines: Vec<OldLine>) -> UnitReport {
    let mut problems = Vec::new();
    note(&mut problems, "file", &unit.file);
    note(&mut problems, "service", &unit.status);
    // A fault of the service is one of its container, too.
    if !matches!(unit.status, Found::Unknown(_)) {
        note(&mut problems, "container", &unit.container);
    }
    let status = unit.status.present();
    let container = unit.container.present();
    let old_value = |line: OldLine| OldValue {
        path: line.path.to_string(),
        line: line.trouble.line,
        harm: line.trouble.kind.harm(),
        cure: line.trouble.kind.cure(),
        is_repaired: line.trouble.kind.is_repaired(),
    };
    UnitReport {
        name: unit.name.to_string(),
        file: unit.file.present().map(ToString::to_string),
        drop_ins: unit.drop_ins.iter().map(ToString::to_string).collect(),
        service: status.map(|status| status.unit.to_string()),
        active: status.map(|status| status.active.to_string()),
        sub: status.map(|status| status.sub.clone()),
        since: status.and_then(|status| status.since).map(|since| since.to_string()),
        restarts: status.map(|status| status.restarts),
        result: status
            .filter(|status| status.active != ActiveState::Active)
            .map(|status| status.result.clone()),
        container: container.map(|container| container.name.clone()),
        image: container.map(|container| container.image.clone()),
        old_values: old_lines.into_iter().map(old_value).collect(),
        environment: EnvironmentState::default(),
        problems,
    }
}

fn note<T>(problems: &mut Vec<String>, what: &str, found: &Found<T>) {
    if let Found::Unknown(fault) = found {
        problems.push(format!("{what}: {fault}"));
    }
}

fn compared(env_file: &Found<Prints>, container: &Found<Prints>) -> EnvironmentState {
    match (env_file, container) {
        (Found::Present(wanted), Found::Present(running)) => {
            let (missing, other_value) = differences(wanted, running);
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
pub(crate) fn differences(wanted: &Prints, running: &Prints) -> (Vec<String>, Vec<String>) {
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
    pub(crate) fn of(ground: &Ground, environments: &Environments) -> Self {
        let wanted = environments.env_file.present();
        let containers = ground.host.units.iter().zip(&environments.containers);
        Self {
            env_file: Variables::of(
                match environments.source {
                    Source::EnvFile => ground.env_file().to_string(),
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
            prints.iter().map(|(name, print)| (name.clone(), shortened(*print))).collect()
        };
        let unlike = match (wanted, found.present()) {
            (Some(wanted), Some(running)) => {
                let (missing, other_value) = differences(wanted, running);
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
                Found::Absent => Some("it is not there".to_owned()),
                Found::Unknown(fault) => Some(fault.to_string()),
            },
        }
    }
}

fn shortened(print: Fingerprint) -> String {
    print.to_string().chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use datalake_core::{Fault, FaultKind, FingerprintKey};

    use super::*;

    fn prints(entries: &[(&str, &str)]) -> Found<Prints> {
        let key = FingerprintKey::new([1; 32]);
        let print = |(name, value): &(&str, &str)| ((*name).to_owned(), key.of(value.as_bytes()));
        Found::Present(entries.iter().map(print).collect())
    }

    #[track_caller]
    fn check(env_file: &Found<Prints>, container: &Found<Prints>, expected: &EnvironmentState) {
        assert_eq!(&compared(env_file, container), expected);
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
