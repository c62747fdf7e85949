//! The units of a user as they are told.

use datalake_core::host::HostPath;
use datalake_dagster::find_process;
use datalake_desired::{DagsterUnit, HostUnits, RoleReason, UnitRole};
use datalake_engine::Files;
use datalake_quadlet::{
    HOME_VARIABLE, UnitPlace, UnitSort, UserUnit, find_env_files, find_first_units, split_words,
};

use super::report::{DiscoveredKind, DiscoveredRole, DiscoveredUnit};

/// All units that have to do with Dagster or might be taken for such.
pub(super) fn describe_units(units: &HostUnits, files: &dyn Files) -> Vec<DiscoveredUnit> {
    let roles = units.find_roles();
    let containers = roles.iter().map(|unit| describe_container(unit, units, files));
    let others = find_first_units(&units.files, &units.folders).into_iter();
    let others = others.filter_map(|(file, _)| describe_other_quadlet(file, files));
    let is_told = |file: &&UserUnit| file.sort != UnitSort::System || units.owner.uid == 0;
    let services = units.files.iter().filter(is_told).filter_map(describe_service);
    containers.chain(others).chain(services).collect()
}

fn describe_container(
    unit: &DagsterUnit<'_>,
    units: &HostUnits,
    files: &dyn Files,
) -> DiscoveredUnit {
    let container = &unit.container;
    let last = |key| container.merged().last("Container", key).map(str::to_owned);
    let all = |key| {
        let values = container.merged().values("Container", key).into_iter();
        values.map(|value| value.trim().to_owned()).collect()
    };
    let env_files = container.files().flat_map(|file| {
        let place = UnitPlace { path: &file.path, owner: &units.owner };
        find_env_files(&file.file, place).into_iter().filter_map(|named| named.path())
    });
    DiscoveredUnit {
        drop_ins: container.drop_ins.iter().map(|file| file.path.to_string()).collect(),
        roles: unit.reasons.iter().map(describe_role).collect(),
        dagster_home: container.find_variable(HOME_VARIABLE).map(|line| line.value),
        env_files: env_files.map(|path| path.to_string()).collect(),
        image: last("Image"),
        pod: last("Pod"),
        networks: all("Network"),
        is_given_settings: unit.needs_settings(),
        why: explain_verdict(unit).to_owned(),
        ..bare_unit(DiscoveredKind::Container, container.unit, files)
    }
}

fn explain_verdict(unit: &DagsterUnit<'_>) -> &'static str {
    if unit.container.is_template() && unit.needs_settings() {
        return "it is a template: each of its instances takes them at its next start";
    }
    if unit.runs_once && unit.needs_settings() {
        return "it does its work and ends: it takes them at its next start";
    }
    if unit.has_role(UnitRole::RunsUserCode) {
        "it runs user code"
    } else if unit.has_role(UnitRole::LoadsDagsterYaml) {
        "it loads `dagster.yaml`"
    } else if unit.has_role(UnitRole::Database) {
        "it is a database"
    } else {
        "nothing shows that it runs Dagster"
    }
}

fn describe_role(reason: &RoleReason) -> DiscoveredRole {
    let role = match reason.role {
        UnitRole::RunsUserCode => "runs-user-code",
        UnitRole::LoadsDagsterYaml => "loads-dagster-yaml",
        UnitRole::ServesUi => "serves-ui",
        UnitRole::Schedules => "schedules",
        UnitRole::Database => "database",
    };
    DiscoveredRole {
        role,
        path: reason.path.to_string(),
        line: reason.line,
        reason: reason.words.clone(),
    }
}

/// Pods, and containers that a YAML file for Kubernetes describes.
fn describe_other_quadlet(file: &UserUnit, files: &dyn Files) -> Option<DiscoveredUnit> {
    let (kind, why) = match ending_of(&file.path) {
        "pod" => (DiscoveredKind::Pod, "a pod has no container of its own"),
        "kube" => (
            DiscoveredKind::Kube,
            "datalake hands the settings to `.container` units, and this is a `.kube` unit: give \
             its YAML file the variables by hand",
        ),
        _ => return None,
    };
    Some(DiscoveredUnit { why: why.to_owned(), ..bare_unit(kind, file, files) })
}

/// Services that start Dagster without quadlet.
fn describe_service(file: &UserUnit) -> Option<DiscoveredUnit> {
    let is_service = matches!(file.sort, UnitSort::Systemd | UnitSort::System);
    if !is_service || ending_of(&file.path) != "service" {
        return None;
    }
    let words = split_words(file.file.last("Service", "ExecStart")?).ok()?;
    let started = find_process(&words)?;
    let reason = DiscoveredRole {
        role: "loads-dagster-yaml",
        path: file.path.to_string(),
        line: None,
        reason: format!("`ExecStart=` starts `{}`", started.words),
    };
    Some(DiscoveredUnit {
        roles: vec![reason],
        why: "it is a service without a container: give it the variables by `EnvironmentFile=`"
            .to_owned(),
        ..plain_unit(DiscoveredKind::Service, &file.path)
    })
}

fn bare_unit(kind: DiscoveredKind, file: &UserUnit, files: &dyn Files) -> DiscoveredUnit {
    let link = files.link_on_the_way(&file.path);
    let link = link.map(|(link, target)| format!("{link} -> {target}"));
    DiscoveredUnit { link, ..plain_unit(kind, &file.path) }
}

fn plain_unit(kind: DiscoveredKind, path: &HostPath) -> DiscoveredUnit {
    let name = path.file_name();
    DiscoveredUnit {
        name: name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(),
        kind,
        file: path.to_string(),
        link: None,
        drop_ins: Vec::new(),
        roles: Vec::new(),
        dagster_home: None,
        env_files: Vec::new(),
        image: None,
        pod: None,
        networks: Vec::new(),
        is_given_settings: false,
        why: String::new(),
    }
}

fn ending_of(path: &HostPath) -> &str {
    path.file_name().rsplit_once('.').map_or("", |(_, ending)| ending)
}
