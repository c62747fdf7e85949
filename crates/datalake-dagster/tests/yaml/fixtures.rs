use std::path::Path;

use datalake_dagster::{ComputeLogs, DagsterYaml, LogNote, Setting};

use crate::there_and_back;

#[expect(clippy::disallowed_methods, reason = "tests read fixtures")]
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/dagster");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn local(folder: &str) -> ComputeLogs {
    ComputeLogs::Local(Some(Setting::Text(folder.to_owned())))
}

/// The lines outside of the marks, and those inside.
fn parted(changed: &str) -> (String, String) {
    let (head, rest) = changed.split_once("# datalake: compute logs").unwrap();
    let (block, tail) = rest.split_once("# datalake: end").unwrap();
    (head.to_owned() + tail, block.to_owned())
}

#[test]
fn every_fixture_comes_back_byte_for_byte() {
    for name in [
        "01-seed-local-logs.yaml",
        "02-postgres-docker-env.yaml",
        "03-anchors-flow.yaml",
        "04-no-compute-logs-crlf.yaml",
        "05-already-s3.yaml",
    ] {
        there_and_back(&fixture(name));
    }
}

#[test]
fn comments_around_the_block_stay_where_they_are() {
    let changed = there_and_back(&fixture("01-seed-local-logs.yaml"));

    let (outside, block) = parted(&changed);
    assert!(outside.contains("# stdout and stderr of the steps\n\n\nretention:"), "{outside}");
    assert!(block.contains("#|    base_dir: /opt/dagster/dagster_home/logs\n"), "{block}");
}

#[test]
fn a_block_without_a_final_end_of_line_gets_none() {
    let old = fixture("04-no-compute-logs-crlf.yaml");
    let changed = there_and_back(&old);

    assert!(changed.starts_with(&old) && changed.ends_with("\r\n# datalake: end"));
    assert!(!changed.replace("\r\n", "").contains('\n'));
}

#[test]
fn the_old_folder_is_known_through_variables_and_merge_keys() {
    let logs = |name: &str| DagsterYaml::parse(&fixture(name)).unwrap().compute_logs();

    assert_eq!(logs("01-seed-local-logs.yaml"), local("/opt/dagster/dagster_home/logs"));
    let variable = Some(Setting::Variable("DAGSTER_LOG_DIR".to_owned()));
    assert_eq!(logs("02-postgres-docker-env.yaml"), ComputeLogs::Local(variable));
    assert_eq!(logs("03-anchors-flow.yaml"), local("/opt/dagster/dagster_home/artifacts"));
    assert_eq!(logs("04-no-compute-logs-crlf.yaml"), ComputeLogs::Unsaid);
    let bucket = Some(Setting::Variable("DAGSTER_S3_BUCKET".to_owned()));
    assert_eq!(logs("05-already-s3.yaml"), ComputeLogs::S3 { bucket, endpoint: None });
}

#[test]
fn traps_of_a_block_are_told() {
    let notes = |name: &str| DagsterYaml::parse(&fixture(name)).unwrap().log_notes();

    let ids: Vec<_> = notes("05-already-s3.yaml").iter().map(LogNote::id).collect();
    assert_eq!(
        ids,
        [
            "logs-region-without-effect",
            "logs-partial-objects",
            "logs-empty-objects",
            "logs-without-local-dir"
        ]
    );
    let run = notes("02-postgres-docker-env.yaml");
    assert!(run[0].to_string().contains("add AWS_ACCESS_KEY_ID, "), "{run:?}");
    assert_eq!(notes("01-seed-local-logs.yaml"), []);
}

#[test]
fn every_trap_has_its_note() {
    let config = "upload_extra_args: {ServerSideEncryption: AES256}, show_url_only: yes, \
                  skip_empty_files: on, local_dir: ./logs, prefix: x";
    let yaml = format!(
        "compute_logs: {{module: dagster_aws.s3.compute_log_manager, class: S3ComputeLogManager, \
         config: {{bucket: b, {config}}}}}\n"
    );

    let notes = DagsterYaml::parse(&yaml).unwrap().log_notes();

    let relative = LogNote::RelativeLocalDir("./logs".to_owned());
    assert_eq!(notes, [LogNote::Encryption, LogNote::UrlOnly, relative]);
}
