//! The service user's units as they lie on the host, and what stands in a plan's way there.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::fault::Target;
use datalake_core::host::{HostPath, UnitName};
use datalake_core::plan::Plan;
use datalake_quadlet::{
    DROP_IN_NAME, EnvFileText, Obstacle, ObstacleKind, Planned, PlannedUnits, UnitOwner, UnitSort,
    UserUnit, UserUnits, find_doubts, find_env_files, find_given_variables, find_obstacles,
};

use crate::{DagsterUnit, FoundWorkspace, find_roles};

/// The folder whose files systemd hands to all services.
pub const USER_WIDE: &str = "environment.d";

/// All files of the service user's units, and the env files that they name.
pub struct HostUnits {
    /// The service user.
    pub owner: UnitOwner,
    /// The folders in which quadlet looks for units, the strongest first.
    pub folders: Vec<HostPath>,
    /// The files.
    pub files: Vec<UserUnit>,
    /// The workspace files that Dagster reads, as far as they lie on the host.
    pub workspaces: Vec<FoundWorkspace>,
    /// The env files that they name.
    pub env_files: BTreeMap<HostPath, EnvFileText>,
    /// Env files that do not exist, and should.
    pub missing: BTreeSet<HostPath>,
    /// Files that could not be read, and why.
    pub unread: Vec<(HostPath, String)>,
    /// What stands in quadlet folders and of which quadlet makes nothing, since the service user cannot
    /// read it or it is no file, and why.
    pub closed: Vec<(HostPath, String)>,
    /// Units that are masked.
    pub masked: Vec<HostPath>,
}

impl HostUnits {
    /// The same as values to decide on.
    pub fn as_units(&self) -> UserUnits<'_> {
        UserUnits {
            owner: &self.owner,
            files: &self.files,
            env_files: &self.env_files,
            unread: &self.unread,
            masked: &self.masked,
        }
    }

    /// The container units, each with what it has to do with Dagster, in the order in which they are
    /// to be restarted.
    #[must_use]
    pub fn find_roles(&self) -> Vec<DagsterUnit<'_>> {
        find_roles(&self.as_units(), &self.folders, &self.workspaces)
    }

    /// The units that a plan takes up without being told, in that order; then those that are called
    /// after Dagster and that nobody could read: a plan stops at them.
    #[must_use]
    pub fn find_planned_units(&self) -> Vec<UnitName> {
        let roles = self.find_roles().into_iter().filter(DagsterUnit::needs_settings);
        let mut names: Vec<UnitName> = roles.map(|unit| unit.container.name).collect();
        let unread = self.unread.iter().chain(&self.closed).filter_map(|(path, _)| {
            let name = path.file_name().strip_suffix(".container")?;
            name.contains("dagster").then(|| name.parse().ok())?
        });
        for name in unread.collect::<Vec<UnitName>>() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The units that need the settings and that `named` leaves out.
    #[must_use]
    pub fn find_unnamed(&self, named: &[UnitName]) -> Vec<DagsterUnit<'_>> {
        let mut roles = self.find_roles();
        roles.retain(|unit| unit.needs_settings() && !named.contains(&unit.container.name));
        roles
    }

    /// The units that `named` leaves out and that a plan, which has `dagster.yaml` ask for `variable`,
    /// would have fail: they load it, and nothing gives them the variable.
    #[must_use]
    pub fn find_starved(&self, named: &[UnitName], variable: &str) -> Vec<Obstacle> {
        let is_given = |unit: &DagsterUnit<'_>| {
            let name = format!("{}.container", unit.container.name);
            let given = find_given_variables(&name, UnitSort::Quadlet, &self.as_units());
            given.iter().any(|given| given.name == variable)
        };
        let starved = self.find_unnamed(named).into_iter().filter(|unit| !is_given(unit));
        let obstacle = |unit: DagsterUnit<'_>| {
            let (path, line) = match unit.reasons.first() {
                Some(reason) => (reason.path.clone(), reason.line),
                None => (unit.container.unit.path.clone(), None),
            };
            let unit = unit.container.name;
            Obstacle {
                path,
                line,
                standing: Planned::Addable(unit.to_string()),
                kind: ObstacleKind::LacksVariable { unit, variable: variable.to_owned() },
            }
        };
        starved.map(obstacle).collect()
    }

    /// The env files that units name and that do not exist.
    pub fn missing_env_files(&self) -> &BTreeSet<HostPath> {
        &self.missing
    }

    /// The lines of quadlet's files that require one of those, each with the file's path and that of
    /// the env file.
    pub fn lines_that_miss(&self) -> Vec<(&HostPath, usize, HostPath)> {
        let quadlets = self.files.iter().filter(|unit| unit.sort == UnitSort::Quadlet);
        let lines = quadlets.flat_map(|unit| {
            let named = find_env_files(&unit.file, unit.place(&self.owner)).into_iter();
            let required = named.filter(|named| !named.is_optional);
            required.filter_map(move |named| Some((&unit.path, named.line, named.path()?)))
        });
        lines.filter(|(_, _, file)| self.missing.contains(file)).collect()
    }

    /// Who needs what a way back takes away; `units` and those that it changes do not.
    pub fn needing_what_goes(&self, plan: &Plan, units: Vec<UnitName>) -> Vec<Obstacle> {
        let names: Vec<_> = units.into_iter().chain(units_in(plan)).collect();
        let planned =
            PlannedUnits { names: &names, env_file: None, variables: &[], after: DROP_IN_NAME };
        let mut found = self.obstacles(plan, &planned);
        found.retain(|it| matches!(it.kind, ObstacleKind::Needs(_) | ObstacleKind::Starts { .. }));
        found
    }

    /// What stands in the way of a plan.
    pub fn obstacles(&self, plan: &Plan, planned: &PlannedUnits<'_>) -> Vec<Obstacle> {
        find_obstacles(plan, planned, &self.as_units())
    }

    /// What may stand in the way of a plan, for all that is known.
    pub fn doubts(&self, plan: &Plan, planned: &PlannedUnits<'_>) -> Vec<Obstacle> {
        find_doubts(plan, planned, &self.as_units())
    }
}

/// The units whose files a plan changes.
fn units_in(plan: &Plan) -> impl Iterator<Item = UnitName> {
    let paths = plan.steps.iter().filter_map(|step| match step.action.target() {
        Target::Path(path) => Some(path),
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    });
    paths.filter_map(|path| {
        let mut parts = path.parts().rev().take(2);
        parts.find_map(|part| {
            let name = part.strip_suffix(".d").unwrap_or(part).strip_suffix(".container")?;
            name.parse().ok()
        })
    })
}

#[cfg(test)]
mod tests;
