//! What `provision` says before and after.

use datalake_core::{Action, Guard, Handover, Plan, Receipt};
use datalake_engine::Sighting;
use datalake_quadlet::{Trouble, UnitSort, find_hazards};

use super::super::restart_steps;
use super::{Subject, planned_units};
use crate::desired::{Restart, log_notes, repairs};
use crate::render::{self, FileChange, diff};

pub(super) fn introduction(subject: &Subject<'_>, sighting: &Sighting) -> String {
    let service = sighting.observed.service.present();
    let who = service.and_then(|service| service.owner.as_deref()).unwrap_or("unknown account");
    let ahead = service.map_or(0, |service| service.clock_ahead);
    format!(
        "Connected to {} ({}) as {}, clock {ahead:+} s.\n",
        subject.spec.endpoint,
        subject.spec.region,
        render::printable(who)
    )
}

/// The plan and the diffs of all files that it writes.
pub(super) fn shown(plan: &Plan, subject: &Subject<'_>, sighting: &Sighting) -> String {
    let mut text = format!("\nPlan ({} steps):\n{}", plan.steps.len(), render::plan(plan));
    text.push_str(&render::pending_text(&plan.pending, &format!("{} provision", subject.site)));
    for repair in repairs(subject.places, sighting) {
        let (path, Trouble { kind, line }) = (repair.path, &repair.trouble);
        text.push_str(&format!("\nIn {path}, line {line}: {}\n", kind.harm()));
        if !subject.host_environment.takes_out(&repair.trouble) {
            let cure = kind.cure();
            text.push_str(&format!(
                "It stays. To put it right: {cure} (--environment-host=remove)\n"
            ));
        }
    }
    text.push_str(&hazards(subject));
    text.push_str(&doubts(plan, subject));
    for note in log_notes(subject.places, subject.spec.logs, sighting) {
        let words = render::printable(&note.to_string());
        text.push_str(&format!("\nCompute logs ({}): {words}\n", note.id()));
    }
    for (path, fault) in &subject.places.unseen {
        text.push_str(&format!(
            "\nNot looked into: {path}: {}\n",
            render::printable(&fault.to_string())
        ));
    }
    text.push_str("\nFiles:\n");
    for step in &plan.steps {
        let Action::WriteFile { path, body, file } = &step.action else { continue };
        match &step.guard {
            Guard::FileIs(_, was) if was.content == file.content => {
                let (was, is) = ((was.mode, was.owner), (file.mode, file.owner));
                text.push_str(&format!("  {path}\n    the same content; "));
                text.push_str(&format!("({}, {}) becomes ({}, {})\n", was.0, was.1, is.0, is.1));
            }
            _ => {
                let old = sighting.contents.get(path).map_or(&b""[..], |content| content.expose());
                text.push_str(&diff(&FileChange { path: path.as_str(), old, body }));
            }
        }
    }
    text
}

/// Lines that the installed podman cannot read, in all of quadlet's files.
fn hazards(subject: &Subject<'_>) -> String {
    let Some(podman) = subject.way.podman else { return String::new() };
    let units = subject.places.host_units.iter().flat_map(|units| &units.files);
    let quadlets = units.filter(|unit| unit.sort == UnitSort::Quadlet);
    let lines = quadlets.flat_map(|unit| {
        let found = find_hazards(&unit.file, podman).into_iter();
        found.map(|hazard| format!("\nIn {}, {hazard}\n", unit.path))
    });
    lines.collect()
}

/// Lines that name files which were not looked at.
fn doubts(plan: &Plan, subject: &Subject<'_>) -> String {
    let units = subject.places.host_units.iter();
    let doubts = units.flat_map(|units| units.doubts(plan, &planned_units(subject)));
    doubts.map(|doubt| format!("\n{}\n", render::printable(&doubt.to_string()))).collect()
}

pub(super) fn farewell(subject: &Subject<'_>, receipt: &Receipt, undo: &str) -> String {
    let spec = subject.spec;
    let next = format!("{} provision", subject.site);
    let pending = render::pending_text(&receipt.pending, &next);
    let containers = match subject.restart {
        Restart::Never => {
            let steps = restart_steps(&spec.host);
            let needs = match subject.way.handover {
                Handover::InPlace => "",
                Handover::EnvFile | Handover::PodmanSecret => {
                    "Drop-ins need podman 5.0 or newer: `podman --version`.\n"
                }
            };
            format!("\n{steps}{needs}")
        }
        Restart::IfNeeded | Restart::Owed => String::new(),
    };
    format!(
        "\nProved: an object was put, read back and deleted below `{}` in `{}`; every file was read \
         back;\na second look finds nothing left to do. Receipt: {}.\n{containers}{pending}\nUndo: {undo}\n",
        spec.prefix, spec.bucket, receipt.run,
    )
}
