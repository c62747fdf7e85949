//! Dagster's own settings.

use datalake_core::doctor::{Examination, Look};
use datalake_core::{FaultKind, Logs};
use datalake_dagster::scan_yaml;
use datalake_engine::{Files, Seen};
use datalake_quadlet::S3_VARIABLES;

use super::mounted::Mounted;
use crate::site::Site;

/// Looks at dagster.yaml, where a unit tells its place.
pub(super) fn look(site: &Site, seen: &mut Examination) {
    let mounted = Mounted::of(site);
    let Some(home) = &mounted.home else {
        let why = "no unit tells where Dagster's home lies";
        return seen.dagster_yaml.traps = Look::NotHere(why.to_owned());
    };
    let Ok(path) = home.folder.join("dagster.yaml") else { return };
    seen.dagster_yaml.path = path.to_string();
    let wanted = site.settings.document().logs.clone();
    seen.dagster_yaml.wants_logs = wanted.is_some_and(|logs| logs.parse() == Ok(Logs::S3));
    seen.dagster_yaml.traps = match site.host.look(&path) {
        Ok(Seen::File { content, .. }) => {
            let text = String::from_utf8_lossy(content.expose());
            let inside = home.inside.as_deref().unwrap_or(home.folder.as_str());
            let is_set = |name: &str| S3_VARIABLES.contains(&name) || mounted.sets(name);
            Look::Saw(scan_yaml(&text, inside, is_set))
        }
        Ok(Seen::Folder(_)) => Look::NotHere(format!("`{path}` is a folder")),
        Err(fault) if fault.kind == FaultKind::Absent => {
            Look::NotHere(format!("there is no `{path}`"))
        }
        Err(fault) => Look::Unknown(fault),
    };
}
