//! Commands that run by themselves: when, what became of each run, what is late.
//!
//! A [`ScheduledJob`] is one of datalake's own commands. systemd starts it at the times of a
//! [`TimerCalendar`]; each run leaves a [`JobRecord`], from which [`judge_timer`] tells what has not run and
//! [`render_metrics`] makes a text file for Prometheus.

mod calendar;
mod job;
mod metrics;
mod record;
mod standing;
mod timers;

pub use calendar::{InvalidCalendar, TimerCalendar};
pub use job::{JobTimer, ScheduleSpec, ScheduledJob, UnknownJob};
pub use metrics::render_metrics;
pub use record::{JobEnd, JobRecord, JobResult};
pub use standing::{RANDOM_DELAY_SECONDS, TimerLook, TimerStanding, judge_timer};
pub use timers::{TimerState, TimerStates};
