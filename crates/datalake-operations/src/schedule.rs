//! Commands that run by themselves: their timers set up, their runs noted, what has not run.

mod addresses;
mod note;
mod place;
mod preflight;
mod request;
mod run;
#[cfg(test)]
mod tests;

pub use note::{JobNote, ServiceEnd};
pub use place::find_timer_place;
pub use request::{ScheduleRequest, UnattendedPaths};
pub use run::{PlannedSchedule, ScheduleRun, changes_timers, refuse_work_beside_schedule};
