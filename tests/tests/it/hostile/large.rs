//! Files that are larger than what is read.

use std::fs;

use super::Scene;

/// `doctor` names the file below the service user's home, and no service's answer.
#[track_caller]
fn names_large_file(path: &str) {
    let scene = Scene::new();
    let home = scene.shelf.host.root().join("var/lib/dagster");
    let file = home.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::File::create(&file).unwrap().set_len(10 << 30).unwrap();

    let ran = scene.run("doctor");
    let told = format!("{path}` is larger than 1 MiB");
    assert!(ran.stdout.contains(&told), "{path}: {}", ran.all());
    let other = ran.stdout.lines().find(|line| line.contains("answer") && line.contains("larger"));
    assert_eq!(other, None, "{path}");
}

#[test]
fn a_file_that_is_too_large_is_named_by_doctor() {
    names_large_file("dagster_home/dagster.yaml");
    names_large_file(".config/datalake/s3.env");
    names_large_file(".config/environment.d/dagster-s3.conf");
    names_large_file(".config/containers/systemd/dagster-daemon.container");
    names_large_file(".config/containers/systemd/dagster-daemon.container.d/10-own.conf");
}
