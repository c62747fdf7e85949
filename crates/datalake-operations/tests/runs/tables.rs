//! A bucket for tables, beside that of the assets.

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, Lifecycle, Versioning};
use datalake_core::spec::TablesPlace;
use datalake_engine::memory::{MemoryConditions, MemoryStore};
use datalake_engine::{ListAsk, ObjectStore as _, Objects as _};
use datalake_operations::{ErrorKind, OperationError};

use super::world::{TABLES, World};
use super::{provision, roll_back};

fn tables() -> BucketName {
    TABLES.parse().unwrap()
}

#[tokio::test]
async fn a_provision_makes_it_without_versions_and_a_rollback_leaves_it_empty() {
    let world = World::with_tables();
    let (before, store) = (world.files.everything(), &world.store);

    provision(&world, &world.sound()).await.unwrap().unwrap();

    assert_eq!(store.versioning(&tables()).await.unwrap(), Versioning::Never);
    assert_eq!(store.versioning(&world.spec.bucket).await.unwrap(), Versioning::Enabled);
    let rules = store.lifecycle(&tables()).await.unwrap();
    assert_eq!(rules, Lifecycle::protection(None, world.spec.protect.abort_uploads));
    let env_file = world.text("/var/lib/dagster/.config/datalake/s3.env");
    assert!(env_file.contains(&format!("\nDAGSTER_S3_TABLES_BUCKET={TABLES}\n")), "{env_file}");
    let drop_in = world.text(
        "/var/lib/dagster/.config/containers/systemd/dagster.container.d/50-datalake-s3.conf",
    );
    assert!(drop_in.contains("--env=DAGSTER_S3_TABLES_BUCKET"), "{drop_in}");
    assert_eq!(provision(&world, &world.sound()).await.unwrap(), None, "nothing is left to do");

    roll_back(&world, &world.sound()).await.unwrap();
    assert_eq!(world.files.everything(), before);
    store.head_bucket(&tables()).await.unwrap();
    assert!(store.version_traces(&tables()).await.unwrap().is_empty());
}

#[tokio::test]
async fn whichever_call_fails_the_next_run_completes_both_buckets() {
    for call in 0.. {
        let world = World::with_tables();
        let before = world.files.everything();
        let ports = world.failing_at(call, FaultKind::Unavailable);
        let ended = provision(&world, &ports).await;
        if !ports.has_failed() {
            assert!(ended.unwrap().is_some() && call > 35, "{call} calls");
            break;
        }

        provision(&world, &world.sound()).await.unwrap();
        let again = provision(&world, &world.sound()).await.unwrap();
        assert_eq!(again, None, "call {call}: one more run is enough");
        roll_back(&world, &world.sound()).await.unwrap();
        assert_eq!(world.files.everything(), before, "call {call}");
    }
}

/// A service with a bucket of that versioning, in which an object was stored and deleted.
async fn make_used_bucket(world: &World, bucket: &BucketName, versioning: Versioning) {
    let store = &world.store;
    let key = "sales/_delta_log/00000000000000000000.json".parse().unwrap();
    store.create_bucket(bucket).await.unwrap();
    store.set_versioning(bucket, versioning).await.unwrap();
    store.put_object(bucket, &key, b"{}".to_vec()).await.unwrap();
    store.delete_object(bucket, &key, None).await.unwrap();
}

#[tokio::test]
async fn one_that_had_versions_is_refused_by_the_name_of_what_is_left_and_nothing_is_changed() {
    for (versioning, told) in [
        (Versioning::Enabled, "it keeps old versions"),
        (Versioning::Suspended, "1 delete marker: `sales/_delta_log/00000000000000000000.json`"),
    ] {
        let world = World::with_tables();
        make_used_bucket(&world, &tables(), versioning).await;
        let before = world.files.everything();

        let error = provision(&world, &world.sound()).await.unwrap_err();

        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.to_string().contains(told), "{error}");
        let advice = format!("{:?}", error.advice);
        assert!(advice.contains("tables: { bucket: NAME }"), "{advice}");
        assert_eq!(world.files.everything(), before);
        let absent = world.store.head_bucket(&world.spec.bucket).await.unwrap_err();
        assert_eq!(absent.kind, FaultKind::Absent);
    }
}

#[tokio::test]
async fn a_prefix_is_taken_where_the_assets_have_no_versions_and_refused_where_they_are_to_have_some()
 {
    let mut world = World::new();
    world.spec.tables = Some(TablesPlace::Prefix("tables".parse().unwrap()));

    let error = provision(&world, &world.sound()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.to_string().contains("commits to tables may get lost there"), "{error}");

    world.spec.protect.versioning = false;
    world.spec.protect.keep_old_versions = None;
    provision(&world, &world.sound()).await.unwrap().unwrap();
    let env_file = world.text("/var/lib/dagster/.config/datalake/s3.env");
    assert!(env_file.contains("\nDAGSTER_S3_TABLES_BUCKET=acme-dagster-assets\n"), "{env_file}");
    assert!(env_file.contains("\nDAGSTER_S3_TABLES_PREFIX=tables\n"), "{env_file}");
    assert_eq!(provision(&world, &world.sound()).await.unwrap(), None);
}

/// A provision in a bucket that keeps versions, with tables below a prefix, of a service that treats
/// conditional writes so.
async fn provision_prefix(conditions: MemoryConditions) -> Result<(), OperationError> {
    let mut world = World::new();
    world.store = MemoryStore::default().with_conditions(conditions);
    provision(&world, &world.sound()).await.unwrap().unwrap();
    world.spec.tables = Some(TablesPlace::Prefix("tables".parse().unwrap()));

    let ended = provision(&world, &world.sound()).await.map(drop);

    let below = ListAsk::below("tables/");
    let listed = world.store.list_versions(&world.spec.bucket, &below, None).await;
    assert_eq!(listed.unwrap().versions, [], "the test leaves nothing behind");
    ended
}

#[tokio::test]
async fn a_prefix_where_versions_are_kept_is_taken_only_where_concurrent_writers_are_held_apart() {
    provision_prefix(MemoryConditions::Obeyed).await.unwrap();

    for (conditions, told) in [
        (MemoryConditions::IgnoredWithVersions, "conditional writes overwrite what is there"),
        (MemoryConditions::RacingWithVersions(3), "3 writers of one key"),
    ] {
        let error = provision_prefix(conditions).await.unwrap_err();

        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.to_string().contains(told), "{error}");
    }
}
