//! What a check of the switch leaves in datalake's folder.

use std::collections::BTreeSet;

use datalake_core::doctor::{Look, SwitchStanding};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use serde::{Deserialize, Serialize};

use super::super::read_last_choice;
use super::check::SwitchVerdict;
use super::libraries::CheckedLibraries;
use crate::{HostContext, OperationError};

/// Where it lies in datalake's folder.
const RECORD: &str = "migration/switch";

/// The form that is written.
const VERSION: u32 = 2;

/// So many files are named by a diagnosis.
const TOLD: usize = 5;

/// What the last check has found, and what it was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SwitchRecord {
    pub(super) schema_version: u32,
    /// When.
    pub(super) checked: String,
    /// The places of the files, as records know them.
    pub(super) pair: String,
    pub(super) endpoint: String,
    /// `s3://BUCKET/PREFIX`
    pub(super) destination: String,
    /// What the runs had noted, as one hash.
    pub(super) manifest: Option<String>,
    /// Where Dagster was asked.
    pub(super) places: Vec<RecordedPlace>,
    /// Files that Dagster reads from the bucket.
    pub(super) green: Vec<String>,
    /// All others.
    pub(super) others: Vec<RecordedFile>,
}

/// A place in which Dagster was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedPlace {
    pub(super) name: String,
    /// The container's id, where it is one.
    pub(super) container: Option<String>,
    /// The name of its image.
    pub(super) image: Option<String>,
    /// The operator's own code, where it is of this host.
    pub(super) sources: Vec<CheckedSource>,
    /// The packages that it was checked with, where they are of this host.
    pub(super) libraries: Vec<CheckedLibraries>,
    /// Why it told nothing, if it did not.
    pub(super) unknown: Option<String>,
}

/// A file of code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CheckedSource {
    pub(super) path: String,
    pub(super) sha256: String,
}

/// A file that Dagster does not read from the bucket, or of which nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordedFile {
    pub(super) name: String,
    pub(super) verdict: SwitchVerdict,
    pub(super) why: String,
    /// The places that were asked.
    pub(super) asked: Vec<String>,
}

impl SwitchRecord {
    /// The version of the form.
    pub(super) const fn version() -> u32 {
        VERSION
    }

    /// Keeps it in the place of an older one.
    pub(super) fn keep(&self, context: &HostContext<'_>) -> Result<(), OperationError> {
        let unusable = |fault| context.state_error(fault);
        let json = serde_json::to_vec(self);
        let json =
            json.map_err(|error| unusable(Fault::new(FaultKind::Refused, error.to_string())))?;
        context.state.write(RECORD, &json).map_err(unusable)
    }

    /// The last one, which counts no more from here on: a check that fails leaves no proof.
    pub(super) fn take(context: &HostContext<'_>) -> Result<Option<Self>, OperationError> {
        let unusable = |fault| context.state_error(fault);
        // One that makes no sense proves nothing, and goes.
        let before = match Self::read(context) {
            Err(fault) if fault.kind == FaultKind::Unreadable => None,
            read => read.map_err(unusable)?,
        };
        match context.state.remove(RECORD) {
            Err(fault) if fault.kind != FaultKind::Absent => Err(unusable(fault)),
            Ok(()) | Err(_) => Ok(before),
        }
    }

    /// Takes over what an earlier check has found in places that were not asked this time, as long as
    /// their code is still the same.
    pub(super) fn carry_over(&mut self, before: Self, is_same: impl Fn(&CheckedSource) -> bool) {
        if before.pair != self.pair {
            return;
        }
        let asked: BTreeSet<String> = self.places.iter().map(|place| place.name.clone()).collect();
        let is_left = |place: &RecordedPlace| {
            !asked.contains(&place.name)
                && (place.container.is_some() || place.sources.iter().all(&is_same))
        };
        let left: Vec<_> = before.places.into_iter().filter(is_left).collect();
        if left.is_empty() {
            return;
        }
        let names: Vec<_> = left.iter().map(|place| printable(&place.name)).collect();
        let known: BTreeSet<String> = self.others.iter().map(|file| file.name.clone()).collect();
        let left_names: BTreeSet<&String> = left.iter().map(|place| &place.name).collect();
        let is_carried = |file: &RecordedFile| {
            !known.contains(&file.name) && file.asked.iter().any(|place| left_names.contains(place))
        };
        for file in before.others.into_iter().filter(is_carried) {
            self.green.retain(|name| *name != file.name);
            let why = format!("{} (found before, in {})", file.why, names.join(", "));
            self.others.push(RecordedFile { why, ..file });
        }
        self.places.extend(left);
    }

    /// The last one; `None` where there is none.
    pub(super) fn read(context: &HostContext<'_>) -> Result<Option<Self>, Fault> {
        let json = match context.state.read(RECORD) {
            Ok(json) => json,
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let unreadable =
            |why: String| Fault::new(FaultKind::Unreadable, format!("{RECORD}: {why}"));
        let record: Self =
            serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))?;
        if record.schema_version != VERSION {
            let version = record.schema_version;
            return Err(unreadable(format!("form {version} is not known to this version")));
        }
        Ok(Some(record))
    }
}

/// How the switch stands by what the last check has left, for files that go to `destination`.
pub(crate) fn look_at_switch(
    context: &HostContext<'_>,
    destination: Option<&str>,
) -> Look<SwitchStanding> {
    let record = match SwitchRecord::read(context) {
        Ok(record) => record,
        Err(fault) => return Look::Unknown(fault),
    };
    let Some(record) = record else {
        return match read_last_choice(context) {
            Some(_) => Look::Saw(SwitchStanding::Unproved),
            None => Look::NotHere("no files of this host were moved".to_owned()),
        };
    };
    if destination.is_some_and(|destination| destination != record.destination) {
        return Look::Saw(SwitchStanding::OfAnotherPlace(printable(&record.destination)));
    }
    let Ok(time) = record.checked.parse() else {
        let message = format!("{RECORD}: `{}` is not a time", printable(&record.checked));
        return Look::Unknown(Fault::new(FaultKind::Unreadable, message));
    };
    let green = u64::try_from(record.green.len()).unwrap_or(u64::MAX);
    let unasked = record.places.iter().filter_map(|place| {
        let why = place.unknown.as_ref()?;
        Some(format!("{}: {}", printable(&place.name), printable(why)))
    });
    let mut unknown: Vec<_> = unasked.collect();
    unknown.extend(record.tell_files(SwitchVerdict::Unknown));
    let red = record.tell_files(SwitchVerdict::Red);
    Look::Saw(SwitchStanding::Checked { time, green, red, unknown })
}

impl SwitchRecord {
    fn tell_files(&self, verdict: SwitchVerdict) -> Vec<String> {
        let files: Vec<_> = self.others.iter().filter(|file| file.verdict == verdict).collect();
        let line =
            |file: &&RecordedFile| format!("{}: {}", printable(&file.name), printable(&file.why));
        let mut lines: Vec<_> = files.iter().take(TOLD).map(line).collect();
        if files.len() > TOLD {
            lines.push(format!("and {} more", files.len() - TOLD));
        }
        lines
    }
}
