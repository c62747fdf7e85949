//! Files of others that have to be changed: unit files, drop-ins, `environment.d`.

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{Entry, FileState, HostPath};
use datalake_core::plan::{DesiredFile, Found, Observation, Unwanted};
use datalake_core::secret::FileBody;
use datalake_core::spec::Handover;
use datalake_quadlet::{
    Edited, Trouble, UnitFile, find_troubles, find_user_wide, insert_blocks, remove_blocks,
    repair_unit, sets_nothing, without_env_files, without_host_environment, without_user_wide,
};

use super::HostEnvironment;
use super::env_files::{env_file_troubles, gone_env_files, unit_place};
use super::{Basis, DesiredError};
use crate::{ForeignFile, ForeignFileKind, HostPaths, UnitPaths, names_of};

/// A line that does harm, for people.
pub struct Repair<'a> {
    /// The file.
    pub path: &'a HostPath,
    /// What is wrong in it.
    pub trouble: Trouble,
}

/// What becomes of a file of others.
pub(super) enum Edit {
    Write(DesiredFile),
    Remove(Unwanted<HostPath>),
}

/// What does harm in the files of others; the plan holds the lines, this tells why.
#[must_use]
pub fn find_repairs<'a>(places: &'a HostPaths, observation: &Observation) -> Vec<Repair<'a>> {
    let units = places.units.iter().map(|unit| (&unit.file, ForeignFileKind::Quadlet));
    let others = places.others.iter().map(|other| (&other.path, other.kind));
    let gone = gone_env_files(places, observation);
    let repairs = units.chain(others).flat_map(|(path, kind)| {
        let text = text_of(path, observation).unwrap_or_default();
        let mut troubles = find_file_troubles(kind, &text, places);
        if kind == ForeignFileKind::Quadlet {
            troubles.extend(env_file_troubles(path, &text, &gone, places));
        }
        troubles.into_iter().map(move |trouble| Repair { path, trouble })
    });
    repairs.collect()
}

/// The unit file as this way of handing over needs it; `None` where it may stay as it is.
pub(super) fn unit_file(
    unit: &UnitPaths,
    basis: &Basis<'_>,
) -> Result<Option<DesiredFile>, DesiredError> {
    let Some((text, state)) = read_seen(&unit.file, basis)? else {
        let (path, kind) = (unit.file.clone(), basis.input.places.kind.clone());
        return Err(DesiredError::NoUnit { path, kind });
    };
    let broken = |error| DesiredError::Blocks(unit.file.clone(), error);
    let parsed = UnitFile::parse(&text);
    let bare = remove_blocks(&parsed).map_err(broken)?;
    let sound = bare.then(&sound_unit(&unit.file, &bare.unit(), basis));
    let is_sound = sound.text() == bare.text();
    let edited = match basis.input.way.handover {
        Handover::EnvFile | Handover::PodmanSecret => sound,
        Handover::InPlace => {
            let env_file = &basis.input.places.env_file;
            let blocks =
                insert_blocks(&sound.unit(), env_file, &names_of(&basis.input.places.variables))
                    .map_err(broken)?;
            sound.then(&blocks)
        }
    };
    if edited.text() == text {
        return Ok(None);
    }
    let why = match (is_sound, basis.input.way.handover) {
        (false, _) => "lines of it keep the service from starting or from seeing the new values",
        (true, Handover::InPlace) => "marked blocks in it hand the variables to the container",
        (true, Handover::EnvFile | Handover::PodmanSecret) => {
            "its marked blocks are no longer needed: a drop-in replaces them"
        }
    };
    Ok(Some(desire_file(&unit.file, ChangedFile::of(&edited, state), why, basis)))
}

