//! Where Dagster is asked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use datalake_core::host::UnitName;
use datalake_core::plan::Found;
use datalake_core::secret::Credentials;
use datalake_core::spec::{HostSpec, Spec};
use datalake_engine::{AccountFault, DeployedUnit, Programs, find_user};

use super::request::CodeTarget;
use crate::lake_clients::{CodePlace, find_code_places, list_environment, place_on_host};
use crate::{DagsterHost, HostContext, OperationError};

/// A place in which user code runs, and how it is known again.
pub struct SwitchPlace {
    /// The programs there.
    pub(super) place: CodePlace,
    /// Where the code is; `None` where it is found in the container.
    pub(super) target: Option<CodeTarget>,
    /// The container's id and image.
    pub(super) container: Option<SeenContainer>,
}

impl SwitchPlace {
    /// The place and the code that is asked for in it, in one line.
    pub(super) fn identify(&self) -> String {
        let Some(target) = &self.target else { return self.place.name.clone() };
        let code = [&target.workspace, &target.python_file, &target.module_name, &target.attribute];
        let words = code.into_iter().flatten().map(String::as_str);
        [self.place.name.as_str()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A Python of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPython {
    /// What the operator calls it.
    pub name: String,
    /// Its whole path, or its name where it is looked for.
    pub path: String,
}

/// A container as it is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenContainer {
    pub(super) id: String,
    pub(super) image: String,
}

/// The containers in which user code runs, or those of the units that are `named`.
///
/// # Errors
///
/// [`OperationError`] where there is no unit, or nobody can look for containers.
pub async fn find_switch_places(
    context: &HostContext<'_>,
    host: &HostSpec,
    named: &[String],
) -> Result<Vec<SwitchPlace>, OperationError> {
    let found = find_code_places(context, host, named).await?;
    let names: Vec<_> = found.iter().map(|place| place.name.clone()).collect();
    let containers = find_containers(context, host, &names).await?;
    let place = |(place, container)| SwitchPlace { place, target: None, container };
    Ok(found.into_iter().zip(containers).map(place).collect())
}

/// A Python of this host, as the operator calls it, and where user code is.
#[must_use]
pub fn place_switch_on_host(
    programs: Box<dyn Programs>,
    python: NamedPython,
    target: CodeTarget,
) -> SwitchPlace {
    let NamedPython { name, path } = python;
    let place = CodePlace { name, ..place_on_host(programs, path) };
    SwitchPlace { place, target: Some(target), container: None }
}

/// The environment of user code on this host: what the env file hands over, and, where the caller's own
/// code runs with `home` as Dagster's, the caller's variables but for datalake's own.
///
/// # Errors
///
/// [`OperationError`] where env files cannot carry a value.
pub fn list_code_environment(
    spec: &Spec,
    keys: &Credentials,
    home: Option<&Path>,
    own: &[(OsString, OsString)],
) -> Result<BTreeMap<OsString, OsString>, OperationError> {
    let handed = list_environment(spec, keys, own.iter().cloned())?;
    let Some(home) = home else { return Ok(handed) };
    let is_ours = |name: &OsString| name.as_encoded_bytes().starts_with(b"DATALAKE_");
    let own = own.iter().filter(|(name, _)| !is_ours(name)).cloned();
    let home = ("DAGSTER_HOME".into(), home.as_os_str().to_owned());
    Ok(own.chain(handed).chain([home]).collect())
}

/// A unit that runs user code, and its container now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeUnit {
    pub(super) name: String,
    pub(super) container: Found<SeenContainer>,
}

/// The units that run user code as they are now; none where the host has no such user, or is a folder
/// and no machine.
pub(super) async fn find_code_units(
    context: &HostContext<'_>,
    host: &HostSpec,
) -> Result<Vec<CodeUnit>, OperationError> {
    if context.machine.is_none() {
        return Ok(Vec::new());
    }
    // A user whom the host does not know runs no containers.
    if let Err(AccountFault::Absent(_)) = find_user(context.files, host.user.as_str()) {
        return Ok(Vec::new());
    }
    let dagster_host = DagsterHost::open(context, host.clone())?;
    let names = dagster_host.find_code_units();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = dagster_host.with_units(&names).found(context).await;
    let code_units = found.units.into_iter().filter(|unit| names.contains(&unit.name));
    let seen = |unit: DeployedUnit| CodeUnit {
        name: unit.name.to_string(),
        container: unit.container.map(|found| SeenContainer { id: found.id, image: found.image }),
    };
    Ok(code_units.map(seen).collect())
}

/// The containers of these units as they are now; `None` for one that does not run or cannot be seen.
pub(super) async fn find_containers(
    context: &HostContext<'_>,
    host: &HostSpec,
    names: &[String],
) -> Result<Vec<Option<SeenContainer>>, OperationError> {
    let units: Vec<UnitName> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let dagster_host = DagsterHost::open(context, host.clone())?.with_units(&units);
    let deployment = dagster_host.found(context).await;
    let container = |name: &String| {
        let unit = deployment.units.iter().find(|unit| unit.name.to_string() == *name)?;
        match &unit.container {
            Found::Present(found) => {
                Some(SeenContainer { id: found.id.clone(), image: found.image.clone() })
            }
            Found::Absent | Found::Unknown(_) => None,
        }
    };
    Ok(names.iter().map(container).collect())
}
