//! What each container unit has to do with Dagster, and the line that says it.

use datalake_core::host::{HostPath, UnitName};
use datalake_dagster::{DagsterProcess, StartedProcess, find_process};
use datalake_quadlet::{
    ContainerUnit, EnvFileText, HOME_VARIABLE, UnitPlace, UserUnits, find_container_units,
    find_env_files, set_names,
};

use crate::FoundWorkspace;

/// What a container unit has to do with Dagster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitRole {
    /// User code runs in it: it reads and writes assets.
    RunsUserCode,
    /// It loads `dagster.yaml`, which may name variables.
    LoadsDagsterYaml,
    /// It serves the web page.
    ServesUi,
    /// It starts runs: schedules, sensors, the queue.
    Schedules,
    /// It is a database.
    Database,
}

/// Why a unit has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleReason {
    /// The role.
    pub role: UnitRole,
    /// The file that says it.
    pub path: HostPath,
    /// The line in it, from 1; `None` where the name or another file says it.
    pub line: Option<usize>,
    /// What it says. No value of a variable and no argument is in it.
    pub words: String,
}

/// A container unit, and what it has to do with Dagster.
pub struct DagsterUnit<'a> {
    /// The unit with its drop-ins.
    pub container: ContainerUnit<'a>,
    /// Its roles, each with its first reason; none for a unit that is not Dagster's.
    pub reasons: Vec<RoleReason>,
    /// Whether it does its work and ends.
    pub runs_once: bool,
}

/// The images of databases.
const DATABASES: [&str; 8] = [
    "postgres",
    "postgresql",
    "postgis",
    "pgvector",
    "timescaledb",
    "mysql",
    "mariadb",
    "pgbouncer",
];

impl DagsterUnit<'_> {
    /// Whether it has this role.
    #[must_use]
    pub fn has_role(&self, role: UnitRole) -> bool {
        self.reasons.iter().any(|reason| reason.role == role)
    }

    /// Whether this is its name, or that of an instance of it.
    #[must_use]
    pub fn is_called(&self, name: &UnitName) -> bool {
        let own = &self.container.name;
        own == name || self.container.is_template() && name.as_str().starts_with(own.as_str())
    }

    /// Whether it has to be given the settings: it runs user code, or reads them by `dagster.yaml`.
    #[must_use]
    pub fn needs_settings(&self) -> bool {
        self.has_role(UnitRole::RunsUserCode) || self.has_role(UnitRole::LoadsDagsterYaml)
    }

    /// Whether its service goes on running, so that it is restarted and watched. Of a template the
    /// instances do, of which only systemd knows; what does its work and ends takes the settings at
    /// its next start, which is nobody's to bring about.
    #[must_use]
    pub fn goes_on_running(&self) -> bool {
        !self.runs_once && !self.container.is_template()
    }

    /// Whether it does nothing but run user code: it is restarted before those who ask it.
    #[must_use]
    pub fn is_code_server(&self) -> bool {
        let asks = self.has_role(UnitRole::ServesUi) || self.has_role(UnitRole::Schedules);
        self.has_role(UnitRole::RunsUserCode) && !asks
    }

    /// Code servers first, then who serves the page, then who schedules, then the rest.
    fn rank(&self) -> (usize, &UnitName) {
        let rank = match self {
            unit if unit.is_code_server() => 0,
            unit if unit.has_role(UnitRole::ServesUi) => 1,
            unit if unit.has_role(UnitRole::Schedules) => 2,
            _ => 3,
        };
        (rank, &self.container.name)
    }
}

/// Finds the roles of all container units in the search path, in the order in which they are to be
/// restarted: code servers first. `workspaces` are the workspace files that Dagster reads.
#[must_use]
pub fn find_roles<'a>(
    units: &UserUnits<'a>,
    folders: &'a [HostPath],
    workspaces: &[FoundWorkspace],
) -> Vec<DagsterUnit<'a>> {
    let containers = find_container_units(units.files, folders);
    let search = RoleSearch { units, workspaces };
    let mut found: Vec<_> = containers.into_iter().map(|unit| search.judge_unit(unit)).collect();
    let reason = if found.iter().any(DagsterUnit::is_code_server) {
        workspaces.iter().find_map(FoundWorkspace::tell_own_code)
    } else {
        Some("no code server is there to run user code in its place".to_owned())
    };
    for unit in &mut found {
        if let Some(reason) = &reason {
            run_user_code(unit, reason);
        }
    }
    found.sort_by(|one, other| one.rank().cmp(&other.rank()));
    found
}

