//! Frames and tables, on ports in memory.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::migration::PartKind;
use datalake_engine::transfer::Oddity;
use datalake_engine::transfer::memory::MemoryNode;
use datalake_engine::{ObjectStore as _, Objects as _};

use super::*;
use crate::migration::scene::tables_bucket;

const PARQUET: &[u8] = b"PAR1..data..footer\x06\0\0\0PAR1";
const LOG: &str = "ledger.delta/_delta_log";

fn with_tables() -> MigrationChoice<'static> {
    MigrationChoice { tables: true, ..choice() }
}

fn commit(version: u64) -> String {
    format!("{LOG}/{version:020}.json")
}

/// Appends a version to a Delta table as delta-rs does: the file first.
fn append(scene: &Scene, version: u64) {
    let name = format!("part-{version}.parquet");
    scene.storage().file(&format!("ledger.delta/{name}"), PARQUET, NOON - DAY);
    let action = format!("{{\"add\":{{\"path\":\"{name}\",\"size\":1}}}}\n");
    scene.storage().file(&commit(version), action.into_bytes(), NOON - DAY);
}

async fn content(scene: &Scene, key: &str) -> Option<Vec<u8>> {
    scene.store.get_object(&tables_bucket(), &key.parse().unwrap()).await.ok()
}

