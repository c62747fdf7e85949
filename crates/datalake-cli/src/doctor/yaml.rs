//! Dagster's own settings.

use std::collections::BTreeSet;

use datalake_core::doctor::{Examination, Look};
use datalake_core::{FaultKind, HostPath, Logs};
use datalake_dagster::{beside_spec, scan_yaml};
use datalake_engine::{Files, Seen};
use datalake_quadlet::UnitFile;

use super::mounted::Mounted;
use crate::dumps::find_dump;
use crate::places::variables;
use crate::site::Site;

/// Looks at dagster.yaml, where a unit tells its place.
pub(super) fn look(site: &Site, seen: &mut Examination) {
    let mounted = Mounted::of(site);
    let home = match mounted.home_or_reason() {
        Ok(home) => home,
        Err(reason) => return seen.dagster_yaml.traps = reason,
    };
    let Ok(path) = home.folder.join("dagster.yaml") else { return };
    seen.dagster_yaml.path = path.to_string();
    let wanted = site.settings.document().logs.clone();
    seen.dagster_yaml.wants_logs = wanted.is_some_and(|logs| logs.parse() == Ok(Logs::S3));
    seen.dagster_yaml.traps = match site.host.look(&path) {
        Ok(Seen::File { content, .. }) => {
            let text = String::from_utf8_lossy(content.expose());
            let inside = home.inside.as_deref().unwrap_or(home.folder.as_str());
            let others = named_in_files(site);
            let ours = variables(site.settings.gives_modal_token());
            let is_set =
                |name: &str| ours.contains(&name) || mounted.sets(name) || others.contains(name);
            let mut traps = scan_yaml(&text, inside, is_set);
            seen.dagster_yaml.dump = find_dump(site, &text);
            if let Ok(spec) = site.spec() {
                traps.extend(beside_spec(&text, spec.bucket.as_str(), spec.prefix.as_str()));
            }
            Look::Saw(traps)
        }
        Ok(Seen::Folder(_)) => Look::NotHere(format!("`{path}` is a folder")),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{path}`"))
        }
        Err(fault) => Look::Unknown(fault),
    };
}

/// The names that the units' env files of others set; their values are not looked at.
fn named_in_files(site: &Site) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Ok(host) = site.settings.host() else { return names };
    let Ok((_, places)) = site.host(&host) else { return names };
    for unit in &places.units {
        let Some(text) = text_at(site, &unit.file) else { continue };
        let unit = UnitFile::parse(&text);
        let sections = ["Container", "Service"];
        for file in sections.iter().flat_map(|section| unit.words(section, "EnvironmentFile")) {
            let content = file.trim_start_matches('-').parse().ok();
            let content = content.and_then(|path| text_at(site, &path)).unwrap_or_default();
            let set = content.lines().filter_map(|line| line.split_once('='));
            names.extend(set.map(|(name, _)| name.trim().to_owned()));
        }
    }
    names
}

fn text_at(site: &Site, path: &HostPath) -> Option<String> {
    match site.host.look(path) {
        Ok(Seen::File { content, .. }) => {
            Some(String::from_utf8_lossy(content.expose()).into_owned())
        }
        Ok(Seen::Folder(_)) | Err(_) => None,
    }
}
