use std::fs;

use datalake_sim::{Config, StartError, start};
use serde_json::Value;

use crate::lake::Lake;

/// Ends a simulator and starts another one on its folder.
async fn restarted(lake: Lake) -> Lake {
    let Lake { sim, dir, http } = lake;
    sim.stop().await;
    let sim = start(Config::hetzner(dir.path())).await.unwrap();
    Lake { sim, dir, http }
}

#[tokio::test]
async fn a_folder_has_one_simulator_at_a_time() {
    let lake = Lake::hetzner().await;

    let second = start(Config::hetzner(lake.dir.path())).await;

    assert!(matches!(second, Err(StartError::InUse(_))));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let lake = Lake::hetzner().await;
    lake.versioning("Enabled").await;
    let old = lake.put_version("/lake/key", "old").await;
    lake.put_version("/lake/key", "new").await;
    let upload = lake.post("/lake/big?uploads").go().await.element("UploadId");
    let part = format!("/lake/big?partNumber=1&uploadId={upload}");
    let etag = lake.put(&part).body("part").go().await.header("etag").unwrap().to_owned();
    lake.advance_days(10);

    let lake = restarted(lake).await;
    let body = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    lake.post(&format!("/lake/big?uploadId={upload}")).body(body).go().await;
    let lake = restarted(lake).await;

    assert_eq!(lake.get("/lake/key").go().await.text(), "new");
    assert_eq!(lake.get(&format!("/lake/key?versionId={old}")).go().await.text(), "old");
    assert_eq!(lake.get("/lake/big").go().await.text(), "part");
    assert!(lake.get("/lake?uploads").go().await.elements("UploadId").is_empty());
}

#[tokio::test]
async fn the_calendar_goes_on_after_a_restart() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/before").body("x").go().await;
    lake.advance_days(40);

    let lake = restarted(lake).await;
    lake.put("/lake/after").body("x").go().await;
    let dates = lake.get("/lake?list-type=2").go().await.elements("LastModified");

    assert!(dates[0] > dates[1], "{dates:?}");
}

#[tokio::test]
async fn leftovers_of_a_killed_process_are_swept() {
    let lake = Lake::hetzner().await;
    lake.put("/lake/key").body("x").go().await;
    let bucket = lake.dir.path().join("buckets/lake");
    let version = fs::read_dir(bucket.join("versions")).unwrap().next().unwrap().unwrap();
    fs::write(bucket.join("bodies/999"), "nobody names me").unwrap();
    fs::write(lake.dir.path().join("tmp/12"), "half a bo").unwrap();
    // An older version of the same object that was about to be removed.
    let mut older: Value = serde_json::from_slice(&fs::read(version.path()).unwrap()).unwrap();
    older["number"] = 0.into();
    older["content"]["segments"] = Value::Array(Vec::new());
    fs::write(bucket.join("versions/0.json"), older.to_string()).unwrap();

    let lake = restarted(lake).await;

    assert!(!bucket.join("bodies/999").exists());
    assert!(!lake.dir.path().join("tmp/12").exists());
    assert!(!bucket.join("versions/0.json").exists());
    assert_eq!(lake.get("/lake?versions").go().await.elements("VersionId").len(), 1);
    assert_eq!(lake.get("/lake/key").go().await.text(), "x");
}

#[tokio::test]
async fn an_ended_simulator_gives_its_folder_back() {
    let lake = Lake::hetzner().await;
    let Lake { sim, dir, .. } = lake;

    sim.stop().await;

    assert!(start(Config::hetzner(dir.path())).await.is_ok());
}
