//! What the program that asks Dagster tells of an error is without secrets, where this host has a Python.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

const PROGRAM: &str =
    include_str!("../../../../crates/datalake-operations/src/migration/switch/program.py");

/// The words for an error that loading Dagster raises; `None` without a Python.
fn tell_error(error: &str, variables: &[(&str, &str)]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("dagster");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("__init__.py"), format!("raise RuntimeError({error:?})\n")).unwrap();
    let mut child = Command::new("python3")
        .args(["-c", PROGRAM])
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(b"{\"stage\":\"ask\"}").unwrap();
    let printed = child.wait_with_output().unwrap().stdout;
    let answer: serde_json::Value = serde_json::from_slice(&printed).unwrap();
    Some(answer["failed"].as_str().unwrap().to_owned())
}

#[test]
fn errors_tell_no_value_of_a_secret_variable_and_no_user_of_an_address() {
    let variables = [
        ("PG_PW", "hunter"),
        ("SENTRY_DSN", "dsn-value"),
        ("DATABASE_URL", "sqlite-secret-url"),
        ("MY_CREDS", "creds-value"),
        ("BASIC_AUTH", "auth-value"),
        ("BROKER_URI", "broker-value"),
        ("AWS_ENDPOINT_URL_S3", "https://s3.example.com"),
    ];
    let values = variables.map(|(_, value)| value).join(" ");
    let error = format!("{values} postgresql://etl:p-w@db/x amqp://tok@mq");

    let Some(told) = tell_error(&error, &variables) else { return };

    assert_eq!(
        told,
        "RuntimeError: … … … … … … https://s3.example.com postgresql://…@db/x amqp://…@mq"
    );
}
