//! The service user, and files that hand settings over.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{check, green, provisioned, red, yellow};
use crate::support::{Host, Service, Shelf};

#[test]
fn a_user_or_a_unit_that_is_not_there() {
    let shelf = provisioned();
    green(&shelf, "host-user");
    green(&shelf, "host-units");

    let said = check(|words| shelf.call(words).arg("--user=nobody-here"), "host-user", "wrong");
    assert!(said.contains("there is no user `nobody-here`"), "{said}");
    check(|words| shelf.call(words).arg("--user=nobody-here"), "host-env-file", "skipped");
    check(|words| shelf.call(words).arg("--unit=dagster-code"), "host-units", "wrong");
}

#[test]
fn a_host_as_the_by_hand_way_leaves_it() {
    let (host, service) = (Host::with("seed-broken"), Service::quick());
    let folder = host.config().join("environment.d");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("dagster-s3.conf"), "AWS_ACCESS_KEY_ID=a\n").unwrap();
    let call = |words: &str| host.call(&service, words);

    let said = check(call, "host-dashed-env-file", "wrong");
    assert!(said.contains("the container never starts"), "{said}");
    let said = check(call, "host-environment-d", "wrong");
    assert!(said.contains("every service of the user"), "{said}");
    check(call, "host-env-file", "wrong");

    host.call(&service, "provision --yes").run().exits(0);
    for id in ["host-dashed-env-file", "host-environment-d", "host-env-file", "host-handover"] {
        check(call, id, "sound");
    }
}

#[test]
fn values_that_win_over_ours() {
    let shelf = provisioned();
    green(&shelf, "host-old-values");
    let unit = shelf.host.units().join("dagster-daemon.container");
    let text = fs::read_to_string(&unit).unwrap();
    let line = "[Container]\nEnvironment=AWS_SECRET_ACCESS_KEY=canary\n";
    fs::write(&unit, text.replacen("[Container]\n", line, 1)).unwrap();

    let said = red(&shelf, "host-old-values");
    assert!(said.contains("AWS_SECRET_ACCESS_KEY") && !said.contains("canary"), "{said}");

    fs::write(&unit, text.replacen("[Container]\n", "[Container]\nEnvironmentHost=true\n", 1))
        .unwrap();
    yellow(&shelf, "host-old-values");
}

#[test]
fn an_env_file_that_others_can_read() {
    let shelf = provisioned();
    green(&shelf, "host-env-file-mode");
    fs::set_permissions(shelf.host.env_file(), Permissions::from_mode(0o644)).unwrap();

    let said = red(&shelf, "host-env-file-mode");

    assert!(said.contains("0644"), "{said}");
    let plan = shelf.run("provision --dry-run", 3);
    assert!(plan.stdout.contains("the same content; (0644, "), "{}", plan.stdout);
    assert!(!plan.stdout.contains("+AWS_"), "no value changes: {}", plan.stdout);
}

/// Changes the env file's text.
fn changed(shelf: &Shelf, change: impl Fn(&str) -> String) {
    let file = shelf.host.env_file();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, change(&text)).unwrap();
}

#[test]
fn settings_that_are_wrong_or_missing() {
    let shelf = provisioned();
    let all = ["host-settings", "host-checksum-variables", "host-region-variable"];
    for id in all {
        green(&shelf, id);
    }

    let without = |name: &str| {
        changed(&shelf, |text| {
            let kept = text.lines().filter(|line| !line.starts_with(name));
            kept.map(|line| format!("{line}\n")).collect()
        });
    };
    without("AWS_REQUEST_CHECKSUM_CALCULATION=");
    let said = red(&shelf, "host-checksum-variables");
    assert!(said.contains("boto3 from 1.36"), "{said}");
    without("AWS_DEFAULT_REGION=");
    red(&shelf, "host-region-variable");
    red(&shelf, "host-settings");
    changed(&shelf, |text| text.replace("acme-dagster-assets", "another"));
    let said = red(&shelf, "host-settings");
    assert!(said.contains("DAGSTER_S3_BUCKET is `another`"), "{said}");
    changed(&shelf, |text| text.replace("DAGSTER_S3_BUCKET=another", "DAGSTER_S3_BUCKET=\"b\""));
    let said = red(&shelf, "host-env-file");
    assert!(said.contains("read it differently"), "{said}");
}

#[test]
fn a_unit_that_nothing_is_handed_to() {
    let shelf = provisioned();
    green(&shelf, "host-handover");
    let folder = shelf.host.units().join("dagster-daemon.container.d");
    fs::remove_dir_all(folder).unwrap();

    let said = red(&shelf, "host-handover");

    assert!(said.contains("`dagster-daemon`"), "{said}");
}