/// Webserver and daemon run user code themselves.
fn run_user_code(unit: &mut DagsterUnit<'_>, words: &str) {
    let asks = unit.has_role(UnitRole::ServesUi) || unit.has_role(UnitRole::Schedules);
    if asks && !unit.has_role(UnitRole::RunsUserCode) {
        unit.reasons.push(RoleReason {
            role: UnitRole::RunsUserCode,
            path: unit.container.unit.path.clone(),
            line: None,
            words: words.to_owned(),
        });
    }
}

struct RoleSearch<'a, 'b> {
    units: &'b UserUnits<'a>,
    workspaces: &'b [FoundWorkspace],
}

impl RoleSearch<'_, '_> {
    fn judge_unit<'c>(&self, container: ContainerUnit<'c>) -> DagsterUnit<'c> {
        let process = find_process(&container.command());
        let is_oneshot = container.merged().last("Service", "Type") == Some("oneshot");
        let is_command =
            process.as_ref().is_some_and(|found| found.process == DagsterProcess::Command);
        let reasons = match &process {
            Some(process) => roles_of_process(process, &container),
            None => self.roles_without_process(&container),
        };
        DagsterUnit { container, reasons, runs_once: is_oneshot || is_command }
    }

    /// The roles of a unit whose command tells nothing: the image's own, or a script.
    fn roles_without_process(&self, container: &ContainerUnit<'_>) -> Vec<RoleReason> {
        if let Some(line) = container.find_line("Container", "Image")
            && DATABASES.contains(&image_name(&line.value))
        {
            let words = format!("`Image=` is `{}`", image_name(&line.value));
            return vec![RoleReason {
                role: UnitRole::Database,
                path: line.path,
                line: Some(line.line),
                words,
            }];
        }
        let mut reasons = self.roles_by_name(container);
        reasons.extend(self.roles_by_workspace(container));
        reasons.extend(self.role_by_home(container));
        reasons
    }

    fn roles_by_name(&self, container: &ContainerUnit<'_>) -> Vec<RoleReason> {
        let given = container.find_line("Container", "ContainerName");
        let names = [Some(container.name.as_str()), given.as_ref().map(|it| it.value.as_str())];
        let roles = names.into_iter().flatten().find_map(roles_of_name);
        let (name, roles) = roles.unwrap_or_default();
        let reason = |role: &UnitRole| RoleReason {
            role: *role,
            path: container.unit.path.clone(),
            line: None,
            words: format!("it is called `{name}`"),
        };
        roles.iter().map(reason).collect()
    }

    /// The code servers that `workspace.yaml` has Dagster ask.
    fn roles_by_workspace(&self, container: &ContainerUnit<'_>) -> Vec<RoleReason> {
        let names = names_in_network(container);
        let asked = self.workspaces.iter().find_map(|FoundWorkspace { path, content }| {
            let mut servers = content.as_ref().ok()?.servers.iter();
            Some((path, servers.find(|server| names.contains(&server.host))?))
        });
        let Some((path, server)) = asked else { return Vec::new() };
        let reason = |role| RoleReason {
            role,
            path: path.clone(),
            line: None,
            words: format!("it has the `grpc_server` `{}` asked", server.host),
        };
        [UnitRole::RunsUserCode, UnitRole::LoadsDagsterYaml].map(reason).to_vec()
    }

    /// A container that is told Dagster's home loads its `dagster.yaml`.
    fn role_by_home(&self, container: &ContainerUnit<'_>) -> Option<RoleReason> {
        let role = UnitRole::LoadsDagsterYaml;
        if let Some(line) = container.find_variable(HOME_VARIABLE) {
            let words = format!("`Environment={HOME_VARIABLE}=`");
            return Some(RoleReason { role, path: line.path, line: Some(line.line), words });
        }
        container.files().find_map(|file| {
            let place = UnitPlace { path: &file.path, owner: self.units.owner };
            let named = find_env_files(&file.file, place).into_iter().find(|named| {
                let text = named.path().and_then(|path| self.units.env_files.get(&path));
                let sets = |text: &str| set_names(text).iter().any(|name| name == HOME_VARIABLE);
                matches!(text, Some(EnvFileText::Text(text)) if sets(text))
            })?;
            let words = format!("`EnvironmentFile=` sets {HOME_VARIABLE}");
            Some(RoleReason { role, path: file.path.clone(), line: Some(named.line), words })
        })
    }
}

