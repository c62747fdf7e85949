//! Where Dagster's files really lie.

use std::fs;

use super::{Lake, pickle, write};
use crate::support::Shelf;

/// What `migrate plan` finds, with a `dagster.yaml` of this text.
fn source(lake: &Lake, yaml: &str, words: &str) -> String {
    write(&lake.home().join("dagster.yaml"), yaml.as_bytes());
    let plan = lake.run(&format!("plan --json {words}"), 0).json("migration-plan");
    plan["parts"][0]["source"].as_str().unwrap().to_owned()
}

#[test]
fn pickles_are_where_dagster_yaml_has_them() {
    let lake = Lake::new();
    let home = lake.home().display().to_string();

    assert_eq!(source(&lake, "", ""), format!("{home}/storage"));
    fs::create_dir_all(lake.home().join("artifacts/storage")).unwrap();
    let moved = "local_artifact_storage:\n  module: dagster.core.storage.root\n  \
                 class: LocalArtifactStorage\n  config: {base_dir: /opt/dagster/dagster_home/artifacts}\n";
    assert_eq!(source(&lake, moved, ""), format!("{home}/artifacts/storage"));
    fs::create_dir_all(lake.home().join("elsewhere")).unwrap();
    assert_eq!(
        source(&lake, moved, &format!("--pickles {home}/elsewhere")),
        format!("{home}/elsewhere")
    );
}

#[test]
fn what_dagster_yaml_cannot_tell_is_asked_for_and_never_guessed() {
    let lake = Lake::new();
    let class = "local_artifact_storage: {module: mine, class: Mine}\n";
    write(&lake.home().join("dagster.yaml"), class.as_bytes());

    let plan = lake.run("plan", 78);

    assert!(
        plan.stderr.contains("is a `Mine`") && plan.stderr.contains("--pickles DIR"),
        "{}",
        plan.stderr
    );
    write(&lake.home().join("dagster.yaml"), b"a: 1\na: 2\n");
    let twice = lake.run("plan", 78);
    let words = "and Dagster takes the last one: `a` in line 1 and again in line 2";
    assert!(twice.stderr.contains(words), "{}", twice.stderr);
}

#[test]
fn the_units_tell_the_home_on_this_host() {
    let shelf = Shelf::empty();
    let home = shelf.host.root().join("var/lib/dagster/dagster_home");
    write(&home.join("storage/plain"), &pickle("plain"));
    let yaml =
        "compute_logs: {module: m, class: LocalComputeLogManager, config: {base_dir: ./logs}}";
    write(&home.join("dagster.yaml"), yaml.as_bytes());

    let plan = shelf.run("migrate plan --json", 3).json("migration-plan");

    let here = |name: &str| format!("{}{name}", home.display());
    assert_eq!(plan["parts"][0]["source"], here("/storage"));
    assert_eq!(plan["home_inside"], "/opt/dagster/dagster_home");
    assert_eq!(plan["logs"], here("/logs"), "from the containers' working folder");
}

#[test]
fn managers_with_files_of_their_own_are_told_as_unknown() {
    let lake = Lake::new();
    let code = "import dagster as dg\nio = dg.FilesystemIOManager(base_dir='/data')\n";
    write(&lake.shelf.host.work().join("code/defs.py"), code.as_bytes());

    let plan = lake.run("plan --code code --json", 0).json("migration-plan");

    let unknown = plan["unknown"][0].as_str().unwrap();
    assert!(unknown.starts_with("code/defs.py:2: `io = dg.Filesystem"), "{unknown}");
}

#[test]
fn a_dagster_that_has_stored_nothing_yet_has_nothing_to_move() {
    let lake = Lake::new();
    fs::remove_dir(lake.storage()).unwrap();
    write(&lake.home().join("dagster.yaml"), b"");

    for words in ["plan", "status"] {
        let told = lake.run(words, 0).stdout;
        assert!(
            told.ends_with("\nNothing is stored yet, so there is nothing to move.\n"),
            "{told}"
        );
    }
    lake.run("plan --op-outputs --report plan.txt", 0);
    let freed = lake.run("free --dry-run", 0).stdout;
    assert!(freed.ends_with("\nNothing was removed.\n"), "{freed}");
    assert_eq!(lake.migrate(0)["parts"][0]["moved"]["items"], 0);

    let back = lake.run("back plan", 78);
    assert!(back.stderr.contains("hint: make it, or name the folder"), "{}", back.stderr);
    let named = lake.run("plan --pickles nowhere", 66);
    assert_eq!(
        named.stderr,
        "error: there is no folder `nowhere`\n\
         hint: name a folder of this host: --pickles DIR\n"
    );
}
