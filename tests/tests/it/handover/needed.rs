//! What others need is not taken away: they are named, and nothing is changed.

use std::fs;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{CONFIG, ENV_FILE, Ground};
use crate::support::UNITS;

const FILE: &str = "var/lib/dagster/.config/environment.d/dagster-s3.conf";
const OLD: &str = "AWS_ACCESS_KEY_ID=old-id\nAWS_SECRET_ACCESS_KEY=old-secret\n";
/// A unit that is not Dagster's; one that is would be a part of the plan.
const CODE: &str = "[Container]\nImage=localhost/etl:1\nExec=python -m etl.sync\n";

/// A host with keys in `environment.d` that this file may need.
fn with_keys(name: &str, text: &str) -> Ground {
    let ground = Ground::new();
    ground.put(FILE, OLD);
    ground.put(name, text);
    ground
}

/// The run stops, names the line, and changes nothing; `status` and `doctor` name it as well.
#[track_caller]
fn is_named(name: &str, text: &str, line: usize) {
    let ground = with_keys(name, text);
    let before = ground.tree();

    let ran = ground.run("provision --yes").exits(78);

    let place = format!("`/{name}:{line}`: ");
    assert!(ran.stderr.contains(&place), "{place}\n{}", ran.stderr);
    assert!(!ran.all().contains("old-secret"), "{}", ran.all());
    ground.tree().must_be(&before, "after the refusal");
    let status = ground.run("status").exits(3);
    assert!(status.stdout.contains(&place), "{}", status.stdout);
    let doctor = ground.run("doctor --only host").exits(3);
    let told = format!("wrong    host-readers: {place}");
    assert!(doctor.stdout.contains(&told), "{}", doctor.stdout);
    ground.tree().must_be(&before, "after status and doctor");
}

