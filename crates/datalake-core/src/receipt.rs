//! What runs have done, and the way back from it.
//!
//! A [`Receipt`] holds the steps of a run with their outcomes; [`plan_rollback`] makes the steps back
//! of it. A [`History`] is all receipts of a host.

mod edits;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Target;
use crate::host::{ServiceStates, UnitName};
use crate::plan::{Action, Guard, Pending, Plan, Step, Undo, Way, roll_over};
use crate::schedule::TimerStates;
use crate::time::{RunId, Timestamp};

pub use edits::{EditChoices, UnusedChoice, is_edit};
pub use history::{History, RunState, Unfinished};

/// The steps of a run with their outcomes. Its JSON form is kept for good: `schema_version` grows
/// when a reader of an older release could misread it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The version of the form.
    pub schema_version: u32,
    /// The run.
    pub run: RunId,
    /// What it was for.
    pub kind: RunKind,
    /// The service user whose services and podman secrets it was about; older releases did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UnitName>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, or when its end was found to be missing.
    pub ended: Timestamp,
    /// The runs that it took over because they had not come to their end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<RunId>,
    /// Its steps in order, those taken over first.
    pub steps: Vec<StepReceipt>,
    /// What it has left for the next run, because Modal could not be asked or did not carry it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
}

/// What a run is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// From observed to desired.
    Provision,
    /// The way back of an earlier run.
    Rollback(RunId),
}

/// A step and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepReceipt {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// What it brings about was there already.
    AlreadyDone,
    /// It was tried and failed, for this reason.
    Failed(String),
    /// It was begun, and afterwards the world was in neither of its two states.
    Disturbed,
    /// It was never begun.
    NotBegun,
}

impl Receipt {
    /// The version of the form that this release writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Whether all its steps are done, and nothing is pending.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.pending.is_empty() && self.steps.iter().all(StepReceipt::is_done)
    }

    /// Whether all its steps are done but those that are pending in Modal.
    #[must_use]
    pub fn is_complete_but_modal(&self) -> bool {
        let waits = |taken: &StepReceipt| {
            let target = taken.step.action.target();
            target.is_in_modal() && !self.pending.is_empty()
        };
        self.steps.iter().all(|taken| taken.is_done() || waits(taken))
    }

    /// The steps that a later run has to take over so that one rollback undoes all.
    pub fn done(&self) -> impl Iterator<Item = &StepReceipt> {
        self.steps.iter().filter(|step| step.is_done())
    }
}

impl StepReceipt {
    /// Whether what the step brings about is there.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done | Outcome::AlreadyDone)
    }
}

/// Plans the way back from what `receipt` did: last step first, one-way steps left as they are.
/// Services and timers come after the files, since they read them anew, and Modal's secret and apps come last:
/// whatever Modal does, the host is as before by then.
///
/// A thing that several of its runs have changed goes back to before the first in one step.
#[must_use]
pub fn plan_rollback(receipt: &Receipt) -> Plan {
    let mut ways: Vec<(Step, bool)> = Vec::new();
    let begun = receipt.steps.iter().filter(|taken| taken.outcome != Outcome::NotBegun);
    let is_restart = |taken: &&StepReceipt| {
        matches!(taken.step.action.target(), Target::Services | Target::Timers)
    };
    let of_files = begun.clone().filter(|taken| !is_restart(taken));
    for taken in of_files.rev() {
        let Some(earlier) = way_back(&taken.step) else { continue };
        let same = |(later, _): &&mut (Step, bool)| later.guard.is_about_same(&earlier.guard);
        match ways.iter_mut().rev().find(same) {
            Some((later, true)) if later.undo.guard == earlier.guard => {
                (later.action, later.undo) = (earlier.action, earlier.undo);
            }
            // The later run failed to go on from where the earlier one had come.
            Some(later) if later.0.undo.guard == earlier.guard => {
                *later = (earlier, taken.is_done());
            }
            // It was tried from the same state before, so the later way back ends there too.
            Some((later, _)) if later.undo.guard == earlier.undo.guard => (),
            _ => ways.push((earlier, taken.is_done())),
        }
    }
    let steps = ways.into_iter().map(|(step, _)| step);
    let steps = steps.filter(|step| step.guard != step.undo.guard);
    let (mut vault, mut steps): (Vec<_>, Vec<_>) =
        steps.partition(|step| step.action.target().is_in_modal());
    vault.extend(apps_back(&vault, begun.clone().map(|taken| &taken.step)));
    steps.extend(services_back(begun.clone().map(|taken| &taken.step)));
    steps.extend(timers_back(begun.map(|taken| &taken.step)));
    steps.extend(vault);
    Plan::of_steps(steps)
}

