//! Keys restored and the restoration undone, with one call failing, for every call.

use std::collections::BTreeMap;

use bytes::Bytes;
use datalake_core::fault::FaultKind;
use datalake_core::s3::KeyPattern;
use datalake_core::size::ByteSize;
use datalake_core::time::{RunId, Timestamp};
use datalake_core::transfer::FileTime;
use datalake_engine::memory::PausedClock;
use datalake_engine::{
    AnyKey, Attributes, ListAsk, NewObject, Objects as _, Payload, Precondition, VersionPages,
};
use datalake_operations::restore::{
    KeyEnd, NotKeptRow, Restoration, RestoreReporter, RestoreRow, RestoreTarget, RestoreTotals,
};
use datalake_operations::{ErrorKind, OperationError};

use crate::lake::service_failures;
use crate::world::{Failure, World};

/// Counts what it is told, and has somebody write a key as the first one ends.
#[derive(Default)]
struct Told {
    rows: Vec<String>,
    ends: Vec<String>,
}

impl RestoreReporter for Told {
    fn planned(&mut self, row: &RestoreRow<'_>) {
        self.rows.push(format!("{:?} {}", row.change, row.key));
    }

    fn not_kept(&mut self, row: &NotKeptRow<'_>) {
        self.rows.push(format!("not kept {}", row.key));
    }

    fn page_ended(&mut self, _: &RestoreTotals) {}

    fn ended(&mut self, key: &str, end: &KeyEnd, _: u64) {
        self.ends.push(format!("{key} {end:?}"));
    }
}

const T: i64 = PausedClock::START + 100;

/// At `T`: `a` is 1, `b` is deleted, `c` is 3, `d` is not there, `e` is 5. Since then all are changed
/// but `e`.
async fn changed_world() -> World {
    let world = World::keeping_versions().await;
    let delete = async |key: &str| {
        let key = AnyKey::try_from(key).unwrap();
        world.store.delete(&world.bucket, &key, None).await.unwrap();
    };
    world.put_objects(&[("k/a", "1"), ("k/b", "2"), ("k/c", "3"), ("k/e", "5"), ("z", "0")]).await;
    delete("k/b").await;
    world.store.set_now(Timestamp::from_unix(T + 50).unwrap());
    world.put_objects(&[("k/a", "new"), ("k/b", "again"), ("k/d", "made"), ("z", "1")]).await;
    delete("k/c").await;
    world.store.set_now(Timestamp::from_unix(T + 100).unwrap());
    world
}

fn then() -> BTreeMap<String, Bytes> {
    let all = [("a", "1"), ("c", "3"), ("e", "5")];
    all.map(|(key, text)| (key.to_owned(), text.into())).into()
}

/// All versions and markers, by key and id.
async fn all_versions(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut pages = VersionPages::new(&world.store, &world.bucket, ListAsk::below(""));
    while let Some(page) = pages.next().await.unwrap() {
        let ids =
            page.versions.into_iter().map(|entry| (entry.key.as_str().to_owned(), entry.version.0));
        found.extend(ids);
    }
    found
}

fn target(world: &World, text: &str) -> RestoreTarget {
    RestoreTarget::choose(world.bucket.clone(), KeyPattern::new(text).unwrap())
}

/// The end, the run if one was begun, and what was told.
async fn restore(
    world: &World,
    at: Option<i64>,
) -> (Result<RestoreTotals, OperationError>, Option<RunId>) {
    let restoration = Restoration::new(world.restore_place());
    let until = at.map(|second| FileTime::new(second, 0).unwrap());
    let (target, mut told) = (target(world, "k/"), Told::default());
    let mut planned = match restoration.plan(&target, until, &mut told).await {
        Ok(planned) => planned,
        Err(error) => return (Err(error), None),
    };
    let run = planned.totals.run.clone();
    let ended = restoration.carry_out(&mut planned, &mut told).await;
    (ended.map(|()| planned.totals), run)
}

async fn undo(world: &World, run: &RunId) -> Result<(u64, u64), OperationError> {
    let restoration = Restoration::new(world.restore_place());
    let totals = restoration.undo(run, &mut Told::default()).await?;
    assert_eq!(totals.left, 0);
    Ok((totals.undone, totals.failed))
}

#[tokio::test(start_paused = true)]
async fn keys_are_as_they_were_and_undone_exactly() {
    let world = changed_world().await;
    let before = all_versions(&world).await;

    let (ended, run) = restore(&world, Some(T)).await;

    let totals = ended.unwrap();
    let amounts = (totals.brought_back, totals.replaced, totals.deleted, totals.unchanged);
    assert_eq!((amounts, totals.done), ((1, 1, 2, 1), 4));
    assert_eq!(world.objects_below("k/").await, then());
    assert_eq!(world.objects_below("z").await[""], "1");
    let (again, none) = restore(&world, Some(T)).await;
    assert_eq!((again.unwrap().unchanged, none), (5, None));

    assert_eq!(undo(&world, &run.clone().unwrap()).await, Ok((4, 0)));
    assert_eq!(all_versions(&world).await, before);
    assert_eq!(undo(&world, &run.unwrap()).await, Ok((0, 0)));
}

