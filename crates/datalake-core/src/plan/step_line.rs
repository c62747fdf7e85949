//! Steps and plans as people read them.

use crate::fault::Target;
use crate::host::UnitName;
use crate::plan::{Action, Plan, Step, Way};
use crate::policy::NewPolicy;
use crate::price::Money;
use crate::s3::Versioning;
use crate::schedule::{ScheduledJob, TimerState};
use crate::text::{count_things, printable};

/// One step in one line: verb, target, and what is particular about it.
#[must_use]
pub fn describe_step(step: &Step) -> String {
    let target = match step.action.target() {
        Target::Service => "service".to_owned(),
        Target::Bucket(bucket) | Target::Access(bucket) => bucket.to_string(),
        Target::Object(bucket, key) => format!("{bucket}/{key}"),
        Target::Path(path) => path.to_string(),
        Target::Secret(name) => name.to_string(),
        Target::Services => describe_services(&step.action),
        Target::Timers => describe_timers(&step.action),
        Target::Vault(object) | Target::App(object) => object.to_string(),
    };
    format!("{:<15} {}{}", step.action.verb(), printable(&target), describe_detail(&step.action))
}

/// The steps in a numbered list, each with its reason, and a word where there is no way back.
#[must_use]
pub fn describe_plan(plan: &Plan) -> String {
    describe_plan_with_costs(plan, None)
}

/// The same, with what the account's first bucket costs in a month.
#[must_use]
pub fn describe_plan_with_costs(plan: &Plan, first_bucket: Option<Money>) -> String {
    let lines = plan.steps.iter().enumerate().map(|(number, step)| {
        let no_way_back = match &step.undo.way {
            Way::Back(_) => String::new(),
            Way::OneWay(reason) => format!("; not undone: {reason}"),
        };
        let price = first_bucket.filter(|_| matches!(step.action, Action::CreateBucket(_)));
        let cost = price.map_or_else(String::new, |price| {
            format!(
                "     costs {price} a month, net: the base price, which is paid once for all buckets of \
                 an account\n"
            )
        });
        format!(
            "{:>3}. {}\n     {}{no_way_back}\n{cost}",
            number + 1,
            describe_step(step),
            printable(&step.why)
        )
    });
    lines.collect()
}

/// The steps of a way back, in a numbered list.
#[must_use]
pub fn describe_way_back(plan: &Plan) -> String {
    let lines = plan.steps.iter().enumerate();
    lines.map(|(number, step)| format!("{:>3}. {}\n", number + 1, describe_step(step))).collect()
}

fn describe_detail(action: &Action) -> String {
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
        Action::SetPolicy(_, policy) => describe_policy(policy.as_ref()),
        Action::CreateFolder { mode, owner, .. } => format!(" ({mode}, {owner})"),
        Action::WriteFile { file, .. } | Action::RestoreFile { file, .. } => {
            format!(" ({}, {})", file.mode, file.owner)
        }
        Action::CreateBucket(_)
        | Action::SetPublicAccess(..)
        | Action::ProveAccess(..)
        | Action::RemoveFolder(_)
        | Action::RemoveFile(_)
        | Action::StoreSecret { .. }
        | Action::RestoreSecret { .. }
        | Action::RemoveSecret(_)
        | Action::SettleServices(_)
        | Action::SettleTimers(_)
        | Action::ProveContainers { .. }
        | Action::StoreVault { .. }
        | Action::RestoreVault { .. }
        | Action::RemoveVault(_)
        | Action::ClearVault(..)
        | Action::RollOver(_) => String::new(),
    }
}

fn describe_policy(policy: Option<&NewPolicy>) -> String {
    let Some(policy) = policy else { return String::new() };
    let count = match policy.text.read_policy() {
        Ok(read) => format!(" of {}", count_things(read.statements.len() as u64, "statement")),
        Err(_) => String::new(),
    };
    let header = if policy.binds_owner { ", binding the bucket's own project" } else { "" };
    count + header
}

fn describe_timers(action: &Action) -> String {
    let Action::SettleTimers(states) = action else { return String::new() };
    let names = |state| {
        let names = states.in_state(state).map(ScheduledJob::name);
        names.collect::<Vec<_>>().join(", ")
    };
    let (up, down) = (names(TimerState::Up), names(TimerState::Down));
    match (up.is_empty(), down.is_empty()) {
        (_, true) => format!("start {up}"),
        (true, false) => format!("stop {down}"),
        (false, false) => format!("start {up}; stop {down}"),
    }
}

fn describe_services(action: &Action) -> String {
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
