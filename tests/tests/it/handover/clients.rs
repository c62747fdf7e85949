//! What clients of tables need, on a host that an older release has set up.

use super::{DROP_INS, ENV_FILE, Ground};
use crate::support::UNITS;

/// Everything that this release writes and none before it did, where the endpoint is http.
const NEW: &str = "AWS_ALLOW_HTTP";

const DROP_INS_OF_OURS: [&str; 2] = [
    "dagster-webserver.container.d/50-datalake-s3.conf",
    "dagster-daemon.container.d/50-datalake-s3.conf",
];

impl Ground {
    /// The host as an older release has left it.
    fn forget_clients(&self) {
        let drop_ins = DROP_INS_OF_OURS.map(|name| format!("{UNITS}/{name}"));
        for name in drop_ins.iter().map(String::as_str).chain([ENV_FILE]) {
            let text = self.read(name);
            let kept: Vec<_> = text.lines().filter(|line| !line.contains(NEW)).collect();
            assert_eq!(kept.len() + 1, text.lines().count(), "{name}: {text}");
            std::fs::write(self.host().join(name), kept.join("\n") + "\n").unwrap();
        }
    }
}

#[test]
fn an_older_host_changes_in_its_env_file_and_in_the_lines_that_hand_it_over_alone() {
    let ground = Ground::plain();
    ground.provision();
    let whole = ground.tree();
    ground.forget_clients();
    let older = ground.tree();

    let planned = ground.run("provision --dry-run").exits(3).stdout;

    let changed = |sign: &str| {
        let lines = planned.lines().map(str::trim_start).filter(|line| line.starts_with(sign));
        // A diff shows neither half of the key pair, and so does not tell whether it is the same.
        lines.filter(|line| !line.contains("_KEY")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (added, taken) = (changed("+"), changed("-"));
    let pass_on = format!("+PodmanArgs=--env={NEW}");
    assert_eq!(added, [format!("+{NEW}=true"), pass_on.clone(), pass_on], "{planned}");
    assert!(taken.is_empty(), "{planned}");
    ground.provision();
    ground.tree().must_be(&whole, "after the provision");
    assert_eq!(ground.ways(), DROP_INS);
    ground.run("rollback --yes").exits(0);
    ground.tree().must_be(&older, "after the rollback");
}

#[test]
fn a_catalog_that_leaves_the_spec_leaves_the_host() {
    let ground = Ground::plain();
    ground.provision();
    let without = ground.tree();
    let spec =
        "catalogs: { prod-eu: { uri: \"https://c.example.org/catalog\", warehouse: lake } }\n";
    let path = ground.0.path().join("datalake.yaml");
    std::fs::write(&path, spec).unwrap();

    ground.provision();

    let env_file = ground.read(ENV_FILE);
    for line in ["URI=https://c.example.org/catalog", "TYPE=rest", "WAREHOUSE=lake"] {
        let line = format!("PYICEBERG_CATALOG__PROD_EU__{line}\n");
        assert!(env_file.contains(&line), "{env_file}");
    }
    assert!(env_file.contains("PYICEBERG_CATALOG__PROD_EU__S3__ENDPOINT=http://127.0.0.1:"));
    let drop_in = ground.read(&format!("{UNITS}/{}", DROP_INS_OF_OURS[1]));
    assert!(drop_in.contains("--env=PYICEBERG_CATALOG__PROD_EU__S3__REGION"), "{drop_in}");
    std::fs::remove_file(path).unwrap();
    ground.provision();
    ground.tree().must_be(&without, "without the catalog again");
}
