//! Migrations there and back, on ports in memory.

mod each_call;
mod tables;

use datalake_core::migration::{FileTotal, MigrationVerdict};

use super::scene::{HOME, NOON, OTHER, PICKLE, Scene, ToldWords, choice, default_limits};
use super::switch::recorded::prove_switch;
use super::{
    CodeFindings, FetchedPart, Migration, MigrationChoice, MovedPart, PartAhead, ProofDepth,
    SwitchProof, count_parts, describe_outlook, fetch_parts, find_ahead, find_asset_keys,
    find_proof, free_parts, move_parts, report_assets, require_right, require_switch_proof,
    write_lines_beside,
};
use crate::{ErrorKind, OperationError};

const DAY: i64 = 86_400;

async fn run(
    scene: &Scene,
    choice: &MigrationChoice<'_>,
) -> Result<Vec<MovedPart>, OperationError> {
    let context = scene.context();
    let migration = Migration::find(&context, choice).await?;
    move_parts(&migration, &default_limits(), &ToldWords::default()).await
}

async fn ahead(scene: &Scene) -> PartAhead {
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    find_ahead(&migration, &default_limits()).await.unwrap().pop().unwrap()
}

async fn fetch(scene: &Scene) -> FetchedPart {
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    fetch_parts(&migration, &default_limits(), &ToldWords::default()).await.unwrap().pop().unwrap()
}

fn total(items: u64, bytes: u64) -> FileTotal {
    FileTotal { items, bytes }
}

#[tokio::test(start_paused = true)]
async fn pickles_are_counted_moved_proved_and_moved_no_second_time() {
    let scene = Scene::new().await;
    scene.storage().file("raw/users", PICKLE, NOON - DAY);
    scene.storage().file("raw/by_day/2026-01-01", OTHER, NOON - DAY);
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    let before = count_parts(&migration, &default_limits(), None).await.unwrap();
    let moved = move_parts(&migration, &default_limits(), &ToldWords::default()).await.unwrap();
    let after = count_parts(&migration, &default_limits(), None).await.unwrap();
    let again = run(&scene, &choice()).await.unwrap();

    assert_eq!(before[0].left, total(2, 10));
    assert_eq!((moved[0].moved, moved[0].proved, moved[0].failed), (total(2, 10), total(2, 10), 0));
    assert_eq!(
        (moved[0].source.as_str(), moved[0].destination.as_str()),
        ("/srv/dagster/storage", "s3://acme-lake/assets/")
    );
    assert!(after[0].is_all_moved());
    assert_eq!((again[0].moved, again[0].passes), (total(0, 0), 1));
    assert_eq!(scene.content("assets/raw/users").await.unwrap(), PICKLE);
}

#[tokio::test(start_paused = true)]
async fn a_look_changes_nothing() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    count_parts(&migration, &default_limits(), None).await.unwrap();

    assert_eq!(scene.content("assets/a").await, None);
    assert!(scene.records.state.file_names().is_empty(), "{:?}", scene.records.state.file_names());
}

#[tokio::test(start_paused = true)]
async fn half_a_pickle_fails_and_files_of_other_kinds_stay() {
    let scene = Scene::new().await;
    scene.storage().file("half", &PICKLE[..3], NOON - DAY);
    scene.storage().file("table.parquet", &b"PAR1........PAR1"[..], NOON - DAY);
    scene.storage().file("whole", PICKLE, NOON - DAY);
    let told = ToldWords::default();
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    let moved = move_parts(&migration, &default_limits(), &told).await.unwrap();

    assert_eq!((moved[0].moved, moved[0].failed), (total(1, 5), 1));
    let kinds: Vec<_> = moved[0].left_out.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["parquet"]);
    let told = told.sorted();
    assert!(told.iter().any(|line| line.starts_with("! half: the source: ")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with(". table.parquet: ")), "{told:?}");
    assert_eq!(scene.content("assets/half").await, None);
}

