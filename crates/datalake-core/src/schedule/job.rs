//! The commands that timers start.

use std::fmt;
use std::str::FromStr;

use crate::host::HostPath;
use crate::text::serde_as_text;

use super::TimerCalendar;

/// A command of datalake's that a timer starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScheduledJob {
    /// Keeps what the bucket holds now: `usage record`.
    Usage,
    /// Compares this month's forecast with the budget: `cost check`.
    CostCheck,
    /// Looks for problems anywhere: `doctor`.
    Doctor,
    /// Tells since when the key pair is in use: `key age`.
    KeyAge,
    /// Checks that the bucket still has what was stored there: `verify`, or `migrate verify` where no
    /// pair of places is given.
    Verify,
    /// Reads a share of it again: `scrub`.
    Scrub,
}

/// The text is not the name of a command that timers start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scheduled job: there are usage, cost-check, doctor, key-age, verify, scrub"
)]
pub struct UnknownJob(String);

/// A job and when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTimer {
    /// The job.
    pub job: ScheduledJob,
    /// When it is due.
    pub calendar: TimerCalendar,
    /// What its command is given: flags, and places.
    pub with: Vec<String>,
}

/// What runs by itself, and who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSpec {
    /// The jobs, each once, in order.
    pub timers: Vec<JobTimer>,
    /// The program, and its arguments, that is run when a job has failed.
    pub on_failure: Option<Vec<String>>,
    /// The file of mode 0600 with the addresses that are told of each run, a line `JOB=ADDRESS` each.
    pub ping: Option<HostPath>,
    /// The folder for the text files of metrics.
    pub metrics: Option<HostPath>,
}

impl ScheduledJob {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Usage, Self::CostCheck, Self::Doctor, Self::KeyAge, Self::Verify, Self::Scrub];

    /// Its name in the spec, in units and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::CostCheck => "cost-check",
            Self::Doctor => "doctor",
            Self::KeyAge => "key-age",
            Self::Verify => "verify",
            Self::Scrub => "scrub",
        }
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Usage => "record what the bucket holds",
            Self::CostCheck => "compare the forecast with the budget",
            Self::Doctor => "look for problems",
            Self::KeyAge => "check the age of the key pair",
            Self::Verify => "check that the bucket has what was stored",
            Self::Scrub => "read a share of the bucket again",
        }
    }

    /// The most that a run may take, as systemd writes lengths of time.
    #[must_use]
    pub fn longest_run(self) -> &'static str {
        match self {
            Self::CostCheck | Self::KeyAge => "15min",
            Self::Doctor => "1h",
            Self::Usage => "6h",
            Self::Verify | Self::Scrub => "24h",
        }
    }

    /// Whether it enters containers, by programs that need rights of their own.
    #[must_use]
    pub fn enters_containers(self) -> bool {
        match self {
            Self::Doctor => true,
            Self::Usage | Self::CostCheck | Self::KeyAge | Self::Verify | Self::Scrub => false,
        }
    }

    /// Whether its command means nothing without a pair of places.
    #[must_use]
    pub fn needs_places(self) -> bool {
        match self {
            Self::Scrub => true,
            Self::Usage | Self::CostCheck | Self::Doctor | Self::KeyAge | Self::Verify => false,
        }
    }

    /// The base name of its units: `datalake-usage`.
    #[must_use]
    pub fn unit_stem(self) -> String {
        format!("datalake-{}", self.name())
    }

    /// The name of its timer: `datalake-usage.timer`.
    #[must_use]
    pub fn timer_name(self) -> String {
        format!("{}.timer", self.unit_stem())
    }

    /// The name of its service: `datalake-usage.service`.
    #[must_use]
    pub fn service_name(self) -> String {
        format!("{}.service", self.unit_stem())
    }
}

impl JobTimer {
    /// The words of its command, after the program and the flags of the place.
    #[must_use]
    pub fn list_words(&self) -> Vec<&str> {
        let command: &[&str] = match self.job {
            ScheduledJob::Usage => &["usage", "record"],
            ScheduledJob::CostCheck => &["cost", "check"],
            ScheduledJob::Doctor => &["doctor"],
            ScheduledJob::KeyAge => &["key", "age"],
            // What migrations have moved is known without being named.
            ScheduledJob::Verify if self.with.iter().all(|word| word.starts_with('-')) => {
                &["migrate", "verify"]
            }
            ScheduledJob::Verify => &["verify"],
            ScheduledJob::Scrub => &["scrub"],
        };
        command.iter().copied().chain(self.with.iter().map(String::as_str)).collect()
    }
}

impl FromStr for ScheduledJob {
    type Err = UnknownJob;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|job| job.name() == text);
        found.ok_or_else(|| UnknownJob(text.to_owned()))
    }
}

impl fmt::Display for ScheduledJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

serde_as_text!(ScheduledJob);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_words(job: ScheduledJob, with: &[&str], expected: &str) {
        let with = with.iter().map(|word| (*word).to_owned()).collect();
        let timer = JobTimer { job, calendar: "daily".parse().unwrap(), with };
        assert_eq!(timer.list_words().join(" "), expected);
    }

    #[test]
    fn a_job_is_a_command_of_datalakes() {
        check_words(ScheduledJob::Usage, &[], "usage record");
        check_words(ScheduledJob::CostCheck, &["--high"], "cost check --high");
        check_words(ScheduledJob::KeyAge, &[], "key age");
        check_words(ScheduledJob::Scrub, &["/srv", "s3://b/x"], "scrub /srv s3://b/x");
    }

    #[test]
    fn verify_without_places_is_about_what_was_migrated() {
        check_words(ScheduledJob::Verify, &[], "migrate verify");
        check_words(ScheduledJob::Verify, &["--deep"], "migrate verify --deep");
        check_words(ScheduledJob::Verify, &["/srv", "s3://b/x"], "verify /srv s3://b/x");
    }

    #[test]
    fn every_name_is_read_back() {
        for job in ScheduledJob::ALL {
            assert_eq!(job.name().parse(), Ok(job));
            let told = "x".parse::<ScheduledJob>().unwrap_err().to_string();
            assert!(told.contains(job.name()), "{told}");
        }
    }
}
