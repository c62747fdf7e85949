//! Hosts as people have them, from the by-hand guide's first day on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Host, Service, Tree};

/// A host in one of the states of `fixtures/hosts`.
fn host_in(state: &str) -> Host {
    let host = Host::usual();
    let home = host.root().join("var/lib/dagster");
    fs::remove_dir_all(&home).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts").join(state);
    copy(&fixtures.join("home"), &home);
    copy(&fixtures.join("lake"), &host.root().join("var/lib/lake"));
    host
}

/// Copies what is there; `config` becomes `.config`.
fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).unwrap();
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name();
        let to = to.join(if name == "config" { ".config".into() } else { name });
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// The variables that reach each unit by env files, whether podman or systemd reads them.
fn given(host: &Host) -> BTreeMap<String, BTreeSet<String>> {
    let units = fs::read_dir(host.units()).unwrap().map(|entry| entry.unwrap().path());
    let units = units.filter(|path| path.extension().is_some_and(|it| it == "container"));
    let given = units.map(|unit| {
        let mut files = vec![unit.clone()];
        let drop_ins = PathBuf::from(format!("{}.d", unit.display()));
        let drop_ins = fs::read_dir(drop_ins).into_iter().flatten();
        files.extend(drop_ins.map(|entry| entry.unwrap().path()));
        let texts: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let named = texts.lines().filter_map(|line| line.strip_prefix("EnvironmentFile="));
        let mut names = BTreeSet::new();
        for name in named {
            let name = name.trim_start_matches('-').replace("%h", "/var/lib/dagster");
            let path = host.root().join(name.trim_start_matches('/'));
            let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} is missing"));
            let lines = text.lines().filter_map(|line| line.split_once('='));
            names.extend(lines.map(|(name, _)| name.to_owned()));
        }
        (unit.file_name().unwrap().to_string_lossy().into_owned(), names)
    });
    given.collect()
}

#[track_caller]
fn loses_nothing(before: &BTreeMap<String, BTreeSet<String>>, host: &Host) {
    let after = given(host);
    for (unit, names) in before {
        let lost: Vec<_> = names.difference(&after[unit]).collect();
        assert!(lost.is_empty(), "{unit} has lost {lost:?}");
    }
}

/// There and back in one state; `code` is a unit besides the two that needs the settings.
#[track_caller]
fn check(state: &str, code: Option<&str>) {
    let (host, service) = (host_in(state), Service::quick());
    let start = host.home();
    let lake = host.root().join("var/lib/lake");
    let (before, lake_before) = (given(&host), Tree::of(&lake));
    host.call(&service, "doctor --only host").run().exits(3);

    host.call(&service, "provision --yes").run().exits(0);

    loses_nothing(&before, &host);
    assert!(!host.config().join("environment.d/dagster-s3.conf").exists());
    for unit in ["dagster-webserver", "dagster-daemon"].into_iter().chain(code) {
        let given = &given(&host)[&format!("{unit}.container")];
        assert!(given.contains("DAGSTER_S3_BUCKET"), "{unit}: {given:?}");
    }
    host.call(&service, "status").run().exits(0);
    let doctor = host.call(&service, "doctor --only host").run();
    assert!(!doctor.stdout.contains("✗ wrong"), "{}", doctor.stdout);
    host.call(&service, "rollback --yes").run().exits(0);
    host.home().must_be(&start, "after rollback");
    loses_nothing(&before, &host);
    Tree::of(&lake).must_be(&lake_before, "the other user's home");
}

#[test]
fn a_the_guides_own_host() {
    check("a", None);
}

#[test]
fn b_a_second_user_with_keys_of_its_own() {
    check("b", None);
}

#[test]
fn c_the_file_is_required() {
    check("c", None);
}

#[test]
fn d_a_code_server_in_the_pod() {
    check("d", Some("sales-pipelines"));
}

#[test]
fn e_a_unit_that_is_copied_anew_at_each_deployment() {
    check("e", Some("sales-pipelines"));
}
