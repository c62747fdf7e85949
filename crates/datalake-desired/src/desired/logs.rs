//! `dagster.yaml` as the spec's `logs:` has it.

use datalake_core::host::{FileState, Mode};
use datalake_core::plan::{DesiredFile, Observation};
use datalake_core::spec::Logs;
use datalake_dagster::{ComputeLogs, DagsterYaml, LogNote, S3_LOG_MANAGER, Setting, UnfitYaml};

use super::edits::{ChangedFile, desire_file, read_seen, text_of};
use super::{Basis, DesiredError};
use crate::HostPaths;

/// What becomes of what steps print.
#[derive(Default)]
pub(super) struct LogParts {
    /// The changed `dagster.yaml`; `None` where it may stay as it is.
    pub(super) file: Option<DesiredFile>,
    /// The class that has to load.
    pub(super) manager: Option<String>,
}

/// What becomes of what steps print.
///
/// # Errors
///
/// [`DesiredError`] where the file cannot be found, read or changed, and has to be.
pub(super) fn log_parts(basis: &Basis<'_>) -> Result<LogParts, DesiredError> {
    match basis.input.spec.logs {
        Logs::Local => keep_logs_local(basis),
        Logs::S3 => send_logs_to_s3(basis),
    }
}

/// What the operator should know of logs that go to the bucket.
pub fn log_notes(places: &HostPaths, logs: Logs, observation: &Observation) -> Vec<LogNote> {
    if logs == Logs::Local {
        return Vec::new();
    }
    let Some((_, path)) = places.dagster_yaml.as_ref().ok() else { return Vec::new() };
    let text = text_of(path, observation).unwrap_or_default();
    let Ok(yaml) = DagsterYaml::parse(&text) else { return Vec::new() };
    let changed = with_s3(&yaml, places).unwrap_or(None);
    match changed.map(|(edited, _)| DagsterYaml::parse(edited.text())) {
        Some(Ok(changed)) => changed.log_notes(),
        _ => yaml.log_notes(),
    }
}

/// The block of ours goes; what others have written is left alone, readable or not.
fn keep_logs_local(basis: &Basis<'_>) -> Result<LogParts, DesiredError> {
    let Ok((_, path)) = &basis.input.places.dagster_yaml else { return Ok(LogParts::default()) };
    let Some(text) = text_of(path, basis.observation) else { return Ok(LogParts::default()) };
    if !DagsterYaml::has_own_block(&text) {
        return Ok(LogParts::default());
    }
    let unfit = |error| DesiredError::DagsterYaml(path.clone(), error);
    let Some((_, state)) = read_seen(path, basis)? else { return Ok(LogParts::default()) };
    let edited =
        DagsterYaml::parse(&text).and_then(|yaml| yaml.without_s3_logs()).map_err(unfit)?;
    let manager = DagsterYaml::parse(edited.text()).map_err(unfit)?.log_manager();
    let why = "`logs: local`: what steps print is kept as before";
    let new = ChangedFile { text: edited.text(), body: edited.body().clone(), state };
    Ok(LogParts { file: Some(desire_file(path, new, why, basis)), manager: Some(manager) })
}

fn send_logs_to_s3(basis: &Basis<'_>) -> Result<LogParts, DesiredError> {
    let (_, path) =
        basis.input.places.dagster_yaml.as_ref().map_err(|why| DesiredError::Home(why.clone()))?;
    let (text, state) = match read_seen(path, basis)? {
        Some(found) => found,
        None => (String::new(), new_file(basis)),
    };
    let unfit = |error| DesiredError::DagsterYaml(path.clone(), error);
    let manager = Some(S3_LOG_MANAGER.to_owned());
    let yaml = DagsterYaml::parse(&text).map_err(unfit)?;
    let Some((edited, before)) = with_s3(&yaml, basis.input.places)? else {
        return Err(DesiredError::NoLogFolder(path.clone()));
    };
    if let Some(place) = find_other_place(&before, basis).map_err(unfit)? {
        return Err(DesiredError::LogsElsewhere(path.clone(), place));
    }
    if matches!(before, ComputeLogs::S3 { .. }) {
        return Ok(LogParts { file: None, manager });
    }
    if edited.text() == text {
        return Ok(LogParts { file: None, manager });
    }
    let why = "what steps print goes to the bucket, and old logs go on to show";
    let new = ChangedFile { text: edited.text(), body: edited.body().clone(), state };
    Ok(LogParts { file: Some(desire_file(path, new, why, basis)), manager })
}