/// Apps that a run has given new containers get new ones again where their secret goes back.
fn apps_back<'a>(steps: &[Step], begun: impl Iterator<Item = &'a Step>) -> Vec<Step> {
    let restored = steps.iter().find_map(|step| {
        let Action::RestoreVault { secret, print, .. } = &step.action else { return None };
        Some((secret, *print))
    });
    let Some((secret, print)) = restored else { return Vec::new() };
    let app = |step: &'a Step| {
        let Action::RollOver(app) = &step.action else { return None };
        Some(app)
    };
    let apps: BTreeSet<_> = begun.filter_map(app).collect();
    apps.into_iter().map(|app| roll_over(app, secret, print)).collect()
}

/// The steps of `receipt` that a rollback leaves, with the reason.
pub fn left_by_rollback(receipt: &Receipt) -> impl Iterator<Item = (&Step, &str)> {
    receipt.done().filter_map(|taken| match &taken.step.undo.way {
        Way::OneWay(reason) => Some((&taken.step, reason.as_str())),
        Way::Back(_) => None,
    })
}

/// A restart that was begun may have happened, and is undone from any state. Of several runs the
/// first knows how a service stood before all of them.
fn services_back<'a>(begun: impl Iterator<Item = &'a Step>) -> Option<Step> {
    let (mut before, mut why) = (BTreeMap::new(), None);
    for step in begun {
        if let Way::Back(Action::SettleServices(states)) = &step.undo.way {
            for (unit, state) in states.iter() {
                before.entry(unit.clone()).or_insert(state);
            }
            why = why.or(Some(&step.why));
        }
    }
    let before: ServiceStates = before.into_iter().collect();
    Some(Step {
        guard: Guard::ServicesKnown,
        action: Action::SettleServices(before.clone()),
        undo: Undo {
            guard: Guard::ServicesAre(before),
            way: Way::OneWay("provision does it again".to_owned()),
        },
        why: format!("undoes: {}", why?),
    })
}

/// The same for timers.
fn timers_back<'a>(begun: impl Iterator<Item = &'a Step>) -> Option<Step> {
    let (mut before, mut why) = (BTreeMap::new(), None);
    for step in begun {
        if let Way::Back(Action::SettleTimers(states)) = &step.undo.way {
            for (job, state) in states.iter() {
                before.entry(job).or_insert(state);
            }
            why = why.or(Some(&step.why));
        }
    }
    let before: TimerStates = before.into_iter().collect();
    Some(Step {
        guard: Guard::TimersKnown,
        action: Action::SettleTimers(before.clone()),
        undo: Undo {
            guard: Guard::TimersAre(before),
            way: Way::OneWay("a schedule is set up again by its own command".to_owned()),
        },
        why: format!("undoes: {}", why?),
    })
}

fn way_back(step: &Step) -> Option<Step> {
    let Way::Back(action) = &step.undo.way else {
        return None;
    };
    let ahead = |guard: &Guard| Undo {
        guard: guard.clone(),
        way: Way::OneWay("provision does it again".to_owned()),
    };
    // Older releases wrote down that the whole secret is removed.
    let action = if let (Action::RemoveVault(secret), Guard::VaultIs(_, print)) =
        (action, &step.undo.guard)
    {
        Action::ClearVault(secret.clone(), *print)
    } else {
        action.clone()
    };
    // What others have put there meanwhile stays, and so does the secret.
    let after = if let Action::ClearVault(secret, _) = &action {
        Guard::VaultCleared(secret.clone())
    } else {
        step.guard.clone()
    };
    Some(Step {
        guard: step.undo.guard.clone(),
        action,
        undo: ahead(&after),
        why: format!("undoes: {}", step.why),
    })
}
