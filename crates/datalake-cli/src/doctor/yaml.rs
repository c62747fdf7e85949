//! Dagster's own settings.

use datalake_core::FaultKind;
use datalake_core::doctor::{Examination, Look};
use datalake_engine::Files;

use crate::site::Site;

/// Looks at dagster.yaml, where a unit tells its place.
pub(super) fn look(site: &Site, seen: &mut Examination) {
    let Some(home) = super::mounted::dagster_home(site) else {
        let why = "no unit tells where Dagster's home lies";
        return seen.dagster_yaml.traps = Look::NotHere(why.to_owned());
    };
    let Ok(path) = home.join("dagster.yaml") else { return };
    seen.dagster_yaml.path = path.to_string();
    match site.host.look(&path) {
        Err(fault) if fault.kind == FaultKind::Absent => {
            seen.dagster_yaml.traps = Look::NotHere(format!("there is no `{path}`"));
        }
        Err(fault) => seen.dagster_yaml.traps = Look::Unknown(fault),
        Ok(_) => (),
    }
}
