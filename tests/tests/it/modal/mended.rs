//! What users of Modal met, and meet no more.

use std::fs;

use super::Ground;
use crate::support::{FakeModal, Host};

/// A spec with nothing in it but Modal.
const MODAL_ALONE: &str = "modal: { secret: hetzner-s3, apps: [compute] }\n";

#[test]
fn a_variable_that_is_missing_is_drift_and_comes_back_by_a_sync() {
    let ground = Ground::new();
    ground.call("modal secret sync --yes").run().exits(0);
    ground.call("modal secret status").run().exits(0);

    ground.modal.lose_variable("AWS_REGION");

    let status = ground.call("modal secret status").run().exits(3);
    let expected = "drifted (a variable that datalake has stored there is missing)";
    assert!(status.stdout.contains(expected), "{}", status.stdout);
    ground.call("modal secret sync --yes").run().exits(0);
    let status = ground.call("modal secret status").run().exits(0);
    assert!(status.stdout.contains("(an edited value cannot be seen)"), "{}", status.stdout);
}

#[test]
fn a_value_that_was_edited_is_stored_again_where_that_is_forced() {
    let ground = Ground::new();
    ground.call("modal secret sync --yes").run().exits(0);
    let stored = ground.modal.stored().unwrap();
    fs::write(
        ground.modal.path("stored"),
        stored.replace("\"AWS_REGION\":\"", "\"AWS_REGION\":\"edited-"),
    )
    .unwrap();
    let ran = ground.call("modal secret sync --yes").run().exits(0);
    assert!(ran.stdout.contains("Nothing to do"), "{}", ran.stdout);

    let ran = ground.call("modal secret sync --force --yes").run().exits(0);

    assert!(ran.stdout.contains("Proved: "), "{}", ran.stdout);
    assert!(!ground.modal.stored().unwrap().contains("edited-"));
}

#[test]
fn an_environment_that_is_not_there_is_its_own_answer() {
    let ground = Ground::new();
    let expected = "Modal has no environment `dve`: did you mean `dev`?";

    for words in ["secret status", "secret sync --dry-run", "secret delete --yes"] {
        let ran = ground.call(&format!("modal --env dve {words}")).run().exits(78);
        assert!(ran.stderr.contains(expected), "{words}: {}", ran.stderr);
        assert!(!ran.stdout.contains("absent"), "{words}: {}", ran.stdout);
    }
    ground.call("modal --env dev secret sync --yes").run().exits(0);
    assert!(ground.modal.stored().unwrap().contains(r#""environment":"dev""#));
}

#[test]
fn a_client_that_is_too_old_ends_with_the_line_to_type() {
    let ground = Ground::new();
    ground.modal.is_about("1.0.5", true, false);
    let line =
        format!("{} -m pip install --upgrade modal", ground.modal.path("bin/python3").display());

    for words in ["modal secret status", "modal secret sync --yes", "modal rollover compute"] {
        let ran = ground.call(words).run().exits(78);
        assert!(ran.stderr.contains("1.0.5 is too old"), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(&line), "{words}: {}", ran.stderr);
    }
    assert_eq!(ground.modal.stored(), None);
}

#[test]
fn a_client_that_cannot_start_is_not_sound() {
    let ground = Ground::new();
    ground.modal.break_client();

    let ran = ground.call("modal check").run().exits(3);

    assert!(ran.stdout.contains("✗ wrong    modal-client: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("ImportError: no module named grpclib"), "{}", ran.stdout);
}

#[test]
fn one_interpreter_is_started_for_a_whole_command() {
    let ground = Ground::new();

    ground.call("modal secret sync --yes").run().exits(0);

    assert_eq!(ground.modal.count_starts(), 1);
}

#[test]
fn functions_are_written_without_a_bucket_in_the_spec() {
    let (host, modal) = (Host::usual(), FakeModal::new());
    fs::create_dir_all(host.work().join("project")).unwrap();
    fs::write(host.work().join("alone.yaml"), MODAL_ALONE).unwrap();
    let call = |words: &str| {
        modal.named_in(host.bare(&format!("--config alone.yaml {words}")), "hetzner-s3")
    };

    call("modal init project").run().exits(0);

    let functions = fs::read_to_string(host.work().join("project/modal_functions.py")).unwrap();
    assert!(!functions.contains("CloudBucketMount"), "{functions}");
    call("modal deploy --dry-run project/modal_functions.py").run().exits(3);
    let checked = call("modal check -v").run();
    assert!(checked.stdout.contains("✓ sound    modal-answer: "), "{}", checked.all());
}

#[test]
fn the_part_of_a_generated_file_that_is_the_operators_stays() {
    let ground = Ground::new();
    let project = ground.shelf.host.root().join("project");
    fs::create_dir_all(&project).unwrap();
    let init = format!("modal init {}", project.display());
    ground.call(&init).run().exits(0);
    let file = project.join("modal_functions.py");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("CloudBucketMount") && written.contains("# Untried"), "{written}");
    fs::write(&file, written.replace("return frame.drop_duplicates()", "return frame.head(7)"))
        .unwrap();

    let again = ground.call(&init).run().exits(0);

    assert!(again.stdout.contains("= "), "{}", again.stdout);
    let other = ground.call(&init).env("DATALAKE_MODAL__APPS", "another").run().exits(0);
    assert!(other.stdout.contains("* "), "renewed: {}", other.stdout);
    let renewed = fs::read_to_string(&file).unwrap();
    assert!(renewed.contains("return frame.head(7)") && renewed.contains("modal.App(\"another\")"));
}
