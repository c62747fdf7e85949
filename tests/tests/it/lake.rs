//! `lake`: clients tried by a Python of this host, and lines for them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use crate::support::{Call, Ran};

/// A working folder with a sandbox that is set up, and a Python that answers what it is told to.
struct Ground(TempDir);

impl Ground {
    fn new(answer: &str) -> Self {
        let ground = Self(TempDir::new().unwrap());
        ground.run("provision --yes").exits(0);
        let script = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\ncd {0}\ncat > request\nenv > environment\ncat <<'END'\ntalk\n{answer}\nEND\n",
            ground.0.path().display()
        );
        let path = ground.0.path().join("python");
        fs::write(&path, script).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        ground
    }

    #[track_caller]
    fn run(&self, words: &str) -> Ran {
        Call::new(self.0.path(), words).arg("--sandbox").run()
    }

    #[track_caller]
    fn check(&self, words: &str) -> Ran {
        let python = self.0.path().join("python");
        self.run(&format!("lake check --python {} {words}", python.display()))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

const WELL: &str = r#"{"python":"3.11.7","clients":[{"client":"boto3","version":"1.43","end":"works"},{"client":"daft","end":"absent"}]}"#;
const LOSES: &str = r#"{"python":"3.11.7","clients":[{"client":"deltalake","version":"1.6.6","end":"works","told":8,"kept":3}]}"#;

#[test]
fn clients_that_work_are_well_and_are_given_what_user_code_is_given() {
    let ground = Ground::new(WELL);

    let ran = ground.check("--client boto3").exits(0);

    assert!(ran.stdout.contains("ok       boto3 1.43  works"), "{}", ran.stdout);
    assert!(ran.stdout.contains("not installed: daft"), "{}", ran.stdout);
    let (request, environment) = (ground.read("request"), ground.read("environment"));
    assert!(request.contains(r#""only":["boto3"]"#), "{request}");
    let secret = environment.lines().find_map(|it| it.strip_prefix("AWS_SECRET_ACCESS_KEY="));
    assert!(!request.contains(secret.unwrap()), "{request}");
    assert!(environment.contains("AWS_ALLOW_HTTP=true\n"), "{environment}");
}

#[test]
fn a_client_that_loses_commits_is_broken_and_what_helps_is_said() {
    let ground = Ground::new(LOSES);

    let ran = ground.check("").exits(3);
    assert!(ran.stdout.contains("broken   deltalake 1.6.6  loses commits: 8"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`tables: { bucket: NAME }`"), "{}", ran.stdout);

    let report = ground.check("--json").exits(3).json("lake-check");
    assert_eq!(report["places"][0]["clients"][0]["verdict"], "broken");
}

#[test]
fn a_python_that_says_something_else_is_unknown() {
    let ground = Ground::new("Traceback");

    let ran = ground.check("").exits(5);

    assert!(ran.stdout.contains("unknown  "), "{}", ran.stdout);
}

#[test]
fn a_unit_and_a_python_are_two_places() {
    let ground = Ground::new(WELL);

    let ran = ground.check("--unit dagster-daemon").exits(2);

    assert!(ran.stderr.contains("give one of --unit and --python"), "{}", ran.stderr);
    ground.run("lake check").exits(2);
}

#[test]
fn lines_name_the_place_of_the_spec_and_no_secret() {
    let ground = Ground::new(WELL);

    let ran = ground.run("lake snippet duckdb").exits(0);
    assert!(ran.stdout.contains("SET s3_url_style = 'path';"), "{}", ran.stdout);
    assert!(ran.stdout.contains("SET s3_use_ssl = false;"), "{}", ran.stdout);

    let printed = ground.run("lake snippet pyiceberg --json").exits(0).json("lake-snippet");
    assert_eq!(printed["language"], "python");
    ground.run("lake snippet excel").exits(2);
}
