//! What has run, and what has not.

use schemars::JsonSchema;
use serde::Serialize;

use super::{JobEnd, JobRecord};
use crate::time::Timestamp;

/// Timers wait up to so long after they are due, so that hosts do not all ask at once.
pub const RANDOM_DELAY_SECONDS: i64 = 300;

/// What systemd waits at most besides, to wake up for several timers at once.
const ACCURACY_SECONDS: i64 = 60;

/// What is known of a job now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimerLook {
    /// Whether systemd knows its timer.
    pub is_loaded: bool,
    /// Whether the timer waits for its next time.
    pub is_active: bool,
    /// Whether the job is at work right now.
    pub is_running: bool,
    /// Since when the timer waits: since the machine came up, at the latest.
    pub since: Option<Timestamp>,
    /// When it is due next.
    pub next: Option<Timestamp>,
    /// When it was due first after its last run began, or after the timer was started.
    pub due: Option<Timestamp>,
    /// What its runs have left.
    pub record: Option<JobRecord>,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum TimerStanding {
    /// Its last run ended well.
    Ok {
        /// When that ended.
        last: Timestamp,
        /// When it is due next.
        next: Option<Timestamp>,
    },
    /// It has not been due yet.
    Waiting {
        /// When it is due.
        next: Option<Timestamp>,
    },
    /// It is at work.
    Running {
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// It is due, and its timer waits a moment before it starts it.
    Due {
        /// Since when.
        at: Timestamp,
    },
    /// It was due and has not run.
    Missed {
        /// When it was due.
        at: Timestamp,
        /// When it last ended well.
        last_success: Option<Timestamp>,
    },
    /// Its last run failed, or found something.
    Failed {
        /// How that ended.
        end: JobEnd,
        /// When it last ended well.
        last_success: Option<Timestamp>,
    },
    /// Its last run never came to its end: the machine went down in it.
    Interrupted {
        /// When it began.
        started: Timestamp,
        /// When it last ended well.
        last_success: Option<Timestamp>,
    },
    /// Its timer is stopped: it will not run.
    Stopped {
        /// When it last ended well.
        last_success: Option<Timestamp>,
    },
    /// systemd does not know its timer.
    NotSetUp,
    /// systemd or the record could not be asked.
    Unknown {
        /// Why.
        why: String,
    },
}

impl TimerStanding {
    /// Whether somebody has to look.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Ok { .. } | Self::Waiting { .. } | Self::Running { .. } | Self::Due { .. } => {
                false
            }
            Self::Missed { .. }
            | Self::Failed { .. }
            | Self::Interrupted { .. }
            | Self::Stopped { .. }
            | Self::NotSetUp
            | Self::Unknown { .. } => true,
        }
    }

    /// How it stands, in a line.
    #[must_use]
    pub fn describe(&self) -> String {
        let good = |last: &Option<Timestamp>| match last {
            Some(last) => format!("last success {last}"),
            None => "never succeeded".to_owned(),
        };
        let then = |next: &Option<Timestamp>| match next {
            Some(next) => format!("next run {next}"),
            None => "next run unknown".to_owned(),
        };
        match self {
            Self::Ok { last, next } => format!("ok at {last}, {}", then(next)),
            Self::Waiting { next } => format!("has not been due yet, {}", then(next)),
            Self::Running { since: Some(since) } => format!("running since {since}"),
            Self::Running { since: None } => "running".to_owned(),
            Self::Due { at } => format!("due since {at}, starts within minutes"),
            Self::Missed { at, last_success } => {
                format!("MISSED: due at {at} and did not run; {}", good(last_success))
            }
            Self::Failed { end, last_success } => {
                format!("FAILED at {}: {}; {}", end.at, end.describe(), good(last_success))
            }
            Self::Interrupted { started, last_success } => {
                format!("INTERRUPTED: began at {started} and never ended; {}", good(last_success))
            }
            Self::Stopped { last_success } => {
                format!("STOPPED: its timer is not active; {}", good(last_success))
            }
            Self::NotSetUp => "NOT SET UP: systemd has no such timer".to_owned(),
            Self::Unknown { why } => format!("UNKNOWN: {why}"),
        }
    }
}

