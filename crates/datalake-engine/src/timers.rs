//! The port to the timers of a systemd.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::schedule::{ScheduledJob, TimerCalendar, TimerStates};
use datalake_core::time::Timestamp;

/// The timers that start datalake's own commands, in the systemd of whoever runs this: the host's own
/// for root, the user's for anyone else.
///
/// A [`Fault`] of kind `NoManager` says that no systemd runs for that user.
#[async_trait]
pub trait Timers: Send + Sync {
    /// How the timers of all jobs stand.
    async fn read_states(&self) -> Result<TimerStates, Fault>;

    /// Stops the timers that have to be down, has systemd read the unit files again, and starts the
    /// others, also where they are up: their times may have changed. A job that is at work goes on.
    async fn settle_timers(&self, states: &TimerStates) -> Result<(), Fault>;

    /// What systemd tells of a job.
    async fn look_at_timer(&self, job: ScheduledJob) -> Result<SeenTimer, Fault>;

    /// The first time of a calendar after `base`, as systemd reckons; `None` where none will come.
    /// `Refused`: systemd does not understand it.
    async fn next_after(
        &self,
        calendar: &TimerCalendar,
        base: Timestamp,
    ) -> Result<Option<Timestamp>, Fault>;
}

/// What systemd tells of a job's timer and service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeenTimer {
    /// Whether there is such a timer.
    pub is_loaded: bool,
    /// Whether it waits for its next time.
    pub is_active: bool,
    /// Since when it does.
    pub since: Option<Timestamp>,
    /// When it starts the job next.
    pub next: Option<Timestamp>,
    /// Whether the job is at work.
    pub is_running: bool,
}

/// No systemd that could be asked: a sandbox, or a host that is only a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTimers;

impl NoTimers {
    fn make_fault() -> Fault {
        let detail = "timers run on the machine itself, not in a sandbox or below another root";
        Fault::new(FaultKind::Unsupported, detail)
    }
}

#[async_trait]
impl Timers for NoTimers {
    async fn read_states(&self) -> Result<TimerStates, Fault> {
        Err(Self::make_fault())
    }

    async fn settle_timers(&self, _: &TimerStates) -> Result<(), Fault> {
        Err(Self::make_fault())
    }

    async fn look_at_timer(&self, _: ScheduledJob) -> Result<SeenTimer, Fault> {
        Err(Self::make_fault())
    }

    async fn next_after(
        &self,
        _: &TimerCalendar,
        _: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        Err(Self::make_fault())
    }
}
