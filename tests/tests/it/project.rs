//! `dagster init`: files of a project, written once and never over an edit.

use std::fs;
use std::path::PathBuf;

use snapbox::{assert_data_eq, file};
use tempfile::TempDir;

use crate::support::{Call, Ran, Tree};

/// A working folder with a project in `code`.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(TempDir::new().unwrap());
        fs::create_dir(project.code()).unwrap();
        project
    }

    #[track_caller]
    fn init(&self, words: &str) -> Ran {
        let state = self.0.path().join("state");
        let call = Call::new(self.0.path(), &format!("dagster init code {words}"));
        call.arg("--state").arg(state).run()
    }

    fn code(&self) -> PathBuf {
        self.0.path().join("code")
    }

    fn tree(&self) -> Tree {
        Tree::of(&self.code())
    }

    #[track_caller]
    fn write(&self, name: &str, text: &str) {
        let path = self.code().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.code().join(name)).unwrap()
    }
}

const PYPROJECT: &str =
    "[tool.dg]\ndirectory_type = \"project\"\n[tool.dg.project]\nroot_module = \"shop\"\n";

#[test]
fn without_a_project_it_is_one_file_with_explicit_definitions() {
    let project = Project::new();

    let ran = project.init("").exits(0);

    assert!(ran.stdout.starts_with("+ code/example_s3_assets.py\n"), "{}", ran.stdout);
    let text = project.read("example_s3_assets.py");
    let names = "raw_data, processed_data, custom_s3_object, modal_input";
    assert!(text.contains(&format!("defs = dg.Definitions(\n    assets=[{names}],\n")), "{text}");
    assert!(text.contains("s3_prefix=\"assets\""), "{text}");
}

#[test]
fn the_text_of_each_file_is_known() {
    let (one, dg) = (Project::new(), Project::new());
    one.init("--layout single-file").exits(0);
    dg.init("--layout dg").exits(0);

    let of_dg = |name: &str| dg.read(&format!("src/code_lake/defs/datalake/{name}"));
    assert_data_eq!(one.read("example_s3_assets.py"), file!["project/single_file.py"].raw());
    assert_data_eq!(of_dg("resources.py"), file!["project/resources.py"].raw());
    assert_data_eq!(of_dg("example_s3_assets.py"), file!["project/example_s3_assets.py"].raw());
    assert_data_eq!(of_dg("partitioned_assets.py"), file!["project/partitioned_assets.py"].raw());
}

#[test]
fn a_second_call_changes_nothing() {
    for words in ["--layout single-file", "--layout dg"] {
        let project = Project::new();
        project.init(words).exits(0);
        let before = project.tree();

        let ran = project.init(words).exits(0);

        assert!(ran.stdout.contains("Nothing to do"), "{}", ran.stdout);
        project.tree().must_be(&before, words);
    }
}

#[test]
fn a_project_of_today_gets_a_folder_below_its_defs() {
    let project = Project::new();
    project.write("pyproject.toml", PYPROJECT);
    project.write("src/shop/defs/__init__.py", "");

    let ran = project.init("").exits(0);

    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("+ ")).count(), 3);
    let text = project.read("src/shop/defs/datalake/resources.py");
    assert!(text.contains("import dagster as dg\n") && text.contains("@dg.definitions"), "{text}");
    project.read("src/shop/defs/datalake/example_s3_assets.py");
    project.read("src/shop/defs/datalake/partitioned_assets.py");
    assert_eq!(project.read("pyproject.toml"), PYPROJECT);
}

#[test]
fn an_empty_folder_becomes_a_project_when_that_is_asked_for() {
    let project = Project::new();

    project.init("--layout dg").exits(0);

    assert!(project.read("pyproject.toml").contains("root_module = \"code_lake\""));
    assert!(project.read("src/code_lake/definitions.py").contains("load_from_defs_folder"));
    assert_eq!(project.read("src/code_lake/defs/__init__.py"), "");
}

#[test]
fn names_that_are_taken_are_left_to_their_owners() {
    let project = Project::new();
    project.write("pyproject.toml", PYPROJECT);
    project.write("src/shop/defs/mine.py", "R = {\"s3\": 1}\n\ndef raw_data(): ...\n");
    // Other people's code counts for nothing.
    project.write(".venv/x.py", "{\"s3_io_manager\": 1}");
    project.write("env/pyvenv.cfg", "");
    project.write("env/lib/x.py", "{\"s3_io_manager\": 1}");

    let report = project.init("--json").exits(0).json("dagster-init");

    assert_eq!(report["resources"], serde_json::json!(["datalake_s3", "s3_io_manager"]));
    let text = project.read("src/shop/defs/datalake/example_s3_assets.py");
    assert!(text.contains("def datalake_raw_data()") && !text.contains("def raw_data("), "{text}");
    project.init("").exits(0);
}

#[test]
fn a_file_changed_by_hand_is_left_alone_and_told() {
    let project = Project::new();
    project.init("").exits(0);
    let edited = project.read("example_s3_assets.py") + "# mine\n";
    project.write("example_s3_assets.py", &edited);

    let ran = project.init("--prefix other").exits(5);

    assert!(ran.stdout.contains("! code/example_s3_assets.py  (changed by hand"), "{}", ran.stdout);
    assert_eq!(project.read("example_s3_assets.py"), edited);
}

#[test]
fn a_file_that_nobody_has_changed_follows_the_spec() {
    let project = Project::new();
    project.init("").exits(0);

    let ran = project.init("--prefix other").exits(0);

    assert!(ran.stdout.starts_with("* code/example_s3_assets.py\n"), "{}", ran.stdout);
    assert!(project.read("example_s3_assets.py").contains("s3_prefix=\"other\""));
}

#[test]
fn a_dry_run_shows_the_text_and_writes_nothing() {
    let project = Project::new();
    let before = project.tree();

    let ran = project.init("--dry-run").exits(3);

    assert!(ran.stdout.contains("+import dagster as dg"), "{}", ran.stdout);
    project.tree().must_be(&before, "a dry run");
}

#[test]
fn a_link_is_never_followed() {
    let project = Project::new();
    project.write("elsewhere", "of others\n");
    std::os::unix::fs::symlink("elsewhere", project.code().join("example_s3_assets.py")).unwrap();

    project.init("").exits(78);

    assert_eq!(project.read("elsewhere"), "of others\n");
}

#[test]
fn a_pyproject_of_another_layout_gets_one_file() {
    let project = Project::new();
    project.write("pyproject.toml", "[project]\nname = \"x\"\n");

    let ran = project.init("--layout dg").exits(78);
    assert!(ran.stderr.contains("--layout single-file"), "{}", ran.stderr);
    project.init("").exits(0);
    project.read("example_s3_assets.py");
    project.write("pyproject.toml", "[");
    project.init("").exits(78);
}