/// What has to become of a file of others; `None` where it may stay as it is.
pub(super) fn change_foreign_file(
    other: &ForeignFile,
    basis: &Basis<'_>,
) -> Result<Option<Edit>, DesiredError> {
    let Some((text, state)) = read_seen(&other.path, basis)? else { return Ok(None) };
    let places = basis.input.places;
    let mut troubles = find_file_troubles(other.kind, &text, places);
    if other.kind == ForeignFileKind::Quadlet {
        let gone = gone_env_files(places, basis.observation);
        troubles.extend(env_file_troubles(&other.path, &text, &gone, places));
    }
    let goes = |trouble: &Trouble| basis.input.host_environment.takes_out(trouble);
    let Some(first) = troubles.into_iter().find(goes) else {
        return Ok(None);
    };
    if let Some(fault) = &other.refused {
        return Err(DesiredError::NotOurs(other.path.clone(), first, fault.clone()));
    }
    let edited = match other.kind {
        ForeignFileKind::Quadlet => sound_unit(&other.path, &UnitFile::parse(&text), basis),
        ForeignFileKind::EnvironmentD => without_user_wide(&text, &places.stale()),
    };
    if other.kind == ForeignFileKind::EnvironmentD && sets_nothing(edited.text()) {
        let why = "systemd hands what it sets to every service of the user, and nothing else is \
                   in it";
        return Ok(Some(Edit::Remove(Unwanted { what: other.path.clone(), why: why.to_owned() })));
    }
    let why = match other.kind {
        ForeignFileKind::Quadlet => "lines of it would win over the new values",
        ForeignFileKind::EnvironmentD => "systemd hands what it sets to every service of the user",
    };
    Ok(Some(Edit::Write(desire_file(&other.path, ChangedFile::of(&edited, state), why, basis))))
}

/// The unit without the lines that do harm and are to go.
fn sound_unit(path: &HostPath, unit: &UnitFile, basis: &Basis<'_>) -> Edited {
    let (places, observation) = (basis.input.places, basis.observation);
    let mut edited = repair_unit(unit, &places.stale());
    if basis.input.host_environment == HostEnvironment::Remove {
        edited = edited.then(&without_host_environment(&edited.unit()));
    }
    let mut gone = gone_env_files(places, observation);
    if basis.input.way.handover == Handover::PodmanSecret {
        gone.push(places.env_file.clone());
    }
    match unit_place(path, places) {
        Some(place) => edited.then(&without_env_files(&edited.unit(), place, &gone)),
        None => edited,
    }
}

fn find_file_troubles(kind: ForeignFileKind, text: &str, places: &HostPaths) -> Vec<Trouble> {
    match kind {
        ForeignFileKind::Quadlet => find_troubles(&UnitFile::parse(text), &places.stale()),
        ForeignFileKind::EnvironmentD => find_user_wide(text, &places.stale()),
    }
}

/// A file after a change, and how it stood before.
pub(super) struct ChangedFile<'a> {
    pub(super) text: &'a str,
    pub(super) body: FileBody,
    pub(super) state: FileState,
}

impl<'a> ChangedFile<'a> {
    fn of(edited: &'a Edited, state: FileState) -> Self {
        Self { text: edited.text(), body: edited.body(), state }
    }
}

pub(super) fn desire_file(
    path: &HostPath,
    new: ChangedFile<'_>,
    why: &str,
    basis: &Basis<'_>,
) -> DesiredFile {
    let content = basis.input.fingerprints.of(new.text.as_bytes());
    DesiredFile {
        path: path.clone(),
        body: new.body,
        file: FileState { content, ..new.state },
        why: why.to_owned(),
    }
}

/// The text and state of a file; `None` where there is none.
pub(super) fn read_seen(
    path: &HostPath,
    basis: &Basis<'_>,
) -> Result<Option<(String, FileState)>, DesiredError> {
    let unit = |fault| Err(DesiredError::Unit(Target::Path(path.clone()), fault));
    let state = match basis.observation.observed.path(path) {
        Found::Present(Entry::File(state)) => state,
        Found::Present(Entry::Folder(_)) => {
            return unit(Fault::new(FaultKind::NotPlain, "a folder, not a file"));
        }
        Found::Absent => return Ok(None),
        Found::Unknown(fault) => return unit(fault),
    };
    let text =
        text_of(path, basis.observation).ok_or_else(|| DesiredError::NotText(path.clone()))?;
    Ok(Some((text, state)))
}

pub(super) fn text_of(path: &HostPath, observation: &Observation) -> Option<String> {
    let content = observation.contents.get(path)?;
    String::from_utf8(content.expose().to_vec()).ok()
}
