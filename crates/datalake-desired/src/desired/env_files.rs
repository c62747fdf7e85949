//! Env files that go or are gone, and the lines that name them.

use datalake_core::host::HostPath;
use datalake_core::plan::Observation;
use datalake_quadlet::{
    EnvFileReader, Trouble, TroubleKind, UnitFile, UnitPlace, find_env_files, find_user_wide,
    sets_nothing, without_user_wide,
};

use super::edits::text_of;
use crate::{ForeignFileKind, HostPaths};
use crate::{HostUnits, USER_WIDE};

/// Where a unit file lies, for what its specifiers stand for.
pub(super) fn unit_place<'a>(path: &'a HostPath, places: &'a HostPaths) -> Option<UnitPlace<'a>> {
    Some(UnitPlace { path, owner: &places.host_units.as_ref()?.owner })
}

/// The env files that are to go, or are gone: those of `environment.d` that hold nothing but
/// settings of ours.
pub(super) fn gone_env_files(places: &HostPaths, observation: &Observation) -> Vec<HostPath> {
    let others = places.others.iter().filter(|other| other.kind == ForeignFileKind::EnvironmentD);
    let goes = others.filter(|other| {
        let text = text_of(&other.path, observation).unwrap_or_default();
        let has_ours = !find_user_wide(&text, &places.stale()).is_empty();
        has_ours && sets_nothing(without_user_wide(&text, &places.stale()).text())
    });
    let mut gone: Vec<_> = goes.map(|other| other.path.clone()).collect();
    gone.extend(missing_env_files(places));
    gone
}

/// Missing files of `environment.d` that units name: nothing but a guide's settings lie there.
fn missing_env_files(places: &HostPaths) -> impl Iterator<Item = HostPath> {
    let units = places.host_units.iter();
    let missing = units.flat_map(HostUnits::missing_env_files);
    missing.filter(|path| is_user_wide(path)).cloned()
}

fn is_user_wide(path: &HostPath) -> bool {
    path.parent().is_some_and(|folder| folder.file_name() == USER_WIDE)
}

/// The lines that name an env file which goes, or which has to exist and does not.
pub(super) fn env_file_troubles(
    path: &HostPath,
    text: &str,
    gone: &[HostPath],
    places: &HostPaths,
) -> Vec<Trouble> {
    let (Some(units), Some(place)) = (&places.host_units, unit_place(path, places)) else {
        return Vec::new();
    };
    let mut troubles = Vec::new();
    for named in find_env_files(&UnitFile::parse(text), place) {
        // A dash in [Container] is a trouble of its own.
        if named.is_optional && named.reader == EnvFileReader::Podman {
            continue;
        }
        let Some(file) = named.path() else { continue };
        let is_missing = units.missing_env_files().contains(&file) && !named.is_optional;
        let kind = match gone.contains(&file) {
            is_ours if is_missing && file != places.env_file => {
                TroubleKind::MissingEnvFile { path: file, is_ours }
            }
            true => TroubleKind::GoneEnvFile { path: file },
            false => continue,
        };
        troubles.push(Trouble { kind, line: named.line });
    }
    troubles
}
