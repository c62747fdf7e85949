//! What the units' containers see of the host.

use datalake_core::doctor::Look;
use datalake_core::{Fault, FaultKind, HostPath};
use datalake_quadlet::{DagsterHome, MountedUnit, UnknownHome};

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

    /// Dagster's home, or what there is to say instead of what lies in it.
    pub(super) fn home_or_reason<T>(&self) -> Result<&DagsterHome, Look<T>> {
        match &self.home {
            Some(Ok(home)) => Ok(home),
            Some(Err(why)) if is_open_question(why) => {
                Err(Look::Unknown(Fault::new(FaultKind::Refused, why.to_string())))
            }
            _ => Err(Look::NotHere("no unit tells where Dagster's home lies".to_owned())),
        }
    }

    /// Whether a unit sets a variable by `Environment=`.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.units.iter().any(|unit| unit.mounts.variable(name).is_some())
    }

    /// The folders that containers see, but for Dagster's home: what lies there is no code.
    pub(super) fn code(&self) -> Vec<&HostPath> {
        let home = self.home.as_ref().and_then(|home| home.as_ref().ok()).map(|home| &home.folder);
        let mut folders: Vec<_> =
            self.units.iter().flat_map(|unit| unit.mounts.folders()).collect();
        folders.retain(|folder| Some(*folder) != home);
        folders.sort();
        folders.dedup();
        folders
    }
}

/// Whether there is a home, and only which one is not known.
fn is_open_question(why: &Homeless) -> bool {
    !matches!(why, Homeless::Unknown(UnknownHome::NoVariable | UnknownHome::NoVolume { .. }))
}
