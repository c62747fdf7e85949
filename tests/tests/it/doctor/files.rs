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
        assert!(said.contains("defs/assets.py, line"), "{said}");
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

    assert_eq!(said.matches("line 2").count(), 1, "{said}");
    assert!(said.contains("/var/lib/dagster/code/defs.py"), "{said}");
}
