//! The text file of metrics that `node_exporter`'s textfile collector reads.

use super::JobRecord;
use crate::time::Timestamp;

/// The metrics of a job, in Prometheus' text format. Each job has a file of its own, with the same help:
/// the collector puts them together.
#[must_use]
pub fn render_metrics(record: &JobRecord) -> String {
    let job = record.job.name();
    let mut text = String::new();
    let mut add = |name: &str, help: &str, value: Option<String>| {
        let Some(value) = value else { return };
        let name = format!("datalake_schedule_{name}");
        text.push_str(&format!(
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{task=\"{job}\"}} {value}\n"
        ));
    };
    let end = record.end.as_ref();
    let unix = |time: Timestamp| time.unix().to_string();
    add(
        "last_run_timestamp_seconds",
        "When the last run ended, in seconds since 1970.",
        end.map(|end| unix(end.at)),
    );
    add(
        "last_success_timestamp_seconds",
        "When a run last ended well, in seconds since 1970.",
        record.last_success.map(unix),
    );
    add(
        "last_run_duration_seconds",
        "How long the last run took.",
        record.count_seconds().map(|seconds| seconds.to_string()),
    );
    add(
        "last_run_exit_code",
        "The exit code of the last run; -1 where it was killed, took too long or never began.",
        end.map(|end| end.exit.map_or_else(|| "-1".to_owned(), |code| code.to_string())),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{JobEnd, JobResult, ScheduledJob};

    fn make_record(result: JobResult, exit: Option<u8>) -> JobRecord {
        let time = |seconds| Timestamp::from_unix(seconds).unwrap();
        let record = JobRecord::begin_run(ScheduledJob::KeyAge, None, time(1_800_000_000));
        record.end(JobEnd { at: time(1_800_000_007), exit, result })
    }

    #[test]
    fn a_run_that_ended_well_has_all_four() {
        let text = render_metrics(&make_record(JobResult::Success, Some(0)));

        assert_eq!(
            text,
            "\
# HELP datalake_schedule_last_run_timestamp_seconds When the last run ended, in seconds since 1970.
# TYPE datalake_schedule_last_run_timestamp_seconds gauge
datalake_schedule_last_run_timestamp_seconds{task=\"key-age\"} 1800000007
# HELP datalake_schedule_last_success_timestamp_seconds When a run last ended well, in seconds since 1970.
# TYPE datalake_schedule_last_success_timestamp_seconds gauge
datalake_schedule_last_success_timestamp_seconds{task=\"key-age\"} 1800000007
# HELP datalake_schedule_last_run_duration_seconds How long the last run took.
# TYPE datalake_schedule_last_run_duration_seconds gauge
datalake_schedule_last_run_duration_seconds{task=\"key-age\"} 7
# HELP datalake_schedule_last_run_exit_code The exit code of the last run; -1 where it was killed, took too long or never began.
# TYPE datalake_schedule_last_run_exit_code gauge
datalake_schedule_last_run_exit_code{task=\"key-age\"} 0
"
        );
    }

    #[test]
    fn a_success_that_never_was_is_not_a_time() {
        let text = render_metrics(&make_record(JobResult::Killed, None));

        assert!(!text.contains("last_success"), "{text}");
        assert!(text.contains("exit_code{task=\"key-age\"} -1\n"), "{text}");
    }
}
