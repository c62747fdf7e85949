//! What runs by itself, as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InvalidSpec, parse_key_value, refuse_missing};
use crate::schedule::{JobTimer, ScheduleSpec, ScheduledJob};

const JOBS: &str = "schedule.jobs";
const ON_FAILURE: &str = "schedule.on-failure";
const PING: &str = "schedule.ping";

/// Flags that no job is given: they name another place or key pair than the one whose records, metrics and
/// addresses tell of it, or do nothing.
const NOT_OF_JOBS: [&str; 8] = [
    "--config",
    "--root",
    "--sandbox",
    "--state",
    "--credentials-file",
    "--credentials-fd",
    "--help",
    "-h",
];

/// `schedule:`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ScheduleDocument {
    /// `jobs:` — when each job is due, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<String, JobTimerDocument>,
    /// `on-failure:` — a program, and its arguments, that is run when a job has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<Vec<String>>,
    /// `ping:` — a file of mode 0600 with an address for each job, a line `JOB=ADDRESS` each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<String>,
    /// `metrics:` — the folder for text files of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
}

/// When a job is due: the time alone, or with what its command is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JobTimerDocument {
    /// `daily`, `Sun 04:00`
    At(String),
    /// `{ at: Sun 04:00, with: [--deep] }`
    With(JobTimerDetails),
}

/// When a job is due, and what its command is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobTimerDetails {
    /// `at:` — the time.
    pub at: String,
    /// `with:` — flags, and places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
}

impl ScheduleDocument {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks this part alone; no timers where nothing is said of any.
    ///
    /// # Errors
    ///
    /// The first [`InvalidSpec`].
    pub fn check_schedule(self) -> Result<ScheduleSpec, InvalidSpec> {
        let mut timers: Vec<JobTimer> = self
            .jobs
            .into_iter()
            .map(|(name, document)| check_timer(&name, document))
            .collect::<Result<_, _>>()?;
        timers.sort_by_key(|timer| timer.job);
        let path =
            |key, text: Option<String>| text.map(|text| parse_key_value(key, &text)).transpose();
        Ok(ScheduleSpec {
            timers,
            on_failure: self.on_failure.map(check_program).transpose()?,
            ping: path(PING, self.ping.map(require_no_address).transpose()?)?,
            metrics: path("schedule.metrics", self.metrics)?,
        })
    }
}

fn check_timer(name: &str, document: JobTimerDocument) -> Result<JobTimer, InvalidSpec> {
    let job: ScheduledJob = parse_key_value(JOBS, name)?;
    let JobTimerDetails { at, with } = match document {
        JobTimerDocument::At(at) => JobTimerDetails { at, with: Vec::new() },
        JobTimerDocument::With(details) => details,
    };
    let calendar = parse_key_value(JOBS, &at)?;
    require_plain_words(JOBS, &with)?;
    refuse_other_places(job, &with)?;
    if job.needs_places() && with.iter().filter(|word| !word.starts_with('-')).count() < 2 {
        return Err(refuse_missing(
            JOBS,
            &format!("`{name}: {{ at: {calendar}, with: [SOURCE, DEST] }}`"),
        ));
    }
    Ok(JobTimer { job, calendar, with })
}

fn check_program(words: Vec<String>) -> Result<Vec<String>, InvalidSpec> {
    require_plain_words(ON_FAILURE, &words)?;
    if !words.first().is_some_and(|program| program.starts_with('/')) {
        return Err(refuse_missing(ON_FAILURE, "the absolute path of a program first"));
    }
    Ok(words)
}

fn refuse_other_places(job: ScheduledJob, words: &[String]) -> Result<(), InvalidSpec> {
    let names = words.iter().map(|word| word.split_once('=').map_or(word.as_str(), |it| it.0));
    let Some(flag) = names.into_iter().find(|name| NOT_OF_JOBS.contains(name)) else {
        return Ok(());
    };
    let reason = format!("{job}: `{flag}` cannot be in `with:`; a job works where it was set up");
    Err(InvalidSpec { key: JOBS, reason })
}

