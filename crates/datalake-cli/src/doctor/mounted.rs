//! What the units' containers see of the host.

use datalake_core::HostPath;
use datalake_quadlet::{DagsterHome, MountedUnit};

use crate::dagster_home::{FoundHome, Homeless, read_mounted_units};
use crate::site::Site;

/// What the units tell, as far as they can be read.
#[derive(Default)]
pub(super) struct Mounted {
    /// Dagster's home, or why it is not known; `None` where there is no host.
    pub(super) home: Option<Result<DagsterHome, Homeless>>,
    units: Vec<MountedUnit>,
}

impl Mounted {
    /// Reads the spec's units.
    pub(super) fn of(site: &Site) -> Self {
        let Ok(host) = site.settings.host() else { return Self::default() };
        let Ok((account, _)) = site.host(&host) else { return Self::default() };
        match FoundHome::find(&account, &host, &site.host) {
            Ok(found) => Self { home: Some(Ok(found.home)), units: found.units },
            Err(why) => {
                let units = read_mounted_units(&account, &host, &site.host).unwrap_or_default();
                Self { home: Some(Err(why)), units }
            }
        }
    }

    /// Whether a unit sets a variable by `Environment=`.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.units.iter().any(|unit| unit.mounts.variable(name).is_some())
    }

    /// The folders that containers see, but for Dagster's home: what lies there is no code.
    pub(super) fn code(&self) -> Vec<&HostPath> {
        let home = self.home.as_ref().and_then(|home| home.as_ref().ok()).map(|home| &home.folder);
        let mut folders: Vec<_> = self.units.iter().flat_map(|unit| unit.mounts.folders()).collect();
        folders.retain(|folder| Some(*folder) != home);
        folders.sort();
        folders.dedup();
        folders
    }
}
