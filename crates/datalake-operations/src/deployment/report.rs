//! What is told of a deployment.

use datalake_core::plan::Found;
use datalake_engine::{ActiveState, DeployedUnit, Deployment};
use datalake_quadlet::PodmanVersion;
use schemars::JsonSchema;
use serde::Serialize;

use super::environment::{EnvironmentState, Environments, compare_environments};
use super::{DagsterHost, OldLine, Source};

/// A deployment as it is, for people and programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
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
pub struct UnitReport {
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

/// A line that wins over the env file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OldValue {
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

impl Report {
    /// Whether every unit runs with the values of the env file, where there is one.
    pub fn is_well(&self) -> bool {
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
pub fn describe_deployment(
    dagster_host: &DagsterHost,
    deployment: &Deployment,
    environments: &Environments,
    old_lines: Vec<Vec<OldLine>>,
) -> Report {
    let version = deployment.podman.present().and_then(|text| text.parse::<PodmanVersion>().ok());
    let mut problems = Vec::new();
    note_unknown(&mut problems, "podman", &deployment.podman);
    note_unknown(&mut problems, "lingering", &deployment.lingers);
    note_unknown(&mut problems, "network-online.target", &deployment.online);
    problems.extend(deployment.unseen.iter().map(|(path, fault)| format!("`{path}`: {fault}")));
    let units = deployment.units.iter().zip(&environments.containers).zip(old_lines);
    let units = units.map(|((unit, container), old_lines)| {
        let environment = compare_environments(&environments.env_file, container);
        let mut report = unit_report(unit, old_lines);
        note_unknown(&mut report.problems, "environment", container);
        UnitReport { environment, ..report }
    });
    Report {
        user: dagster_host.host.user.to_string(),
        uid: dagster_host.account.owner.uid,
        home: dagster_host.account.home.to_string(),
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
    note_unknown(&mut problems, "file", &unit.file);
    note_unknown(&mut problems, "service", &unit.status);
    // A fault of the service is one of its container, too.
    if !matches!(unit.status, Found::Unknown(_)) {
        note_unknown(&mut problems, "container", &unit.container);
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

fn note_unknown<T>(problems: &mut Vec<String>, what: &str, found: &Found<T>) {
    if let Found::Unknown(fault) = found {
        problems.push(format!("{what}: {fault}"));
    }
}
