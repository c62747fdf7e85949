//! Hosts that run Dagster in another way: each is called what it is, with what works there.

use std::fs;

use super::Day;
use crate::support::Ran;

const UNITS: &str = "var/lib/dagster/.config/containers/systemd";

impl Day {
    /// A host without a unit of the spec, and with these files.
    fn with_other_host(files: &[(&str, &str)]) -> Self {
        let day = Self::new();
        let root = day.host.root();
        for unit in ["dagster-webserver", "dagster-daemon", "dagster-postgres"] {
            fs::remove_file(root.join(format!("{UNITS}/{unit}.container"))).unwrap();
        }
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        day
    }
}

/// What provision says in its first line of a host with one such file, which it does not set up.
#[track_caller]
fn check(path: &str, text: &str, sentence: &str) {
    let works = "datalake sets up hosts on which quadlets run Dagster. `sync`, `du`, `cost` and \
                 `migrate --home DIR` work here";
    check_sentence(path, text, &format!("{sentence}; {works}"));
}

#[track_caller]
fn check_sentence(path: &str, text: &str, sentence: &str) {
    let day = Day::with_other_host(&[(path, text)]);
    let before = day.tree();

    let Ran { stderr, .. } = day.provision().run().exits(78);

    let expected = format!(
        "error: there is no `/{UNITS}/dagster-webserver.container`: `/{path}` {sentence}\n"
    );
    assert!(stderr.contains(&expected), "{path}: {stderr}");
    assert!(!stderr.contains("host.units") && !stderr.contains("units: ["), "{stderr}");
    day.tree().must_be(&before, "nothing may change");
}

#[test]
fn a_compose_file() {
    let text = "services:\n  web:\n    image: dagster\n";
    check("srv/lake/docker-compose.yml", text, "is a compose file");
    check("var/lib/dagster/compose.yaml", text, "is a compose file");
}

#[test]
fn a_service_with_a_virtual_environment() {
    check(
        "etc/systemd/system/dagster.service",
        "[Service]\nExecStart=/opt/dagster/venv/bin/dagster-webserver -w workspace.yaml\n",
        "is a service that runs Dagster without a container",
    );
}

#[test]
fn a_service_that_starts_a_container() {
    check(
        "etc/systemd/system/dagster-web.service",
        "[Service]\nExecStart=/usr/bin/docker run --rm acme/dagster dagster-webserver\n",
        "is a service written by hand that starts a container",
    );
}

#[test]
fn quadlets_of_the_host_s_own_systemd() {
    check_sentence(
        "etc/containers/systemd/dagster-webserver.container",
        "[Container]\nImage=acme/dagster\n",
        "is a quadlet of the host's own systemd (rootful): `host: { user: root }` has datalake set up \
         those",
    );
}

#[test]
fn a_unit_that_plays_a_kubernetes_manifest() {
    check(
        &format!("{UNITS}/dagster-webserver.kube"),
        "[Kube]\nYaml=dagster.yml\n",
        "has podman play a Kubernetes manifest, the only place from which its containers take their variables",
    );
}

#[test]
fn kubernetes_and_nixos() {
    check("etc/rancher/k3s", "", "is part of Kubernetes");
    check("etc/NIXOS", "", "is part of NixOS, which regenerates units at each rebuild");
}

#[test]
fn what_the_sentence_names_works_there() {
    let text = "services:\n  web:\n    image: dagster\n";
    let day = Day::with_other_host(&[("srv/lake/compose.yaml", text)]);
    day.host.call(&day.service, "bucket create acme-dagster-assets").run();

    day.host.call(&day.service, "du").run().exits(0);
    day.host.call(&day.service, "cost report").run().exits(0);
}
