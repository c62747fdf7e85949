//! What a real Dagster 1.13.27 has printed, played back for tests.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;
use datalake_engine::{Programs, Ran};

use super::super::Migration;
use super::super::scene::{Scene, choice, default_limits};
use super::*;

/// The code that it has loaded, an empty file.
const RECORDED_SOURCE: &str = "/recorded/defs.py";
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A Dagster that reads all it is asked for below `assets/` of the scene's bucket.
pub(crate) struct RecordedDagster;

#[async_trait]
impl Programs for RecordedDagster {
    async fn run(&self, _: &[String], input: &FilledBody, _: Duration) -> Result<Ran, Fault> {
        let request: serde_json::Value = serde_json::from_slice(input.expose()).unwrap();
        let count = request["names"].as_array().unwrap().len();
        let answer = serde_json::json!({"answers": [{
            "python": "3.11.7",
            "dagster": "1.13.27",
            "managers": [{
                "declared": "dagster_aws.s3.io_manager.S3PickleIOManager",
                "class": "dagster_aws.s3.io_manager.PickledObjectS3IOManager",
                "kind": "s3", "bucket": "acme-lake", "prefix": "assets",
                "endpoint": "https://s3.example.com", "failed": null,
            }],
            "assets": [{"key": ["all"], "manager": 0, "bases": [["assets/", [[0, count]]]]}],
            "loads": {"right": [[0, count]]},
            "files": [[RECORDED_SOURCE, HASH_OF_NOTHING]],
        }]});
        Ok(Ran {
            is_done: true,
            stdout: FilledBody::new(answer.to_string().into_bytes()),
            stderr: FilledBody::new(Vec::new()),
        })
    }
}

struct NoReporter;

impl SwitchReporter for NoReporter {
    fn begin(&self, _: &str) {}
}

/// Has the scene's Dagster proved to read all that was moved from the bucket.
pub(crate) async fn prove_switch(scene: &Scene) {
    scene.folders.put_file(RECORDED_SOURCE, "");
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let target = CodeTarget::default();
    let python = NamedPython { name: "python".to_owned(), path: "/venv/bin/python".to_owned() };
    let place = place_switch_on_host(Box::new(RecordedDagster), python, target);
    let report = check_switch(&SwitchCheck {
        migration: &migration,
        places: &[place],
        load: LoadExtent::All,
        limits: &default_limits(),
        reporter: &NoReporter,
    })
    .await
    .unwrap();
    assert_eq!(report.failure(), None, "{}", report.describe());
}