/// The file with logs in the bucket, and who kept them before; `None` where the old logs' folder is
/// not known.
fn with_s3(
    yaml: &DagsterYaml,
    places: &HostPaths,
) -> Result<Option<(datalake_dagster::EditedYaml, ComputeLogs)>, DesiredError> {
    let Ok((home, path)) = &places.dagster_yaml else { return Ok(None) };
    let unfit = |error: UnfitYaml| DesiredError::DagsterYaml(path.clone(), error);
    let base = yaml.without_s3_logs().map_err(unfit)?;
    let before = DagsterYaml::parse(base.text()).map_err(unfit)?.compute_logs();
    let usual = || home.inside.as_ref().map(|home| Setting::Text(format!("{home}/storage")));
    let local_dir = match &before {
        ComputeLogs::Local(Some(dir)) => Some(dir.clone()),
        ComputeLogs::Local(None) | ComputeLogs::Unsaid => usual(),
        // They stay as they are; what would become of them is not used.
        ComputeLogs::S3 { .. } | ComputeLogs::Other(_) | ComputeLogs::NoClass => {
            Some(Setting::Text("/".to_owned()))
        }
    };
    let Some(local_dir) = local_dir else { return Ok(None) };
    match &before {
        ComputeLogs::S3 { .. } | ComputeLogs::Other(_) | ComputeLogs::NoClass => {
            Ok(Some((base, before)))
        }
        _ => Ok(Some((yaml.with_s3_logs(&local_dir).map_err(unfit)?, before))),
    }
}

/// Where logs go instead of the spec's bucket; `None` where they go there, or into files.
fn find_other_place(logs: &ComputeLogs, basis: &Basis<'_>) -> Result<Option<String>, UnfitYaml> {
    let spec = basis.input.spec;
    let (bucket, endpoint) = match logs {
        ComputeLogs::Unsaid | ComputeLogs::Local(_) => return Ok(None),
        ComputeLogs::Other(class) => return Ok(Some(format!("the class `{class}`"))),
        ComputeLogs::NoClass => return Err(UnfitYaml::NoClass),
        ComputeLogs::S3 { bucket: None, .. } => return Err(UnfitYaml::NoBucket),
        ComputeLogs::S3 { bucket: Some(bucket), endpoint } => (bucket, endpoint),
    };
    match endpoint {
        Some(endpoint) if !is_endpoint(endpoint, basis) => {
            let other = describe_setting(endpoint);
            Ok(Some(format!("to the service {other}, not to `{}`", spec.endpoint)))
        }
        _ if is_bucket(bucket, basis) => Ok(None),
        _ => Ok(Some(format!(
            "to the bucket {}, not to `{}`",
            describe_setting(bucket),
            spec.bucket
        ))),
    }
}

fn is_bucket(bucket: &Setting, basis: &Basis<'_>) -> bool {
    match bucket {
        Setting::Variable(name) => name == "DAGSTER_S3_BUCKET",
        Setting::Text(text) => text == basis.input.spec.bucket.as_str(),
    }
}

/// Without an endpoint the client takes that of the environment.
fn is_endpoint(endpoint: &Setting, basis: &Basis<'_>) -> bool {
    match endpoint {
        Setting::Variable(name) => {
            ["DAGSTER_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"].contains(&name.as_str())
        }
        Setting::Text(url) => url.trim_end_matches('/') == basis.input.spec.endpoint.to_string(),
    }
}

fn describe_setting(setting: &Setting) -> String {
    match setting {
        Setting::Text(text) => format!("`{text}`"),
        Setting::Variable(name) => format!("that `{name}` names"),
    }
}

fn new_file(basis: &Basis<'_>) -> FileState {
    let content = basis.input.fingerprints.of(b"");
    FileState { content, mode: Mode::PUBLIC, owner: basis.input.account.owner }
}
