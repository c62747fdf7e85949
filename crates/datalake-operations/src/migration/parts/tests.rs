use super::*;
use crate::migration::ForeignService;
use crate::migration::scene::{HOME, PICKLE, Scene, bucket, choice};

async fn find<'a>(
    context: &'a MigrationContext<'a>,
    choice: &MigrationChoice<'a>,
) -> Vec<(PartKind, String, String)> {
    let migration = Migration::find(context, choice).await.unwrap();
    let describe = |part: &MigrationPart| {
        let PartPlaces { source, destination } = migration.describe_places(part);
        (part.kind, source, destination)
    };
    migration.parts.iter().map(describe).collect()
}

fn row(kind: PartKind, source: &str, destination: &str) -> (PartKind, String, String) {
    (kind, source.to_owned(), destination.to_owned())
}

#[tokio::test(start_paused = true)]
async fn op_outputs_and_logs_go_below_storage() {
    let scene = Scene::new().await;
    let context = scene.context();
    let choice = MigrationChoice { op_outputs: true, logs: true, ..choice() };

    let parts = find(&context, &choice).await;

    let storage = format!("{HOME}/storage");
    assert_eq!(
        parts,
        [
            row(PartKind::Assets, &storage, "s3://acme-lake/assets/"),
            row(PartKind::OpOutputs, &storage, "s3://acme-lake/assets/storage/"),
            row(PartKind::Logs, &storage, "s3://acme-lake/dagster/storage/"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_part_of_a_folder_tells_what_else_lies_there() {
    let scene = Scene::new().await;
    let context = scene.context();
    let both = MigrationChoice { op_outputs: true, ..choice() };
    let migration = Migration::find(&context, &both).await.unwrap();
    let [assets, outputs] = migration.parts.as_slice() else { panic!("two parts") };

    assert_eq!(migration.list_kinds_of_others(assets), Some(vec![StoredKind::OpOutput]));
    assert_eq!(migration.list_kinds_of_others(outputs), None);
}

#[tokio::test(start_paused = true)]
async fn logs_that_go_into_a_bucket_already_are_taken_where_the_old_folder_is_named() {
    let scene = Scene::new().await;
    let yaml = "compute_logs:\n  class: S3ComputeLogManager\n  config: { prefix: old }\n";
    scene.folders.put_file(&format!("{HOME}/dagster.yaml"), yaml);
    let context = scene.context();
    let logs = MigrationChoice { logs: true, ..choice() };

    let error = Migration::find(&context, &logs).await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Config);
    let advice = "name the old folder: --log-dir DIR --logs-prefix old";
    assert_eq!(error.advice, [advice.into()]);
}

#[tokio::test(start_paused = true)]
async fn a_yaml_that_says_a_key_twice_is_refused() {
    let scene = Scene::new().await;
    scene.folders.put_file(&format!("{HOME}/dagster.yaml"), "storage: 1\nstorage: 2\n");
    let context = scene.context();

    let error = Migration::find(&context, &choice()).await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.to_string().starts_with("`/srv/dagster/dagster.yaml`: "), "{error}");
}

fn objects(bucket: &str, prefix: &str) -> MigrationChoice<'static> {
    let bucket = bucket.parse().unwrap();
    let objects = ObjectsChoice { bucket, prefix: prefix.to_owned(), service: None };
    MigrationChoice { objects: Some(objects), ..MigrationChoice::default() }
}

#[tokio::test(start_paused = true)]
async fn objects_of_another_place_are_one_part() {
    let scene = Scene::new().await;
    let context = scene.context();

    let parts = find(&context, &objects("old-lake", "raw")).await;

    assert_eq!(parts, [row(PartKind::Objects, "s3://old-lake/raw/", "s3://acme-lake/assets/")]);
}

#[tokio::test(start_paused = true)]
async fn a_place_in_the_other_one_is_refused_within_a_service_alone() {
    let scene = Scene::new().await;
    let context = scene.context();
    let nested = objects(bucket().as_str(), "assets/old");
    let service = ForeignService { lake: &scene.store, endpoint: "https://other".to_owned() };

    let refused = Migration::find(&context, &nested).await.err().unwrap();
    let elsewhere = nested.objects.map(|place| ObjectsChoice { service: Some(service), ..place });
    let choice = MigrationChoice { objects: elsewhere, ..MigrationChoice::default() };

    assert_eq!(refused.kind, ErrorKind::Usage);
    assert_eq!(find(&context, &choice).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_places_have_the_same_records_and_others_have_others() {
    let scene = Scene::new().await;
    let context = scene.context();
    let id = async |choice: &MigrationChoice<'_>| {
        let migration = Migration::find(&context, choice).await.unwrap();
        migration.parts.iter().map(|part| migration.identify_part(part)).collect::<Vec<_>>()
    };
    let both = MigrationChoice { op_outputs: true, ..choice() };

    let (one, two) = (id(&choice()).await, id(&both).await);

    assert_eq!(one[0], two[0]);
    assert_ne!(two[0], two[1]);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_folder_that_is_not_there_yet_is_told_when_it_is_opened() {
    let scene = Scene::new().await;
    let context = scene.context();
    let migration = Migration::find(&context, &choice()).await.unwrap();

    let error = migration.open_part(&migration.parts[0], true).err().unwrap();

    assert!(migration.parts[0].is_yet_to_come());
    assert_eq!(error.to_string(), "there is no folder `/srv/dagster/storage`");
    scene.storage().file("a", PICKLE, 1);
    assert!(!migration.parts[0].is_yet_to_come());
}

#[test]
fn a_prefix_ends_with_a_slash_unless_it_is_empty() {
    let ends = ["", "a", "a/"].map(|prefix| end_with_slash(prefix.to_owned()));

    assert_eq!(ends, ["", "a/", "a/"]);
}