#[test]
fn what_people_leave_behind() {
    let shelf = provisioned();
    let root = shelf.host.root();
    green(&shelf, "host-shell-history");
    green(&shelf, "host-backups");
    fs::create_dir(root.join("root")).unwrap();
    let typed = "ls\nmodal secret create s3 AWS_SECRET_ACCESS_KEY=canary\n";
    fs::write(root.join("root/.bash_history"), typed).unwrap();
    fs::create_dir_all(root.join("var/lib/dagster/backup-2026/storage")).unwrap();
    let home = root.join("var/lib/dagster/dagster_home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("dagster.yaml.backup-1"), "").unwrap();
    green(&shelf, "host-yaml-backups");
    fs::write(home.join("dagster.yaml.backup-2"), "").unwrap();

    let said = yellow(&shelf, "host-shell-history");
    assert!(said.contains("line 2") && !said.contains("canary"), "{said}");
    yellow(&shelf, "host-backups");
    yellow(&shelf, "host-yaml-backups");

    fs::write(root.join("root/.modal.toml"), "").unwrap();
    fs::set_permissions(root.join("root/.modal.toml"), Permissions::from_mode(0o644)).unwrap();
    red(&shelf, "modal-config-mode");
    fs::set_permissions(root.join("root/.modal.toml"), Permissions::from_mode(0o600)).unwrap();
    green(&shelf, "modal-config-mode");
}

#[test]
fn services_and_podman_are_not_those_of_a_folder() {
    let shelf = provisioned();

    for id in ["host-lingering", "host-podman", "containers-up", "containers-canary"] {
        check(|words| shelf.call(words), id, "skipped");
    }
}

#[test]
fn files_that_are_not_as_a_provision_writes_them() {
    let shelf = provisioned();
    green(&shelf, "host-in-step");

    for (from, to) in [
        ("AWS_SECRET_ACCESS_KEY=", "AWS_SECRET_ACCESS_KEY=wrong"),
        ("AWS_ACCESS_KEY_ID=", "AWS_ACCESS_KEY_ID=WRONG"),
        ("AWS_ACCESS_KEY_ID=", "AWS_PROFILE=mine\nAWS_ACCESS_KEY_ID="),
    ] {
        let before = fs::read(shelf.host.env_file()).unwrap();
        changed(&shelf, |text| text.replacen(from, to, 1));
        let said = red(&shelf, "host-in-step");
        assert!(said.contains("write file /var/lib") && !said.contains("wrong0"), "{said}");
        shelf.run("doctor", 3);
        fs::write(shelf.host.env_file(), before).unwrap();
    }
    let drop_in = shelf.host.units().join("dagster-daemon.container.d/50-datalake-s3.conf");
    fs::write(&drop_in, "").unwrap();
    let said = red(&shelf, "host-in-step");
    assert!(said.contains("50-datalake-s3.conf"), "{said}");

    let fixed = shelf.run("doctor --fix host-in-step --yes", 0);
    assert!(fixed.stdout.contains("50-datalake-s3.conf"), "{}", fixed.stdout);
    green(&shelf, "host-in-step");
}

#[test]
fn what_stops_a_provision_before_its_plan_is_told_with_its_cure() {
    let shelf = provisioned();
    for (unit, folder) in [("dagster-webserver", "dagster_home"), ("dagster-daemon", "other")] {
        let unit = shelf.host.units().join(format!("{unit}.container"));
        let text = fs::read_to_string(&unit).unwrap();
        let text = text.replace("dagster_home:/opt", &format!("{folder}:/opt"));
        fs::write(&unit, text).unwrap();
    }
    let call = |words: &str| shelf.call(words).env("DATALAKE_LOGS", "s3");

    let said = check(call, "host-in-step", "wrong");

    assert!(said.contains("two units have different homes"), "{said}");
    assert!(said.contains("dagster-home: /PATH") && !said.contains("the service has"), "{said}");
    check(call, "host-readers", "skipped");
}

#[test]
fn without_the_key_pair_there_is_nothing_to_compare_with() {
    let shelf = provisioned();
    let none = |words: &str| shelf.host.without_key(&shelf.service, words);

    check(none, "host-in-step", "skipped");
    let file = shelf.host.work().join("nobody-wrote-it.env");
    let unread = |words: &str| none(words).arg("--credentials-file").arg(&file);
    check(unread, "host-in-step", "unknown");
}

#[test]
fn an_env_file_that_is_a_link_or_is_written_as_elsewhere() {
    let shelf = provisioned();
    let file = shelf.host.env_file();
    let before = fs::read_to_string(&file).unwrap();
    for (text, words) in [
        (before.replace('\n', "\r\n"), "carriage return"),
        (format!("\u{feff}{before}"), "byte order mark"),
        (format!("{before}export A=b\n"), "`export`"),
        (format!("{before}A=\"b\"\n"), "in quotes"),
        (format!("{before}A=b \n"), "a blank"),
    ] {
        fs::write(&file, text).unwrap();
        let said = red(&shelf, "host-env-file");
        assert!(said.contains(words), "{said}");
    }

    fs::rename(&file, file.with_extension("old")).unwrap();
    std::os::unix::fs::symlink("s3.old", &file).unwrap();
    let said = red(&shelf, "host-env-file");
    assert!(said.contains("move it away"), "{said}");
}
