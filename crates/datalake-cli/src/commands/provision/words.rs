//! What `provision` says before and after.

use datalake_core::plan::{Observation, Plan};
use datalake_core::price::Money;
use datalake_core::receipt::Receipt;
use datalake_core::spec::{Handover, TablesPlace};
use datalake_desired::{ProvisionInput, Restart, find_repairs, log_notes};
use datalake_operations::{describe_file_changes, list_remarks};
use datalake_quadlet::{Trouble, UnitSort, find_hazards};

use super::super::restart_steps;
use crate::render;
use crate::site::Site;

pub(super) fn render_introduction(input: &ProvisionInput<'_>, observation: &Observation) -> String {
    let service = observation.observed.service.present();
    let who = service.and_then(|service| service.owner.as_deref()).unwrap_or("unknown account");
    let ahead = service.map_or(0, |service| service.clock_ahead);
    format!(
        "Connected to {} ({}) as {}, clock {ahead:+} s.\n",
        input.spec.endpoint,
        input.spec.region,
        datalake_core::text::printable(who)
    )
}

/// What a plan is told for.
pub(super) struct ProvisionPlace<'a> {
    /// How the next command names the place.
    pub(super) name: &'a str,
    /// What the account's first bucket costs in a month.
    pub(super) first_bucket: Option<Money>,
}

/// The plan and the diffs of all files that it writes.
pub(super) fn render_provision(
    place: &ProvisionPlace<'_>,
    plan: &Plan,
    input: &ProvisionInput<'_>,
    observation: &Observation,
) -> String {
    let steps = render::plan_with_costs(plan, place.first_bucket);
    let mut text = format!("\nPlan ({} steps):\n{steps}", plan.steps.len());
    text.push_str(&render::pending_text(&plan.pending, &format!("{} provision", place.name)));
    for repair in find_repairs(input.places, observation) {
        let (path, Trouble { kind, line }) = (repair.path, &repair.trouble);
        text.push_str(&format!("\n{path}:{line}: {}\n", kind.harm()));
        if !input.host_environment.takes_out(&repair.trouble) {
            let cure = kind.cure();
            text.push_str(&format!(
                "It stays. To put it right: {cure} (--environment-host=remove)\n"
            ));
        }
    }
    text.push_str(&render_hazards(input));
    for note in log_notes(input.places, input.spec.logs, observation) {
        let words = datalake_core::text::printable(&note.to_string());
        text.push_str(&format!("\nCompute logs ({}): {words}\n", note.id()));
    }
    for sentence in list_remarks(input, plan) {
        text.push_str(&format!("\n{sentence}\n"));
    }
    text + &describe_file_changes(plan, Some(input.keys), observation)
}

/// Lines that the installed podman cannot read, in all of quadlet's files.
fn render_hazards(input: &ProvisionInput<'_>) -> String {
    let Some(podman) = input.way.podman else { return String::new() };
    let units = input.places.host_units.iter().flat_map(|units| &units.files);
    let quadlets = units.filter(|unit| unit.sort == UnitSort::Quadlet);
    let lines = quadlets.flat_map(|unit| {
        let found = find_hazards(&unit.file, podman).into_iter();
        found.map(|hazard| format!("\nIn {}, {hazard}\n", unit.path))
    });
    lines.collect()
}

pub(super) fn render_farewell(
    site: &Site,
    input: &ProvisionInput<'_>,
    receipt: &Receipt,
) -> String {
    let (spec, name) = (input.spec, &site.name);
    let undo = format!("{name} rollback {}", receipt.run);
    let next = format!("{name} provision");
    let pending = render::pending_text(&receipt.pending, &next);
    let containers = match input.restart {
        Restart::Never => {
            let steps = restart_steps(site, &spec.host, input.places);
            let needs = match input.way.handover {
                _ if site.is_sandbox() => "",
                Handover::InPlace => "",
                Handover::EnvFile | Handover::PodmanSecret => {
                    "Drop-ins need podman 5.0 or newer: `podman --version`.\n"
                }
            };
            format!("\n{steps}{needs}")
        }
        Restart::IfNeeded | Restart::Owed => String::new(),
    };
    let tables = match spec.tables.as_ref().and_then(TablesPlace::own_bucket) {
        Some(bucket) => format!(", and in `{bucket}`"),
        None => String::new(),
    };
    format!(
        "\nProved: an object was put, read back and deleted below `{}` in `{}`{tables}; every file was read \
         back;\na second look finds nothing left to do. Receipt: {}.\n{containers}{pending}\nUndo: {undo}\n",
        spec.prefix, spec.bucket, receipt.run,
    )
}