/// How a job stands by now.
#[must_use]
pub fn judge_timer(look: &TimerLook, now: Timestamp) -> TimerStanding {
    let record = look.record.as_ref();
    let last_success = record.and_then(|record| record.last_success);
    if look.is_running {
        let since = record.filter(|record| record.end.is_none()).map(|record| record.started);
        return TimerStanding::Running { since };
    }
    if !look.is_loaded {
        return TimerStanding::NotSetUp;
    }
    if !look.is_active {
        return TimerStanding::Stopped { last_success };
    }
    let patience = RANDOM_DELAY_SECONDS + ACCURACY_SECONDS;
    match look.due.filter(|due| *due <= now) {
        // What was due while the machine was off is caught up with once it is back.
        Some(at) if at.max(look.since.unwrap_or(at)).plus_seconds(patience) < now => {
            return TimerStanding::Missed { at, last_success };
        }
        Some(at) if record.is_none_or(|record| record.end.is_some()) => {
            return TimerStanding::Due { at };
        }
        Some(_) | None => (),
    }
    let Some(record) = record else { return TimerStanding::Waiting { next: look.next } };
    match &record.end {
        None => TimerStanding::Interrupted { started: record.started, last_success },
        Some(end) if end.is_success() => TimerStanding::Ok { last: end.at, next: look.next },
        Some(end) => TimerStanding::Failed { end: end.clone(), last_success },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{JobResult, ScheduledJob};

    fn make_time(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    fn end_record(at: i64, result: JobResult, exit: u8) -> JobRecord {
        let record = JobRecord::begin_run(ScheduledJob::Usage, None, make_time(at - 10));
        record.end(JobEnd { at: make_time(at), exit: Some(exit), result })
    }

    fn make_sound() -> TimerLook {
        TimerLook {
            is_loaded: true,
            is_active: true,
            is_running: false,
            since: Some(make_time(-9000)),
            next: Some(make_time(1000)),
            due: Some(make_time(1000)),
            record: Some(end_record(0, JobResult::Success, 0)),
        }
    }

    #[track_caller]
    fn check_standing(look: &TimerLook, now: i64, begins: &str, is_trouble: bool) {
        let standing = judge_timer(look, make_time(now));
        let told = standing.describe();
        assert!(told.starts_with(begins), "{told}");
        assert_eq!(standing.is_trouble(), is_trouble, "{told}");
    }

    #[test]
    fn what_ran_is_well_until_it_is_due_again() {
        check_standing(
            &make_sound(),
            10,
            "ok at 2027-01-15T08:00:00Z, next run 2027-01-15T08:16:40Z",
            false,
        );
        check_standing(&make_sound(), 1001, "due since 2027-01-15T08:16:40Z", false);
        check_standing(&make_sound(), 1361, "MISSED: due at 2027-01-15T08:16:40Z", true);
    }

    #[test]
    fn what_never_ran_waits_and_is_then_missed() {
        let fresh = TimerLook { record: None, ..make_sound() };

        check_standing(&fresh, 10, "has not been due yet, next run 2027-01-15T08:16:40Z", false);
        check_standing(
            &fresh,
            5000,
            "MISSED: due at 2027-01-15T08:16:40Z and did not run; never",
            true,
        );
    }

    #[test]
    fn a_failure_and_a_finding_are_told_with_their_code() {
        let found =
            TimerLook { record: Some(end_record(0, JobResult::ExitCode, 3)), ..make_sound() };

        check_standing(
            &found,
            10,
            "FAILED at 2027-01-15T08:00:00Z: exit 3: it found something; never",
            true,
        );
        // Late again: that it does not run at all is worse.
        check_standing(&found, 5000, "MISSED", true);
    }

    #[test]
    fn what_runs_is_not_late_and_what_began_before_the_machine_went_down_is_interrupted() {
        let begun = Some(JobRecord::begin_run(ScheduledJob::Usage, None, make_time(0)));
        let running = TimerLook { is_running: true, record: begun.clone(), ..make_sound() };

        check_standing(&running, 5000, "running since 2027-01-15T08:00:00Z", false);
        check_standing(
            &TimerLook { record: begun, ..make_sound() },
            100,
            "INTERRUPTED: began at",
            true,
        );
    }

    #[test]
    fn a_machine_that_was_off_gets_a_moment_to_catch_up() {
        let back = TimerLook { since: Some(make_time(5000)), ..make_sound() };

        check_standing(&back, 5300, "due since 2027-01-15T08:16:40Z", false);
        check_standing(&back, 5361, "MISSED", true);
    }

    #[test]
    fn a_timer_that_starts_nothing_is_told() {
        check_standing(&TimerLook { is_active: false, ..make_sound() }, 10, "STOPPED", true);
        check_standing(
            &TimerLook { is_loaded: false, is_active: false, ..make_sound() },
            10,
            "NOT SET UP",
            true,
        );
    }
}
