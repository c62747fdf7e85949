//! Commands that run by themselves: their timers set up, their runs noted, what has not run.

mod addresses;
mod note;
mod place;
mod preflight;
mod run;
#[cfg(test)]
mod tests;

pub use note::{JobNote, ServiceEnd};
pub use place::find_timer_place;
pub use run::{
    PlannedSchedule, ScheduleRequest, ScheduleRun, changes_timers, refuse_work_beside_schedule,
};