#[tokio::test(start_paused = true)]
async fn lines_tell_of_each_file_and_of_what_lies_beside() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    scene.storage().file("b.parquet", &b"PAR1........PAR1"[..], NOON - DAY);
    scene.folders.put_file(&format!("{HOME}/history/runs.db"), "db");
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let mut lines = Vec::new();

    let parts = count_parts(&migration, &default_limits(), Some(&mut lines)).await.unwrap();
    write_lines_beside(&migration, &mut lines).unwrap();
    let code = CodeFindings { unknown: vec!["code".to_owned()], ..CodeFindings::default() };
    let outlook = describe_outlook(&migration, parts, code).unwrap();

    assert_eq!(lines[0], "+ a: new");
    assert!(lines[1].starts_with(". b.parquet: "), "{lines:?}");
    assert!(
        lines.contains(&". /srv/dagster/history/runs.db: databases of runs and events".to_owned()),
        "{lines:?}"
    );
    let stays: Vec<_> = outlook.stays.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(stays, ["b.parquet", "dagster.yaml", "history"]);
    assert_eq!(outlook.home.as_deref(), Some(HOME));
    assert_eq!(outlook.unknown, ["code"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_newer_in_the_bucket_stays_there_and_comes_back_only_when_fetched() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - 2 * DAY);
    scene.put("assets/a", OTHER, NOON - DAY).await;
    scene.put("assets/new", OTHER, NOON - DAY).await;

    let moved = run(&scene, &choice()).await.unwrap();
    assert_eq!((moved[0].moved, moved[0].newer_there), (total(0, 0), 1));
    assert_eq!(scene.content("assets/a").await.unwrap(), OTHER);

    let found = ahead(&scene).await;
    assert_eq!(
        (found.newer, found.alone, found.bytes),
        (vec!["a".to_owned()], vec!["new".to_owned()], 10)
    );

    let fetched = fetch(&scene).await;
    assert_eq!((fetched.objects, fetched.failed), (total(2, 10), 0));
    assert_eq!(scene.storage().files()["a"], OTHER);
    let kept = fetched.kept.unwrap();
    assert!(kept.starts_with("/srv/dagster/storage-before-"), "{kept}");
    assert_eq!(scene.folders.tree_at(&kept).files()["a"], PICKLE);
    assert_eq!(ahead(&scene).await.count_to_fetch(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_replaces_nothing_makes_no_folder_beside() {
    let scene = Scene::new().await;
    scene.put("assets/new", PICKLE, NOON - DAY).await;
    scene.folders.make_folder(&format!("{HOME}/storage"));

    let fetched = fetch(&scene).await;

    assert_eq!((fetched.objects, fetched.kept), (total(1, 5), None));
}

#[tokio::test(start_paused = true)]
async fn objects_of_other_kinds_stay_in_the_bucket() {
    let scene = Scene::new().await;
    scene.put("assets/notes.txt", b"no pickle", NOON - DAY).await;
    scene.folders.make_folder(&format!("{HOME}/storage"));

    let found = ahead(&scene).await;
    let fetched = fetch(&scene).await;

    assert_eq!(
        (found.other_kinds.as_slice(), found.count_to_fetch()),
        (&["notes.txt".to_owned()][..], 0)
    );
    assert_eq!((fetched.objects.items, fetched.failed), (0, 0));
    assert!(scene.storage().files().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_store_has_lost_is_told_by_a_proof_and_on_the_way_back() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    scene.storage().file("b", OTHER, NOON - DAY);
    run(&scene, &choice()).await.unwrap();
    scene.delete("assets/b").await;
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let limits = default_limits();
    let depth = ProofDepth { deep: false, limits: &limits };

    let found =
        find_proof(&migration, &migration.parts[0], &depth, &ToldWords::default()).await.unwrap();

    assert_eq!((found.right.items, found.missing.items), (1, 1));
    let error = require_right(&found).unwrap_err();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (ErrorKind::Mismatch, "1 object not as it was moved")
    );
    assert_eq!(ahead(&scene).await.gone, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_deep_proof_finds_what_size_and_tag_do_not() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    run(&scene, &choice()).await.unwrap();
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let limits = default_limits();
    let depth = ProofDepth { deep: true, limits: &limits };

    let found =
        find_proof(&migration, &migration.parts[0], &depth, &ToldWords::default()).await.unwrap();

    assert!(found.proved(), "{found:?}");
    require_right(&found).unwrap();
}

async fn free(scene: &Scene) -> (u64, u64, Vec<String>) {
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let (limits, mut lines) = (default_limits(), Vec::new());
    let depth = ProofDepth { deep: false, limits: &limits };
    let proof = require_switch_proof(&migration).await;
    let proof = proof.unwrap_or_else(|_| SwitchProof::of_nothing());
    let freed = free_parts(&migration, &proof, &depth, Some(&mut lines)).await.unwrap();
    (freed[0].removed.items, freed[0].kept, lines)
}

#[tokio::test(start_paused = true)]
async fn only_files_that_the_bucket_has_now_are_freed() {
    let scene = Scene::new().await;
    for name in ["same", "changed", "lost"] {
        scene.storage().file(name, PICKLE, NOON - DAY);
    }
    run(&scene, &choice()).await.unwrap();
    prove_switch(&scene).await;
    scene.storage().file("changed", OTHER, NOON);
    scene.delete("assets/lost").await;

    let (removed, kept, lines) = free(&scene).await;

    assert_eq!((removed, kept), (1, 2), "{lines:?}");
    let left = scene.storage().files();
    assert_eq!(left.keys().map(String::as_str).collect::<Vec<_>>(), ["changed", "lost"]);
    assert!(lines.contains(&"- same: the bucket has the same".to_owned()), "{lines:?}");
    assert!(
        lines.contains(&"! lost: the bucket does not have the same: new".to_owned()),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_freed_before_it_was_moved() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);

    let (removed, kept, _) = free(&scene).await;

    assert_eq!((removed, kept, scene.storage().files().len()), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_home_that_stores_nothing_yet_is_no_trouble() {
    let scene = Scene::new().await;

    let moved = run(&scene, &choice()).await.unwrap();

    assert_eq!((moved[0].moved, moved[0].passes), (total(0, 0), 0));
    assert_eq!(free(&scene).await.0, 0);
}

#[tokio::test(start_paused = true)]
async fn assets_are_reported_by_the_keys_of_the_database() {
    let scene = Scene::new().await;
    scene.storage().file("raw/by_day/01", PICKLE, NOON - DAY);
    scene.storage().file("raw/by_day/02", &PICKLE[..3], NOON - DAY);
    scene.folders.make_folder(&format!("{HOME}/history/runs"));
    let keys = [r#"["raw", "by_day"]"#, r#"["gone"]"#];
    scene.folders.keep_asset_keys(&format!("{HOME}/history/runs/index.db"), &keys);
    run(&scene, &choice()).await.unwrap();
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    let found = find_asset_keys(&migration, None).await;
    let report = report_assets(&migration, &found, &default_limits()).await.unwrap();

    assert!(found.are_known && !report.is_all_moved());
    let [asset] = report.assets.as_slice() else { panic!("{:?}", report.assets) };
    assert_eq!((asset.asset.as_str(), asset.moved), ("raw/by_day", 1));
    let verdicts: Vec<_> = asset.partitions.iter().map(|row| row.standing).collect();
    assert!(verdicts.contains(&MigrationVerdict::Failed), "{verdicts:?}");
    assert_eq!(report.without_file, ["gone"]);
}

#[tokio::test(start_paused = true)]
async fn keys_that_no_file_can_have_are_reported() {
    let scene = Scene::new().await;
    scene.storage().file("a/b", PICKLE, NOON - DAY);
    run(&scene, &choice()).await.unwrap();
    for key in ["assets/a//c", "assets//d", "assets/folder/"] {
        scene.put(key, PICKLE, NOON).await;
    }
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let found = find_asset_keys(&migration, None).await;

    let report = report_assets(&migration, &found, &default_limits()).await.unwrap();

    assert_eq!(report.unfit_keys, ["/d", "a//c"]);
    assert!(report.describe_unfit_keys().contains("(2):\n  /d\n  a//c\n"));
}

#[tokio::test(start_paused = true)]
async fn keys_come_of_the_webserver_where_there_is_no_database() {
    let mut scene = Scene::new().await;
    let answer = r#"{"data": {"assetsOrError": {"__typename": "AssetConnection", "nodes": [{"key": {"path": ["raw", "users"]}}]}}}"#;
    scene.webservers = scene.webservers.with("http://127.0.0.1:3002", &[answer]);
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    let usual = find_asset_keys(&migration, None).await;
    let other = find_asset_keys(&migration, Some("http://nobody")).await;

    assert_eq!((usual.are_known, usual.keys.len()), (true, 1));
    assert!(!other.are_known && other.database_fault.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_part_that_another_run_works_on_is_not_touched() {
    let scene = Scene::new().await;
    scene.storage().file("a", PICKLE, NOON - DAY);
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();
    let _open = migration.open_part(&migration.parts[0], false).unwrap();

    let refused = run(&scene, &choice()).await.unwrap_err();

    assert_eq!(refused.kind, ErrorKind::Locked);
    assert_eq!(scene.content("assets/a").await, None);
}
