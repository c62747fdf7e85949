//! The ways to hand the settings over, and old values that would win over them.

mod clients;
mod hosts;
mod needed;
mod old_values;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use datalake_sim::SimKey;
use tempfile::TempDir;

use crate::support::{Call, Ran, Tree, UNITS, make_unusual, use_set};

const CONFIG: &str = "var/lib/dagster/.config";
const ENV_FILE: &str = "var/lib/dagster/.config/datalake/s3.env";

/// A working folder with a sandbox in `.sandbox` and a spec in `datalake.yaml`.
struct Ground(TempDir);

impl Ground {
    fn plain() -> Self {
        let ground = Self(TempDir::new().unwrap());
        ground.run("config paths").exits(0);
        ground
    }

    /// The same, with a unit of odd mode and owner.
    fn new() -> Self {
        let ground = Self::plain();
        make_unusual(&ground.host().join(UNITS).join("dagster-daemon.container"));
        ground
    }

    /// The same, with units that keep Dagster from starting.
    fn broken() -> Self {
        let ground = Self::new();
        use_set("seed-broken", &ground.host().join(UNITS));
        ground
    }

    #[track_caller]
    fn run(&self, words: &str) -> Ran {
        Call::new(self.0.path(), words).arg("--sandbox").run()
    }

    /// Writes the way into the spec.
    fn ask_for(&self, handover: &str) {
        let spec = format!("host: {{ handover: {handover} }}\n");
        fs::write(self.0.path().join("datalake.yaml"), spec).unwrap();
    }

    fn host(&self) -> PathBuf {
        self.0.path().join(".sandbox/host")
    }

    fn tree(&self) -> Tree {
        Tree::of(&self.host())
    }

    /// Puts a file of somebody else below the host's root.
    fn put(&self, name: &str, content: &str) {
        let path = self.host().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    }

    #[track_caller]
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.host().join(name)).unwrap()
    }

    /// Runs `provision`, which must leave nothing to do.
    #[track_caller]
    fn provision(&self) -> Ran {
        let ran = self.run("provision --yes").exits(0);
        assert!(self.run("status").exits(0).stdout.contains("In sync with the spec."));
        let again = self.run("provision --yes").exits(0);
        assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
        ran
    }

    /// How each unit gets its settings: a drop-in, a marked block.
    fn ways(&self) -> Vec<(bool, bool)> {
        let way = |unit: &str| {
            let drop_in = format!("{unit}.d/50-datalake-s3.conf");
            let text = self.read(&format!("{UNITS}/{unit}"));
            let units = self.host().join(UNITS);
            (units.join(drop_in).exists(), text.contains("# datalake: begin"))
        };
        ["dagster-webserver.container", "dagster-daemon.container"].map(way).to_vec()
    }
}

const DROP_INS: [(bool, bool); 2] = [(true, false); 2];
const BLOCKS: [(bool, bool); 2] = [(false, true); 2];

#[test]
fn blocks_in_place_are_put_in_and_taken_out_again() {
    for ground in [Ground::new(), Ground::broken()] {
        let start = ground.tree();
        ground.ask_for("in-place");

        ground.provision();

        assert_eq!(ground.ways(), BLOCKS);
        let unit = ground.read(&format!("{UNITS}/dagster-webserver.container"));
        assert!(unit.contains("\nPodmanArgs=--env=AWS_SECRET_ACCESS_KEY\n"), "{unit}");
        assert!(!unit.contains(&SimKey::sandbox().secret_access_key), "{unit}");
        ground.run("rollback --yes").exits(0);
        ground.tree().must_be(&start, "after rollback");
    }
}

#[test]
fn the_way_is_changed_and_changed_back_by_the_spec() {
    let ground = Ground::broken();
    let start = ground.tree();
    ground.provision();
    let with_drop_ins = ground.tree();
    assert_eq!(ground.ways(), DROP_INS);

    ground.ask_for("in-place");
    ground.provision();
    let in_place = ground.tree();
    assert_eq!(ground.ways(), BLOCKS);
    ground.ask_for("env-file");
    ground.provision();

    ground.tree().must_be(&with_drop_ins, "after the way back by the spec");
    for (then, note) in [(&in_place, "third"), (&with_drop_ins, "second"), (&start, "first")] {
        ground.run("rollback --yes").exits(0);
        ground.tree().must_be(then, &format!("after the rollback of the {note} run"));
    }
}

#[test]
fn a_change_of_the_way_that_nobody_confirms_changes_nothing() {
    let ground = Ground::new();
    ground.provision();
    let before = ground.tree();

    let ran = ground.run("provision --dry-run --handover in-place").exits(3);

    let drop_in =
        format!("remove file     /{UNITS}/dagster-daemon.container.d/50-datalake-s3.conf");
    assert!(ran.stdout.contains(&drop_in), "{}", ran.stdout);
    ground.tree().must_be(&before, "after a dry run");
}

#[test]
fn a_block_that_lost_its_end_is_told_and_left() {
    let ground = Ground::new();
    let unit = format!("{UNITS}/dagster-webserver.container");
    let text = ground.read(&unit);
    fs::write(ground.host().join(&unit), format!("{text}# datalake: begin\n")).unwrap();
    let before = ground.tree();

    let ran = ground.run("provision --yes").exits(78);

    assert!(ran.stderr.contains(&format!("`/{unit}` cannot be changed")), "{}", ran.stderr);
    assert!(ran.stderr.contains("the other is missing"), "{}", ran.stderr);
    ground.tree().must_be(&before, "after the refusal");
}

#[test]
fn secrets_need_the_podman_of_the_machine() {
    let ground = Ground::new();
    let before = ground.tree();
    ground.ask_for("podman-secret");

    let ran = ground.run("provision --yes").exits(78);

    assert!(ran.stderr.contains("needs the podman of the machine itself"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--handover env-file"), "{}", ran.stderr);
    ground.tree().must_be(&before, "after the refusal");
}

#[test]
fn an_unknown_way_is_refused_with_its_source() {
    let ground = Ground::new();
    ground.ask_for("environment.d");

    let ran = ground.run("provision --yes").exits(78);

    let words = "`environment.d` is none of env-file, podman-secret, in-place";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert!(ran.stderr.contains("datalake.yaml"), "{}", ran.stderr);
}
