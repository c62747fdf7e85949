//! What the units' containers see of the host.

use datalake_core::doctor::Look;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_desired::HomeUnknown;
use datalake_quadlet::{DagsterHome, MountedUnit, UnknownHome};

use super::ExaminationInput;
use crate::{FoundHome, look_at_host, read_mounted_units};

/// What the units tell, as far as they can be read.
#[derive(Default)]
pub(super) struct MountedFolders {
    /// Dagster's home, or why it is not known; `None` where there is no host.
    pub(super) home: Option<Result<DagsterHome, HomeUnknown>>,
    units: Vec<MountedUnit>,
}

/// Where `dagster.yaml` lies, and the home that it is about as Dagster's processes see it.
pub(super) struct SettingsPlace {
    pub(super) path: HostPath,
    pub(super) inside: String,
}

impl MountedFolders {
    /// Reads the spec's units.
    pub(super) fn of(input: &ExaminationInput<'_>) -> Self {
        let (Ok(host), files) = (&input.spec.host, input.context.files) else {
            return Self::default();
        };
        let Ok((account, _)) = look_at_host(input.context, host) else { return Self::default() };
        match FoundHome::find(&account, host, files) {
            Ok(found) => Self { home: Some(Ok(found.home)), units: found.units },
            Err(why) => {
                let units = read_mounted_units(&account, host, files).unwrap_or_default();
                Self { home: Some(Err(why)), units }
            }
        }
    }

    /// Dagster's home, or what there is to say instead of what lies in it.
    pub(super) fn find_home<T>(&self) -> Result<&DagsterHome, Look<T>> {
        match &self.home {
            Some(Ok(home)) => Ok(home),
            Some(Err(why)) if is_open_question(why) => {
                Err(Look::Unknown(Fault::new(FaultKind::Refused, why.to_string())))
            }
            Some(Err(why)) => Err(Look::NotHere(why.to_string())),
            None => Err(Look::NotHere("no unit says where Dagster's home is".to_owned())),
        }
    }

    /// Dagster's settings, or what there is to say instead of what they hold. A unit may take them from
    /// the host, and nothing else of its home.
    pub(super) fn find_settings<T>(&self) -> Result<SettingsPlace, Look<T>> {
        if let Some(Err(HomeUnknown::Unknown(UnknownHome::OnlySettings { inside, yaml, .. }))) =
            &self.home
        {
            return Ok(SettingsPlace { path: yaml.clone(), inside: inside.clone() });
        }
        let home = self.find_home()?;
        let inside = home.inside.clone().unwrap_or_else(|| home.folder.to_string());
        let path = home.yaml();
        let path = path.map_err(|error| Look::NotHere(error.to_string()))?;
        Ok(SettingsPlace { path, inside })
    }

    /// Whether a unit sets a variable by `Environment=`.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.units.iter().any(|unit| unit.mounts.variable(name).is_some())
    }

    /// The folders that containers see, but for Dagster's home: what lies there is no code.
    pub(super) fn list_code(&self) -> Vec<&HostPath> {
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
fn is_open_question(why: &HomeUnknown) -> bool {
    use UnknownHome::{NoVariable, NoVolume, OnlySettings};

    !matches!(why, HomeUnknown::Unknown(NoVariable | NoVolume { .. } | OnlySettings { .. }))
}
