//! What was proved of the switch, and whether all is still as it was then.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datalake_core::host::HostPath;
use datalake_core::plan::Found;
use datalake_core::text::{count_things, printable};
use datalake_engine::{NamedFolders, Payload, SeenEntry};

use super::super::open_part::OpenPart;
use super::super::{Migration, MigrationPart};
use super::check::find_asset_part;
use super::moved_files::hash_manifest;
use super::places::{CodeUnit, find_code_units, find_containers};
use super::record::{CheckedSource, RecordedPlace, SwitchRecord};
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// What Dagster was seen to read from the bucket; all is still as it was then.
pub struct SwitchProof {
    checked: String,
    manifest: Option<String>,
    green: BTreeSet<String>,
    others: BTreeMap<String, String>,
}

/// What the last check has proved, if nothing of it has changed since.
///
/// # Errors
///
/// [`OperationError`] where nobody has checked, or something is not as it was then.
pub async fn require_switch_proof(
    migration: &Migration<'_>,
) -> Result<SwitchProof, OperationError> {
    let context = &migration.context.home.context;
    let part = find_asset_part(migration)?;
    let record = SwitchRecord::read(context).map_err(|fault| context.state_error(fault))?;
    let Some(record) = record else {
        return Err(refuse_unproved(
            "Dagster was not seen yet to read what was moved from the bucket",
        ));
    };
    if record.pair != migration.identify_part(part) {
        let place = printable(&record.destination);
        return Err(refuse_unproved(format!(
            "the last check of the switch was of other places: {place}"
        )));
    }
    if let Some(place) = record.places.iter().find(|place| place.unknown.is_some()) {
        let why = place.unknown.as_deref().unwrap_or_default();
        let (name, why) = (printable(&place.name), printable(why));
        return Err(refuse_unproved(format!(
            "the last check could not ask Dagster in `{name}`: {why}"
        )));
    }
    require_same_places(migration, &record).await?;
    require_all_containers(migration, &record).await?;
    let proof = SwitchProof {
        checked: record.checked,
        manifest: record.manifest,
        green: record.green.into_iter().collect(),
        others: record.others.into_iter().map(|file| (file.name, file.why)).collect(),
    };
    proof.require_same_manifest(&migration.open_part(part, true)?)?;
    if proof.green.is_empty() {
        return Err(refuse_unproved(
            "the last check has found nothing that Dagster reads from the bucket",
        ));
    }
    Ok(proof)
}

fn refuse_unproved(message: impl Into<String>) -> OperationError {
    OperationError::new(ErrorKind::Config, message)
        .advise(Advice::naming("{} asks Dagster itself", [AdvisedCommand::CheckMigration]))
}

/// The same containers with the same images, and the same files of code.
async fn require_same_places(
    migration: &Migration<'_>,
    record: &SwitchRecord,
) -> Result<(), OperationError> {
    let search = &migration.context.home;
    let in_containers = |place: &&RecordedPlace| place.container.is_some();
    let containers: Vec<_> = record.places.iter().filter(in_containers).collect();
    if !containers.is_empty() {
        let host = search.host.clone()?;
        let names: Vec<_> = containers.iter().map(|place| place.name.clone()).collect();
        let now = find_containers(&search.context, &host, &names).await?;
        for (place, now) in containers.iter().zip(now) {
            let id = now.as_ref().map(|container| container.id.as_str());
            let image = now.as_ref().map(|container| container.image.as_str());
            if id != place.container.as_deref() || image != place.image.as_deref() {
                let name = printable(&place.name);
                let message = format!("the container of `{name}` is not the one that was checked");
                return Err(refuse_unproved(message));
            }
        }
    }
    let is_unbound = |place: &&RecordedPlace| place.container.is_none() && place.sources.is_empty();
    if let Some(place) = record.places.iter().find(is_unbound) {
        let name = printable(&place.name);
        return Err(refuse_unproved(format!(
            "the code that was checked by `{name}` is installed, or too much to be looked at again: \
             only a container proves it"
        )));
    }
    for source in record.places.iter().flat_map(|place| &place.sources) {
        if !is_same_source(search.named, source) {
            let path = printable(&source.path);
            return Err(refuse_unproved(format!("`{path}` is not the code that was checked")));
        }
    }
    let mut libraries = record.places.iter().flat_map(|place| &place.libraries);
    match libraries.find_map(|folder| folder.find_change(search.named)) {
        Some(change) => Err(refuse_unproved(change)),
        None => Ok(()),
    }
}

