//! Dagster's own settings.

use std::collections::BTreeSet;

use datalake_core::doctor::{Look, YamlEvidence};
use datalake_core::fault::FaultKind;
use datalake_core::host::HostPath;
use datalake_core::spec::Logs;
use datalake_dagster::{SpecifiedStore, compare_with_spec, decode_yaml, scan_yaml};
use datalake_engine::{Files, SeenEntry};
use datalake_quadlet::UnitFile;

use super::ExaminationInput;
use super::mounted::{MountedFolders, SettingsPlace};
use crate::{find_dump, look_at_host};

/// Looks at dagster.yaml, where a unit tells its place.
pub(super) fn examine_yaml(input: &ExaminationInput<'_>, seen: &mut YamlEvidence) {
    let (mounted, files) = (MountedFolders::of(input), input.context.files);
    let SettingsPlace { path, inside } = match mounted.find_settings() {
        Ok(place) => place,
        Err(reason) => return seen.traps = reason,
    };
    seen.path = path.to_string();
    seen.wants_logs = input.spec.document.named_logs() == Logs::S3;
    seen.traps = match files.look(&path) {
        Ok(SeenEntry::File { content, .. }) => {
            let text = match decode_yaml(content.expose()) {
                Ok(text) => text,
                Err(trap) => return seen.traps = Look::Saw(vec![trap]),
            };
            let others = list_named_in_files(input);
            let ours = input.context.variables;
            let is_set = |name: &str| {
                ours.iter().any(|own| own == name) || mounted.sets(name) || others.contains(name)
            };
            let mut traps = scan_yaml(text, &inside, is_set);
            seen.dump = find_dump(input.context, input.spec.host.as_ref().ok(), text);
            if let Some(spec) = &input.spec.whole {
                let endpoint = spec.endpoint.to_string();
                let (bucket, prefix) = (spec.bucket.as_str(), spec.prefix.as_str());
                let spec = SpecifiedStore { endpoint: &endpoint, bucket, prefix };
                traps.extend(compare_with_spec(text, spec));
            }
            Look::Saw(traps)
        }
        Ok(SeenEntry::Folder(_)) => Look::NotHere(format!("`{path}` is a folder")),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{path}`"))
        }
        Err(fault) => Look::Unknown(fault),
    };
}

/// The names that the units' env files of others set; their values are not looked at.
fn list_named_in_files(input: &ExaminationInput<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let (Ok(host), files) = (&input.spec.host, input.context.files) else { return names };
    let Ok((_, places)) = look_at_host(input.context, host) else { return names };
    for unit in &places.units {
        let Some(text) = read_text(files, &unit.file) else { continue };
        let unit = UnitFile::parse(&text);
        let sections = ["Container", "Service"];
        for file in sections.iter().flat_map(|section| unit.words(section, "EnvironmentFile")) {
            let content = file.trim_start_matches('-').parse().ok();
            let content = content.and_then(|path| read_text(files, &path)).unwrap_or_default();
            let set = content.lines().filter_map(|line| line.split_once('='));
            names.extend(set.map(|(name, _)| name.trim().to_owned()));
        }
    }
    names
}

fn read_text(files: &dyn Files, path: &HostPath) -> Option<String> {
    match files.look(path) {
        Ok(SeenEntry::File { content, .. }) => {
            Some(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Ok(SeenEntry::Folder(_)) | Err(_) => None,
    }
}
