use datalake_dagster::{ComputeLogs, DagsterYaml, Setting, UnfitYaml};

use crate::there_and_back;

const LOCAL: &str = "compute_logs: {module: m, class: LocalComputeLogManager}";

fn refused(text: &str) -> UnfitYaml {
    let dir = Setting::Text("/logs".to_owned());
    match DagsterYaml::parse(text) {
        Ok(yaml) => yaml.with_s3_logs(&dir).map(|edited| edited.text().to_owned()).unwrap_err(),
        Err(error) => error,
    }
}

#[test]
fn unusual_forms_are_changed_all_the_same() {
    for text in [
        "",
        "\u{feff}",
        "# nothing\n",
        "# nothing",
        "---\n",
        "---\n...\n",
        "a: 1\n...\n# after\n",
        "  a: 1\n  compute_logs:\n    class: X\n  b: 2\n",
        "\"compute_logs\" : {class: X}\n",
        "'compute_logs':\n  class: X",
        "compute_logs:\n",
        "\u{feff}compute_logs:\r\n  class: X",
        "compute_logs: {\n  class: X\n}\nb: 1\n",
        "compute_logs:\n  class: X\n  # inside\n\n  module: m\n\n# behind\n\nb: |\n  compute_logs: x\n",
        "b: |+\n  text\n\n\n",
        // Behind these the block would give the text an end of line more.
        "b: |\n  text",
        "b: |+\n  text",
        "\u{feff}# head\r\n--- # begin\r\n  b:\r\n    c: >\r\n      text",
        "a: &x {class: Y}\ncompute_logs: *x\n",
        "compute_logs:\n  class: X\r\nb: 1\n",
        "compute_logs:\n  x: |\n    text\n    # of the text\nb: 1\n",
    ] {
        there_and_back(text);
    }
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    assert_eq!(refused("{compute_logs: {class: X}}\n"), UnfitYaml::Form);
    assert_eq!(refused("{a: 1}\n"), UnfitYaml::Form);
    assert_eq!(refused("? compute_logs\n: {class: X}\n"), UnfitYaml::Form);
    assert_eq!(refused("compute_logs: &x {class: X}\nb: *x\n"), UnfitYaml::Anchor);
    assert_eq!(refused("- a\n"), UnfitYaml::NoMapping);
    assert!(matches!(refused("a: 1\na: 2\n"), UnfitYaml::Twice(_)));
    assert!(matches!(refused(&format!("{LOCAL}\n{LOCAL}\n")), UnfitYaml::Twice(_)));
    assert!(matches!(refused("a: 1\n---\nb: 1\n"), UnfitYaml::NotYaml(_)));
    assert!(matches!(refused("a: [\n"), UnfitYaml::NotYaml(_)));
}

#[test]
fn broken_marks_are_told_and_not_guessed_at() {
    let changed = there_and_back(&format!("{LOCAL}\n"));
    let without_end = changed.replace("# datalake: end\n", "");
    let twice = changed.clone() + "# datalake: end\n";

    assert_eq!(refused(&without_end), UnfitYaml::Marks);
    assert_eq!(refused(&twice), UnfitYaml::Marks);
    assert!(DagsterYaml::has_own_block(&changed) && !DagsterYaml::has_own_block(LOCAL));
}

#[test]
fn an_edit_between_the_marks_is_replaced_and_one_outside_stays() {
    let changed = there_and_back(&format!("{LOCAL}\nb: 1\n"));
    let by_hand = changed.replace("prefix: compute-logs", "prefix: mine") + "c: 2\n";

    let yaml = DagsterYaml::parse(&by_hand).unwrap();
    let again = yaml.with_s3_logs(&Setting::Text("/logs".to_owned())).unwrap();

    assert_eq!(again.text(), changed + "c: 2\n");
    let filled = again.body().fill_plain(by_hand.as_bytes()).unwrap();
    assert_eq!(filled.expose(), again.text().as_bytes());
}

#[test]
fn a_folder_may_have_any_name() {
    for name in ["/a b", "/ü\"'\\", "/$HOME: {x}", "yes"] {
        let yaml = DagsterYaml::parse("a: 1\n").unwrap();
        let changed = yaml.with_s3_logs(&Setting::Text(name.to_owned())).unwrap();

        assert!(DagsterYaml::parse(changed.text()).is_ok(), "{name}");
    }
    let yaml = DagsterYaml::parse("a: 1\n").unwrap();
    let changed = yaml.with_s3_logs(&Setting::Variable("LOG_DIR".to_owned())).unwrap();
    assert!(changed.text().contains("local_dir: {env: \"LOG_DIR\"}\n"), "{}", changed.text());
}

#[test]
fn a_plan_repeats_nothing_of_the_old_block() {
    let yaml = "compute_logs:\n  class: X\n  config: {token: hunter2}\n";
    let yaml = DagsterYaml::parse(yaml).unwrap();

    let changed = yaml.with_s3_logs(&Setting::Text("/logs".to_owned())).unwrap();

    let plan = serde_json::to_string(changed.body()).unwrap();
    assert!(changed.text().contains("hunter2") && !plan.contains("hunter2"), "{plan}");
}

#[test]
fn another_library_is_not_taken_for_ours() {
    let of = |module: &str| {
        let text = format!("compute_logs: {{module: {module}, class: S3ComputeLogManager}}\n");
        DagsterYaml::parse(&text).unwrap().compute_logs()
    };

    assert!(matches!(of("dagster_aws.s3"), ComputeLogs::S3 { .. }));
    assert_eq!(of("dagster_obstore.s3"), ComputeLogs::Other("S3ComputeLogManager".to_owned()));
}