/// The run is done and the file is gone.
#[track_caller]
fn is_no_reader(name: &str, text: &str) {
    let ground = with_keys(name, text);
    let start = ground.tree();
    ground.provision();
    assert!(!ground.host().join(FILE).exists());
    assert_eq!(ground.read(name), text);
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn a_third_unit_that_reads_the_file_is_named() {
    let reads = format!("{CODE}EnvironmentFile=/{FILE}\n");
    is_named(&format!("{UNITS}/etl.container"), &reads, 4);
    is_named(&format!("{UNITS}/apps/etl.container"), &reads, 4);
    is_named("etc/containers/systemd/users/etl@.container", &reads, 4);
    let home = "[Service]\nEnvironmentFile=-%h/.config/environment.d/dagster-s3.conf\n";
    is_named(&format!("{UNITS}/etl.container.d/10.conf"), home, 2);
    is_named(&format!("{UNITS}/etl.kube"), home, 2);
}

#[test]
fn who_lives_on_the_managers_environment_is_named() {
    let code = format!("{CODE}PodmanArgs=--env=AWS_ACCESS_KEY_ID\n");
    is_named(&format!("{UNITS}/etl.container"), &code, 4);
    let user = format!("{CONFIG}/systemd/user");
    let runs = "[Service]\nExecStart=/usr/bin/restic backup /var/lib/dagster\n";
    is_named(&format!("{user}/backup.service"), runs, 2);
    let shell = format!("[Service]\nExecStart=/bin/sh -c '. /{FILE}; restic backup /'\n");
    is_named(&format!("{user}/backup.service"), &shell, 2);
    is_named(&format!("{user}/backup.timer"), "[Timer]\nOnCalendar=daily\n", 1);
    is_named(&format!("{CONFIG}/environment.d/60.conf"), "RCLONE_KEY=$AWS_ACCESS_KEY_ID\n", 1);
}

#[test]
fn who_needs_nothing_of_it_is_left_in_peace() {
    let commented = format!("{CODE}#EnvironmentFile=/{FILE}\n");
    is_no_reader(&format!("{UNITS}/etl.container"), &commented);
    is_no_reader(&format!("{UNITS}/etl.container.bak"), &format!("EnvironmentFile=/{FILE}\n"));
    let user = format!("{CONFIG}/systemd/user");
    let unset = "[Service]\nExecStart=/usr/bin/restic\n\
                 UnsetEnvironment=AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n";
    is_no_reader(&format!("{user}/backup.service"), unset);
}

#[test]
fn a_unit_that_is_added_to_the_plan_gets_the_settings() {
    let code = format!("{UNITS}/etl.container");
    let ground = with_keys(&code, &format!("{CODE}EnvironmentFile=/{FILE}\n"));
    let start = ground.tree();

    let ran = ground.run("provision --yes --unit etl").exits(0);

    assert!(!ground.host().join(FILE).exists(), "{}", ran.stdout);
    assert_eq!(ground.read(&code), CODE);
    for unit in ["etl", "dagster-webserver", "dagster-daemon"] {
        let drop_in = ground.read(&format!("{UNITS}/{unit}.container.d/50-datalake-s3.conf"));
        assert!(drop_in.contains(&format!("EnvironmentFile=-/{ENV_FILE}")), "{drop_in}");
    }
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn a_line_goes_with_its_file_and_both_come_back() {
    let ground = Ground::new();
    ground.put(FILE, OLD);
    for (unit, section) in [("webserver", "[Container]"), ("daemon", "[Service]")] {
        let name = format!("{UNITS}/dagster-{unit}.container");
        let line = format!("{section}\nEnvironmentFile=/{FILE}");
        let text = ground.read(&name).replacen(section, &line, 1);
        fs::write(ground.host().join(name), text).unwrap();
    }
    let start = ground.tree();

    let ran = ground.provision();

    assert!(ran.stdout.contains("which this run removes"), "{}", ran.stdout);
    assert!(!ground.host().join(FILE).exists());
    for unit in ["webserver", "daemon"] {
        let text = ground.read(&format!("{UNITS}/dagster-{unit}.container"));
        assert!(!text.contains("environment.d"), "{text}");
    }
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn a_file_with_other_variables_stays_with_its_lines() {
    let ground = Ground::new();
    ground.put(FILE, &format!("{OLD}EDITOR=vi\nAWS_PROFILE=old\n"));
    let name = format!("{UNITS}/dagster-webserver.container");
    let line = format!("[Container]\nEnvironmentFile=/{FILE}");
    let text = ground.read(&name).replacen("[Container]", &line, 1);
    fs::write(ground.host().join(&name), &text).unwrap();
    let start = ground.tree();

    ground.provision();

    assert_eq!((ground.read(FILE).as_str(), ground.read(&name)), ("EDITOR=vi\n", text));
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn a_line_of_a_file_that_is_gone_is_taken_out_or_told() {
    let ground = Ground::new();
    let name = format!("{UNITS}/dagster-webserver.container");
    let (gone, other) = (format!("EnvironmentFile=/{FILE}\n"), "EnvironmentFile=/srv/app.env\n");
    let text =
        ground.read(&name).replacen("[Container]\n", &format!("[Container]\n{gone}{other}"), 1);
    fs::write(ground.host().join(&name), &text).unwrap();
    ground.put("srv/other.env", "A=1\n");
    let said = ground.run("doctor --only host").exits(3).stdout;
    assert!(said.contains("wrong    host-missing-env-file: "), "{said}");
    assert!(said.contains(&format!("`/{FILE}` does not exist")), "{said}");

    let ran = ground.run("provision --yes").exits(0);

    assert!(ran.stdout.contains("`/srv/app.env` does not exist"), "{}", ran.stdout);
    assert_eq!(ground.read(&name), text.replacen(&gone, "", 1));
    let said = ground.run("doctor --only host").exits(3).stdout;
    assert!(said.contains("`/srv/app.env` does not exist") && !said.contains(FILE), "{said}");
}

#[test]
fn what_comes_after_quadlet_is_named_before_anything_is_changed() {
    let user = format!("{CONFIG}/systemd/user");
    for (name, text, line) in [
        ("dagster-webserver.service.d/override.conf", "[Service]\nEnvironmentFile=\n", 2),
        ("dagster-.service.d/a.conf", "[Service]\nUnsetEnvironment=AWS_REGION\n", 2),
        ("service.d/a.conf", "[Service]\n\nEnvironment=AWS_PROFILE=old\n", 3),
        ("dagster-daemon.service", "[Service]\nExecStart=/usr/bin/podman run a\n", 2),
    ] {
        let ground = Ground::new();
        let name = format!("{user}/{name}");
        ground.put(&name, text);
        let before = ground.tree();

        let ran = ground.run("provision --yes").exits(78);

        let place = format!("/{name}");
        assert!(ran.stderr.contains(&format!("`{place}:{line}`")), "{}", ran.stderr);
        ground.tree().must_be(&before, "after the refusal");
        let said = ground.run("doctor --only host").exits(3).stdout;
        let place = format!("wrong    host-overrides: {place}:{line}: ");
        assert!(said.contains(&place), "{said}");
    }
}

#[test]
fn settings_that_steer_boto3_elsewhere_go_and_an_applications_own_stay() {
    let ground = Ground::new();
    let own = "Environment=USE_S3=true S3_ENDPOINT_URL=https://hel1.example\n";
    let drop_in = format!("{UNITS}/dagster-daemon.container.d/10-app.conf");
    let stale = "[Container]\nEnvironment=AWS_PROFILE=old\n";
    let service = "[Service]\nEnvironment=AWS_SECRET_ACCESS_KEY=old-one\nNice=5\n";
    ground.put(&drop_in, &format!("{stale}{own}{service}"));
    let user_wide = format!("{CONFIG}/environment.d/aws.conf");
    ground.put(&user_wide, "AWS_SESSION_TOKEN=old-two\nS3_ENDPOINT_URL=https://hel1.example\n");
    let start = ground.tree();

    let ran = ground.provision();

    assert!(ran.stdout.contains("`AWS_PROFILE` makes boto3 use something else"), "{}", ran.stdout);
    assert!(!ran.all().contains("old-one") && !ran.all().contains("old-two"));
    assert_eq!(ground.read(&drop_in), format!("[Container]\n{own}[Service]\nNice=5\n"));
    assert_eq!(ground.read(&user_wide), "S3_ENDPOINT_URL=https://hel1.example\n");
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn a_drop_in_for_all_units_is_changed_only_where_the_plan_names_all() {
    let ground = Ground::new();
    let shared = format!("{UNITS}/container.d/keys.conf");
    ground.put(&shared, "[Container]\nEnvironment=AWS_REGION=old\n");
    ground.put(&format!("{UNITS}/etl.container"), CODE);
    let before = ground.tree();

    // The database is a container of the user, too, but has no use for such settings.
    let ran = ground.run("provision --yes").exits(78);

    let place = format!("`/{shared}:2`: this drop-in also counts for ");
    assert!(ran.stderr.contains(&place), "{}", ran.stderr);
    assert!(ran.stderr.contains("for `etl.container`, which"), "{}", ran.stderr);
    ground.tree().must_be(&before, "after the refusal");
}

#[test]
fn a_way_back_takes_nothing_from_those_who_have_come_since() {
    let ground = Ground::new();
    let start = ground.tree();
    ground.provision();
    let code = format!("{UNITS}/etl.container");
    ground.put(&code, &format!("{CODE}[Service]\nEnvironmentFile=-/{ENV_FILE}\n"));
    let before = ground.tree();

    let ran = ground.run("rollback --yes").exits(78);

    assert!(ran.stderr.contains(&format!("`/{code}:5`: ")), "{}", ran.stderr);
    ground.tree().must_be(&before, "after the refusal");
    fs::remove_file(ground.host().join(&code)).unwrap();
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn what_nobody_could_look_at_is_told_by_plan_status_and_doctor() {
    let ground = Ground::new();
    let units = ground.host().join(CONFIG).join("systemd/user");
    fs::create_dir_all(&units).unwrap();
    let mode = Mode::from_raw_mode(0o600);
    mknodat(CWD, units.join("backup.service"), FileType::Fifo, mode, 0).unwrap();
    let told =
        format!("`/{CONFIG}/systemd/user/backup.service` cannot be read, and may need what ");

    let plan = ground.run("provision --dry-run").exits(3);
    assert!(plan.stdout.contains(&told), "{}", plan.stdout);
    ground.provision();
    let status = ground.run("status").exits(0);
    assert!(status.stdout.contains(&format!("unread    {told}")), "{}", status.stdout);
    let doctor = ground.run("doctor --only host").exits(5);
    assert!(doctor.stdout.contains(&format!("unknown  host-readers: {told}")), "{}", doctor.stdout);
    fs::remove_file(units.join("backup.service")).unwrap();
    let status = ground.run("status").exits(0);
    assert!(!status.stdout.contains("unread"), "{}", status.stdout);
}
