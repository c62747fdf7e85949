//! The planner of runs that set up timers.

use crate::fault::{Fault, FaultKind, Target};
use crate::host::HostPath;
use crate::plan::host_steps::{file_step, folder_step, removal_step};
use crate::plan::{
    Action, Blocker, DesiredFile, DesiredFolder, Found, Guard, Observed, Plan, Step, Undo,
    Unwanted, Way,
};
use crate::schedule::{TimerState, TimerStates};

/// Units of timers, exactly as they have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredSchedule {
    /// Folders that have to be there, parents first.
    pub folders: Vec<DesiredFolder>,
    /// Files that have to be there, in the order in which they are written.
    pub files: Vec<DesiredFile>,
    /// Files that must not be there.
    pub absent: Vec<Unwanted<HostPath>>,
    /// How the timers have to stand; `None` where no systemd can be asked.
    pub timers: Option<TimerStates>,
}

/// Plans the way from `observed` to `desired`. Empty when they agree.
///
/// # Errors
///
/// All [`Blocker`]s: an unknown is never taken for absent.
pub fn plan_schedule(desired: &DesiredSchedule, observed: &Observed) -> Result<Plan, Vec<Blocker>> {
    // A plan without a file makes no folder for it.
    let folders = if desired.files.is_empty() { &[][..] } else { &desired.folders };
    let folders = folders.iter().map(|folder| folder_step(folder, observed));
    let files = desired.files.iter().map(|file| file_step(file, observed));
    let absent = desired.absent.iter().map(|file| removal_step(file, observed));
    let (mut steps, mut blockers) = (Vec::new(), Vec::new());
    for part in folders.chain(files).chain(absent) {
        match part {
            Ok(part) => steps.extend(part),
            Err(blocker) => blockers.push(blocker),
        }
    }
    if let Some(timers) = &desired.timers {
        match timer_step(timers, observed, !steps.is_empty()) {
            Ok(step) => steps.extend(step),
            Err(blocker) => blockers.push(blocker),
        }
    }
    if blockers.is_empty() { Ok(Plan::of_steps(steps)) } else { Err(blockers) }
}

