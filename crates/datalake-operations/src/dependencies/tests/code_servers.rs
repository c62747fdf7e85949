//! Hosts on which user code runs in a container of its own.

use datalake_core::host::Owner;

use super::*;

const ETL: &str = "localhost/etl:latest";
const WEB: &str = "[Container]\nImage=docker.io/acme/dagster:1\nExec=dagster-webserver\n\
    Volume=/home/d/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n";
const CODE: &str = "[Container]\nImage=localhost/etl:latest\nExec=dagster api grpc -m etl\n\
    Volume=/home/d/home:/opt/home\nEnvironment=DAGSTER_HOME=/opt/home\n";

/// A webserver, and a code server whose image a script has built; both images lack the library.
fn make_ground(folder: &str) -> Ground {
    let unit = |name, runs: &str| {
        let file = format!("{folder}/{name}.container");
        Started { name, file, runs: runs.to_owned() }
    };
    let kept = vec![(NAME.to_owned(), "5f3a", BARE, None), (ETL.to_owned(), "e71a", BARE, None)];
    let ground = Ground::with_units(vec![(unit("etl", ETL), CODE), (unit("web", NAME), WEB)], kept);
    put_file(&ground.files, "/home/d/home/dagster.yaml", "telemetry: {enabled: false}\n");
    ground
}

async fn list_looked_at(ground: &Ground) -> Vec<String> {
    ground.look().await.unwrap().units.iter().map(|unit| unit.unit.to_string()).collect()
}

#[tokio::test]
async fn the_image_of_the_code_server_is_looked_at_and_not_that_of_the_webserver() {
    assert_eq!(list_looked_at(&make_ground(QUADLETS)).await, ["etl"]);
}

#[tokio::test]
async fn where_logs_go_to_the_bucket_all_that_load_dagster_yaml_need_the_library() {
    let mut by_spec = make_ground(QUADLETS);
    by_spec.logs = Logs::S3;
    assert_eq!(list_looked_at(&by_spec).await, ["etl", "web"]);

    let by_hand = make_ground(QUADLETS);
    let yaml = "compute_logs:\n  module: dagster_aws.s3.compute_log_manager\n  \
                class: S3ComputeLogManager\n  config: {bucket: lake}\n";
    put_file(&by_hand.files, "/home/d/home/dagster.yaml", yaml);
    assert_eq!(list_looked_at(&by_hand).await, ["etl", "web"]);
}

#[tokio::test]
async fn where_the_settings_are_not_known_all_are_looked_at() {
    let ground = make_ground(QUADLETS);
    put_file(&ground.files, "/home/d/home/dagster.yaml", "compute_logs: [\n");

    assert_eq!(list_looked_at(&ground).await, ["etl", "web"]);
}

#[tokio::test]
async fn an_image_that_was_built_for_the_webserver_is_kept_in_sight() {
    let ground = make_ground(QUADLETS);
    let path = format!("{QUADLETS}/web.container.d/{}", datalake_dagster::DROP_IN_NAME);
    put_file(&ground.files, &path, &image_drop_in(&built_name()));

    assert_eq!(list_looked_at(&ground).await, ["etl", "web"]);
}

#[tokio::test]
async fn the_drop_in_of_the_code_server_names_an_image_built_from_its_own() {
    let ground = make_ground(QUADLETS);

    let (builds, targets) = ground.plan().await.unwrap();

    assert_eq!(builds.len(), 1);
    let drop_in = format!("{QUADLETS}/etl.container.d/{}", datalake_dagster::DROP_IN_NAME);
    let folder = format!("{QUADLETS}/etl.container.d");
    assert_eq!(targets, [folder, drop_in, Target::Services.to_string()]);
}

#[tokio::test]
async fn the_drop_in_of_a_unit_of_roots_lies_beside_it_and_no_folder_above_changes() {
    let folder = "/etc/containers/systemd/users/900";
    let ground = make_ground(folder);

    let (_, targets) = ground.plan().await.unwrap();

    let drop_in = format!("{folder}/etl.container.d/{}", datalake_dagster::DROP_IN_NAME);
    let own = format!("{folder}/etl.container.d");
    assert_eq!(targets, [own, drop_in, Target::Services.to_string()]);
    let unit = "etl".parse().unwrap();
    assert_eq!(ground.open().find_unit_paths(&unit).unwrap().owner, Owner { uid: 0, gid: 0 });
}

#[tokio::test]
async fn an_image_that_is_built_on_this_host_is_told_as_such() {
    let looked = make_ground(QUADLETS).look().await.unwrap();

    let report = DepsReport::of(&looked, &PackageSource::default()).unwrap();

    let to_do = report.units[0].to_do.clone().unwrap();
    assert!(to_do.contains("an image with what is missing is to be built"), "{to_do}");
    assert!(to_do.contains("built on this host"), "{to_do}");
    assert_eq!(report.images[0].from, ETL);
}
