//! All runs of a host together: what is to be undone, what is to be continued.

use std::collections::BTreeSet;

use crate::fault::Target;
use crate::modal::ModalObject;
use crate::plan::{Action, Guard, Plan, Step, Way};
use crate::receipt::{Outcome, Receipt, RunKind, StepReceipt, plan_rollback};
use crate::secret::{Fingerprint, PodmanSecret};
use crate::time::{RunId, Timestamp};

/// The receipts of a host in the order of their runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History(Vec<Receipt>);

/// What a new run has to take over from one that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unfinished {
    /// The runs that are taken over.
    pub runs: Vec<RunId>,
    /// Their steps that are done, or may be, and are not undone.
    pub steps: Vec<StepReceipt>,
}

/// How a run stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// All its steps are done, but those that are pending in Modal.
    Complete,
    /// It stopped on its way.
    Unfinished,
    /// A later run took over what it had done.
    Continued,
    /// It was undone.
    RolledBack,
}

impl History {
    /// The history of these receipts, in any order.
    pub fn new(receipts: impl IntoIterator<Item = Receipt>) -> Self {
        let mut receipts: Vec<_> = receipts.into_iter().collect();
        receipts.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
        Self(receipts)
    }

    /// The receipts, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Receipt> {
        self.0.iter()
    }

    /// When a run that begins `now` counts as begun: after all earlier ones, so that their order is that
    /// of their starts, also of two runs in one second and after a clock was set back.
    #[must_use]
    pub fn next_start(&self, now: Timestamp) -> Timestamp {
        let last = self.0.iter().map(|receipt| receipt.started).max();
        let after = last.and_then(|last| Timestamp::from_unix(last.unix() + 1).ok());
        after.map_or(now, |after| after.max(now))
    }

    /// How a run stands.
    #[must_use]
    pub fn state(&self, receipt: &Receipt) -> RunState {
        let run = &receipt.run;
        if self.0.iter().any(|other| other.continues.contains(run)) {
            RunState::Continued
        } else if self.rollbacks(run).any(Receipt::is_complete) || self.is_undone_by_others(receipt)
        {
            RunState::RolledBack
        } else if receipt.is_complete_but_modal() {
            RunState::Complete
        } else {
            RunState::Unfinished
        }
    }

    /// The run that a rollback without a name undoes: the last one that did something and still
    /// stands.
    #[must_use]
    pub fn to_roll_back(&self) -> Option<&Receipt> {
        self.0.iter().rev().find(|receipt| {
            let stands = matches!(self.state(receipt), RunState::Complete | RunState::Unfinished);
            receipt.kind == RunKind::Provision && stands && receipt.has_begun()
        })
    }

    /// The way back of a run. Where an earlier rollback has left only what is in Modal, services are
    /// not restarted again.
    #[must_use]
    pub fn plan_way_back(&self, receipt: &Receipt) -> Plan {
        let mut plan = plan_rollback(receipt);
        let mut rollbacks = self.rollbacks(&receipt.run);
        if rollbacks.any(|undone| !undone.pending.is_empty() && undone.is_complete_but_modal()) {
            plan.steps.retain(|step| step.action.target().is_in_modal());
        }
        plan
    }

    /// What a new run of `provision` has to take over, so that one rollback undoes all of it.
    #[must_use]
    pub fn unfinished(&self) -> Unfinished {
        let left = |receipt: &&Receipt| {
            !receipt.is_complete_but_modal() || self.undone(&receipt.run).next().is_some()
        };
        self.to_roll_back().filter(left).map(|receipt| self.taken_over(receipt)).unwrap_or_default()
    }

    /// The same for a run of `plan`: it also goes on from one that has left only what is in Modal, if
    /// that is in the plan.
    #[must_use]
    pub fn continued_by(&self, plan: &Plan) -> Unfinished {
        let is_in_plan = plan.steps.iter().any(|step| step.action.target().is_in_modal());
        match self.to_roll_back() {
            Some(last) if is_in_plan && !last.pending.is_empty() => self.taken_over(last),
            _ => self.unfinished(),
        }
    }

    fn taken_over(&self, receipt: &Receipt) -> Unfinished {
        let undone: Vec<&Step> = self.undone(&receipt.run).collect();
        let is_undone = |taken: &StepReceipt| {
            undone.iter().any(|way_back| way_back.guard.is_about_same(&taken.step.undo.guard))
        };
        let may_be_done =
            |taken: &&StepReceipt| taken.is_done() || matches!(taken.outcome, Outcome::Failed(_));
        let steps = receipt.steps.iter().filter(may_be_done);
        Unfinished {
            runs: vec![receipt.run.clone()],
            steps: steps.filter(|taken| !is_undone(taken)).cloned().collect(),
        }
    }

    /// Whether a run that was to restart the services and prove them has not come so far.
    #[must_use]
    pub fn owes_restart(&self) -> bool {
        let is_owed = |taken: &StepReceipt| {
            taken.step.action.target() == Target::Services && !taken.is_done()
        };
        let last = self.to_roll_back();
        last.is_some_and(|receipt| receipt.steps.iter().any(is_owed))
    }

    /// The secrets of podman's that runs have touched, whether they are still there or not.
    #[must_use]
    pub fn stored_secrets(&self) -> BTreeSet<PodmanSecret> {
        let begun = |taken: &&StepReceipt| taken.outcome != Outcome::NotBegun;
        let steps = self.0.iter().flat_map(|receipt| receipt.steps.iter().filter(begun));
        let stored = steps.filter_map(|taken| match taken.step.action.target() {
            Target::Secret(name) => Some(name),
            Target::Service
            | Target::Bucket(_)
            | Target::Access(_)
            | Target::Object(..)
            | Target::Path(_)
            | Target::Services
            | Target::Timers
            | Target::Vault(_)
            | Target::App(_) => None,
        });
        stored.collect()
    }

    /// The apps of Modal's that were to get new containers and have not, by the last run about each.
    #[must_use]
    pub fn owed_apps(&self) -> BTreeSet<ModalObject> {
        let mut known = BTreeSet::new();
        let steps = self.0.iter().rev().flat_map(|receipt| receipt.steps.iter());
        let last = steps.filter_map(|taken| {
            let Action::RollOver(app) = &taken.step.action else { return None };
            known.insert(app).then(|| (app, taken.is_done()))
        });
        last.filter(|(_, is_done)| !is_done).map(|(app, _)| app.clone()).collect()
    }

    /// What runs have stored, or may have, in a secret of Modal's.
    #[must_use]
    pub fn vault_contents(&self, secret: &ModalObject) -> BTreeSet<Fingerprint> {
        let steps = self.0.iter().flat_map(|receipt| receipt.steps.iter());
        let guards = steps.flat_map(|taken| [&taken.step.guard, &taken.step.undo.guard]);
        let prints = guards.filter_map(|guard| {
            let Guard::VaultIs(other, print) = guard else { return None };
            (other == secret).then_some(*print)
        });
        prints.collect()
    }

    /// What runs have found or left in files of that name.
    #[must_use]
    pub fn file_contents(&self, name: &str) -> BTreeSet<Fingerprint> {
        let steps = self.0.iter().flat_map(|receipt| receipt.steps.iter());
        let guards = steps.flat_map(|taken| [&taken.step.guard, &taken.step.undo.guard]);
        let prints = guards.filter_map(|guard| {
            let Guard::FileIs(path, file) = guard else { return None };
            (path.file_name() == name).then_some(file.content)
        });
        prints.collect()
    }

    /// When a run first brought about what `holds` says; `None` where none has.
    pub fn find_first(&self, holds: impl Fn(&Guard) -> bool) -> Option<Timestamp> {
        let brings = |receipt: &&Receipt| receipt.done().any(|taken| holds(&taken.step.undo.guard));
        self.0.iter().find(brings).map(|receipt| receipt.started)
    }

    /// What podman was last given to keep under this name; `None` where it was taken away again.
    #[must_use]
    pub fn last_secret(&self, name: &PodmanSecret) -> Option<Fingerprint> {
        let done = self.0.iter().rev().flat_map(|receipt| receipt.steps.iter().rev());
        let mut about = done.filter(|taken| {
            taken.is_done() && taken.step.action.target() == Target::Secret(name.clone())
        });
        let Guard::SecretIs(_, print) = &about.next()?.step.undo.guard else { return None };
        Some(*print)
    }

    /// Whether rollbacks of earlier runs have taken back all that this one did: what is as before an
    /// earlier run is as before this one too. A restart has nothing to take back.
    fn is_undone_by_others(&self, receipt: &Receipt) -> bool {
        let is_earlier = |run: &RunId| {
            let other = self.0.iter().find(|other| other.run == *run);
            other.is_some_and(|other| other.started < receipt.started)
        };
        let later = self.0.iter().filter(|other| other.started > receipt.started);
        let rollbacks =
            later.filter(|other| matches!(&other.kind, RunKind::Rollback(run) if is_earlier(run)));
        let undone: Vec<_> = rollbacks.flat_map(Receipt::done).map(|taken| &taken.step).collect();
        let to_undo = receipt.done().map(|taken| &taken.step).filter(|step| {
            let is_restart = matches!(step.action.target(), Target::Services | Target::Timers);
            matches!(step.undo.way, Way::Back(_)) && !is_restart
        });
        let to_undo: Vec<_> = to_undo.collect();
        let is_undone =
            |step: &&Step| undone.iter().any(|back| back.guard.is_about_same(&step.undo.guard));
        receipt.kind == RunKind::Provision && !to_undo.is_empty() && to_undo.iter().all(is_undone)
    }

    fn rollbacks<'a>(&'a self, run: &'a RunId) -> impl Iterator<Item = &'a Receipt> {
        self.0.iter().filter(move |receipt| receipt.kind == RunKind::Rollback(run.clone()))
    }

    fn undone<'a>(&'a self, run: &'a RunId) -> impl Iterator<Item = &'a Step> {
        self.rollbacks(run).flat_map(Receipt::done).map(|taken| &taken.step)
    }
}

impl Receipt {
    /// Whether it has done anything, or tried to.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(|step| step.outcome != Outcome::NotBegun)
    }
}