/// The roles of a process, by the line that starts it.
fn roles_of_process(started: &StartedProcess, container: &ContainerUnit<'_>) -> Vec<RoleReason> {
    use UnitRole::{LoadsDagsterYaml, RunsUserCode, Schedules, ServesUi};
    let mut roles: Vec<UnitRole> = match started.process {
        DagsterProcess::Webserver => vec![ServesUi, LoadsDagsterYaml],
        DagsterProcess::Daemon => vec![Schedules, LoadsDagsterYaml],
        DagsterProcess::CodeServer => vec![RunsUserCode, LoadsDagsterYaml],
        DagsterProcess::Dev => vec![RunsUserCode, LoadsDagsterYaml, ServesUi, Schedules],
        DagsterProcess::Command => vec![LoadsDagsterYaml],
    };
    if started.names_code && !roles.contains(&RunsUserCode) {
        roles.push(RunsUserCode);
    }
    let keys = ["Exec", "Entrypoint"];
    let line = keys.iter().find_map(|key| {
        let line = container.find_line("Container", key)?;
        line.value.contains(started.words.split(' ').next()?).then_some((*key, line))
    });
    let (key, path, line) = match line {
        Some((key, line)) => (key, line.path, Some(line.line)),
        None => ("Exec", container.unit.path.clone(), None),
    };
    let reason = |role| RoleReason {
        role,
        path: path.clone(),
        line,
        words: format!("`{key}=` starts `{}`", started.words),
    };
    roles.into_iter().map(reason).collect()
}

/// The roles that a usual name tells.
fn roles_of_name(name: &str) -> Option<(&str, &'static [UnitRole])> {
    use UnitRole::{LoadsDagsterYaml, RunsUserCode, Schedules, ServesUi};
    const NAMES: [(&str, &[UnitRole]); 6] = [
        ("dagster-webserver", &[ServesUi, LoadsDagsterYaml]),
        ("dagit", &[ServesUi, LoadsDagsterYaml]),
        ("dagster-daemon", &[Schedules, LoadsDagsterYaml]),
        ("dagster-code", &[RunsUserCode, LoadsDagsterYaml]),
        ("dagster-user-code", &[RunsUserCode, LoadsDagsterYaml]),
        ("dagster-code-server", &[RunsUserCode, LoadsDagsterYaml]),
    ];
    let dashed = name.replace('_', "-");
    let found = NAMES.iter().find(|(usual, _)| dashed == *usual);
    found.map(|(_, roles)| (name, *roles))
}

/// The names under which other containers reach it.
fn names_in_network(container: &ContainerUnit<'_>) -> Vec<String> {
    let merged = container.merged();
    let keys = ["ContainerName", "HostName"];
    let said = keys.into_iter().filter_map(|key| merged.last("Container", key));
    let aliases = merged.values("Container", "NetworkAlias").into_iter();
    let name = merged.last("Container", "ContainerName");
    let usual = name.is_none().then(|| format!("systemd-{}", container.name));
    let names = said.chain(aliases).map(|name| name.trim().to_owned());
    names.chain(usual).filter(|name| !name.is_empty()).collect()
}

/// The last part of an image's name, without tag and digest.
fn image_name(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split([':', '@']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
