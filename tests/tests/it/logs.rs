//! `logs: s3`: `dagster.yaml` changed, and given back byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Call, Host, Service, make_unusual};

const FIXTURES: [&str; 5] = [
    "01-seed-local-logs.yaml",
    "02-postgres-docker-env.yaml",
    "03-anchors-flow.yaml",
    "04-no-compute-logs-crlf.yaml",
    "05-already-s3.yaml",
];
const ALREADY_S3: &str = FIXTURES[4];

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dagster");
    fs::read(folder.join(name)).unwrap()
}

/// Where `dagster.yaml` lies as the units tell it.
fn yaml(host: &Host) -> PathBuf {
    host.root().join("var/lib/dagster/dagster_home/dagster.yaml")
}

/// A usual host with this `dagster.yaml`, with a mode and an owner that nobody would guess.
fn host(content: &[u8]) -> Host {
    let host = Host::usual();
    fs::create_dir_all(yaml(&host).parent().unwrap()).unwrap();
    fs::write(yaml(&host), content).unwrap();
    make_unusual(&yaml(&host));
    host
}

fn s3(host: &Host, service: &Service, words: &str) -> Call {
    host.call(service, words).env("DATALAKE_LOGS", "s3")
}

#[test]
fn a_rollback_gives_every_fixture_back() {
    let service = Service::quick();
    for name in FIXTURES {
        let host = host(&fixture(name));
        let before = host.home();

        s3(&host, &service, "provision --yes").run().exits(0);
        let is_changed = fs::read(yaml(&host)).unwrap() != fixture(name);
        assert_eq!(is_changed, name != ALREADY_S3, "{name}");
        s3(&host, &service, "status").run().exits(0);
        s3(&host, &service, "provision").run().exits(0);
        s3(&host, &service, "rollback --yes").run().exits(0);

        host.home().must_be(&before, name);
    }
}

