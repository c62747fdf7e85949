//! What became of the runs of a job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ScheduledJob;
use crate::time::Timestamp;

/// The last run of a job, and the last that succeeded. Its JSON form is kept in the state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobRecord {
    /// The version of the form.
    pub schema_version: u32,
    /// The job.
    pub job: ScheduledJob,
    /// When its last run began.
    pub started: Timestamp,
    /// How that ended; `null` while it runs, and for good where the machine went down in it.
    pub end: Option<JobEnd>,
    /// When a run last ended well; `null` where none has.
    pub last_success: Option<Timestamp>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobEnd {
    /// When.
    pub at: Timestamp,
    /// Its exit code; `null` where a signal ended it, or it never began.
    pub exit: Option<u8>,
    /// What systemd says of it.
    pub result: JobResult,
}

/// What systemd says of a run: `$SERVICE_RESULT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobResult {
    /// It ended well.
    Success,
    /// It ended with an exit code other than 0.
    ExitCode,
    /// It took longer than it may, and was ended.
    Timeout,
    /// It was ended by a signal, the kernel's out of memory among them.
    Killed,
    /// It could not be started.
    Unstarted,
}

impl JobResult {
    /// Reads `$SERVICE_RESULT`.
    #[must_use]
    pub fn of_service(result: &str) -> Self {
        match result {
            "success" => Self::Success,
            "exit-code" => Self::ExitCode,
            "timeout" | "watchdog" => Self::Timeout,
            "signal" | "core-dump" | "oom-kill" => Self::Killed,
            _ => Self::Unstarted,
        }
    }
}

impl JobRecord {
    /// The version of the form that this release writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The record of a run that begins now, after this one.
    #[must_use]
    pub fn begin_run(job: ScheduledJob, earlier: Option<&Self>, now: Timestamp) -> Self {
        Self {
            schema_version: Self::SCHEMA_VERSION,
            job,
            started: now,
            end: None,
            last_success: earlier.and_then(|earlier| earlier.last_success),
        }
    }

    /// The record of the run once it has ended.
    #[must_use]
    pub fn end(self, end: JobEnd) -> Self {
        let last_success = if end.is_success() { Some(end.at) } else { self.last_success };
        Self { end: Some(end), last_success, ..self }
    }

    /// How the run went, in a line.
    #[must_use]
    pub fn describe(&self) -> String {
        let how = self.end.as_ref().map_or_else(|| "running".to_owned(), JobEnd::describe);
        let seconds = self.count_seconds().map(|seconds| format!(", after {seconds} s"));
        format!("{}: {how}{}", self.job, seconds.unwrap_or_default())
    }

    /// How long the run took, in seconds; `None` while it runs.
    #[must_use]
    pub fn count_seconds(&self) -> Option<i64> {
        let end = self.end.as_ref()?;
        Some((end.at.unix() - self.started.unix()).max(0))
    }
}

impl JobEnd {
    /// Whether the run did what it should and found nothing.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.result == JobResult::Success
    }

    /// How it ended, in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        match (self.result, self.exit) {
            (JobResult::Success, _) => "ok".to_owned(),
            (JobResult::Timeout, _) => "took too long and was stopped".to_owned(),
            (JobResult::Killed, _) => "was killed".to_owned(),
            (JobResult::Unstarted, _) => "could not be started".to_owned(),
            (JobResult::ExitCode, Some(code)) => match describe_code(code) {
                Some(meaning) => format!("exit {code}: {meaning}"),
                None => format!("exit {code}"),
            },
            (JobResult::ExitCode, None) => "failed".to_owned(),
        }
    }
}

/// What an exit code of a scheduled command means; the others are those of every command.
fn describe_code(code: u8) -> Option<&'static str> {
    Some(match code {
        2 => "the command line was not understood",
        3 => "it found something",
        4 => "something changed or got lost",
        5 => "partly done",
        6 => "over the budget",
        7 => "another run was at work",
        69 => "the service cannot be reached",
        74 => "the disk is full, read-only or faulty",
        77 => "access denied",
        78 => "the spec, the credentials or the host's set-up is wrong",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make_time(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    fn end(at: i64, result: JobResult, exit: Option<u8>) -> JobEnd {
        JobEnd { at: make_time(at), exit, result }
    }

    #[test]
    fn a_failure_does_not_move_the_last_success() {
        let first = JobRecord::begin_run(ScheduledJob::Usage, None, make_time(0));
        let first = first.end(end(5, JobResult::Success, Some(0)));
        assert_eq!((first.last_success, first.count_seconds()), (Some(make_time(5)), Some(5)));

        let second = JobRecord::begin_run(ScheduledJob::Usage, Some(&first), make_time(60));
        assert_eq!((second.last_success, second.count_seconds()), (Some(make_time(5)), None));

        let second = second.end(end(70, JobResult::ExitCode, Some(3)));
        assert_eq!(second.last_success, Some(make_time(5)));
    }

    #[test]
    fn an_end_says_what_its_code_means() {
        let told = |result, exit| end(0, result, exit).describe();

        assert_eq!(told(JobResult::Success, Some(0)), "ok");
        assert_eq!(told(JobResult::ExitCode, Some(3)), "exit 3: it found something");
        assert_eq!(told(JobResult::ExitCode, Some(99)), "exit 99");
        assert_eq!(told(JobResult::of_service("timeout"), None), "took too long and was stopped");
        assert_eq!(told(JobResult::of_service("oom-kill"), None), "was killed");
        assert_eq!(told(JobResult::of_service("resources"), None), "could not be started");
    }
}
