//! What stands in the way of a plan, and what may, for all that is known.

use datalake_core::fault::Target;
use datalake_core::host::{HostPath, UnitName};
use datalake_core::plan::Plan;
use datalake_core::spec::{Handover, Logs};
use datalake_core::text::printable;
use datalake_desired::{
    DagsterUnit, HostPaths, HostUnits, ProvisionInput, UnitRole, list_template_remarks,
};
use datalake_quadlet::{DROP_IN_NAME, Obstacle, PlannedUnits};

use crate::HostContext;

/// A variable that `dagster.yaml` asks for with `logs: s3`: Dagster does not load it without.
const BUCKET: &str = "DAGSTER_S3_BUCKET";

/// What on the host stands in the way of a plan.
#[must_use]
pub fn find_plan_obstacles(input: &ProvisionInput<'_>, plan: &Plan) -> Vec<Obstacle> {
    let stale = input.places.stale();
    let planned = planned_units(input, &stale);
    let Some(units) = &input.places.host_units else { return Vec::new() };
    let mut found = units.obstacles(plan, &planned);
    if input.spec.logs == Logs::S3 && changes_dagster_yaml(input, plan) {
        found.extend(units.find_starved(&input.spec.host.units, BUCKET));
    }
    found
}

fn changes_dagster_yaml(input: &ProvisionInput<'_>, plan: &Plan) -> bool {
    let Ok((_, path)) = &input.places.dagster_yaml else { return false };
    plan.steps.iter().any(|step| step.action.target() == Target::Path(path.clone()))
}

/// What a reader of the plan should know besides it, a sentence each: what nobody has looked at, units
/// that the spec leaves out, and what is left to do for templates.
#[must_use]
pub fn list_remarks(input: &ProvisionInput<'_>, plan: &Plan) -> Vec<String> {
    let units = input.places.host_units.iter();
    let left_out = units.flat_map(|units| list_left_out_units(units, &input.spec.host.units));
    let templates = list_template_remarks(&input.spec.host, input.places);
    let templates = templates.into_iter().filter(|_| !plan.is_empty());
    list_unseen(input, plan).into_iter().chain(left_out).chain(templates).collect()
}

/// What nobody has looked at, a sentence each: more may stand in the way of a plan.
#[must_use]
pub fn list_unseen(input: &ProvisionInput<'_>, plan: &Plan) -> Vec<String> {
    let units = input.places.host_units.as_ref();
    let stale = input.places.stale();
    let planned = planned_units(input, &stale);
    let doubts = units.map(|units| units.doubts(plan, &planned)).unwrap_or_default();
    let is_told = |path: &HostPath| doubts.iter().any(|doubt| doubt.path == *path);
    let unseen = input.places.unseen.iter().filter(|(path, _)| !is_told(path));
    let unseen = unseen.map(|(path, fault)| format!("`{path}` was not looked into: {fault}"));
    let all = doubts.iter().map(ToString::to_string).chain(unseen);
    all.map(|sentence| printable(&sentence)).collect()
}

/// The units that are links, a sentence each.
#[must_use]
pub fn list_links(context: &HostContext<'_>, places: &HostPaths) -> Vec<String> {
    let links = places.units.iter().filter_map(|unit| context.files.link_on_the_way(&unit.file));
    let sentence = |(link, target): (HostPath, String)| {
        format!(
            "`{link}` is a symbolic link to `{target}`: it is read with the service user's rights, \
             and nothing is written through it"
        )
    };
    let mut all: Vec<_> = links.map(sentence).collect();
    all.dedup();
    all
}

/// The units that need the settings and that the spec's list leaves out, a sentence each.
#[must_use]
pub fn list_left_out_units(units: &HostUnits, named: &[UnitName]) -> Vec<String> {
    let left_out = units.find_unnamed(named).into_iter();
    let sentence = |unit: DagsterUnit<'_>| {
        let reason = unit.reasons.first();
        let reason = reason.map(|it| format!(" ({}, `{}`)", it.words, it.path)).unwrap_or_default();
        let role = if unit.has_role(UnitRole::RunsUserCode) {
            "runs user code"
        } else {
            "loads `dagster.yaml`"
        };
        let name = unit.container.name;
        printable(&format!(
            "`{name}` {role}{reason} and is not in `host.units`: it gets no settings. Add it to the \
             list, or remove the list to have all such units taken"
        ))
    };
    left_out.map(sentence).collect()
}

fn planned_units<'a>(input: &'a ProvisionInput<'_>, stale: &'a [&'a str]) -> PlannedUnits<'a> {
    let ProvisionInput { spec, places, way, .. } = input;
    PlannedUnits {
        names: &spec.host.units,
        env_file: (way.handover != Handover::PodmanSecret).then_some(&places.env_file),
        variables: stale,
        after: if way.handover == Handover::InPlace { "" } else { DROP_IN_NAME },
    }
}
