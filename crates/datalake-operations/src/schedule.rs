//! Commands that run by themselves: their timers set up, their runs noted, what has not run.

mod addresses;
mod look;
mod note;
mod place;
mod preflight;
mod run;
#[cfg(test)]
mod tests;

pub use look::{TimerReport, describe_timers, look_at_schedule};
pub use note::{JobNote, ServiceEnd};
pub use place::find_timer_place;
pub use run::{PlannedSchedule, ScheduleRequest, ScheduleRun, refuse_work_beside_schedule};
