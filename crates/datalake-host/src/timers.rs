//! The timers of whoever runs this, asked with `systemctl` and `systemd-analyze`.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::schedule::{ScheduledJob, TimerCalendar, TimerState, TimerStates};
use datalake_core::time::Timestamp;
use datalake_engine::{SeenTimer, Timers};

use crate::acting::{analyze_units, own_systemctl};
use crate::commands::{CommandFault, fault_of_command, read_answer, run_program};

/// When the state last changed is no measure: it does each time that the timer starts its job.
const PROPERTIES: &str =
    "--property=Id,LoadState,ActiveState,ActiveEnterTimestamp,NextElapseUSecRealtime";

/// The timers of whoever runs this: those of the host's systemd for root, else of the user's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnTimers;

#[async_trait]
impl Timers for OwnTimers {
    async fn read_states(&self) -> Result<TimerStates, Fault> {
        let mut states = Vec::new();
        for job in ScheduledJob::ALL {
            let is_active = self.look_at_timer(job).await?.is_active;
            states.push((job, if is_active { TimerState::Up } else { TimerState::Down }));
        }
        Ok(states.into_iter().collect())
    }

    async fn settle_timers(&self, states: &TimerStates) -> Result<(), Fault> {
        for job in states.in_state(TimerState::Down) {
            let timer = job.timer_name();
            if self.look_at_timer(job).await?.is_active {
                ask_systemctl(&["stop", "--", &timer]).await?;
            }
            // What systemd remembers of a failure is nobody's concern any more.
            let _ = ask_systemctl(&["reset-failed", "--", &timer, &job.service_name()]).await;
        }
        ask_systemctl(&["daemon-reload"]).await?;
        let timers: Vec<_> =
            states.in_state(TimerState::Up).map(ScheduledJob::timer_name).collect();
        if timers.is_empty() {
            return Ok(());
        }
        let mut words = vec!["restart", "--"];
        words.extend(timers.iter().map(String::as_str));
        let unsettled = |fault: Fault| Fault::new(FaultKind::Unsettled, fault.detail);
        ask_systemctl(&words).await.map(drop).map_err(unsettled)
    }

    async fn look_at_timer(&self, job: ScheduledJob) -> Result<SeenTimer, Fault> {
        let (timer, service) = (job.timer_name(), job.service_name());
        let words = ["show", "--timestamp=unix", PROPERTIES, "--", &timer, &service];
        let shown = ask_systemctl(&words).await?;
        read_timer(&shown)
    }

    async fn next_after(
        &self,
        calendar: &TimerCalendar,
        base: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        let base = format!("--base-time=@{}", base.unix());
        let answer =
            run_program(&analyze_units(&["calendar", &base, "--", calendar.as_str()])).await;
        match answer {
            Ok(output) => read_next(&String::from_utf8_lossy(output.stdout.expose())),
            Err(CommandFault::Failed { .. }) => {
                let detail = format!("systemd does not understand the time `{calendar}`");
                Err(Fault::new(FaultKind::Refused, detail))
            }
            Err(fault) => Err(fault_of_command(fault)),
        }
    }
}

async fn ask_systemctl(words: &[&str]) -> Result<String, Fault> {
    let answer = read_answer(&own_systemctl(words)?).await?;
    Ok(String::from_utf8_lossy(answer.expose()).into_owned())
}

/// Reads what `systemctl show` tells of a timer and of its service.
fn read_timer(shown: &str) -> Result<SeenTimer, Fault> {
    let mut blocks = shown.split("\n\n").filter(|block| !block.trim().is_empty());
    let (Some(timer), Some(service), None) = (blocks.next(), blocks.next(), blocks.next()) else {
        return Err(Fault::new(FaultKind::Unreadable, "systemctl did not show two units"));
    };
    let is_active = matches!(find_value(timer, "ActiveState"), "active" | "activating");
    Ok(SeenTimer {
        is_loaded: find_value(timer, "LoadState") == "loaded",
        is_active,
        since: read_time(find_value(timer, "ActiveEnterTimestamp")).filter(|_| is_active),
        next: read_time(find_value(timer, "NextElapseUSecRealtime")).filter(|_| is_active),
        is_running: matches!(
            find_value(service, "ActiveState"),
            "activating" | "active" | "deactivating" | "reloading"
        ),
    })
}

