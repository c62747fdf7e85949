//! Dagster asked in each place, and its answers compared with what was moved.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::PartKind;
use datalake_engine::transfer::TransferLimits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{Migration, MigrationPart};
use super::answer::{PlaceAnswer, ToldCode};
use super::ask::SwitchReporter;
use super::judge::{AskedAs, JudgedSwitch, MovedPlace, SwitchDestination};
use super::moved_files::{MovedFile, MovedFiles, find_moved_files};
use super::places::SwitchPlace;
use super::proof::is_same_source;
use super::record::{RecordedFile, RecordedPlace, SwitchRecord};
use super::report::SwitchReport;
use super::request::{AskedFile, LoadExtent};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// Whether Dagster reads something from the bucket; the worst is the greatest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchVerdict {
    /// It reads it from where it was moved to, and the bucket has it.
    Green,
    /// Nobody can tell.
    Unknown,
    /// It does not.
    Red,
}

/// A check of the switch.
pub struct SwitchCheck<'a> {
    /// What was moved.
    pub migration: &'a Migration<'a>,
    /// Where Dagster is asked.
    pub places: &'a [SwitchPlace],
    /// How much it loads.
    pub load: LoadExtent,
    /// What looks keep within.
    pub limits: &'a TransferLimits,
    /// Who is told what goes on.
    pub reporter: &'a dyn SwitchReporter,
}

/// What one place has told.
pub(super) struct AskedSwitchPlace {
    pub(super) name: String,
    pub(super) answer: Result<PlaceAnswer, Fault>,
}

/// All that a check has found out.
pub(super) struct FoundSwitch<'a> {
    pub(super) moved: &'a MovedFiles,
    pub(super) judged: BTreeMap<&'a str, JudgedSwitch>,
    pub(super) asked: Vec<AskedSwitchPlace>,
    pub(super) destination: String,
    /// Where frames were moved to, where they are checked.
    pub(super) frames: Option<String>,
}

/// Asks Dagster in each place where it reads what was moved, has it loaded, and keeps what comes of it.
///
/// # Errors
///
/// [`OperationError`]: `Absent` where nothing was moved, and the fault of a place where no place tells.
pub async fn check_switch(check: &SwitchCheck<'_>) -> Result<SwitchReport, OperationError> {
    let part = find_asset_part(check.migration)?;
    if part.is_yet_to_come() {
        return Err(refuse_nothing());
    }
    let mut moved = find_moved_files(check.migration, part, check.limits).await?;
    let frames = find_frames_part(check.migration);
    if let Some(frames) = frames {
        moved.add_files(find_moved_files(check.migration, frames, check.limits).await?);
    }
    if moved.files.is_empty() {
        return Err(refuse_nothing());
    }
    let names: Vec<&str> = moved.files.keys().map(String::as_str).collect();
    let asked_file =
        |(name, file): (&String, &MovedFile)| AskedFile(name.clone(), file.size, file.is_frame);
    let sized = moved.files.iter().map(asked_file);
    let files: Vec<_> = sized.collect();
    let before = SwitchRecord::take(&check.migration.context.home.context)?;
    let mut asked = Vec::new();
    for place in check.places {
        check.reporter.begin(&place.place.name);
        let answer = place.ask(&files, check.load).await;
        asked.push(AskedSwitchPlace { name: place.place.name.clone(), answer });
    }
    require_answer(&asked)?;
    let context = check.migration.context;
    let destination = SwitchDestination {
        authority: context.endpoint.authority(),
        pickles: MovedPlace::judge_part(part),
        frames: frames.map(MovedPlace::judge_part),
    };
    let judged = judge_files(&destination, &asked, &moved, &names);
    let place = check.migration.describe_places(part);
    let frames = frames.map(|frames| check.migration.describe_places(frames).destination);
    let destination = place.destination;
    let found = FoundSwitch { moved: &moved, judged, asked, destination, frames };
    let report = SwitchReport::of(&found, context.clock.now(), check.load);
    keep_record(check, part, &found, before)?;
    Ok(report)
}

fn refuse_nothing() -> OperationError {
    OperationError::new(ErrorKind::Absent, "nothing is known to have been moved")
        .advise(Advice::naming("{} moves it", [AdvisedCommand::RunMigration]))
}

/// The part with the files of assets.
pub(super) fn find_asset_part<'m>(
    migration: &'m Migration<'_>,
) -> Result<&'m MigrationPart, OperationError> {
    let part = migration.parts.iter().find(|part| part.kind == PartKind::Assets);
    part.ok_or_else(|| {
        let message = "objects of another place have no files here: only what was moved from this \
                       host is checked";
        OperationError::new(ErrorKind::Usage, message)
    })
}

/// The part with frames, where it is asked for and there is something of it.
fn find_frames_part<'m>(migration: &'m Migration<'_>) -> Option<&'m MigrationPart> {
    let mut parts = migration.parts.iter();
    parts.find(|part| part.kind == PartKind::Frames && !part.is_yet_to_come())
}

