//! Files that hand the settings over, and files that hand others over.

mod units;

use std::collections::BTreeMap;

use datalake_core::doctor::{EnvFileLook, Examination, HandedOver, Look, OldValue};
use datalake_core::{FaultKind, FilledBody, Found, HostPath, HostSpec, Mode};
use datalake_engine::{Files, Seen, observe_paths};
use datalake_quadlet::{TroubleKind, UnitFile, parse_env, remove_blocks};

use super::Home;
use crate::deployment::{Source, handed_over};
use crate::desired::{Repair, Variables, repairs};
use crate::handover::secrets;
use crate::no_store::NoStore;
use crate::places::UnitPlaces;
use crate::site::Site;

/// Variables whose values are told nowhere.
const UNTOLD: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"];

/// Looks at the files of the service user and of others that give settings to containers.
pub(super) async fn look(site: &Site, host: &HostSpec, home: &Home, seen: &mut Examination) {
    lines_that_do_harm(site, home, seen);
    units::look(host, home, seen);
    let secrets = secrets(site, &host.user, &home.account);
    let handed = handed_over(site, &home.places, secrets.as_ref()).await;
    let settings = &mut seen.settings;
    settings.env_file = match handed.source {
        Source::EnvFile => env_file(site, home),
        Source::PodmanSecrets => Look::NotHere("podman keeps the keys".to_owned()),
    };
    let from = match handed.source {
        Source::EnvFile => home.places.env_file.to_string(),
        Source::PodmanSecrets => Source::PodmanSecrets.name().to_owned(),
    };
    settings.handed_over = match handed.settings {
        Found::Unknown(fault) if fault.kind == FaultKind::NotPlain => {
            let reason = Err(fault.to_string());
            let secrets = Vec::new();
            Look::Saw(Some(HandedOver { from, is_plain: false, settings: reason, secrets }))
        }
        found => Look::from(found).map(|content| content.map(|content| read(from, &content))),
    };
    settings.wanted = match site.spec() {
        Ok(spec) => Look::Saw(Variables::of(&spec).told()),
        Err(_) => Look::NotHere("the spec is not whole".to_owned()),
    };
    let given = home.places.units.iter().zip(&host.units);
    let given = given.map(|(places, unit)| (unit.to_string(), is_given(site, places)));
    settings.given = Look::Saw(given.collect());
}

fn lines_that_do_harm(site: &Site, home: &Home, seen: &mut Examination) {
    let wanted = home.places.wanted();
    let store = NoStore("nobody asks it".to_owned());
    let dagster = datalake_engine::NoDagster;
    let Ok(key) = site.records().fingerprint_key(&site.clock) else { return };
    let ports = site.ports(&store, &dagster, &key);
    let sighting = observe_paths(&wanted.paths, &ports);
    let unit_files = home.places.units.iter().map(|unit| &unit.file);
    let others = home.places.others.iter().map(|other| &other.path);
    for path in unit_files.chain(others) {
        if let Found::Unknown(fault) = sighting.observed.path(path) {
            seen.settings.dashed = Look::Unknown(fault.clone());
            seen.settings.old_values = Look::Unknown(fault.clone());
            seen.settings.user_wide = Look::Unknown(fault);
            return;
        }
    }
    let (mut dashed, mut old, mut wide) = (Vec::new(), Vec::new(), Vec::new());
    for repair in repairs(&home.places, &sighting) {
        let value = value(&repair);
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
    seen.settings.dashed = Look::Saw(dashed);
    seen.settings.old_values = Look::Saw(old);
    seen.settings.user_wide = Look::Saw(wide);
}

fn value(Repair { path, trouble }: &Repair<'_>) -> OldValue {
    OldValue {
        path: path.to_string(),
        line: trouble.line,
        harm: trouble.kind.harm(),
        cure: trouble.kind.cure(),
        is_repaired: trouble.kind.is_repaired(),
    }
}

fn env_file(site: &Site, home: &Home) -> Look<EnvFileLook> {
    private_file(site, &home.places.env_file, Some(home.account.owner.uid))
}

/// Who can read a file that is to be for one user alone.
pub(super) fn private_file(site: &Site, path: &HostPath, user: Option<u32>) -> Look<EnvFileLook> {
    match site.host.look(path) {
        Ok(Seen::File { mode, owner, .. }) => Look::Saw(EnvFileLook {
            path: path.to_string(),
            is_private: Mode::new(mode.bits() & 0o077) == Mode::new(0),
            mode: mode.to_string(),
            is_users: user.is_none_or(|user| owner.uid == user),
        }),
        Ok(Seen::Folder(_)) => Look::NotHere(format!("`{path}` is a folder")),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{path}`"))
        }
        Err(fault) => Look::Unknown(fault),
    }
}

fn read(from: String, content: &FilledBody) -> HandedOver {
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
fn is_given(site: &Site, places: &UnitPlaces) -> bool {
    if matches!(site.host.look(&places.drop_in), Ok(Seen::File { .. })) {
        return true;
    }
    let Ok(Seen::File { content, .. }) = site.host.look(&places.file) else { return false };
    let unit = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
    remove_blocks(&unit).is_ok_and(|without| without.text() != unit.text())
}
