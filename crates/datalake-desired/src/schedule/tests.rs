use datalake_core::plan::DesiredSchedule;
use datalake_core::schedule::{JobTimer, TimerStates};

use super::*;

fn make_path(text: &str) -> HostPath {
    text.parse().unwrap()
}

fn make_timer(job: ScheduledJob, calendar: &str, with: &[&str]) -> JobTimer {
    let with = with.iter().map(|word| (*word).to_owned()).collect();
    JobTimer { job, calendar: calendar.parse().unwrap(), with }
}

fn make_spec() -> ScheduleSpec {
    ScheduleSpec {
        timers: vec![
            make_timer(ScheduledJob::Usage, "daily", &[]),
            make_timer(ScheduledJob::Doctor, "hourly", &[]),
            make_timer(ScheduledJob::Verify, "Sun 04:00", &["/srv/50% x", "s3://acme/x"]),
        ],
        on_failure: Some(vec!["/usr/local/bin/notify".to_owned(), "it failed; $HOME".to_owned()]),
        ping: None,
        metrics: Some(make_path("/var/lib/prometheus/node-exporter")),
    }
}

fn make_root() -> TimerPlace {
    let owner = Owner { uid: 0, gid: 0 };
    TimerPlace { owner, manager: UnitManager::Host, home: make_path("/root") }
}

fn make_user() -> TimerPlace {
    let owner = Owner { uid: 1000, gid: 1000 };
    TimerPlace { owner, manager: UnitManager::User, home: make_path("/home/me") }
}

fn desire_units(spec: &ScheduleSpec, place: &TimerPlace) -> DesiredSchedule {
    let flags = ["--config", "/etc/datalake/datalake.yaml"].map(str::to_owned);
    let input = ScheduleInput {
        spec,
        program: &make_path("/usr/bin/datalake"),
        flags: &flags,
        state: &make_path("/var/lib/datalake"),
        place,
        is_live: true,
        fingerprints: &FingerprintKey::new([7; 32]),
    };
    desire_schedule(&input).unwrap()
}

/// The text of a file of the schedule.
fn text_of(desired: &DesiredSchedule, name: &str) -> String {
    let file = desired.files.iter().find(|file| file.path.file_name() == name).unwrap();
    String::from_utf8(file.body.fill_plain(b"").unwrap().expose().to_vec()).unwrap()
}

#[test]
fn a_job_of_roots_is_a_timer_and_a_service_that_may_do_little() {
    let desired = desire_units(&make_spec(), &make_root());

    assert_eq!(
        text_of(&desired, "datalake-verify.timer"),
        "# Written by datalake: change `schedule:` in datalake.yaml and apply it again.
[Unit]
Description=datalake: check that the bucket has what was stored (verify)

[Timer]
OnCalendar=Sun 04:00
# What was due while the machine was off is caught up with.
Persistent=true
RandomizedDelaySec=300
"
    );
    assert_eq!(
        text_of(&desired, "datalake-verify.service"),
        r#"# Written by datalake: change `schedule:` in datalake.yaml and apply it again.
[Unit]
Description=datalake: check that the bucket has what was stored
Wants=network-online.target
After=network-online.target
OnFailure=datalake-failed@verify.service

[Service]
Type=oneshot
ExecStartPre=-/usr/bin/datalake --no-input --config /etc/datalake/datalake.yaml schedule note verify started
ExecStart=/usr/bin/datalake --no-input --config /etc/datalake/datalake.yaml verify "/srv/50%% x" s3://acme/x
ExecStopPost=/usr/bin/datalake --no-input --config /etc/datalake/datalake.yaml schedule note verify ended
TimeoutStartSec=24h
UMask=0077
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
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
ReadWritePaths=-/var/lib/datalake -/var/lib/prometheus/node-exporter
"#
    );
}

#[test]
fn a_program_of_the_operators_is_told_the_job() {
    let desired = desire_units(&make_spec(), &make_root());

    let text = text_of(&desired, "datalake-failed@.service");
    assert!(text.contains("Environment=JOB=%i\n"), "{text}");
    assert!(text.contains("ExecStart=/usr/local/bin/notify \"it failed; $$HOME\"\n"), "{text}");
    let wants = text_of(&desired, "50-datalake.conf");
    let names = "datalake-usage.timer datalake-doctor.timer datalake-verify.timer";
    assert!(wants.ends_with(&format!("[Unit]\nWants={names}\n")), "{wants}");
}

#[test]
fn a_job_that_enters_containers_keeps_the_rights_that_podman_needs() {
    for place in [make_root(), make_user()] {
        let text = text_of(&desire_units(&make_spec(), &place), "datalake-doctor.service");

        assert!(!text.contains("NoNewPrivileges") && !text.contains("Protect"), "{text}");
    }
}

#[test]
fn a_users_units_lie_in_the_users_home() {
    let desired = desire_units(&make_spec(), &make_user());

    let folders: Vec<_> = desired.folders.iter().map(|folder| folder.path.as_str()).collect();
    assert_eq!(
        folders,
        [
            "/home/me/.config",
            "/home/me/.config/systemd",
            "/home/me/.config/systemd/user",
            "/home/me/.config/systemd/user/timers.target.d",
        ]
    );
    let text = text_of(&desired, "datalake-usage.service");
    assert!(!text.contains("network-online") && !text.contains("ProtectSystem"), "{text}");
    assert!(text.ends_with("NoNewPrivileges=yes\n"), "{text}");
}

#[test]
fn what_the_spec_does_not_ask_for_must_not_be_there() {
    let nothing =
        ScheduleSpec { timers: vec![], on_failure: Some(vec!["/x".to_owned()]), ..make_spec() };

    let desired = desire_units(&nothing, &make_root());

    assert!(desired.files.is_empty());
    assert_eq!(desired.absent.len(), 14);
    assert_eq!(desired.timers, Some(TimerStates::from_iter(ScheduledJob::ALL.map(expect_down))));
    assert_eq!(desire_units(&make_spec(), &make_root()).absent.len(), 6);
}

fn expect_down(job: ScheduledJob) -> (ScheduledJob, TimerState) {
    (job, TimerState::Down)
}

#[test]
fn units_that_somebody_else_has_written_stay_with_their_timers() {
    let desired = desire_units(&make_spec(), &make_root());
    let text = text_of(&desired, "datalake-usage.timer");
    assert!(is_own_unit(text.as_bytes()) && !is_own_unit(b"[Timer]\nOnCalendar=daily\n"));
    let states = |desired: &DesiredSchedule| desired.timers.clone().unwrap().iter().count();
    let (absent, all) = (desired.absent.len(), states(&desired));

    let path = make_path("/etc/systemd/system/datalake-scrub.timer");
    let left = leave_foreign_units(desired.clone(), &[path]);

    assert_eq!((left.absent.len(), states(&left)), (absent - 2, all - 1));
    assert!(left.timers.unwrap().iter().all(|(job, _)| job != ScheduledJob::Scrub));
    // A wanted one is replaced, and comes back with a rollback.
    assert_eq!(left.files, desired.files);
    assert_eq!(leave_foreign_units(desired.clone(), &[]), desired);
}
