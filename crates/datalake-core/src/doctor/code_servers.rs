//! Units that run user code, and what an application goes by.

use super::Examination;
use super::look::{Judged, warning, wrong};
use super::settings::describe_old_values;
use crate::advice::{Advice, AdvisedCommand};

/// A unit that runs user code: it loads, reads and writes assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeServerLook {
    /// Its name, without its ending.
    pub unit: String,
    /// The file that says so.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is given.
    pub given: GivenSettings,
    /// Whether it is a container unit, which a provision can take up.
    pub is_container: bool,
    /// Whether Dagster's own settings name variables: without them every run fails there.
    pub fails_runs: bool,
}

/// What a unit is given of the settings, whoever gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenSettings {
    /// Those of the spec, for all that is known.
    Spec,
    /// Those of another bucket.
    OtherBucket(String),
    /// None.
    Nothing,
}

pub(super) fn judge_code_servers(seen: &Examination) -> Judged {
    let all = seen.settings.code_servers.seen()?;
    let without: Vec<_> = all.iter().filter(|server| server.given != GivenSettings::Spec).collect();
    let Some(first) = without.first() else {
        return Ok(match all.len() {
            0 => "no unit of the user starts a code server of its own".to_owned(),
            count => format!("{count} of {count} get the settings"),
        });
    };
    let words = without.iter().map(|server| {
        let CodeServerLook { unit, path, line, .. } = server;
        let (what, harm) = match (&server.given, server.fails_runs) {
            (GivenSettings::OtherBucket(bucket), _) => (
                format!("`{unit}` is given the bucket `{bucket}`, not the spec's"),
                ", and assets are read and written there",
            ),
            (_, true) => (
                format!("nothing hands the settings over to `{unit}`"),
                ", and every run fails there with `logs: s3`",
            ),
            (_, false) => (
                format!("nothing hands the settings over to `{unit}`"),
                ", where assets are read and written",
            ),
        };
        format!("{path}:{line}: {what}{harm}")
    });
    let cure = if first.is_container {
        let command = AdvisedCommand::ProvisionUnit(first.unit.clone());
        Advice::naming("{} adds it; keep it in `host.units` of the spec", [command])
    } else {
        "have the service read the env file: `EnvironmentFile=` in [Service]".into()
    };
    Err(wrong(words, cure))
}

pub(super) fn judge_application(seen: &Examination) -> Judged {
    let found = seen.settings.application.seen()?;
    let Some(first) = found.first() else {
        return Ok("no unit sets an endpoint or bucket of an application's own".to_owned());
    };
    Err(warning(describe_old_values(found), first.cure.clone()))
}