fn find_value<'a>(block: &'a str, name: &str) -> &'a str {
    let mut values = block.lines().filter_map(|line| line.split_once('='));
    values.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

/// Reads what `systemd-analyze calendar` tells: the line in UTC, which it leaves out where the zone of
/// the host is UTC.
fn read_next(told: &str) -> Result<Option<Timestamp>, Fault> {
    let value = |name: &str| {
        let mut lines = told.lines().filter_map(|line| line.trim().split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    match value("(in UTC)").or_else(|| value("Next elapse")) {
        Some("never") => Ok(None),
        Some(text) => read_time(text).map(Some).ok_or_else(|| {
            Fault::new(FaultKind::Unreadable, format!("systemd-analyze tells the time `{text}`"))
        }),
        None => Err(Fault::new(FaultKind::Unreadable, "systemd-analyze tells no next time")),
    }
}

/// Reads `@1795376151`, and `Thu 2026-12-03 00:00:00 UTC`; nothing for what is no time.
fn read_time(text: &str) -> Option<Timestamp> {
    if let Some(seconds) = text.strip_prefix('@') {
        let whole = seconds.split('.').next()?;
        return Timestamp::from_unix(whole.parse().ok()?).ok();
    }
    let parts: Vec<_> = text.split_whitespace().collect();
    let [_, date, time, "UTC"] = parts.as_slice() else { return None };
    let whole = time.split('.').next()?;
    format!("{date}T{whole}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// systemd 257.
    const SHOWN: &str = "\
NextElapseUSecRealtime=@1796256151
Id=datalake-usage.timer
LoadState=loaded
ActiveState=active
ActiveEnterTimestamp=@1795376151

Id=datalake-usage.service
LoadState=loaded
ActiveState=inactive
ActiveEnterTimestamp=
";

    #[test]
    fn a_timer_and_its_service_are_read() {
        let seen = read_timer(SHOWN).unwrap();

        assert!(seen.is_loaded && seen.is_active && !seen.is_running);
        assert_eq!(seen.next.map(Timestamp::unix), Some(1_796_256_151));
        assert_eq!(seen.since.map(Timestamp::unix), Some(1_795_376_151));

        let running = SHOWN.replace("ActiveState=inactive", "ActiveState=activating");
        assert!(read_timer(&running).unwrap().is_running);
        assert!(read_timer("Id=datalake-usage.timer\n").is_err());
    }

    #[test]
    fn a_timer_that_nobody_knows_is_due_at_no_time() {
        let shown = "LoadState=not-found\nActiveState=inactive\nNextElapseUSecRealtime=\n\n\
                     LoadState=not-found\nActiveState=inactive\n";

        assert_eq!(read_timer(shown).unwrap(), SeenTimer::default());
    }

    #[track_caller]
    fn check_next(told: &str, expected: Option<&str>) {
        let next = read_next(told).unwrap().map(|next| next.to_string());
        assert_eq!(next.as_deref(), expected, "{told}");
    }

    #[test]
    fn the_next_time_is_read_in_utc() {
        check_next(
            "  Original form: daily\nNormalized form: *-*-* 00:00:00\n    Next elapse: Thu 2026-12-03 \
             00:00:00 UTC\n       From now: 18h left\n",
            Some("2026-12-03T00:00:00Z"),
        );
        check_next(
            "    Next elapse: Thu 2026-12-03 00:00:00 CET\n       (in UTC): Wed 2026-12-02 23:00:00 \
             UTC\n",
            Some("2026-12-02T23:00:00Z"),
        );
        check_next("Normalized form: 2020-01-01 00:00:00\n    Next elapse: never\n", None);
        assert!(read_next("    Next elapse: Thu 2026-12-03 00:00:00 CET\n").is_err());
        assert!(read_next("").is_err());
    }
}
