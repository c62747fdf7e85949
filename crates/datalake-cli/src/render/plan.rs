//! A plan as people read it.

use datalake_core::{Action, Pending, Plan, Step, Target, UnitName, Versioning, Way};

use super::printable;
use crate::faults::hint_of;

/// The steps in a numbered list, each with its reason, and a word where there is no way back.
#[must_use]
pub(crate) fn plan(plan: &Plan) -> String {
    let lines = plan.steps.iter().enumerate().map(|(number, step)| {
        let no_way_back = match &step.undo.way {
            Way::Back(_) => String::new(),
            Way::OneWay(reason) => format!("; not undone: {reason}"),
        };
        format!("{:>3}. {}\n     {}{no_way_back}\n", number + 1, line(step), printable(&step.why))
    });
    lines.collect()
}

/// What is left for the next run because of Modal, each with its cause and its cure.
#[must_use]
pub(crate) fn pending_text(pending: &[Pending], next: &str) -> String {
    let mut text = String::new();
    for Pending { target, fault } in pending {
        text.push_str(&format!("\nPending: {target}: {}\n", printable(&fault.to_string())));
        if let Some(hint) = hint_of(fault.kind, target) {
            text.push_str(&format!("  hint: {hint}\n"));
        }
    }
    if !pending.is_empty() {
        text.push_str(&format!("  `{next}` completes it; nothing else waits for Modal.\n"));
    }
    text
}

/// The steps of a way back, in a numbered list.
#[must_use]
pub(crate) fn way_back(plan: &Plan) -> String {
    let lines = plan.steps.iter().enumerate();
    lines.map(|(number, step)| format!("{:>3}. {}\n", number + 1, line(step))).collect()
}

/// One step in one line: verb, target, and what is particular about it.
#[must_use]
pub(crate) fn line(step: &Step) -> String {
    let target = match step.action.target() {
        Target::Service => "service".to_owned(),
        Target::Bucket(bucket) => bucket.to_string(),
        Target::Object(bucket, key) => format!("{bucket}/{key}"),
        Target::Path(path) => path.to_string(),
        Target::Secret(name) => name.to_string(),
        Target::Services => services(&step.action),
        Target::Vault(object) | Target::App(object) => object.to_string(),
    };
    format!("{:<15} {}{}", step.action.verb(), printable(&target), detail(&step.action))
}

fn detail(action: &Action) -> String {
    match action {
        Action::SetVersioning(_, versioning) => match versioning {
            Versioning::Never => " to never".to_owned(),
            Versioning::Enabled => " to enabled".to_owned(),
            Versioning::Suspended => " to suspended".to_owned(),
        },
        Action::SetLifecycle(_, rules) => {
            let ids: Vec<_> = rules.iter().map(|(id, _)| printable(id)).collect();
            if ids.is_empty() {
                " to no rules".to_owned()
            } else {
                format!(" to {}", ids.join(", "))
            }
        }
        Action::CreateFolder { mode, owner, .. } => format!(" ({mode}, {owner})"),
        Action::WriteFile { file, .. } | Action::RestoreFile { file, .. } => {
            format!(" ({}, {})", file.mode, file.owner)
        }
        Action::CreateBucket(_)
        | Action::ProveAccess(..)
        | Action::RemoveFolder(_)
        | Action::RemoveFile(_)
        | Action::StoreSecret { .. }
        | Action::RestoreSecret { .. }
        | Action::RemoveSecret(_)
        | Action::SettleServices(_)
        | Action::ProveContainers { .. }
        | Action::StoreVault { .. }
        | Action::RestoreVault { .. }
        | Action::RemoveVault(_)
        | Action::ClearVault(..)
        | Action::RollOver(_) => String::new(),
    }
}

fn services(action: &Action) -> String {
    let names = |units: &mut dyn Iterator<Item = &UnitName>| {
        units.map(UnitName::as_str).collect::<Vec<_>>().join(", ")
    };
    if let Action::ProveContainers { services, log_manager, .. } = action {
        let loads = log_manager.as_ref().map(|class| format!("; {class} loads"));
        return names(&mut services.up()) + &loads.unwrap_or_default();
    }
    let Action::SettleServices(states) = action else { return String::new() };
    let (up, down) = (names(&mut states.up()), names(&mut states.down()));
    match (up.is_empty(), down.is_empty()) {
        (_, true) => up,
        (true, false) => format!("nothing; stop {down}, which did not run before"),
        (false, false) => format!("{up}; stop {down}, which did not run before"),
    }
}