/// An address is a secret, and a spec is none: what looks like one is not repeated.
fn require_no_address(file: String) -> Result<String, InvalidSpec> {
    if !file.contains("://") {
        return Ok(file);
    }
    let reason =
        "write the address into a file of mode 0600, as a line `JOB=ADDRESS`, and name that";
    Err(InvalidSpec { key: PING, reason: reason.to_owned() })
}

/// A unit has one line for a command: nothing may end it, and no text of nothing stands in it.
fn require_plain_words(key: &'static str, words: &[String]) -> Result<(), InvalidSpec> {
    let is_plain = |word: &String| !word.is_empty() && !word.chars().any(char::is_control);
    if words.iter().all(is_plain) {
        return Ok(());
    }
    let reason = "no word is empty or holds a line break or another control character";
    Err(InvalidSpec { key, reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_schedule(json: &str, expected: Result<&str, &str>) {
        let document: ScheduleDocument = serde_json::from_str(json).unwrap();
        let found = document.check_schedule().map_err(|error| error.to_string());
        let names = found.as_ref().map(|spec| {
            let names = spec.timers.iter().map(|timer| timer.job.name());
            names.collect::<Vec<_>>().join(" ")
        });
        match (names, expected) {
            (Ok(names), Ok(expected)) => assert_eq!(names, expected, "{json}"),
            (Err(error), Err(words)) => assert!(error.contains(words), "{error}"),
            (found, _) => panic!("{json}: {found:?}"),
        }
    }

    #[test]
    fn jobs_have_names_and_times() {
        check_schedule("{}", Ok(""));
        check_schedule(
            r#"{"jobs":{"scrub":{"at":"daily","with":["/srv","s3://b/x"]},"usage":"daily"}}"#,
            Ok("usage scrub"),
        );
        check_schedule(r#"{"jobs":{"verify":{"at":"Sun 04:00"}}}"#, Ok("verify"));
        check_schedule(r#"{"jobs":{"backup":"daily"}}"#, Err("there are usage, cost-check"));
        check_schedule(r#"{"jobs":{"usage":"every day"}}"#, Err("is not a time for a timer"));
        check_schedule(r#"{"jobs":{"scrub":"daily"}}"#, Err("with: [SOURCE, DEST]"));
        check_schedule(r#"{"jobs":{"verify":{"at":"daily","with":["a\nb"]}}}"#, Err("line break"));
    }

    #[test]
    fn a_job_is_given_no_other_place_than_that_of_its_timer() {
        for words in [
            r#""--sandbox""#,
            r#""--sandbox=x""#,
            r#""--state","/x""#,
            r#""--deep","--config=/x""#,
            r#""--credentials-fd","3""#,
            r#""-h""#,
        ] {
            let json = format!(r#"{{"jobs":{{"verify":{{"at":"daily","with":[{words}]}}}}}}"#);
            check_schedule(&json, Err("a job works where it was set up"));
        }
        check_schedule(r#"{"jobs":{"usage":{"at":"daily","with":["--bucket=x"]}}}"#, Ok("usage"));
    }

    #[test]
    fn an_address_where_its_file_is_meant_is_not_repeated() {
        let json = r#"{"ping":"/etc/https://hc.example/s3cret"}"#;
        check_schedule(json, Err("write the address into a file"));
        let document: ScheduleDocument = serde_json::from_str(json).unwrap();
        let error = document.check_schedule().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }

    #[test]
    fn a_program_and_folders_are_absolute_paths() {
        check_schedule(r#"{"on-failure":["/usr/bin/logger","-p","user.err"]}"#, Ok(""));
        check_schedule(r#"{"on-failure":["logger"]}"#, Err("absolute path"));
        check_schedule(r#"{"on-failure":[]}"#, Err("absolute path"));
        check_schedule(r#"{"metrics":"metrics"}"#, Err("schedule.metrics"));
        check_schedule(r#"{"ping":"/etc/../x"}"#, Err("schedule.ping"));
    }
}
