//! Old values that would win over what is handed over.

use std::fs;

use super::{CONFIG, ENV_FILE, Ground};
use crate::support::{Call, UNITS};

/// Puts old values in every place that may hold some.
fn with_old_values(ground: Ground) -> Ground {
    let unit = format!("{UNITS}/dagster-webserver.container");
    let text = ground.read(&unit);
    let args = "[Container]\nPodmanArgs=--env=AWS_ACCESS_KEY_ID=old-one --tz=UTC";
    fs::write(ground.host().join(unit), text.replace("[Container]", args)).unwrap();
    let own = format!("{UNITS}/dagster-daemon.container.d/10-mine.conf");
    ground.put(&own, "[Container]\nEnvironment=AWS_REGION=old-two\nEnvironment=A=1\n");
    let roots = "etc/containers/systemd/users/container.d/keys.conf";
    ground.put(roots, "[Container]\nSecret=mine,type=env,target=AWS_SECRET_ACCESS_KEY\n");
    let environment = format!("{CONFIG}/environment.d");
    ground
        .put(&format!("{environment}/dagster-s3.conf"), "# old\nAWS_SECRET_ACCESS_KEY=old-three\n");
    ground.put(&format!("{environment}/mine.conf"), "EDITOR=vi\nAWS_REGION=old-four\n");
    ground.put(&format!("{environment}/other.conf"), "PAGER=less\n");
    ground
}

#[test]
fn old_values_are_told_and_go_and_come_back() {
    let ground = with_old_values(Ground::new());
    let start = ground.tree();

    let ran = ground.provision();

    assert!(!ran.all().contains("old-three"), "{}", ran.all());
    for words in [
        "dagster-webserver.container:7: the value of `AWS_ACCESS_KEY_ID` in `PodmanArgs=`",
        "10-mine.conf:2: the value of `AWS_REGION`",
        "keys.conf:2: this secret of podman's gives `AWS_SECRET_ACCESS_KEY`",
        "dagster-s3.conf:2: systemd hands `AWS_SECRET_ACCESS_KEY` to every service",
        "mine.conf:2: systemd hands `AWS_REGION`",
    ] {
        assert!(ran.stdout.contains(words), "{words}\n{}", ran.stdout);
    }
    let unit = ground.read(&format!("{UNITS}/dagster-webserver.container"));
    assert!(unit.contains("\nPodmanArgs=--tz=UTC\n") && !unit.contains("old-one"), "{unit}");
    let drop_in = ground.read(&format!("{UNITS}/dagster-daemon.container.d/10-mine.conf"));
    assert_eq!(drop_in, "[Container]\nEnvironment=A=1\n");
    assert_eq!(ground.read("etc/containers/systemd/users/container.d/keys.conf"), "[Container]\n");
    assert!(!ground.host().join(CONFIG).join("environment.d/dagster-s3.conf").exists());
    assert_eq!(ground.read(&format!("{CONFIG}/environment.d/mine.conf")), "EDITOR=vi\n");

    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

#[test]
fn the_whole_environment_handed_in_is_told_and_left() {
    let ground = Ground::new();
    let name = format!("{UNITS}/dagster-daemon.container.d/20-host.conf");
    ground.put(&name, "[Container]\nEnvironmentHost=true\n");

    let ran = ground.provision();

    assert!(ran.stdout.contains("20-host.conf:2: `EnvironmentHost=`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nIt stays."), "{}", ran.stdout);
    assert_eq!(ground.read(&name), "[Container]\nEnvironmentHost=true\n");
    assert!(ground.host().join(ENV_FILE).exists());
}

#[test]
fn the_whole_environment_goes_where_that_is_asked_for_and_comes_back() {
    let ground = Ground::new();
    let name = format!("{UNITS}/dagster-daemon.container.d/20-host.conf");
    ground.put(&name, "[Container]\nEnvironmentHost=true\n");
    ground.provision();
    let start = ground.tree();

    let ran = ground.run("provision --yes --environment-host=remove").exits(0);

    assert!(!ran.stdout.contains("It stays."), "{}", ran.stdout);
    assert_eq!(ground.read(&name), "[Container]\n");
    ground.run("status").exits(0);
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&start, "after rollback");
}

/// Makes the folder `$OVER` read-only, as those of root are for the service user.
const CLOSED: &str = r#"mount --bind "$OVER" "$OVER"
mount -o remount,ro,bind "$OVER"
exec "$@""#;

#[test]
fn an_old_value_in_a_file_of_others_is_told_with_its_line() {
    let ground = with_old_values(Ground::plain());
    let folder = ground.host().join("etc/containers/systemd/users/container.d");
    let before = ground.tree();
    let call = Call::in_namespace(ground.0.path(), CLOSED, "--sandbox provision --yes");
    let Some(call) = call else { return };

    let ran = call.env("OVER", folder).run().exits(74);

    let words = "`/etc/containers/systemd/users/container.d/keys.conf:2`: this secret";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert!(ran.stderr.contains("take `AWS_SECRET_ACCESS_KEY` out"), "{}", ran.stderr);
    ground.tree().must_be(&before, "after the refusal");
}
