//! Timers set up below a host's root, runs noted, and back. What systemd makes of them is the lane
//! `host`'s.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Host, Tree};

const SPEC: &str = "\
region: fsn1
bucket: acme-dagster-assets
credentials: { file: keys.env }
schedule:
  jobs: { usage: daily, verify: { at: Sun 04:00, with: [--deep] } }
  metrics: /var/metrics
";

fn host_with(spec: &str) -> Host {
    let host = Host::usual();
    host.private_file("keys.env", "AWS_ACCESS_KEY_ID=AK1\nAWS_SECRET_ACCESS_KEY=s3cr3t-s3cr3t\n");
    fs::write(host.work().join("datalake.yaml"), spec).unwrap();
    fs::create_dir_all(host.root().join("var/metrics")).unwrap();
    host
}

#[test]
fn units_are_written_without_a_secret_and_a_rollback_takes_them_back() {
    let host = host_with(SPEC);
    let etc = || Tree::of(&host.root().join("etc"));
    let before = etc();

    let planned = host.bare("schedule plan").run().exits(3);
    assert!(planned.stdout.contains("+OnCalendar=Sun 04:00"), "{}", planned.stdout);
    etc().must_be(&before, "after a plan");

    host.bare("schedule apply --yes").run().exits(0);
    let units = host.root().join("etc/systemd/system");
    let service = fs::read_to_string(units.join("datalake-verify.service")).unwrap();
    assert!(service.contains(" migrate verify --deep\n"), "{service}");
    assert!(!service.contains("s3cr3t"), "{service}");
    let again = host.bare("schedule apply --yes").run().exits(0);
    assert!(again.stdout.starts_with("Nothing to do"), "{}", again.stdout);

    host.bare("rollback --yes").run().exits(0);
    etc().must_be(&before, "after rollback");
}

#[test]
fn a_schedule_that_could_not_run_is_refused_and_nothing_is_written() {
    for (from, to, words) in [
        ("file: keys.env", "from: prompt", "a question at the terminal"),
        ("file: keys.env", "from: env", "the environment"),
        ("with: [--deep]", "with: [--nope]", "unexpected argument '--nope'"),
        ("usage: daily", "usage: every day", "is not a time for a timer"),
        ("usage: daily", "backup: daily", "is not a scheduled job"),
        ("/var/metrics", "/var/nowhere", "there is no such folder"),
    ] {
        let host = host_with(&SPEC.replace(from, to));
        let before = host.tree();

        let ran = host.bare("schedule apply --yes").run().exits(78);

        assert!(ran.stderr.contains(words), "{to}: {}", ran.stderr);
        host.tree().must_be(&before, to);
    }
}

#[test]
fn a_run_is_noted_with_the_code_that_systemd_tells() {
    let host = host_with(SPEC);

    host.bare("schedule note usage started").run().exits(0);
    let noted = host.bare("schedule note usage ended");
    let noted = noted.env("SERVICE_RESULT", "exit-code").env("EXIT_CODE", "exited");
    let ran = noted.env("EXIT_STATUS", "3").run().exits(0);

    assert!(ran.stderr.starts_with("usage: exit 3: it found something"), "{}", ran.stderr);
    let metrics = host.root().join("var/metrics/datalake-usage.prom");
    assert_eq!(fs::metadata(&metrics).unwrap().permissions().mode() & 0o777, 0o644);
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(text.contains("exit_code{task=\"usage\"} 3\n"), "{text}");
    assert!(!text.contains("last_success"), "{text}");
}

#[test]
fn metrics_that_cannot_be_written_are_a_failure() {
    let host = host_with(SPEC);
    fs::remove_dir(host.root().join("var/metrics")).unwrap();

    let noted = host.bare("schedule note usage ended").env("SERVICE_RESULT", "success");
    let ran = noted.run();

    assert!(!ran.status.success());
    assert!(ran.stderr.contains("/var/metrics/datalake-usage.prom"), "{}", ran.stderr);
}