/// Where no place has told anything there is nothing to judge.
fn require_answer(asked: &[AskedSwitchPlace]) -> Result<(), OperationError> {
    let mut faults = Vec::new();
    for place in asked {
        match &place.answer {
            Ok(PlaceAnswer::Told(_)) => return Ok(()),
            Ok(PlaceAnswer::Nothing(why)) => {
                faults.push((place, Fault::new(FaultKind::Absent, why.clone())));
            }
            Err(fault) => faults.push((place, fault.clone())),
        }
    }
    let Some((place, fault)) = faults.first() else {
        return Err(OperationError::new(
            ErrorKind::Absent,
            "no service can be asked: none runs user code",
        ));
    };
    let kind = match fault.kind {
        FaultKind::Absent => ErrorKind::Absent,
        FaultKind::Denied => ErrorKind::Denied,
        _ => ErrorKind::Unavailable,
    };
    let error = OperationError::new(kind, tell_fault(fault));
    Err(error.within(format!("Dagster could not be asked in `{}`", place.name)))
}

/// What the code itself says needs no words around it.
fn tell_fault(fault: &Fault) -> String {
    if fault.kind == FaultKind::Unproved { fault.detail.clone() } else { fault.to_string() }
}

fn judge_files<'n>(
    destination: &SwitchDestination,
    asked: &[AskedSwitchPlace],
    moved: &MovedFiles,
    names: &[&'n str],
) -> BTreeMap<&'n str, JudgedSwitch> {
    let mut judged: BTreeMap<&str, JudgedSwitch> = BTreeMap::new();
    for code in asked.iter().flat_map(AskedSwitchPlace::list_codes) {
        for item in &code.items {
            let Some(name) = names.get(item.file) else { continue };
            let Some(file) = moved.files.get(*name) else { continue };
            let one = destination.judge(code, item, &AskedAs { name, file });
            let joined = match judged.remove(name) {
                Some(other) => other.join(one),
                None => one,
            };
            judged.insert(name, joined);
        }
    }
    for name in names {
        judged.entry(name).or_insert_with(JudgedSwitch::of_nobody);
    }
    judged
}

impl AskedSwitchPlace {
    pub(super) fn list_codes(&self) -> impl Iterator<Item = &ToldCode> {
        let codes = match &self.answer {
            Ok(PlaceAnswer::Told(codes)) => codes.as_slice(),
            Ok(PlaceAnswer::Nothing(_)) | Err(_) => &[],
        };
        codes.iter()
    }

    /// Why it told nothing, if it should have.
    pub(super) fn tell_unknown(&self) -> Option<String> {
        self.answer.as_ref().err().map(tell_fault)
    }
}

fn keep_record(
    check: &SwitchCheck<'_>,
    part: &MigrationPart,
    found: &FoundSwitch<'_>,
    before: Option<SwitchRecord>,
) -> Result<(), OperationError> {
    let context = check.migration.context;
    let place = |(place, asked): (&SwitchPlace, &AskedSwitchPlace)| {
        // What a container has is known by its id.
        let is_here = place.container.is_none();
        let sources = asked.list_codes().filter(|_| is_here).flat_map(|code| code.sources.clone());
        let libraries =
            asked.list_codes().filter(|_| is_here).flat_map(|code| code.libraries.clone());
        RecordedPlace {
            name: place.identify(),
            container: place.container.as_ref().map(|container| container.id.clone()),
            image: place.container.as_ref().map(|container| container.image.clone()),
            sources: sources.collect(),
            libraries: libraries.collect(),
            unknown: asked.tell_unknown(),
        }
    };
    let (green, others): (Vec<_>, Vec<_>) =
        found.judged.iter().partition(|(_, file)| file.verdict == SwitchVerdict::Green);
    let places: Vec<RecordedPlace> = check.places.iter().zip(&found.asked).map(place).collect();
    let asked: Vec<_> = places.iter().map(|place| place.name.clone()).collect();
    let other = |(name, file): (&&str, &JudgedSwitch)| RecordedFile {
        asked: asked.clone(),
        name: (*name).to_owned(),
        verdict: file.verdict,
        why: file.why.clone(),
    };
    let others = others.into_iter().map(other).collect();
    let mut record = SwitchRecord {
        schema_version: SwitchRecord::version(),
        checked: context.clock.now().to_string(),
        pair: check.migration.identify_part(part),
        endpoint: context.endpoint.to_string(),
        destination: found.destination.clone(),
        manifest: found.moved.manifest.clone(),
        places,
        green: green.into_iter().map(|(name, _)| (*name).to_owned()).collect(),
        others,
    };
    if let Some(before) = before {
        record.carry_over(before, |source| is_same_source(context.home.named, source));
    }
    record.keep(&context.home.context)
}
