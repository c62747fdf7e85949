//! Lines of all units of the service user: env files that are missing, files that undo the settings,
//! and what an old podman cannot read.

use datalake_core::doctor::{Examination, Look, OldValue, PodmanLook};
use datalake_core::host::HostPath;
use datalake_core::plan::Plan;
use datalake_core::spec::{Handover, HostSpec};
use datalake_core::text::printable;
use datalake_desired::{HostUnits, USER_WIDE};
use datalake_quadlet::{
    DROP_IN_NAME, Obstacle, ObstacleKind, PlannedUnits, PodmanVersion, TroubleKind, UnitSort,
    find_hazards,
};

use crate::doctor::ServiceHome;

pub(super) fn examine_units(host: &HostSpec, home: &ServiceHome, seen: &mut Examination) {
    let Some(units) = &home.paths.host_units else { return };
    let is_ours = |path: &HostPath| {
        let mut files = home.paths.units.iter().map(|unit| &unit.file);
        files.any(|file| file == path) || home.paths.others.iter().any(|it| it.path == *path)
    };
    seen.settings.missing_env_files = Look::Saw(find_missing_env_files(units, &is_ours));
    seen.settings.overrides = Look::Saw(find_overrides(host, home, units));
    seen.settings.hazards = find_unit_hazards(units, &seen.host.podman);
}

fn find_missing_env_files(units: &HostUnits, is_ours: &dyn Fn(&HostPath) -> bool) -> Vec<OldValue> {
    let lines = units.lines_that_miss().into_iter();
    let value = |(path, line, file): (&HostPath, usize, HostPath)| {
        let is_user_wide = file.parent().is_some_and(|it| it.file_name() == USER_WIDE);
        let kind =
            TroubleKind::MissingEnvFile { path: file, is_ours: is_user_wide && is_ours(path) };
        OldValue {
            path: path.to_string(),
            line,
            harm: kind.harm(),
            cure: kind.cure(),
            is_repaired: kind.is_repaired(),
        }
    };
    lines.map(value).collect()
}

fn find_overrides(host: &HostSpec, home: &ServiceHome, units: &HostUnits) -> Vec<OldValue> {
    let stale = home.paths.stale();
    let planned = PlannedUnits {
        names: &host.units,
        env_file: (host.handover != Some(Handover::PodmanSecret)).then_some(&home.paths.env_file),
        variables: &stale,
        after: if host.handover == Some(Handover::InPlace) { "" } else { DROP_IN_NAME },
    };
    // Without a plan nobody loses anything: what is left undoes the settings.
    let found = units.obstacles(&Plan::default(), &planned).into_iter();
    let value = |obstacle: Obstacle| OldValue {
        path: obstacle.path.to_string(),
        line: obstacle.line.unwrap_or(1),
        cure: obstacle.hint(),
        harm: match obstacle.kind {
            ObstacleKind::Undoes { service, kind } => printable(&format!("{kind} (`{service}`)")),
            ObstacleKind::Unread { reason } => printable(&format!("it cannot be read: {reason}")),
            ObstacleKind::Masked { service } => {
                printable(&format!("`{service}` is masked, so it cannot start"))
            }
            ObstacleKind::Needs(_)
            | ObstacleKind::Starts { .. }
            | ObstacleKind::Shared { .. }
            | ObstacleKind::LacksVariable { .. } => "it needs what a plan takes away".to_owned(),
        },
        is_repaired: false,
    };
    found.map(value).collect()
}

/// Which lines an old podman stumbles over, where its version is known.
fn find_unit_hazards(units: &HostUnits, podman: &Look<Option<PodmanLook>>) -> Look<Vec<OldValue>> {
    let version: PodmanVersion = match podman {
        Look::Saw(Some(podman)) => match podman.version.parse() {
            Ok(version) => version,
            Err(_) => return Look::NotHere("podman did not say its version".to_owned()),
        },
        Look::Saw(None) => return Look::NotHere("there is no podman".to_owned()),
        Look::NotHere(reason) => return Look::NotHere(reason.clone()),
        Look::Unknown(fault) => return Look::Unknown(fault.clone()),
    };
    let quadlets = units.files.iter().filter(|unit| unit.sort == UnitSort::Quadlet);
    let values = quadlets.flat_map(|unit| {
        let found = find_hazards(&unit.file, version).into_iter();
        found.map(|hazard| OldValue {
            path: unit.path.to_string(),
            line: hazard.line,
            harm: hazard.kind.harm().to_owned(),
            cure: "take the comment or blank line out of the continued line, begin comments with \
                   `#`, or install podman 5.4 or newer"
                .to_owned(),
            is_repaired: false,
        })
    });
    Look::Saw(values.collect())
}