#[tokio::test(start_paused = true)]
async fn without_a_time_only_deleted_keys_come_back() {
    let world = changed_world().await;

    let (ended, _) = restore(&world, None).await;

    let totals = ended.unwrap();
    assert_eq!((totals.brought_back, totals.changes(), totals.done), (1, 1, 1));
    assert_eq!(world.objects_below("k/").await["c"], "3");
    assert_eq!(world.objects_below("k/").await["a"], "new");
}

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_nothing_is_lost_the_next_run_completes_it_and_both_are_undone_exactly()
 {
    // The last one ends a run at once, as a kill does: what it has begun is not in its record.
    let kill = [Failure::Call(FaultKind::WrongSecret), Failure::Answer(FaultKind::WrongSecret)];
    for failure in service_failures().chain(kill) {
        for call in 1.. {
            let note = format!("call {call}: {failure:?}");
            let world = changed_world().await;
            let before = all_versions(&world).await;
            world.fail_call(call, failure);
            let (first, run) = restore(&world, Some(T)).await;
            if world.is_failure_ahead() {
                assert_eq!(first.map(|totals| totals.done), Ok(4), "{note}");
                assert!(call > 10, "{note}: so few calls");
                break;
            }
            if let Err(error) = &first {
                assert_ne!(error.kind, ErrorKind::Bug, "{note}: {error}");
            }
            let kept = all_versions(&world).await;
            assert!(before.iter().all(|version| kept.contains(version)), "{note}: lost");

            let (second, other) = restore(&world, Some(T)).await;
            let totals = second.unwrap();
            assert_eq!((totals.failed, totals.left), (0, 0), "{note}");
            assert_eq!(world.objects_below("k/").await, then(), "{note}");

            for run in [other, run].into_iter().flatten() {
                undo(&world, &run).await.unwrap_or_else(|error| panic!("{note}: {error}"));
            }
            assert_eq!(all_versions(&world).await, before, "{note}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_call_of_an_undoing_fails_the_next_one_completes_it() {
    for failure in service_failures() {
        for call in 1.. {
            let note = format!("call {call}: {failure:?}");
            let world = changed_world().await;
            let before = all_versions(&world).await;
            let run = restore(&world, Some(T)).await.1.unwrap();
            world.fail_call(call, failure);
            let first = undo(&world, &run).await;
            if world.is_failure_ahead() {
                assert_eq!(first, Ok((4, 0)), "{note}");
                assert!(call > 7, "{note}: so few calls");
                break;
            }
            assert_eq!(undo(&world, &run).await.map(|(_, failed)| failed), Ok(0), "{note}");
            assert_eq!(all_versions(&world).await, before, "{note}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_has_written_since_the_plan_or_the_run_stays() {
    let world = changed_world().await;
    let restoration = Restoration::new(world.restore_place());
    let (target, mut told) = (target(&world, "k/"), Told::default());
    let until = FileTime::new(T, 0).unwrap();
    let mut planned = restoration.plan(&target, Some(until), &mut told).await.unwrap();
    world.put_objects(&[("k/a", "of others")]).await;

    restoration.carry_out(&mut planned, &mut told).await.unwrap();

    let (totals, run) = (planned.totals.clone(), planned.totals.run.clone().unwrap());
    assert_eq!((totals.done, totals.left), (3, 1));
    assert_eq!(told.ends[0], "k/a Left");
    assert_eq!(world.objects_below("k/").await["a"], "of others");
    drop(planned);
    world.put_objects(&[("k/c", "newer")]).await;
    let undone = restoration.undo(&run, &mut Told::default()).await.unwrap();
    assert_eq!((undone.undone, undone.left, undone.unchanged), (2, 1, 1));
    assert_eq!(world.objects_below("k/").await["c"], "newer");
    assert_eq!(world.objects_below("k/").await["b"], "again");
}

#[tokio::test(start_paused = true)]
async fn a_large_content_is_copied_in_parts_with_what_it_carries() {
    let world = World::keeping_versions().await;
    let (key, content) = (AnyKey::try_from("k/big").unwrap(), vec![7; 11 << 20]);
    let user = [("mtime".to_owned(), "17".to_owned())].into();
    let attributes =
        Attributes { content_type: Some("text/x".to_owned()), user, ..Attributes::NONE };
    let payload = Payload::of(content.clone());
    let (bucket, key, when) = (&world.bucket, &key, &Precondition::None);
    let object = NewObject { bucket, key, payload: &payload, attributes: &attributes, when };
    world.store.put(&object).await.unwrap();
    world.store.delete(bucket, key, None).await.unwrap();
    let before = all_versions(&world).await;
    let restoration = Restoration::new(world.restore_place()).with_largest_copy(ByteSize(5 << 20));

    let mut told = Told::default();
    let mut planned = restoration.plan(&target(&world, "k/big"), None, &mut told).await.unwrap();
    restoration.carry_out(&mut planned, &mut told).await.unwrap();

    assert_eq!(told.ends, ["k/big Done"]);
    let source = datalake_engine::ObjectSource::current(bucket, key);
    let stored = world.store.head(&source).await.unwrap();
    assert!(stored.etag.as_str().contains("-3"), "{:?}", stored.etag);
    assert_eq!(stored.attributes, attributes);
    assert_eq!(world.objects_below("k/").await["big"], content);
    let run = planned.totals.run.clone().unwrap();
    drop(planned);
    restoration.undo(&run, &mut Told::default()).await.unwrap();
    assert_eq!(all_versions(&world).await, before);
}