#[test]
fn a_code_server_that_the_list_leaves_out_stops_a_run_that_would_fail_every_one_of_its_own() {
    let (host, service) = (host(&fixture(FIXTURES[0])), Service::quick());
    let code = host.units().join("etl-code.container");
    let text = "[Container]\nImage=localhost/etl:1\nExec=dagster api grpc -m etl\n";
    fs::write(&code, text).unwrap();
    let call = |words: &str| {
        let units = "dagster-webserver,dagster-daemon";
        s3(&host, &service, words).env("DATALAKE_HOST__UNITS", units).run()
    };
    let before = host.tree();

    let ran = call("provision --yes").exits(78);

    let told = "etl-code.container:3`: it loads `dagster.yaml`, which this plan has ask for \
                `DAGSTER_S3_BUCKET`, and nothing gives it that: every run fails there";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--unit etl-code` adds it to the plan"), "{}", ran.stderr);
    host.tree().must_be(&before, "after the refusal");
    assert!(call("status").exits(3).stdout.contains(told));
    call("provision --yes --unit etl-code").exits(0);
    call("rollback --yes").exits(0);
    // One that has variables of its own is nobody's to judge.
    fs::write(&code, format!("{text}Environment=DAGSTER_S3_BUCKET=own\n")).unwrap();
    call("provision --yes").exits(0);
}

#[test]
fn local_logs_bring_back_the_same_bytes_without_any_receipt() {
    let service = Service::quick();
    for name in FIXTURES {
        let host = host(&fixture(name));
        s3(&host, &service, "provision --yes").run().exits(0);
        fs::remove_dir_all(host.state()).unwrap();

        host.call(&service, "provision --yes").run().exits(0);

        assert_eq!(fs::read(yaml(&host)).unwrap(), fixture(name), "{name}");
    }
}

#[test]
fn a_plan_shows_the_block_and_the_traps() {
    let (host, service) = (host(&fixture("02-postgres-docker-env.yaml")), Service::quick());

    let ran = s3(&host, &service, "provision --dry-run").run().exits(3);

    for part in [
        "dagster_home/dagster.yaml",
        "+    bucket: {env: DAGSTER_S3_BUCKET}",
        "+    local_dir: {env: \"DAGSTER_LOG_DIR\"}",
        "+#|    config:",
        "Compute logs (logs-run-containers): runs start in containers",
    ] {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert_eq!(fs::read(yaml(&host)).unwrap(), fixture("02-postgres-docker-env.yaml"));
}

#[test]
fn a_block_for_this_bucket_stays_and_its_traps_are_told() {
    let (host, service) = (host(&fixture(ALREADY_S3)), Service::quick());

    let ran = s3(&host, &service, "provision --yes").run().exits(0);

    assert!(ran.stdout.contains("Compute logs (logs-region-without-effect)"), "{}", ran.stdout);
    assert_eq!(fs::read(yaml(&host)).unwrap(), fixture(ALREADY_S3));
}

#[test]
fn logs_that_go_elsewhere_are_never_redirected() {
    let service = Service::quick();
    let other = String::from_utf8(fixture(ALREADY_S3)).unwrap();
    let other = other.replace("      env: DAGSTER_S3_BUCKET\n", "      env: OTHER\n");
    let custom = "compute_logs: {module: acme.logs, class: AcmeLogManager}\n";
    for (content, told) in [(other.as_str(), "OTHER"), (custom, "AcmeLogManager")] {
        let host = host(content.as_bytes());
        let before = host.home();

        let ran = s3(&host, &service, "provision --yes").run().exits(78);

        assert!(ran.stderr.contains(told) && ran.stderr.contains("logs: local"), "{}", ran.stderr);
        host.home().must_be(&before, told);
        host.call(&service, "provision --yes").run().exits(0);
        assert_eq!(fs::read(yaml(&host)).unwrap(), content.as_bytes());
    }
}

#[test]
fn a_file_that_cannot_be_changed_alone_is_refused_and_left() {
    let service = Service::quick();
    for (content, told) in [
        ("compute_logs: &x {class: LocalComputeLogManager}\ny: *x\n", "anchor"),
        ("{telemetry: {enabled: false}}\n", "form"),
        ("a: 1\na: 2\n", "twice"),
        ("a: [\n", "YAML"),
    ] {
        let host = host(content.as_bytes());

        let ran = s3(&host, &service, "provision --yes").run().exits(78);

        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        // Nothing of it matters where logs stay as they are.
        host.call(&service, "provision --yes").run().exits(0);
        assert_eq!(fs::read(yaml(&host)).unwrap(), content.as_bytes());
    }
}

#[test]
fn a_home_that_no_unit_tells_can_be_named() {
    let (host, service) = (host(&fixture(FIXTURES[0])), Service::quick());
    for unit in ["dagster-webserver.container", "dagster-daemon.container"] {
        let unit = host.units().join(unit);
        let text = fs::read_to_string(&unit).unwrap();
        fs::write(&unit, text.replace("DAGSTER_HOME=", "OTHER=")).unwrap();
    }

    let ran = s3(&host, &service, "provision --yes").run().exits(78);
    assert!(ran.stderr.contains("host: { dagster-home: /PATH }"), "{}", ran.stderr);

    let home = "/var/lib/dagster/dagster_home";
    s3(&host, &service, "provision --yes").env("DATALAKE_HOST__DAGSTER_HOME", home).run().exits(0);
    assert!(fs::read_to_string(yaml(&host)).unwrap().contains("S3ComputeLogManager"));
}

#[test]
fn without_a_file_one_is_made_and_goes_again() {
    let (host, service) = (host(b""), Service::quick());
    fs::remove_file(yaml(&host)).unwrap();
    let before = host.home();

    s3(&host, &service, "provision --yes").run().exits(0);
    let text = fs::read_to_string(yaml(&host)).unwrap();
    assert!(text.contains("local_dir: \"/opt/dagster/dagster_home/storage\"\n"), "{text}");
    s3(&host, &service, "rollback --yes").run().exits(0);

    host.home().must_be(&before, "no dagster.yaml");
}

#[test]
fn an_edit_since_then_stops_a_rollback() {
    let (host, service) = (host(&fixture(FIXTURES[0])), Service::quick());
    s3(&host, &service, "provision --yes").run().exits(0);
    let edited = fs::read_to_string(yaml(&host)).unwrap() + "# mine\n";
    fs::write(yaml(&host), &edited).unwrap();

    let ran = s3(&host, &service, "rollback --yes").run().exits(4);

    assert!(ran.stderr.contains("dagster.yaml"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(yaml(&host)).unwrap(), edited);
}
