//! Units that run user code, and variables that lead code elsewhere.

use datalake_core::doctor::{CodeServerLook, GivenSettings, Look, OldValue, SettingsEvidence};
use datalake_core::spec::{HostSpec, Logs, Spec};
use datalake_dagster::{ApplicationSetting, DagsterProcess, application_setting, find_process};
use datalake_desired::HostUnits;
use datalake_quadlet::{
    GivenVariable, STEERING_VARIABLES, TroubleKind, UnitSort, UserUnit, find_commands,
    find_given_variables,
};

use crate::doctor::{ReadSpec, ServiceHome};

/// The variable that tells whether a unit gets the settings.
const BUCKET: &str = "DAGSTER_S3_BUCKET";

pub(super) fn examine_code_servers(
    spec: &ReadSpec<'_>,
    host: &HostSpec,
    home: &ServiceHome,
    seen: &mut SettingsEvidence,
) {
    let Some(units) = &home.paths.host_units else { return };
    let servers = find_code_servers(units, spec.whole.as_ref());
    let planned = host.units.iter().map(ToString::to_string);
    let mut all: Vec<_> = planned.chain(container_names(&servers)).collect();
    all.sort();
    all.dedup();
    let given: Vec<_> = all.iter().flat_map(|unit| find_given(unit, units)).collect();
    if let Look::Saw(old) = &mut seen.old_values {
        old.extend(given.iter().filter_map(describe_steering));
    }
    seen.application = match &spec.whole {
        Some(spec) => {
            let lines = given.iter().filter_map(|given| describe_application(given, spec));
            Look::Saw(lines.collect())
        }
        None => Look::NotHere("the spec is not whole".to_owned()),
    };
    seen.code_servers = Look::Saw(servers);
}

fn container_names(servers: &[CodeServerLook]) -> impl Iterator<Item = String> {
    let containers = servers.iter().filter(|server| server.is_container);
    containers.map(|server| server.unit.clone())
}

fn find_given(unit: &str, units: &HostUnits) -> Vec<GivenVariable> {
    find_given_variables(&format!("{unit}.container"), UnitSort::Quadlet, &units.as_units())
}

/// The units whose command starts a code server.
fn find_code_servers(units: &HostUnits, spec: Option<&Spec>) -> Vec<CodeServerLook> {
    let mut found: Vec<CodeServerLook> = Vec::new();
    for file in &units.files {
        let (ending, is_container) = match file.sort {
            UnitSort::Quadlet => (".container", true),
            UnitSort::Systemd => (".service", false),
            UnitSort::EnvironmentD | UnitSort::System | UnitSort::Script => continue,
        };
        let subject = file.subject();
        let Some(name) = subject.strip_suffix(ending) else { continue };
        let Some(line) = code_server_line(file) else { continue };
        if found.iter().any(|known| known.unit == name && known.is_container == is_container) {
            continue;
        }
        let given = find_given_variables(&subject, file.sort, &units.as_units());
        found.push(CodeServerLook {
            unit: name.to_owned(),
            path: file.path.to_string(),
            line,
            given: judge_given(&given, spec),
            is_container,
            fails_runs: spec.is_some_and(|spec| spec.logs == Logs::S3),
        });
    }
    found
}

/// Of several values the last one is taken.
fn judge_given(given: &[GivenVariable], spec: Option<&Spec>) -> GivenSettings {
    let Some(bucket) = given.iter().rfind(|given| given.name == BUCKET) else {
        return GivenSettings::Nothing;
    };
    match (&bucket.value, spec) {
        (Some(value), Some(spec)) if *value != spec.bucket.as_str() => {
            GivenSettings::OtherBucket(value.clone())
        }
        _ => GivenSettings::Spec,
    }
}

fn code_server_line(file: &UserUnit) -> Option<usize> {
    let mut commands = find_commands(&file.file).into_iter();
    let (line, _) = commands.find(|(_, command)| starts_code_server(command))?;
    Some(line)
}

/// Whether a command, which may be a list as in `["dagster", "api", "grpc"]`, runs user code.
fn starts_code_server(command: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || "\"'[](),;&|".contains(c);
    let words: Vec<_> = command.split(is_between).filter(|word| !word.is_empty()).collect();
    find_process(&words).is_some_and(|started| started.process == DagsterProcess::CodeServer)
}

/// A line of an env file that makes boto3 use something else; those of units are found elsewhere.
fn describe_steering(given: &GivenVariable) -> Option<OldValue> {
    let is_empty = given.value.as_deref().is_some_and(str::is_empty);
    let steers = STEERING_VARIABLES.contains(&given.name.as_str());
    if !given.is_in_env_file || is_empty || !steers {
        return None;
    }
    let kind = TroubleKind::Steers { variable: given.name.clone() };
    let cure = format!("take `{}` out of the file, if only Dagster reads it", given.name);
    let (path, line) = (given.path.to_string(), given.line);
    Some(OldValue { path, line, harm: kind.harm(), cure, is_repaired: false })
}

/// A line by which code that reads it goes to another place than the spec's.
fn describe_application(given: &GivenVariable, spec: &Spec) -> Option<OldValue> {
    let setting = application_setting(&given.name)?;
    let value = given.value.as_deref().filter(|value| !value.is_empty())?;
    let bare = |url: &str| {
        let url = url.trim_end_matches('/');
        url.split_once("://").map_or(url, |(_, host)| host).to_owned()
    };
    let (ours, what) = match setting {
        ApplicationSetting::Endpoint => (spec.endpoint.to_string(), "service"),
        ApplicationSetting::Bucket => (spec.bucket.to_string(), "bucket"),
        ApplicationSetting::Region => (spec.region.to_string(), "region"),
    };
    if bare(value) == bare(&ours) {
        return None;
    }
    let name = &given.name;
    Some(OldValue {
        path: given.path.to_string(),
        line: given.line,
        harm: format!("code that reads `{name}` uses another {what} than `{ours}`"),
        cure: "if one bucket is meant, have the code read `DAGSTER_S3_BUCKET` and \
               `DAGSTER_S3_ENDPOINT_URL`; if two are meant, leave it: a provision does not touch it"
            .to_owned(),
        is_repaired: false,
    })
}