fn part(moved: &[MovedPart], kind: PartKind) -> &MovedPart {
    moved.iter().find(|part| part.part == kind).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_file_of_a_table_that_nobody_may_read_is_told_once() {
    let scene = Scene::new().await;
    append(&scene, 0);
    append(&scene, 1);
    let denied = Oddity::Unreadable(Fault::new(FaultKind::Denied, "no"));
    scene.storage().put("ledger.delta/part-1.parquet", MemoryNode::Odd(denied));
    let context = scene.context();
    let migration = Migration::find(&context, &with_tables()).await.unwrap();
    let told = ToldWords::default();

    let moved = move_parts(&migration, &default_limits(), &told).await.unwrap();

    let failed: Vec<_> = moved.iter().map(|part| (part.part, part.failed)).collect();
    let failed: Vec<_> = failed.into_iter().filter(|(_, failed)| *failed > 0).collect();
    // Neither pickles nor frames: it is known to be the table's, whose log waits.
    assert_eq!(failed, [(PartKind::TableData, 1), (PartKind::TableLogs, 1)]);
    let lines = told.in_order();
    let lines: Vec<_> = lines.iter().filter(|line| line.contains("part-1.parquet")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn whole_frames_go_as_a_tree_and_half_ones_stay() {
    let scene = Scene::new().await;
    scene.storage().file("sales.parquet", PARQUET, NOON - DAY);
    scene.storage().file("orders/2026-01-01.parquet", PARQUET, NOON - DAY);
    scene.storage().file("half.parquet", &PARQUET[..20], NOON - DAY);
    scene.storage().file("codes.csv", &b"a,b\n1,2\n"[..], NOON - DAY);
    scene.storage().file("notes.json", &b"{}"[..], NOON - DAY);
    scene.storage().file("users", PICKLE, NOON - DAY);

    let moved = run(&scene, &with_tables()).await.unwrap();

    let frames = part(&moved, PartKind::Frames);
    assert_eq!((frames.moved.items, frames.proved.items, frames.failed), (3, 3, 1));
    assert_eq!(frames.destination, "s3://acme-tables/assets/");
    for key in ["sales.parquet", "orders/2026-01-01.parquet"] {
        assert_eq!(content(&scene, &format!("assets/{key}")).await.unwrap(), PARQUET, "{key}");
    }
    assert_eq!(content(&scene, "assets/half.parquet").await, None);
    assert_eq!(scene.content("assets/users").await.unwrap(), PICKLE);
    let kinds: Vec<_> = moved[0].left_out.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["json"]);
}

#[tokio::test(start_paused = true)]
async fn a_table_goes_with_its_log_and_goes_on_where_it_was() {
    let scene = Scene::new().await;
    append(&scene, 0);
    append(&scene, 1);

    let first = run(&scene, &with_tables()).await.unwrap();
    append(&scene, 2);
    let second = run(&scene, &with_tables()).await.unwrap();
    let third = run(&scene, &with_tables()).await.unwrap();

    let logs = part(&first, PartKind::TableLogs);
    assert_eq!((logs.moved.items, logs.failed), (2, 0));
    let told: Vec<_> = logs.tables.iter().map(|end| (end.name.as_str(), end.version)).collect();
    assert_eq!(told, [("ledger.delta", Some(1))]);
    assert_eq!(part(&second, PartKind::TableLogs).moved.items, 1);
    assert_eq!(part(&second, PartKind::TableLogs).tables[0].version, Some(2));
    assert_eq!(part(&third, PartKind::TableLogs).moved.items, 0);
    assert!(content(&scene, &format!("assets/{}", commit(2))).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_lacks_a_file_stays_as_it_was() {
    let scene = Scene::new().await;
    append(&scene, 0);
    let action = &b"{\"add\":{\"path\":\"gone.parquet\"}}\n"[..];
    scene.storage().file(&commit(1), action, NOON - DAY);

    let moved = run(&scene, &with_tables()).await.unwrap();

    let logs = part(&moved, PartKind::TableLogs);
    assert_eq!((logs.moved.items, logs.failed), (0, 1));
    assert!(logs.tables[0].why.as_deref().unwrap().contains("gone.parquet"), "{logs:?}");
    assert_eq!(content(&scene, &format!("assets/{}", commit(0))).await, None);
}

#[tokio::test(start_paused = true)]
async fn another_table_in_the_bucket_is_never_mixed_with_one_from_here() {
    let scene = Scene::new().await;
    append(&scene, 0);
    run(&scene, &with_tables()).await.unwrap();
    append(&scene, 1);
    append(&scene, 2);
    let theirs = &b"{\"add\":{\"path\":\"theirs.parquet\",\"size\":1}}\n"[..];
    let key = datalake_engine::AnyKey::try_from(format!("assets/{}", commit(1))).unwrap();
    let object = datalake_engine::NewObject {
        bucket: &tables_bucket(),
        key: &key,
        payload: &datalake_engine::Payload::of(theirs.to_vec()),
        attributes: &datalake_engine::Attributes::NONE,
        when: &datalake_engine::Precondition::None,
    };
    scene.store.put(&object).await.unwrap();

    let moved = run(&scene, &with_tables()).await.unwrap();

    let logs = part(&moved, PartKind::TableLogs);
    assert_eq!((logs.moved.items, logs.failed), (0, 1));
    assert!(logs.tables[0].why.as_deref().unwrap().contains("another table"), "{logs:?}");
    assert_eq!(content(&scene, &format!("assets/{}", commit(1))).await.unwrap(), theirs);
    assert_eq!(content(&scene, &format!("assets/{}", commit(2))).await, None);
}

#[tokio::test(start_paused = true)]
async fn without_a_place_for_tables_nothing_begins() {
    let scene = Scene::new().await;
    let context = super::super::MigrationContext { tables: None, ..scene.context() };

    let error = Migration::find(&context, &with_tables()).await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn freeing_leaves_frames_and_tables() {
    let scene = Scene::new().await;
    scene.storage().file("plain", PICKLE, NOON - DAY);
    scene.storage().file("sales.parquet", PARQUET, NOON - DAY);
    append(&scene, 0);
    run(&scene, &with_tables()).await.unwrap();
    prove_switch(&scene).await;
    let context = scene.context();
    let migration = Migration::find(&context, &with_tables()).await.unwrap();
    let proof = require_switch_proof(&migration).await.unwrap();

    let how = ProofDepth { deep: true, limits: &default_limits() };
    let freed = free_parts(&migration, &proof, &how, None).await.unwrap();

    let removed: u64 = freed.iter().map(|part| part.removed.items).sum();
    assert_eq!(removed, 1, "{freed:?}");
    let left = scene.storage().files();
    assert!(left.contains_key("sales.parquet") && left.contains_key(&commit(0)));
    assert!(!left.contains_key("plain"));
}
