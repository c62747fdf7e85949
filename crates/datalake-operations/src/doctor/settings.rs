//! Files that hand the settings over, and files that hand others over.

mod code_servers;
mod units;

use std::collections::BTreeMap;

use datalake_core::doctor::{
    EnvFileLook, Examination, HandedOver, Look, OldValue, SettingsEvidence,
};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode};
use datalake_core::plan::Found;
use datalake_core::secret::FilledBody;
use datalake_core::spec::HostSpec;
use datalake_desired::{DesiredVariables, Repair, UnitPaths, find_repairs};
use datalake_engine::{Files, NoDagster, NoStore, SeenEntry, read_paths};
use datalake_quadlet::{TroubleKind, UnitFile, parse_env, remove_blocks};

use super::{ExaminationInput, ServiceHome};
use crate::{HostContext, Source, handed_over, podman_secrets, wanted_of};

/// Variables whose values are told nowhere.
const UNTOLD: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"];

/// Looks at the files of the service user and of others that give settings to containers.
pub(super) async fn examine_settings(
    input: &ExaminationInput<'_>,
    host: &HostSpec,
    home: &ServiceHome,
    seen: &mut Examination,
) {
    let (context, files) = (input.context, input.context.files);
    find_harmful_lines(context, home, &mut seen.settings);
    units::examine_units(host, home, seen);
    code_servers::examine_code_servers(input.spec, host, home, &mut seen.settings);
    let secrets = podman_secrets(context, &host.user, &home.account);
    let handed = handed_over(context, &home.paths, secrets.as_ref()).await;
    let settings = &mut seen.settings;
    settings.env_file = match handed.source {
        Source::EnvFile => {
            look_at_private_file(files, &home.paths.env_file, Some(home.account.owner.uid))
        }
        Source::PodmanSecrets => Look::NotHere("podman keeps the keys".to_owned()),
    };
    let from = match handed.source {
        Source::EnvFile => home.paths.env_file.to_string(),
        Source::PodmanSecrets => Source::PodmanSecrets.name().to_owned(),
    };
    settings.handed_over = match handed.settings {
        Found::Unknown(fault) if fault.kind == FaultKind::NotPlain => {
            let reason = Err(fault.to_string());
            let secrets = Vec::new();
            Look::Saw(Some(HandedOver { from, is_plain: false, settings: reason, secrets }))
        }
        found => {
            Look::from(found).map(|content| content.map(|content| tell_settings(from, &content)))
        }
    };
    settings.wanted = match &input.spec.whole {
        Some(spec) => Look::Saw(DesiredVariables::of(spec).told()),
        None => Look::NotHere("the spec is not whole".to_owned()),
    };
    let given = home.paths.units.iter().zip(&host.units);
    let given = given.map(|(places, unit)| Ok((unit.to_string(), is_given(files, places)?)));
    settings.given = given.collect::<Result<Vec<_>, Fault>>().into();
}

fn find_harmful_lines(context: &HostContext<'_>, home: &ServiceHome, seen: &mut SettingsEvidence) {
    let wanted = wanted_of(&home.paths);
    let store = NoStore("it was not asked".to_owned());
    let Ok(key) = context.fingerprint_key() else { return };
    let ports = context.ports(&store, &NoDagster, &key);
    let observation = read_paths(&wanted.paths, &ports);
    let unit_files = home.paths.units.iter().map(|unit| &unit.file);
    let others = home.paths.others.iter().map(|other| &other.path);
    for path in unit_files.chain(others) {
        if let Found::Unknown(fault) = observation.observed.path(path) {
            seen.dashed = Look::Unknown(fault.clone());
            seen.old_values = Look::Unknown(fault.clone());
            seen.user_wide = Look::Unknown(fault);
            return;
        }
    }
    let (mut dashed, mut old, mut wide) = (Vec::new(), Vec::new(), Vec::new());
    for repair in find_repairs(&home.paths, &observation) {
        let value = describe_repair(&repair);
        match repair.trouble.kind {
            TroubleKind::DashedEnvFile { .. } => dashed.push(value),
            TroubleKind::UserWide { .. } => wide.push(value),
            // One is told of all units below, the other along with its file.
            TroubleKind::MissingEnvFile { .. } | TroubleKind::GoneEnvFile { .. } => (),
            TroubleKind::LeftOver { .. }
            | TroubleKind::PodmanValue { .. }
            | TroubleKind::OtherSecret { .. }
            | TroubleKind::Steers { .. }
            | TroubleKind::ServiceValue { .. }
            | TroubleKind::Unset { .. }
            | TroubleKind::HostEnvironment => old.push(value),
        }
    }
    seen.dashed = Look::Saw(dashed);
    seen.old_values = Look::Saw(old);
    seen.user_wide = Look::Saw(wide);
}

fn describe_repair(Repair { path, trouble }: &Repair<'_>) -> OldValue {
    OldValue {
        path: path.to_string(),
        line: trouble.line,
        harm: trouble.kind.harm(),
        cure: trouble.kind.cure(),
        is_repaired: trouble.kind.is_repaired(),
    }
}

/// Who can read a file that is to be for one user alone.
pub(super) fn look_at_private_file(
    files: &dyn Files,
    path: &HostPath,
    user: Option<u32>,
) -> Look<EnvFileLook> {
    match files.look(path) {
        Ok(SeenEntry::File { mode, owner, .. }) => Look::Saw(EnvFileLook {
            path: path.to_string(),
            is_private: Mode::new(mode.bits() & 0o077) == Mode::new(0),
            mode: mode.to_string(),
            is_users: user.is_none_or(|user| owner.uid == user),
        }),
        Ok(SeenEntry::Folder(_)) => Look::NotHere(format!("`{path}` is a folder")),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{path}`"))
        }
        Err(fault) => Look::Unknown(fault),
    }
}

fn tell_settings(from: String, content: &FilledBody) -> HandedOver {
    let mut secrets = Vec::new();
    let settings = parse_env(content.expose()).map_err(|error| error.to_string());
    let settings = settings.map(|entries| {
        let mut told = BTreeMap::new();
        for (name, value) in entries {
            if UNTOLD.contains(&name.as_str()) {
                secrets.push(name);
            } else {
                told.insert(name, value);
            }
        }
        told
    });
    HandedOver { from, is_plain: true, settings, secrets }
}

/// Whether datalake's drop-in lies there, or its blocks stand in the unit.
fn is_given(files: &dyn Files, places: &UnitPaths) -> Result<bool, Fault> {
    if read_file(files, &places.drop_in)?.is_some() {
        return Ok(true);
    }
    let Some(content) = read_file(files, &places.file)? else { return Ok(false) };
    let unit = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
    Ok(remove_blocks(&unit).is_ok_and(|without| without.text() != unit.text()))
}

/// A file's content; `None` where there is none. Nothing behind a link is no answer.
fn read_file(files: &dyn Files, path: &HostPath) -> Result<Option<FilledBody>, Fault> {
    let found = match files.look(path) {
        Err(fault) if fault.kind == FaultKind::Absent => files.look_in_place(path),
        found => found,
    };
    match found {
        Ok(SeenEntry::File { content, .. }) => Ok(Some(content)),
        Ok(SeenEntry::Folder(_)) => Ok(None),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(Fault::new(fault.kind, format!("{path}: {}", fault.detail))),
    }
}

#[cfg(test)]
mod tests;