/// Timers that stand as they should are started anew only for units that change.
fn timer_step(
    wanted: &TimerStates,
    observed: &Observed,
    units_change: bool,
) -> Result<Option<Step>, Blocker> {
    let now = match &observed.timers {
        Found::Present(now) => now,
        Found::Absent => {
            let fault = Fault::new(FaultKind::Absent, "no timers");
            return Err(Blocker { target: Target::Timers, fault });
        }
        Found::Unknown(fault) => {
            return Err(Blocker { target: Target::Timers, fault: fault.clone() });
        }
    };
    if !units_change && wanted.are_met_by(now) {
        return Ok(None);
    }
    // What neither runs nor is to run is nobody's business.
    let is_meant = |job| [wanted, now].iter().any(|states| states.of_job(job) == TimerState::Up);
    let meant = |states: &TimerStates| -> TimerStates {
        let jobs = wanted.iter().map(|(job, _)| job).filter(|job| is_meant(*job));
        jobs.map(|job| (job, states.of_job(job))).collect()
    };
    let (before, after) = (meant(now), meant(wanted));
    Ok(Some(Step {
        guard: Guard::TimersKnown,
        action: Action::SettleTimers(after.clone()),
        undo: Undo { guard: Guard::TimersAre(after), way: Way::Back(Action::SettleTimers(before)) },
        why: "systemd has to read the units".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Entry, FileState, Mode, Owner};
    use crate::plan::rehearse;
    use crate::receipt::{Outcome, Receipt, RunKind, StepReceipt, plan_rollback};
    use crate::schedule::ScheduledJob;
    use crate::secret::{FileBody, FingerprintKey};
    use crate::time::Timestamp;

    const ROOT: Owner = Owner { uid: 0, gid: 0 };

    fn make_path(text: &str) -> HostPath {
        text.parse().unwrap()
    }

    fn make_file() -> FileState {
        let content = FingerprintKey::new([1; 32]).of(b"x");
        FileState { content, mode: Mode::PUBLIC, owner: ROOT }
    }

    fn make_states(usage: TimerState, scrub: TimerState) -> TimerStates {
        [(ScheduledJob::Usage, usage), (ScheduledJob::Scrub, scrub)].into_iter().collect()
    }

    fn make_desired() -> DesiredSchedule {
        DesiredSchedule {
            folders: vec![DesiredFolder {
                path: make_path("/units"),
                mode: Mode::PUBLIC_FOLDER,
                owner: ROOT,
            }],
            files: vec![DesiredFile {
                path: make_path("/units/a.timer"),
                body: FileBody::new([]),
                file: make_file(),
                why: "it is due".to_owned(),
            }],
            absent: vec![Unwanted {
                what: make_path("/units/b.timer"),
                why: "left out".to_owned(),
            }],
            timers: Some(make_states(TimerState::Up, TimerState::Down)),
        }
    }

    fn make_observed() -> Observed {
        let mut observed = Observed::nothing();
        observed.paths = [
            (make_path("/units"), Found::Absent),
            (make_path("/units/a.timer"), Found::Absent),
            (make_path("/units/b.timer"), Found::Present(Entry::File(make_file()))),
        ]
        .into();
        observed.timers = Found::Present(make_states(TimerState::Down, TimerState::Up));
        observed
    }

    #[test]
    fn timers_come_last_on_both_ways() {
        let plan = plan_schedule(&make_desired(), &make_observed()).unwrap();

        let verbs =
            |plan: &Plan| -> Vec<_> { plan.steps.iter().map(|step| step.action.verb()).collect() };
        assert_eq!(verbs(&plan), ["create folder", "write file", "remove file", "set timers"]);
        assert_eq!(rehearse(&plan, &make_observed()), []);
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let steps = plan.steps.into_iter();
        let receipt = Receipt {
            schema_version: 1,
            run: "R-20261122-180000-k3xa".parse().unwrap(),
            kind: RunKind::Provision,
            user: None,
            started: now,
            ended: now,
            continues: vec![],
            steps: steps.map(|step| StepReceipt { step, outcome: Outcome::Done }).collect(),
            pending: vec![],
        };
        let back = plan_rollback(&receipt);
        assert_eq!(verbs(&back), ["restore file", "remove file", "remove folder", "set timers"]);
        let before = make_states(TimerState::Down, TimerState::Up);
        assert_eq!(back.steps[3].action, Action::SettleTimers(before));
    }

    #[test]
    fn what_is_as_wanted_is_left_alone() {
        let mut world = make_observed();
        world.paths = [
            (make_path("/units"), Found::Present(Entry::File(make_file()))),
            (make_path("/units/a.timer"), Found::Present(Entry::File(make_file()))),
            (make_path("/units/b.timer"), Found::Absent),
        ]
        .into();
        let desired = DesiredSchedule { folders: vec![], ..make_desired() };
        world.timers = Found::Present(make_states(TimerState::Up, TimerState::Down));
        assert!(plan_schedule(&desired, &world).unwrap().is_empty());

        // Someone has stopped a timer.
        world.timers = Found::Present(make_states(TimerState::Down, TimerState::Down));
        let plan = plan_schedule(&desired, &world).unwrap();
        let up = [(ScheduledJob::Usage, TimerState::Up)].into_iter().collect();
        assert_eq!(plan.steps[0].action, Action::SettleTimers(up));
    }

    #[test]
    fn timers_that_nobody_can_ask_about_hold_the_plan_back() {
        let mut world = make_observed();
        world.timers = Observed::nothing().timers;

        let blockers = plan_schedule(&make_desired(), &world).unwrap_err();
        assert_eq!(blockers[0].target, Target::Timers);

        let desired = DesiredSchedule { timers: None, ..make_desired() };
        assert!(plan_schedule(&desired, &world).is_ok());
    }
}
