//! `sandbox` in the foreground, as other S3 clients see it.

use std::io::{BufRead, BufReader};
use std::process::Child;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Versioning};
use datalake_core::secret::Credentials;
use datalake_engine::{AnyKey, Attributes, NewObject, ObjectStore, Objects, Payload, Precondition};
use datalake_s3::S3Store;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Call, Host};

/// A sandbox that serves until the test asks it to stop.
struct ServedSandbox {
    process: Child,
    /// What it said about itself.
    document: Value,
}

impl ServedSandbox {
    fn start(host: &Host, flags: &str) -> Self {
        let words = format!("sandbox --json {flags}");
        let mut process = Call::new(&host.work(), &words).start();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        // It ends only when it is asked to, so its document is read to its last line.
        let mut text = String::new();
        for line in stdout.lines() {
            text += &line.unwrap();
            if text.ends_with("}}") {
                break;
            }
        }
        Self { process, document: serde_json::from_str(&text).unwrap() }
    }

    fn store(&self) -> S3Store {
        let said = |name: &str| self.document["data"][name].as_str().unwrap();
        let keys = Credentials::pair(
            said("access_key_id").parse().unwrap(),
            said("secret_access_key").parse().unwrap(),
        );
        let (endpoint, region) = (said("endpoint").parse().unwrap(), said("region").parse());
        S3Store::new(&endpoint, &region.unwrap(), &keys).unwrap()
    }

    fn stop(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn it_says_where_it_serves_and_ends_when_it_is_asked_to() {
    let host = Host::usual();
    let sandbox = ServedSandbox::start(&host, "");

    let document = &sandbox.document;
    assert_eq!((&document["kind"], &document["schema_version"]), (&"sandbox".into(), &1.into()));
    assert!(document["data"]["endpoint"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    sandbox.stop();
}

#[test]
fn a_file_of_keys_is_the_console() {
    let host = Host::usual();
    let file = host.private_file("keys", "AKONE one0one0\nAKTWO two0two0\n");
    let sandbox = ServedSandbox::start(&host, &format!("--keys {}", file.display()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = sandbox.store();
    assert_eq!(sandbox.document["data"]["access_key_id"], "AKONE");
    runtime.block_on(store.buckets()).unwrap();

    host.private_file("keys", "AKTWO two0two0\n");

    let is_deleted = || {
        let answer = runtime.block_on(store.buckets());
        answer.is_err_and(|fault| fault.kind == FaultKind::UnknownAccessKey)
    };
    while !is_deleted() {}
    sandbox.stop();
}

#[test]
fn conditional_writes_are_treated_as_it_is_told() {
    for (flags, second_wins) in [
        ("", true),
        ("--conditional-writes ignored", true),
        ("--conditional-writes racing", false),
        ("--conditional-writes obeyed", false),
        ("--plain", false),
    ] {
        let host = Host::usual();
        let sandbox = ServedSandbox::start(&host, flags);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

        let second = runtime.block_on(create_twice(&sandbox.store()));

        match second {
            Ok(()) => assert!(second_wins, "{flags}"),
            Err(fault) => {
                assert_eq!((fault.kind, second_wins), (FaultKind::Disturbed, false), "{flags}");
            }
        }
        sandbox.stop();
    }
}

/// Creates an object in a bucket with versioning twice, each time only if it is not there.
async fn create_twice(store: &S3Store) -> Result<(), Fault> {
    let bucket: BucketName = "acme-tables".parse().unwrap();
    store.create_bucket(&bucket).await?;
    while store.set_versioning(&bucket, Versioning::Enabled).await.is_err() {}
    let key: AnyKey = "sales/_delta_log/00000000000000000000.json".try_into().unwrap();
    let payload = Payload::of("{}");
    let object = NewObject {
        bucket: &bucket,
        key: &key,
        payload: &payload,
        attributes: &Attributes::NONE,
        when: &Precondition::Absent,
    };
    put_settled(store, &object).await?;
    put_settled(store, &object).await
}

/// Puts an object, past the time in which a new bucket comes and goes.
async fn put_settled(store: &S3Store, object: &NewObject<'_>) -> Result<(), Fault> {
    loop {
        match store.put(object).await {
            Err(fault) if fault.kind == FaultKind::Absent => (),
            other => return other.map(drop),
        }
    }
}

#[test]
fn a_word_that_is_no_way_is_refused() {
    let host = Host::usual();

    let ran = Call::new(&host.work(), "sandbox --conditional-writes never").run().exits(2);

    assert!(ran.stderr.contains("[possible values: ignored, racing, obeyed]"), "{}", ran.stderr);
}
