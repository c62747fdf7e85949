//! Timers in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::schedule::{ScheduledJob, TimerCalendar, TimerState, TimerStates};
use datalake_core::time::Timestamp;

use crate::{SeenTimer, Timers, hold_mutex};

/// Timers that stand as they were set. Each is due once an hour, on the hour.
#[derive(Debug, Default)]
pub struct MemoryTimers {
    seen: Mutex<BTreeMap<ScheduledJob, SeenTimer>>,
    /// Whether no timer can be started.
    pub refuses: bool,
    /// After how many timers nothing goes on, as where the one who asked was killed.
    pub stalls_after: Option<usize>,
}

impl MemoryTimers {
    /// Has a job stand so from now on.
    pub fn set_timer(&self, job: ScheduledJob, seen: SeenTimer) {
        hold_mutex(&self.seen).insert(job, seen);
    }
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn read_states(&self) -> Result<TimerStates, Fault> {
        let seen = hold_mutex(&self.seen);
        let state = |seen: &SeenTimer| {
            if seen.is_active { TimerState::Up } else { TimerState::Down }
        };
        Ok(seen.iter().map(|(job, seen)| (*job, state(seen))).collect())
    }

    async fn settle_timers(&self, states: &TimerStates) -> Result<(), Fault> {
        if self.refuses && states.in_state(TimerState::Up).next().is_some() {
            return Err(Fault::new(FaultKind::Unsettled, "it cannot be started"));
        }
        for (job, state) in states.iter().take(self.stalls_after.unwrap_or(usize::MAX)) {
            let is_up = state == TimerState::Up;
            let mut seen = hold_mutex(&self.seen);
            let timer = seen.entry(job).or_default();
            (timer.is_loaded, timer.is_active) = (is_up, is_up);
        }
        if self.stalls_after.is_some() { std::future::pending().await } else { Ok(()) }
    }

    async fn look_at_timer(&self, job: ScheduledJob) -> Result<SeenTimer, Fault> {
        Ok(hold_mutex(&self.seen).get(&job).copied().unwrap_or_default())
    }

    async fn next_after(
        &self,
        calendar: &TimerCalendar,
        base: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        if calendar.as_str() == "*-02-31" {
            return Err(Fault::new(FaultKind::Refused, "systemd does not understand it"));
        }
        Ok(Timestamp::from_unix((base.unix() / 3600 + 1) * 3600).ok())
    }
}
