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
