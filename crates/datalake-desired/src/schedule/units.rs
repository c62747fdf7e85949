//! The text of units. No secret is in any of them: a job reads what it needs by itself.

use datalake_core::host::UnitManager;
use datalake_core::schedule::{JobTimer, RANDOM_DELAY_SECONDS, ScheduledJob};
use datalake_quadlet::quote_exec_word;

use super::ScheduleInput;

/// The unit that runs the operator's program; its instance is the job.
pub(super) const FAILED_UNIT: &str = "datalake-failed@.service";

/// The folder and the name of the drop-in by which the timers start with the machine. It is a plain
/// file, where `systemctl enable` would make links.
pub(super) const WANTS: (&str, &str) = ("timers.target.d", "50-datalake.conf");

/// How each of them begins.
pub(super) const MARK: &str = "# Written by datalake";

const HEADER: &str =
    "# Written by datalake: change `schedule:` in datalake.yaml and apply it again.\n";

/// What keeps a job of root's from all that it does not need. What its flags name may lie anywhere
/// but in the system's own folders. `RestrictSUIDSGID=` is not among it: systemd then takes away `openat2`,
/// by which every file is reached without links.
const HARDENED: &str = "\
NoNewPrivileges=yes
ProtectSystem=full
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
";

pub(super) fn render_timer(timer: &JobTimer) -> String {
    format!(
        "{HEADER}[Unit]\nDescription=datalake: {} ({})\n\n\
         [Timer]\nOnCalendar={}\n\
         # What was due while the machine was off is caught up with.\nPersistent=true\n\
         RandomizedDelaySec={RANDOM_DELAY_SECONDS}\n",
        timer.job.describe(),
        timer.job,
        timer.calendar,
    )
}

pub(super) fn render_service(timer: &JobTimer, input: &ScheduleInput<'_>) -> String {
    let job = timer.job;
    let is_root = input.place.manager == UnitManager::Host;
    let mut text = format!("{HEADER}[Unit]\nDescription=datalake: {}\n", job.describe());
    if is_root {
        text.push_str("Wants=network-online.target\nAfter=network-online.target\n");
    }
    if input.spec.on_failure.is_some() {
        text.push_str(&format!("OnFailure=datalake-failed@{job}.service\n"));
    }
    let note = |stage| vec!["schedule", "note", job.name(), stage];
    text.push_str(&format!(
        "\n[Service]\nType=oneshot\nExecStartPre=-{}\nExecStart={}\nExecStopPost={}\n\
         TimeoutStartSec={}\nUMask=0077\nNice=10\nIOSchedulingClass=best-effort\nIOSchedulingPriority=7\n",
        render_command(&note("started"), input),
        render_command(&timer.list_words(), input),
        render_command(&note("ended"), input),
        job.longest_run(),
    ));
    text + &render_protection(job, input)
}

/// Podman without root needs programs with rights of their own, so a job that enters containers keeps
/// them; a user's systemd shows other users' files as nobody's behind a protected file system, so that
/// no file of root's would be trusted any more.
fn render_protection(job: ScheduledJob, input: &ScheduleInput<'_>) -> String {
    match input.place.manager {
        _ if job.enters_containers() => String::new(),
        UnitManager::User => "NoNewPrivileges=yes\n".to_owned(),
        UnitManager::Host => {
            let folders = [Some(input.state), input.spec.metrics.as_ref()].into_iter().flatten();
            let words: Vec<_> =
                folders.map(|folder| quote_exec_word(&format!("-{folder}"))).collect();
            format!("{HARDENED}ReadWritePaths={}\n", words.join(" "))
        }
    }
}

fn render_command(words: &[&str], input: &ScheduleInput<'_>) -> String {
    let program = [input.program.as_str(), "--no-input"].into_iter();
    let all = program.chain(input.flags.iter().map(String::as_str)).chain(words.iter().copied());
    all.map(quote_exec_word).collect::<Vec<_>>().join(" ")
}

pub(super) fn render_failed_service(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quote_exec_word(word)).collect();
    format!(
        "{HEADER}[Unit]\nDescription=datalake: tell that a job has failed (%i)\n\n[Service]\n\
         Type=oneshot\nEnvironment=JOB=%i\nExecStart={}\nTimeoutStartSec=5min\nUMask=0077\n",
        words.join(" ")
    )
}

pub(super) fn render_wants(timers: &[JobTimer]) -> String {
    let names: Vec<_> = timers.iter().map(|timer| timer.job.timer_name()).collect();
    format!("{HEADER}[Unit]\nWants={}\n", names.join(" "))
}
