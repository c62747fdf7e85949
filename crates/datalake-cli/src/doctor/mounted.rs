//! What the units' containers see of the host.

use datalake_core::HostPath;
use datalake_quadlet::Mounts;

use crate::dagster_home::{DagsterHome, mounts};
use crate::site::Site;

/// What the units tell, as far as they can be read.
#[derive(Default)]
pub(super) struct Mounted {
    /// Dagster's home, where the spec or the units tell it.
    pub(super) home: Option<DagsterHome>,
    units: Vec<Mounts>,
}

impl Mounted {
    /// Reads the spec's units.
    pub(super) fn of(site: &Site) -> Self {
        let Ok(host) = site.settings.host() else { return Self::default() };
        let Ok((account, _)) = site.host(&host) else { return Self::default() };
        let units = host.units.iter().filter_map(|unit| mounts(unit, &account, &site.host).ok());
        Self { units: units.collect(), home: DagsterHome::find(&account, &host, &site.host).ok() }
    }

    /// Whether a unit sets a variable by `Environment=`.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.units.iter().any(|mounts| mounts.variable(name).is_some())
    }

    /// The folders that containers see, but for Dagster's home: what lies there is no code.
    pub(super) fn code(&self) -> Vec<&HostPath> {
        let home = self.home.as_ref().map(|home| &home.folder);
        let mut folders: Vec<_> = self.units.iter().flat_map(Mounts::folders).collect();
        folders.retain(|folder| Some(*folder) != home);
        folders.sort();
        folders.dedup();
        folders
    }
}
