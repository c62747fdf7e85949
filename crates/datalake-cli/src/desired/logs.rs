//! `dagster.yaml` as the spec's `logs:` has it.

use datalake_core::{DesiredFile, FileState, Logs, Mode};
use datalake_dagster::{ComputeLogs, DagsterYaml, LogNote, S3_LOG_MANAGER, Setting, UnfitYaml};
use datalake_engine::Sighting;

use super::edits::{Written, seen, text_of, written};
use super::{Context, Unfit};
use crate::places::Places;

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
/// [`Unfit`] where the file cannot be found, read or changed, and has to be.
pub(super) fn log_parts(context: &Context<'_>) -> Result<LogParts, Unfit> {
    match context.spec.logs {
        Logs::Local => local(context),
        Logs::S3 => s3(context),
    }
}

/// What the operator should know of logs that go to the bucket.
pub(crate) fn log_notes(places: &Places, logs: Logs, sighting: &Sighting) -> Vec<LogNote> {
    if logs == Logs::Local {
        return Vec::new();
    }
    let Some((_, path)) = places.dagster_yaml.as_ref().ok() else { return Vec::new() };
    let text = text_of(path, sighting).unwrap_or_default();
    let Ok(yaml) = DagsterYaml::parse(&text) else { return Vec::new() };
    let changed = with_s3(&yaml, places).unwrap_or(None);
    match changed.map(|(edited, _)| DagsterYaml::parse(edited.text())) {
        Some(Ok(changed)) => changed.log_notes(),
        _ => yaml.log_notes(),
    }
}

/// The block of ours goes; what others have written is left alone, readable or not.
fn local(context: &Context<'_>) -> Result<LogParts, Unfit> {
    let Ok((_, path)) = &context.places.dagster_yaml else { return Ok(LogParts::default()) };
    let Some(text) = text_of(path, context.sighting) else { return Ok(LogParts::default()) };
    if !DagsterYaml::has_own_block(&text) {
        return Ok(LogParts::default());
    }
    let unfit = |error| Unfit::DagsterYaml(path.clone(), error);
    let Some((_, state)) = seen(path, context)? else { return Ok(LogParts::default()) };
    let edited =
        DagsterYaml::parse(&text).and_then(|yaml| yaml.without_s3_logs()).map_err(unfit)?;
    let manager = DagsterYaml::parse(edited.text()).map_err(unfit)?.log_manager();
    let why = "`logs: local`: what steps print is kept as before";
    let new = Written { text: edited.text(), body: edited.body().clone(), state };
    Ok(LogParts { file: Some(written(path, new, why, context)), manager: Some(manager) })
}

fn s3(context: &Context<'_>) -> Result<LogParts, Unfit> {
    let (_, path) = context.places.dagster_yaml.as_ref().map_err(|why| Unfit::Home(why.clone()))?;
    let (text, state) = match seen(path, context)? {
        Some(found) => found,
        None => (String::new(), new_file(context)),
    };
    let unfit = |error| Unfit::DagsterYaml(path.clone(), error);
    let manager = Some(S3_LOG_MANAGER.to_owned());
    let yaml = DagsterYaml::parse(&text).map_err(unfit)?;
    let Some((edited, before)) = with_s3(&yaml, context.places)? else {
        return Err(Unfit::NoLogFolder(path.clone()));
    };
    if let ComputeLogs::S3 { bucket, endpoint } = &before {
        let is_ours =
            is_bucket(bucket.as_ref(), context) && is_endpoint(endpoint.as_ref(), context);
        if is_ours {
            return Ok(LogParts { file: None, manager });
        }
    }
    if let ComputeLogs::S3 { .. } | ComputeLogs::Other(_) = before {
        return Err(Unfit::LogsElsewhere(path.clone(), elsewhere(&before)));
    }
    if edited.text() == text {
        return Ok(LogParts { file: None, manager });
    }
    let why = "what steps print goes to the bucket, and old logs go on to show";
    let new = Written { text: edited.text(), body: edited.body().clone(), state };
    Ok(LogParts { file: Some(written(path, new, why, context)), manager })
}

/// The file with logs in the bucket, and who kept them before; `None` where the old logs' folder is
/// not known.
fn with_s3(
    yaml: &DagsterYaml,
    places: &Places,
) -> Result<Option<(datalake_dagster::EditedYaml, ComputeLogs)>, Unfit> {
    let Ok((home, path)) = &places.dagster_yaml else { return Ok(None) };
    let unfit = |error: UnfitYaml| Unfit::DagsterYaml(path.clone(), error);
    let base = yaml.without_s3_logs().map_err(unfit)?;
    let before = DagsterYaml::parse(base.text()).map_err(unfit)?.compute_logs();
    let usual = || home.inside.as_ref().map(|home| Setting::Text(format!("{home}/storage")));
    let local_dir = match &before {
        ComputeLogs::Local(Some(dir)) => Some(dir.clone()),
        ComputeLogs::Local(None) | ComputeLogs::Unsaid => usual(),
        // They stay as they are; what would become of them is not used.
        ComputeLogs::S3 { .. } | ComputeLogs::Other(_) => Some(Setting::Text("/".to_owned())),
    };
    let Some(local_dir) = local_dir else { return Ok(None) };
    match &before {
        ComputeLogs::S3 { .. } | ComputeLogs::Other(_) => Ok(Some((base, before))),
        _ => Ok(Some((yaml.with_s3_logs(&local_dir).map_err(unfit)?, before))),
    }
}

fn is_bucket(bucket: Option<&Setting>, context: &Context<'_>) -> bool {
    match bucket {
        Some(Setting::Variable(name)) => name == "DAGSTER_S3_BUCKET",
        Some(Setting::Text(text)) => text == context.spec.bucket.as_str(),
        None => false,
    }
}

/// Without an endpoint the client takes that of the environment.
fn is_endpoint(endpoint: Option<&Setting>, context: &Context<'_>) -> bool {
    let text = |text: &str| text.trim_end_matches('/') == context.spec.endpoint.to_string();
    match endpoint {
        None => true,
        Some(Setting::Variable(name)) => {
            ["DAGSTER_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"].contains(&name.as_str())
        }
        Some(Setting::Text(url)) => text(url),
    }
}

fn elsewhere(logs: &ComputeLogs) -> String {
    let said = |setting: &Setting| match setting {
        Setting::Text(text) => format!("`{text}`"),
        Setting::Variable(name) => format!("the one that {name} names"),
    };
    match logs {
        ComputeLogs::S3 { bucket, .. } => {
            let bucket = bucket.as_ref().map_or_else(|| "?".to_owned(), said);
            format!("another bucket or service: {bucket}")
        }
        ComputeLogs::Other(class) => format!("the class `{class}`"),
        ComputeLogs::Unsaid | ComputeLogs::Local(_) => "files".to_owned(),
    }
}

fn new_file(context: &Context<'_>) -> FileState {
    let content = context.fingerprints.of(b"");
    FileState { content, mode: Mode::PUBLIC, owner: context.account.owner }
}
