//! Files of others that have to be changed: unit files, drop-ins, `environment.d`.

use datalake_core::{
    DesiredFile, Entry, Fault, FaultKind, FileBody, FileState, Found, Handover, HostPath, Target,
    Unwanted,
};
use datalake_engine::Sighting;
use datalake_quadlet::{
    Edited, Trouble, UnitFile, find_troubles, find_user_wide, insert_blocks, remove_blocks,
    repaired, sets_nothing, without_env_files, without_host_environment, without_user_wide,
};

use super::env_files::{env_file_troubles, gone_env_files, unit_place};
use super::{Context, Unfit};
use crate::args::HostEnvironment;
use crate::places::{Other, OtherKind, Places, UnitPlaces};

/// A line that does harm, for people.
pub(crate) struct Repair<'a> {
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
pub(crate) fn repairs<'a>(places: &'a Places, sighting: &Sighting) -> Vec<Repair<'a>> {
    let units = places.units.iter().map(|unit| (&unit.file, OtherKind::Quadlet));
    let others = places.others.iter().map(|other| (&other.path, other.kind));
    let gone = gone_env_files(places, sighting);
    let repairs = units.chain(others).flat_map(|(path, kind)| {
        let text = text_of(path, sighting).unwrap_or_default();
        let mut troubles = troubles((kind, &text), places);
        if kind == OtherKind::Quadlet {
            troubles.extend(env_file_troubles(path, &text, &gone, places));
        }
        troubles.into_iter().map(move |trouble| Repair { path, trouble })
    });
    repairs.collect()
}

/// The unit file as this way of handing over needs it; `None` where it may stay as it is.
pub(super) fn unit_file(
    unit: &UnitPlaces,
    context: &Context<'_>,
) -> Result<Option<DesiredFile>, Unfit> {
    let Some((text, state)) = seen(&unit.file, context)? else {
        let fault = Fault::new(FaultKind::Absent, "no such container unit");
        return Err(Unfit::Unit(Target::Path(unit.file.clone()), fault));
    };
    let broken = |error| Unfit::Blocks(unit.file.clone(), error);
    let parsed = UnitFile::parse(&text);
    let bare = remove_blocks(&parsed).map_err(broken)?;
    let sound = bare.then(&sound_unit(&unit.file, &bare.unit(), context));
    let is_sound = sound.text() == bare.text();
    let edited = match context.way.handover {
        Handover::EnvFile | Handover::PodmanSecret => sound,
        Handover::InPlace => {
            let env_file = &context.places.env_file;
            let blocks = insert_blocks(&sound.unit(), env_file, &context.places.variables)
                .map_err(broken)?;
            sound.then(&blocks)
        }
    };
    if edited.text() == text {
        return Ok(None);
    }
    let why = match (is_sound, context.way.handover) {
        (false, _) => "lines of it keep the service from starting or from seeing the new values",
        (true, Handover::InPlace) => "marked blocks in it hand the variables to the container",
        (true, Handover::EnvFile | Handover::PodmanSecret) => {
            "its marked blocks are of no more use: a drop-in stands in for them"
        }
    };
    Ok(Some(written(&unit.file, Written::of(&edited, state), why, context)))
}

/// What has to become of a file of others; `None` where it may stay as it is.
pub(super) fn other(other: &Other, context: &Context<'_>) -> Result<Option<Edit>, Unfit> {
    let Some((text, state)) = seen(&other.path, context)? else { return Ok(None) };
    let places = context.places;
    let mut troubles = troubles((other.kind, &text), places);
    if other.kind == OtherKind::Quadlet {
        let gone = gone_env_files(places, context.sighting);
        troubles.extend(env_file_troubles(&other.path, &text, &gone, places));
    }
    let goes = |trouble: &Trouble| context.host_environment.takes_out(trouble);
    let Some(first) = troubles.into_iter().find(goes) else {
        return Ok(None);
    };
    if let Some(fault) = &other.refused {
        return Err(Unfit::NotOurs(other.path.clone(), first, fault.clone()));
    }
    let edited = match other.kind {
        OtherKind::Quadlet => sound_unit(&other.path, &UnitFile::parse(&text), context),
        OtherKind::EnvironmentD => without_user_wide(&text, &places.stale),
    };
    if other.kind == OtherKind::EnvironmentD && sets_nothing(edited.text()) {
        let why = "systemd hands what it sets to every service of the user, and nothing else is \
                   in it";
        return Ok(Some(Edit::Remove(Unwanted { what: other.path.clone(), why: why.to_owned() })));
    }
    let why = match other.kind {
        OtherKind::Quadlet => "lines of it would win over the new values",
        OtherKind::EnvironmentD => "systemd hands what it sets to every service of the user",
    };
    Ok(Some(Edit::Write(written(&other.path, Written::of(&edited, state), why, context))))
}

/// The unit without the lines that do harm and are to go.
fn sound_unit(path: &HostPath, unit: &UnitFile, context: &Context<'_>) -> Edited {
    let Context { places, sighting, .. } = context;
    let mut edited = repaired(unit, &places.stale);
    if context.host_environment == HostEnvironment::Remove {
        edited = edited.then(&without_host_environment(&edited.unit()));
    }
    let mut gone = gone_env_files(places, sighting);
    if context.way.handover == Handover::PodmanSecret {
        gone.push(places.env_file.clone());
    }
    match unit_place(path, places) {
        Some(place) => edited.then(&without_env_files(&edited.unit(), place, &gone)),
        None => edited,
    }
}

fn troubles((kind, text): (OtherKind, &str), places: &Places) -> Vec<Trouble> {
    match kind {
        OtherKind::Quadlet => find_troubles(&UnitFile::parse(text), &places.stale),
        OtherKind::EnvironmentD => find_user_wide(text, &places.stale),
    }
}

/// A file after a change, and how it stood before.
pub(super) struct Written<'a> {
    pub(super) text: &'a str,
    pub(super) body: FileBody,
    pub(super) state: FileState,
}

impl<'a> Written<'a> {
    fn of(edited: &'a Edited, state: FileState) -> Self {
        Self { text: edited.text(), body: edited.body(), state }
    }
}

pub(super) fn written(
    path: &HostPath,
    new: Written<'_>,
    why: &str,
    context: &Context<'_>,
) -> DesiredFile {
    let content = context.fingerprints.of(new.text.as_bytes());
    DesiredFile {
        path: path.clone(),
        body: new.body,
        file: FileState { content, ..new.state },
        why: why.to_owned(),
    }
}

/// The text and state of a file; `None` where there is none.
pub(super) fn seen(
    path: &HostPath,
    context: &Context<'_>,
) -> Result<Option<(String, FileState)>, Unfit> {
    let unit = |fault| Err(Unfit::Unit(Target::Path(path.clone()), fault));
    let state = match context.sighting.observed.path(path) {
        Found::Present(Entry::File(state)) => state,
        Found::Present(Entry::Folder(_)) => {
            return unit(Fault::new(FaultKind::NotPlain, "a folder, not a file"));
        }
        Found::Absent => return Ok(None),
        Found::Unknown(fault) => return unit(fault),
    };
    let text = text_of(path, context.sighting).ok_or_else(|| Unfit::NotText(path.clone()))?;
    Ok(Some((text, state)))
}

pub(super) fn text_of(path: &HostPath, sighting: &Sighting) -> Option<String> {
    let content = sighting.contents.get(path)?;
    String::from_utf8(content.expose().to_vec()).ok()
}
