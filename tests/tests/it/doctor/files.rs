//! The operator's Python files.

use std::fs;

use super::{check, provisioned};

const SOUND: &str = "\
import dagster as dg, os
s3 = S3PickleIOManager(s3_bucket=dg.EnvVar('DAGSTER_S3_BUCKET'), s3_prefix='assets')
def asset():
    return os.getenv('DAGSTER_S3_BUCKET')
";

const TRAPS: &str = "\
import dagster as dg, modal, os
stub = modal.Stub('x')  # modal.Mount
bucket = os.getenv('DAGSTER_S3_BUCKET')
s3 = S3PickleIOManager(s3_bucket=bucket, s3_prefix='/assets')
client = boto3.client('s3', aws_secret_access_key='q7canaryZk2Vx9mTt4RbL8wN')
fn.remote(input_key='assets/raw_data/latest.json')
";

const ALL: [(&str, &str); 5] = [
    ("python-modal-words", "wrong"),
    ("python-getenv", "warning"),
    ("python-latest-json", "wrong"),
    ("python-secret", "wrong"),
    ("python-leading-slash", "warning"),
];

/// A block of the log manager with these settings.
fn logs(config: &str) -> String {
    format!(
        "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  class: S3ComputeLogManager\n  \
         config: {{bucket: {{env: DAGSTER_S3_BUCKET}}, {config}}}\n"
    )
}

#[test]
fn traps_in_dagster_yaml() {
    let shelf = provisioned();
    let home = shelf.host.root().join("var/lib/dagster/dagster_home");
    fs::create_dir_all(&home).unwrap();
    let call = |words: &str| shelf.call(words);
    let says = |text: &str, id: &str, outcome: &str| {
        fs::write(home.join("dagster.yaml"), text).unwrap();
        check(call, &format!("dagster-yaml-{id}"), outcome)
    };
    let sound = logs("prefix: compute-logs, local_dir: /opt/dagster/logs");
    let launcher = "run_launcher: {module: dagster_docker, class: DockerRunLauncher}\n";
    for (id, outcome, text) in [
        ("form", "wrong", "a: [\n".to_owned()),
        ("form", "wrong", "telemetry: {enabled: true}\t# quiet\n".to_owned()),
        ("form", "wrong", "compute_logs: {}\n".to_owned()),
        ("duplicate-key", "wrong", "a: 1\na: 2\n".to_owned()),
        ("home", "wrong", logs("prefix: l, local_dir: $DAGSTER_HOME/logs")),
        ("relative", "warning", logs("prefix: l, local_dir: ./logs")),
        ("keys", "wrong", logs("prefix: l, region_name: fsn1")),
        ("env", "wrong", logs("prefix: {env: NOBODY_SETS_IT}")),
        ("encryption", "wrong", logs("upload_extra_args: {ServerSideEncryption: AES256}")),
        ("partial", "warning", logs("prefix: l, upload_interval: 3")),
        ("console-links", "warning", logs("prefix: l, show_url_only: true")),
        ("prefix", "warning", logs("local_dir: /opt/dagster/logs")),
        ("prefix", "warning", logs("prefix: assets/logs, local_dir: /opt/dagster/logs")),
        ("region", "warning", logs("prefix: l, region: fsn1")),
        ("launcher", "warning", format!("{launcher}{sound}")),
    ] {
        says(&sound, id, "sound");
        says(&text, id, outcome);
    }
    says("telemetry: {enabled: false}\n", "local-logs", "sound");
    let wanted = |words: &str| shelf.call(words).env("DATALAKE_LOGS", "s3");
    check(wanted, "dagster-yaml-local-logs", "wrong");
    fs::write(home.join("dagster.yaml"), &sound).unwrap();
    check(wanted, "dagster-yaml-local-logs", "sound");
    let other = sound.replace("{env: DAGSTER_S3_BUCKET}", "another-bucket");
    fs::write(home.join("dagster.yaml"), other).unwrap();
    let said = check(wanted, "dagster-yaml-local-logs", "wrong");
    assert!(said.contains("another-bucket"), "{said}");
    let env_file = shelf.host.config().join("dagster");
    fs::create_dir_all(&env_file).unwrap();
    fs::write(env_file.join("postgres.env"), "SET_BY_A_FILE=logs\n").unwrap();
    says(&logs("prefix: {env: SET_BY_A_FILE}"), "env", "sound");
}

#[test]
fn traps_in_a_folder_that_is_named() {
    let shelf = provisioned();
    let code = shelf.host.work().join("code/defs");
    fs::create_dir_all(&code).unwrap();
    let call = |words: &str| shelf.call(words).arg("--code").arg(shelf.host.work().join("code"));
    fs::write(code.join("assets.py"), SOUND).unwrap();
    fs::write(code.join("notes.txt"), TRAPS).unwrap();
    for (id, _) in ALL {
        check(call, id, "sound");
    }

    fs::write(code.join("assets.py"), TRAPS).unwrap();

    for (id, outcome) in ALL {
        let said = check(call, id, outcome);
        assert!(said.contains("defs/assets.py:"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn code_that_the_units_mount_is_looked_at() {
    let shelf = provisioned();
    let call = |words: &str| shelf.call(words);
    check(call, "python-getenv", "skipped");
    let code = shelf.host.root().join("var/lib/dagster/code");
    fs::create_dir(&code).unwrap();
    fs::write(code.join("defs.py"), TRAPS).unwrap();
    fs::create_dir(code.join(".venv")).unwrap();
    fs::write(code.join(".venv/other.py"), TRAPS).unwrap();

    let said = check(call, "python-modal-words", "wrong");

    assert_eq!(said.matches("defs.py:2: ").count(), 1, "{said}");
    assert!(said.contains("/var/lib/dagster/code/defs.py"), "{said}");
}