/// Every container that runs user code now was asked: what another one reads nobody has seen.
async fn require_all_containers(
    migration: &Migration<'_>,
    record: &SwitchRecord,
) -> Result<(), OperationError> {
    let search = &migration.context.home;
    // Without a host in the spec there are no units to look for.
    let Ok(host) = search.host.clone() else { return Ok(()) };
    let units = find_code_units(&search.context, &host).await?;
    match find_unasked(&units, &record.places) {
        Some(message) => Err(refuse_unproved(message)),
        None => Ok(()),
    }
}

/// Why the places that were asked are not all in which user code runs.
fn find_unasked(units: &[CodeUnit], places: &[RecordedPlace]) -> Option<String> {
    let was_asked = |id: &str| places.iter().any(|place| place.container.as_deref() == Some(id));
    units.iter().find_map(|unit| {
        let name = printable(&unit.name);
        match &unit.container {
            Found::Present(container) if !was_asked(&container.id) => {
                Some(format!("the container of `{name}` runs user code and was not asked"))
            }
            Found::Unknown(fault) => Some(format!(
                "whether a container of `{name}` runs user code is not known: {fault}"
            )),
            Found::Present(_) | Found::Absent => None,
        }
    })
}

/// Whether a file of code is as it was.
pub(super) fn is_same_source(folders: &dyn NamedFolders, source: &CheckedSource) -> bool {
    hash_source(folders, source).as_deref() == Some(source.sha256.as_str())
}

/// The hash of a file of code; `None` where it cannot be read any more.
fn hash_source(folders: &dyn NamedFolders, source: &CheckedSource) -> Option<String> {
    let path = Path::new(&source.path);
    let folder = folders.open_named(path.parent()?).ok()?;
    let root: HostPath = "/".parse().ok()?;
    match folder.look(&root.join(path.file_name()?.to_str()?).ok()?) {
        Ok(SeenEntry::File { content, .. }) => {
            Some(Payload::of(content.expose().to_vec()).hash().hex())
        }
        Ok(SeenEntry::Folder(_)) | Err(_) => None,
    }
}

impl SwitchProof {
    /// Nothing is proved.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self {
            checked: String::new(),
            manifest: None,
            green: BTreeSet::new(),
            others: BTreeMap::new(),
        }
    }

    /// Whether a file of a part was proved; why not, where it was not.
    pub(crate) fn judge_file(&self, part: &MigrationPart, name: &str) -> Result<(), String> {
        if part.kind != datalake_core::migration::PartKind::Assets {
            return Err("no check proves what is not the file of an asset".to_owned());
        }
        if self.green.contains(name) {
            return Ok(());
        }
        let why = self.others.get(name);
        Err(why.cloned().unwrap_or_else(|| "it was not moved at the last check".to_owned()))
    }

    /// Fails where files were moved since the check.
    pub(crate) fn require_same_manifest(&self, open: &OpenPart<'_>) -> Result<(), OperationError> {
        if hash_manifest(open)? == self.manifest {
            return Ok(());
        }
        let checked = printable(&self.checked);
        let message =
            format!("the records of what was moved have changed since the check of {checked}");
        Err(refuse_unproved(message))
    }

    /// What was proved, in one sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        let green = count_things(self.green.len() as u64, "file");
        let mut text =
            format!("Checked {}: Dagster reads {green} from the bucket", printable(&self.checked));
        if !self.others.is_empty() {
            text.push_str(&format!("; {} not proved, and kept", self.others.len()));
        }
        text + "."
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::fault::{Fault, FaultKind};

    use super::super::places::SeenContainer;
    use super::*;

    fn make_unit(name: &str, container: Found<&str>) -> CodeUnit {
        let seen = |id: &str| SeenContainer { id: id.to_owned(), image: "image".to_owned() };
        CodeUnit { name: name.to_owned(), container: container.map(seen) }
    }

    #[test]
    fn a_running_container_that_was_not_asked_is_named() {
        let asked = RecordedPlace {
            name: "code".to_owned(),
            container: Some("1".to_owned()),
            image: Some("image".to_owned()),
            sources: Vec::new(),
            libraries: Vec::new(),
            unknown: None,
        };
        let gone = FaultKind::Unreachable;
        for (other, expected) in [
            (Found::Absent, None),
            (Found::Present("1"), None),
            (Found::Present("2"), Some("`late` runs user code and was not asked")),
            (Found::Unknown(Fault::new(gone, "no answer")), Some("`late` runs user code is not")),
        ] {
            let units = [make_unit("code", Found::Present("1")), make_unit("late", other)];

            let told = find_unasked(&units, std::slice::from_ref(&asked));

            match expected {
                None => assert_eq!(told, None),
                Some(part) => {
                    assert!(told.as_ref().is_some_and(|it| it.contains(part)), "{told:?}");
                }
            }
        }
    }
}
