//! Hosts as people have them, from the by-hand guide's first day on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Host, Service, Tree};

/// A host in one of the states of `fixtures/hosts`.
fn host_in(state: &str) -> Host {
    let host = Host::usual();
    let home = host.root().join("var/lib/dagster");
    fs::remove_dir_all(&home).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts").join(state);
    copy(&fixtures.join("home"), &home);
    copy(&fixtures.join("lake"), &host.root().join("var/lib/lake"));
    if fixtures.join("lake").exists() {
        let passwd = host.root().join("etc/passwd");
        let text = fs::read_to_string(&passwd).unwrap();
        let lake = "lake-user:x:4242:4242::/var/lib/lake:/usr/sbin/nologin\n";
        fs::write(passwd, text + lake).unwrap();
    }
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

/// What `discover --json` tells of a host: users with Dagster's home and workspace files, and below
/// them their units with roles, `!` behind those that get the settings.
fn discovered(host: &Host) -> Vec<String> {
    let report = host.bare("discover --json").run().exits(0).json("discover");
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut told = Vec::new();
    for user in list(&report["users"]) {
        assert_eq!(user["unread"], serde_json::json!([]), "{user}");
        let workspaces: Vec<_> = list(&user["workspaces"]).iter().map(word).collect();
        let (name, home) = (word(&user["name"]), word(&user["dagster_home"]));
        told.push(format!("{name}: {home} {}", workspaces.join(" ")).trim_end().to_owned());
        for unit in list(&user["units"]) {
            let roles: Vec<_> = list(&unit["roles"]).iter().map(|it| word(&it["role"])).collect();
            let given = if unit["is_given_settings"] == true { "!" } else { "" };
            let place = list(&unit["networks"]).first().unwrap_or(&unit["pod"]).clone();
            let (kind, name) = (word(&unit["kind"]), word(&unit["name"]));
            let line = format!("  {kind} {name}{given} in {}: {}", word(&place), roles.join(" "));
            told.push(line);
        }
    }
    told
}

const HOME: &str = "dagster-user: /var/lib/dagster/dagster_home \
                    /var/lib/dagster/dagster_home/workspace.yaml";

/// Three containers on a network: webserver and daemon run user code themselves.
const ON_A_NETWORK: [&str; 4] = [
    HOME,
    "  container dagster-webserver! in dagster.network: \
     serves-ui loads-dagster-yaml runs-user-code",
    "  container dagster-daemon! in dagster.network: schedules loads-dagster-yaml runs-user-code",
    "  container dagster-postgres in dagster.network: database",
];

/// One pod. The workspace names a code server, and a `python_file` that webserver and daemon load.
const IN_A_POD: [&str; 6] = [
    HOME,
    "  container sales-pipelines! in dagster.pod: runs-user-code loads-dagster-yaml",
    "  container dagster-webserver! in dagster.pod: serves-ui loads-dagster-yaml runs-user-code",
    "  container dagster-daemon! in dagster.pod: schedules loads-dagster-yaml runs-user-code",
    "  container dagster-postgres in dagster.pod: database",
    "  pod dagster in -:",
];

/// A catalog of tables that another user runs.
const LAKE: [&str; 3] = [
    "lake-user: -",
    "  container nessie in lake.network:",
    "  container nessie-postgres in lake.network: database",
];

/// What is discovered in one state, and there and back by a provision that knows location and bucket.
#[track_caller]
fn check(state: &str, expected: &[&str]) {
    let (host, service) = (host_in(state), Service::quick());
    let start = host.home();
    let told = discovered(&host);
    let trimmed: Vec<_> = told.iter().map(|line| line.trim_end()).collect();
    assert_eq!(trimmed, expected);
    host.home().must_be(&start, "after a look");
    let needing = told.iter().filter_map(|line| line.split_once("! in ")?.0.rsplit(' ').next());
    let lake = host.root().join("var/lib/lake");
    let (before, lake_before) = (given(&host), Tree::of(&lake));
    host.call(&service, "doctor --only host").run().exits(3);

    host.call(&service, "provision --yes").run().exits(0);

    loses_nothing(&before, &host);
    assert!(!host.config().join("environment.d/dagster-s3.conf").exists());
    for unit in needing {
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
    check("a", &ON_A_NETWORK);
}

#[test]
fn b_a_second_user_with_keys_of_its_own() {
    check("b", &[&ON_A_NETWORK[..], &LAKE[..]].concat());
}

#[test]
fn c_the_file_is_required() {
    check("c", &ON_A_NETWORK);
}

#[test]
fn d_a_code_server_in_the_pod() {
    check("d", &IN_A_POD);
}

#[test]
fn e_a_unit_that_is_copied_anew_at_each_deployment() {
    check("e", &IN_A_POD);
}

/// The next deployment knows nothing of the line that a provision has taken out of the unit.
#[test]
fn e_a_deployment_after_a_provision() {
    let (host, service) = (host_in("e"), Service::quick());
    let unit = host.units().join("sales-pipelines.container");
    let (start, deployed) = (host.home(), fs::read(&unit).unwrap());
    host.call(&service, "provision --yes").run().exits(0);

    fs::write(&unit, deployed).unwrap();

    host.call(&service, "status").run().exits(3);
    host.call(&service, "provision --yes").run().exits(0);
    host.call(&service, "status").run().exits(0);
    host.call(&service, "rollback --yes").run().exits(0);
    host.call(&service, "rollback --yes").run().exits(0);
    host.home().must_be(&start, "after both rollbacks");
}
