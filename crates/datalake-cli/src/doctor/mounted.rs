//! Folders of the host that the units' containers see.

use datalake_core::HostPath;
use datalake_engine::{Files, Seen};
use datalake_quadlet::UnitFile;

use crate::site::Site;

/// The folders that the spec's units mount, as far as their unit files name them outright.
pub(super) fn code(site: &Site) -> Vec<HostPath> {
    let Ok(host) = site.settings.host() else { return Vec::new() };
    let Ok((account, places)) = site.host(&host) else { return Vec::new() };
    let mut folders: Vec<HostPath> = Vec::new();
    for unit in &places.units {
        let Ok(Seen::File { content, .. }) = site.host.look(&unit.file) else { continue };
        let unit = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
        for volume in unit.values("Container", "Volume") {
            let source = volume.split(':').next().unwrap_or_default();
            let filled = source.trim().replace("%h", account.home.as_str());
            if let Ok(folder) = filled.parse()
                && !folders.contains(&folder)
            {
                folders.push(folder);
            }
        }
    }
    folders
}

/// Dagster's home on the host, where a unit names it and mounts it.
pub(super) fn dagster_home(site: &Site) -> Option<HostPath> {
    let host = site.settings.host().ok()?;
    let (account, places) = site.host(&host).ok()?;
    places.units.iter().find_map(|unit| {
        let Ok(Seen::File { content, .. }) = site.host.look(&unit.file) else { return None };
        let unit = UnitFile::parse(&String::from_utf8_lossy(content.expose()));
        let words = unit.words("Container", "Environment");
        let inside = words.iter().find_map(|word| word.strip_prefix("DAGSTER_HOME="))?.to_owned();
        unit.values("Container", "Volume").into_iter().find_map(|volume| {
            let mut parts = volume.split(':');
            let (source, target) = (parts.next()?, parts.next()?);
            let rest = inside.strip_prefix(target)?;
            let source = source.trim().replace("%h", account.home.as_str());
            format!("{source}{rest}").parse().ok()
        })
    })
}
