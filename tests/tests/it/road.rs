//! The main road on the built-in sandbox: provision, status, rollback.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{Call, Ran, Tree, UNITS, make_unusual, use_set};

/// A working folder with a sandbox in `.sandbox`.
struct Sandbox(TempDir);

impl Sandbox {
    /// With the pretend host in place, so that its start can be seen.
    fn new() -> Self {
        let sandbox = Self(TempDir::new().unwrap());
        sandbox.run("config paths").exits(0);
        sandbox
    }

    /// The same, with the units that keep Dagster from starting.
    fn broken() -> Self {
        let sandbox = Self::new();
        use_set("seed-broken", &sandbox.host().join(UNITS));
        make_unusual(&sandbox.host().join(UNITS).join("dagster-daemon.container"));
        sandbox
    }

    #[track_caller]
    fn run(&self, words: &str) -> Ran {
        Call::new(self.0.path(), words).arg("--sandbox").run()
    }

    fn host(&self) -> PathBuf {
        self.0.path().join(".sandbox/host")
    }

    fn tree(&self) -> Tree {
        Tree::of(&self.host())
    }
}

#[test]
fn provision_shows_plan_proof_and_the_way_back() {
    let sandbox = Sandbox::new();

    let ran = sandbox.run("provision --yes").exits(0);

    for part in
        ["Plan (10 steps):", "\nProved: ", "\nUndo: datalake --sandbox=.sandbox rollback R-"]
    {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert!(sandbox.run("status").exits(0).stdout.contains("In sync with the spec."));
}

#[test]
fn the_undo_command_that_provision_prints_gives_the_host_back() {
    let sandbox = Sandbox::new();
    let start = sandbox.tree();
    let ran = sandbox.run("provision --yes").exits(0);

    let undo = ran.stdout.lines().find_map(|line| line.strip_prefix("Undo: datalake ")).unwrap();
    Call::new(sandbox.0.path(), undo).arg("--yes").run().exits(0);

    sandbox.tree().must_be(&start, "after the undo command");
}

#[test]
fn a_second_provision_finds_nothing_to_do() {
    let sandbox = Sandbox::new();
    sandbox.run("provision --yes").exits(0);
    let before = sandbox.tree();

    let ran = sandbox.run("provision").exits(0);

    assert!(ran.stdout.contains("Nothing to do"), "{}", ran.stdout);
    sandbox.tree().must_be(&before, "after the second run");
}

#[test]
fn rollback_gives_back_bytes_modes_and_owners() {
    let sandbox = Sandbox::broken();
    let start = sandbox.tree();
    sandbox.run("provision --yes").exits(0);
    assert_ne!(sandbox.tree().diff(&start), "");

    sandbox.run("rollback --yes").exits(0);

    sandbox.tree().must_be(&start, "after rollback");
    assert!(sandbox.run("rollback --yes").exits(0).stdout.contains("Nothing to undo."));
    sandbox.run("status").exits(3);
}

#[test]
fn provision_after_a_rollback_comes_to_the_same_end() {
    let sandbox = Sandbox::broken();
    sandbox.run("provision --yes").exits(0);
    let end = sandbox.tree();
    sandbox.run("rollback --yes").exits(0);

    sandbox.run("provision --yes").exits(0);

    sandbox.tree().must_be(&end, "after the second provision");
}

#[test]
fn a_dry_run_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let before = sandbox.tree();

    let ran = sandbox.run("provision --dry-run").exits(3);

    assert!(ran.stdout.contains("Nothing was changed."), "{}", ran.stdout);
    sandbox.tree().must_be(&before, "after a dry run");
    assert!(!sandbox.0.path().join(".sandbox/state").exists());
    assert!(!sandbox.0.path().join(".sandbox/s3/buckets/sandbox-dagster-assets").exists());
}

#[test]
fn a_line_that_keeps_dagster_from_starting_goes_away() {
    let sandbox = Sandbox::broken();

    let ran = sandbox.run("provision --dry-run").exits(3);

    let gone = "-EnvironmentFile=-/var/lib/dagster/.config/environment.d/dagster-s3.conf";
    assert_eq!(ran.stdout.matches(gone).count(), 2, "{}", ran.stdout);
}

/// Rolls back over a host in which somebody has changed the file `name` by hand.
#[track_caller]
fn rollback_stops_at(name: &str, edit: impl FnOnce(&PathBuf)) {
    let sandbox = Sandbox::broken();
    sandbox.run("provision --yes").exits(0);
    edit(&sandbox.host().join(name));
    let before = sandbox.tree();

    let ran = sandbox.run("rollback --yes").exits(4);

    assert!(ran.stderr.contains(&format!("`/{name}`")), "{}", ran.stderr);
    sandbox.tree().must_be(&before, name);
}

#[test]
fn a_rollback_stops_at_a_file_that_somebody_has_edited_since() {
    let unit = format!("{UNITS}/dagster-webserver.container");
    rollback_stops_at(&unit, |path| {
        let text = fs::read_to_string(path).unwrap();
        fs::write(path, text + "# mine\n").unwrap();
    });
    rollback_stops_at("var/lib/dagster/.config/datalake/s3.env", |path| {
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    });
    rollback_stops_at(&format!("{UNITS}/dagster-daemon.container.d"), |path| {
        fs::write(path.join("60-mine.conf"), "[Service]\n").unwrap();
    });
}

#[test]
fn a_sandbox_takes_no_other_service_or_key_pair() {
    let sandbox = Sandbox::new();
    let flags =
        ["--endpoint=https://s3.acme.example", "--credentials-file=keys", "--credentials-fd=3"];
    for flag in flags {
        let name = flag.split_once('=').unwrap().0;
        for words in [format!("status {flag}"), format!("{flag} ls")] {
            let ran = sandbox.run(&words).exits(2);
            let told = format!("error: {name} does not go with --sandbox\n");
            assert!(ran.stderr.starts_with(&told), "{}", ran.stderr);
        }
    }

    let text = "endpoint: https://s3.acme.example\nregion: fsn1\nbucket: acme-assets\n\
                credentials: { file: /nowhere/keys }\n";
    fs::write(sandbox.0.path().join("datalake.yaml"), text).unwrap();
    let status = sandbox.run("status --json").exits(3).json("status");
    assert_eq!(status["in_step"], false);
    sandbox.run("bucket create").exits(0);
    assert!(sandbox.run("bucket list").exits(0).stdout.contains("acme-assets"));
}

#[test]
fn a_spec_that_names_another_user_is_tried_with_the_sandboxs_own() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.0.path().join("datalake.yaml"), "host: { user: etl }\n").unwrap();

    sandbox.run("provision --yes").exits(0);

    let drop_in = "dagster-webserver.container.d/50-datalake-s3.conf";
    assert!(sandbox.0.path().join(".sandbox/host").join(UNITS).join(drop_in).exists());
    sandbox.run("rollback --yes").exits(0);
}
