//! The timers of a systemd, as far as a plan has to know them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ScheduledJob;

/// Whether a timer waits for its next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimerState {
    /// It starts nothing.
    Down,
    /// It starts its job when that is due.
    Up,
}

/// The state of each job's timer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TimerStates(BTreeMap<ScheduledJob, TimerState>);

impl TimerStates {
    /// The states in the order of the jobs.
    pub fn iter(&self) -> impl Iterator<Item = (ScheduledJob, TimerState)> {
        self.0.iter().map(|(job, state)| (*job, *state))
    }

    /// The jobs whose timer has to be in this state, or is.
    pub fn in_state(&self, wanted: TimerState) -> impl Iterator<Item = ScheduledJob> {
        self.iter().filter(move |(_, state)| *state == wanted).map(|(job, _)| job)
    }

    /// The state of a job's timer; one that nobody has seen is down.
    #[must_use]
    pub fn of_job(&self, job: ScheduledJob) -> TimerState {
        self.0.get(&job).copied().unwrap_or(TimerState::Down)
    }

    /// Whether timers that are found to be `found` are as this asks.
    #[must_use]
    pub fn are_met_by(&self, found: &Self) -> bool {
        self.iter().all(|(job, state)| found.of_job(job) == state)
    }
}

impl FromIterator<(ScheduledJob, TimerState)> for TimerStates {
    fn from_iter<I: IntoIterator<Item = (ScheduledJob, TimerState)>>(states: I) -> Self {
        Self(states.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_nobody_has_seen_is_down() {
        let with = |state| TimerStates::from_iter([(ScheduledJob::Usage, state)]);

        assert!(with(TimerState::Down).are_met_by(&TimerStates::default()));
        assert!(!with(TimerState::Up).are_met_by(&TimerStates::default()));
        assert!(with(TimerState::Up).are_met_by(&with(TimerState::Up)));
    }
}
