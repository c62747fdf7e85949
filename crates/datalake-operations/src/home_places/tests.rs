use datalake_core::host::UnitName;

use super::*;
use crate::ErrorKind;
use crate::migration::scene::Scene;

const UNITS: &str = "/home/dagster/.config/containers/systemd";

fn names(home: &HomePlaces) -> (String, String, Result<String, String>) {
    let shown = |place: &FolderPlace| place.shown();
    let pickles = home.pickles.as_ref().map(shown).map_err(Clone::clone);
    (home.folder.shown(), home.inside.clone(), pickles)
}

/// A scene whose host has a unit with these lines.
async fn scene(lines: &str) -> Scene {
    let mut scene = Scene::new().await;
    scene.folders.put_file("/etc/passwd", "dagster:x:1000:1000::/home/dagster:/bin/sh\n");
    let unit: UnitName = "dagster".parse().unwrap();
    scene.folders.put_file(&format!("{UNITS}/{unit}.container"), &format!("[Container]\n{lines}"));
    scene.host = Ok(HostSpec {
        user: "dagster".parse().unwrap(),
        units: vec![unit],
        finds_units: false,
        handover: None,
        dagster_home: None,
        links: Vec::new(),
    });
    scene
}

fn find(scene: &Scene) -> Result<HomePlaces, OperationError> {
    HomePlaces::find(&scene.search(), &HomeChoice::default())
}

#[tokio::test]
async fn the_units_tell_the_home_and_what_processes_call_it() {
    let scene =
        scene("Environment=DAGSTER_HOME=/opt/home\nVolume=/srv/dagster:/opt/home\nPublishPort=3005:3000\n")
            .await;

    let home = find(&scene).unwrap();

    let storage = Ok("/srv/dagster/storage".to_owned());
    assert_eq!(names(&home), ("/srv/dagster".to_owned(), "/opt/home".to_owned(), storage));
    assert_eq!(home.webservers, ["http://127.0.0.1:3005"]);
}

#[tokio::test]
async fn a_folder_of_another_volume_is_found_behind_it() {
    let scene =
        scene("Environment=DAGSTER_HOME=/opt/home\nVolume=/srv/dagster:/opt/home\nVolume=/data/lake:/lake\n")
            .await;
    let yaml =
        "local_artifact_storage:\n  class: LocalArtifactStorage\n  config: { base_dir: /lake/a }\n";
    scene.folders.put_file("/srv/dagster/dagster.yaml", yaml);

    let home = find(&scene).unwrap();

    assert_eq!(names(&home).2, Ok("/data/lake/a/storage".to_owned()));
}

#[tokio::test]
async fn a_folder_that_no_volume_reaches_is_not_known() {
    let scene = scene("Environment=DAGSTER_HOME=/opt/home\nVolume=/srv/dagster:/opt/home\n").await;
    let yaml =
        "local_artifact_storage:\n  class: LocalArtifactStorage\n  config: { base_dir: /lake }\n";
    scene.folders.put_file("/srv/dagster/dagster.yaml", yaml);

    let home = find(&scene).unwrap();

    let why = "`/lake/storage` is on no known folder of this host";
    assert_eq!(names(&home).2, Err(why.to_owned()));
}

#[tokio::test]
async fn a_relative_folder_counts_from_the_working_folder_of_all_units() {
    let scene = scene(
        "Environment=DAGSTER_HOME=/opt/home\nVolume=/srv/dagster:/opt/home\nVolume=/srv/app:/app\nWorkingDir=/app\n",
    )
    .await;
    let yaml =
        "local_artifact_storage:\n  class: LocalArtifactStorage\n  config: { base_dir: data }\n";
    scene.folders.put_file("/srv/dagster/dagster.yaml", yaml);

    let home = find(&scene).unwrap();

    assert_eq!(names(&home).2, Ok("/srv/app/data/storage".to_owned()));
}

#[tokio::test]
async fn a_home_that_the_units_tell_and_that_is_not_there_is_absent() {
    let scene = scene("Environment=DAGSTER_HOME=/opt/home\nVolume=/srv/none:/opt/home\n").await;

    let error = find(&scene).unwrap_err();

    assert_eq!(error.kind, ErrorKind::Absent);
    assert_eq!(error.advice, ["or name the folder: --home DIR".into()]);
}

#[tokio::test]
async fn a_named_home_needs_no_units() {
    let scene = Scene::new().await;
    let choice = HomeChoice { home: Some("/srv/dagster".into()), ..HomeChoice::default() };

    let home = HomePlaces::find(&scene.search(), &choice).unwrap();

    let storage = Ok("/srv/dagster/storage".to_owned());
    assert_eq!(names(&home), ("/srv/dagster".to_owned(), "/srv/dagster".to_owned(), storage));
    assert!(home.webservers.is_empty());
}

#[tokio::test]
async fn without_a_name_and_a_host_nobody_can_tell() {
    let scene = Scene::new().await;

    let error = find(&scene).unwrap_err();

    assert_eq!(error.to_string(), "the spec names no host");
}

#[tokio::test]
async fn a_named_folder_that_is_not_there_names_its_flag() {
    let scene = Scene::new().await;
    let choice = HomeChoice {
        home: Some("/srv/dagster".into()),
        pickles: Some("/none".into()),
        ..HomeChoice::default()
    };

    let error = HomePlaces::find(&scene.search(), &choice).unwrap_err();

    assert_eq!(error.kind, ErrorKind::Absent);
    assert_eq!(error.advice, ["name a folder of this host: --pickles DIR".into()]);
}
