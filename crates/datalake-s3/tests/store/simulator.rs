//! The store against the simulator.

use std::time::Duration;

use datalake_core::fault::FaultKind;
use datalake_core::plan::Service;
use datalake_core::secret::Credentials;
use datalake_engine::{ObjectStore as _, check_lake, check_object_store};
use datalake_s3::S3Store;
use datalake_sim::{Config, Quirk, Running, SimKey, start};
use tempfile::TempDir;

use crate::common::{bucket, key};

pub(crate) fn credentials(key: &SimKey) -> Credentials {
    Credentials::pair(key.access_key_id.parse().unwrap(), key.secret_access_key.parse().unwrap())
}

pub(crate) fn store(sim: &Running, keys: &Credentials) -> S3Store {
    let (endpoint, region) = (sim.endpoint().parse().unwrap(), "fsn1".parse().unwrap());
    match sim.certificate_pem() {
        Some(pem) => S3Store::trusting(&endpoint, &region, keys, pem.as_bytes()).unwrap(),
        None => S3Store::new(&endpoint, &region, keys).unwrap(),
    }
}

fn other_key() -> SimKey {
    SimKey {
        access_key_id: "OTHER000000000000002".to_owned(),
        secret_access_key: "otherOtherOtherOtherOtherOtherOther00002".to_owned(),
        project: 1_000_002,
    }
}

pub(crate) async fn simulator(change: impl FnOnce(&mut Config)) -> (TempDir, Running) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::hetzner(dir.path());
    config.quirks.bucket_delay = Duration::ZERO;
    config.keys.push(other_key());
    change(&mut config);
    let sim = start(config).await.unwrap();
    (dir, sim)
}

#[tokio::test]
async fn the_suite_holds_on_hetzners_ways() {
    let (_dir, sim) = simulator(|_| ()).await;

    let checked =
        check_object_store(&store(&sim, &credentials(&SimKey::sandbox())), &bucket()).await;

    assert_eq!(checked, Ok(()));
}

#[tokio::test]
async fn the_suite_holds_on_plain_s3() {
    let (_dir, sim) = simulator(|config| *config = Config::plain(&config.dir)).await;

    let checked =
        check_object_store(&store(&sim, &credentials(&SimKey::sandbox())), &bucket()).await;

    assert_eq!(checked, Ok(()));
}

#[tokio::test]
async fn the_whole_lake_holds_on_hetzners_ways() {
    let (_dir, sim) = simulator(|_| ()).await;

    let checked = check_lake(&store(&sim, &credentials(&SimKey::sandbox())), &bucket()).await;

    assert_eq!(checked, Ok(()));
}

#[tokio::test]
async fn the_whole_lake_holds_on_plain_s3_over_tls() {
    let (_dir, sim) = simulator(|config| {
        *config = Config::plain(&config.dir);
        config.tls = true;
    })
    .await;

    let checked = check_lake(&store(&sim, &credentials(&SimKey::sandbox())), &bucket()).await;

    assert_eq!(checked, Ok(()));
}

#[tokio::test]
async fn a_certificate_of_its_own_is_trusted_only_when_given() {
    let (_dir, sim) = simulator(|config| config.tls = true).await;
    let keys = credentials(&SimKey::sandbox());

    let trusting = store(&sim, &keys).reach().await;
    let wary = S3Store::new(&sim.endpoint().parse().unwrap(), &"fsn1".parse().unwrap(), &keys);
    let refused = wary.unwrap().reach().await.unwrap_err();

    assert!(trusting.is_ok(), "{trusting:?}");
    assert_eq!(refused.kind, FaultKind::Unreachable);
    assert!(refused.detail.contains("certificate is not trusted"), "{refused}");
}

#[tokio::test]
async fn the_owner_is_the_project() {
    let (_dir, sim) = simulator(|_| ()).await;

    let service = store(&sim, &credentials(&SimKey::sandbox())).reach().await;

    let Service { owner, clock_ahead } = service.unwrap();
    assert_eq!(owner.as_deref(), Some("p1000001"));
    assert!(clock_ahead.abs() <= 2, "{clock_ahead}");
}

#[tokio::test]
async fn wrong_keys_are_told_apart() {
    let (_dir, sim) = simulator(|_| ()).await;
    let right = credentials(&SimKey::sandbox());
    let wrong_secret = Credentials { secret: credentials(&other_key()).secret, ..right.clone() };
    let unknown = Credentials { id: "NOBODY".parse().unwrap(), ..right };

    for (keys, kind) in
        [(&wrong_secret, FaultKind::WrongSecret), (&unknown, FaultKind::UnknownAccessKey)]
    {
        let fault = store(&sim, keys).reach().await.unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
    }
}

#[tokio::test]
async fn the_right_region_is_named() {
    let (_dir, sim) = simulator(|config| {
        config.region = "hel1".to_owned();
        config.quirks.on.insert(Quirk::StrictRegion);
    })
    .await;

    let fault = store(&sim, &credentials(&SimKey::sandbox())).reach().await.unwrap_err();

    assert_eq!(fault.kind, FaultKind::WrongRegion);
    assert!(fault.detail.contains("it names the region `hel1`"), "{fault}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured() {
    let (_dir, sim) = simulator(|_| ()).await;
    let store = store(&sim, &credentials(&SimKey::sandbox()));

    sim.set_clock_offset(600);
    let slow = store.reach().await.unwrap();
    sim.set_clock_offset(1200);
    let skewed = store.reach().await.unwrap_err();

    assert!((598..=602).contains(&slow.clock_ahead), "{}", slow.clock_ahead);
    assert_eq!(skewed.kind, FaultKind::ClockSkew);
    assert!(skewed.detail.contains("s behind the service's"), "{skewed}");
}

#[tokio::test]
async fn a_bucket_of_someone_else_is_taken_and_denied() {
    let (_dir, sim) = simulator(|_| ()).await;
    let (mine, theirs) = (SimKey::sandbox(), other_key());
    store(&sim, &credentials(&theirs)).create_bucket(&bucket()).await.unwrap();

    let store = store(&sim, &credentials(&mine));
    let created = store.create_bucket(&bucket()).await.unwrap_err();
    let head = store.head_bucket(&bucket()).await.unwrap_err();
    let read = store.get_object(&bucket(), &key("k")).await.unwrap_err();

    assert_eq!(created.kind, FaultKind::TakenBucket);
    assert_eq!(head.kind, FaultKind::Denied);
    assert_eq!(read.kind, FaultKind::Denied);
    assert_eq!(store.buckets().await, Ok(vec![]));
}

#[tokio::test]
async fn faults_of_the_service_are_told_apart() {
    for (plan, kind) in [("100% 503", FaultKind::Throttled), ("100% 500", FaultKind::Unavailable)] {
        let (_dir, sim) = simulator(|config| config.faults = plan.parse().unwrap()).await;

        let fault = store(&sim, &credentials(&SimKey::sandbox())).buckets().await.unwrap_err();

        assert_eq!(fault.kind, kind, "{fault}");
    }
}
