use datalake_engine::memory::{MemoryArchives, PausedClock};
use datalake_engine::{LeftOut, LeftOutFor};

use super::*;
use crate::migration::scene::{HOME, Scene};

async fn back_up(scene: &Scene, to: Option<PathBuf>) -> Result<BackedUp, OperationError> {
    let job = BackupJob::prepare(&scene.search(), Some(PathBuf::from(HOME)), to).await?;
    job.write(None, &PausedClock::new(), &Arc::default()).await
}

#[tokio::test(start_paused = true)]
async fn a_backup_without_a_name_is_called_by_its_time() {
    let made = back_up(&Scene::new().await, None).await.unwrap();

    assert_eq!(made.file, "dagster-home-2025-11-22T120000Z.tar.zst");
    assert_eq!(made.folder, HOME);
}

#[tokio::test(start_paused = true)]
async fn what_dagster_lives_on_comes_first_among_what_is_not_in_it() {
    let scene = Scene::new().await;
    let left_out = |path: &str, reason| LeftOut { path: path.to_owned(), reason };
    scene.folders.set_archived(Archived {
        left_out: vec![
            left_out("run/notify.sock", LeftOutFor::Kind("a socket")),
            left_out("history/runs.db", LeftOutFor::Behind("/other/runs.db".to_owned())),
            left_out("big", LeftOutFor::Hollow),
        ],
        ..Archived::default()
    });

    let made = back_up(&scene, None).await.unwrap();

    let gaps: Vec<_> =
        made.left_out.iter().map(|gap| (gap.path.as_str(), gap.of_dagster)).collect();
    assert_eq!(gaps, [("history/runs.db", true), ("big", true), ("run/notify.sock", false)]);
    assert_eq!(made.skipped, ["history/runs.db", "big", "run/notify.sock"]);
    assert_eq!(made.left_out[2].describe(), "/srv/dagster/run/notify.sock: a socket");
}

#[tokio::test(start_paused = true)]
async fn what_dagster_keeps_elsewhere_is_named() {
    let scene = Scene::new().await;
    let yaml =
        "local_artifact_storage:\n  class: LocalArtifactStorage\n  config: { base_dir: /data }\n";
    scene.folders.put_file(&format!("{HOME}/dagster.yaml"), yaml);
    scene.folders.make_folder("/data/storage");

    let made = back_up(&scene, None).await.unwrap();

    assert_eq!(made.elsewhere, ["the pickles, in `/data/storage`"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_there_is_not_written_over() {
    let scene = Scene::new().await;
    scene.folders.put_file("/backups/old.tar.zst", "old");

    let error = back_up(&scene, Some(PathBuf::from("/backups/old.tar.zst"))).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Usage);
    assert_eq!(error.to_string(), "`/backups/old.tar.zst` already exists");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_no_home_is_not_backed_up() {
    let scene = Scene::new().await;
    scene.folders.make_folder("/srv/other");

    let other = Some(PathBuf::from("/srv/other"));
    let error = BackupJob::prepare(&scene.search(), other, None).await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Config);
}

async fn read(archives: &MemoryArchives, into: Option<&str>) -> Result<ReadBack, OperationError> {
    let into = into.map(Path::new);
    read_backup(archives, Path::new("a.tar.zst"), into, &Arc::default()).await
}

#[tokio::test]
async fn a_backup_is_read_and_unpacked_only_where_that_is_asked_for() {
    let found = Unarchived { files: 3, bytes: 9, ..Unarchived::default() };
    let archives = MemoryArchives::holding(found);

    let checked = read(&archives, None).await.unwrap();
    assert_eq!((checked.files, checked.into, archives.unpacked().len()), (3, None, 0));

    let unpacked = read(&archives, Some("/new")).await.unwrap();
    assert_eq!(unpacked.into.as_deref(), Some("/new"));
    assert_eq!(archives.unpacked(), [PathBuf::from("/new")]);
}

#[tokio::test]
async fn a_backup_that_was_cut_off_is_a_mismatch() {
    let error = read(&MemoryArchives::default(), None).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Mismatch);
}

#[track_caller]
fn check(fault: &ArchiveFault, kind: ErrorKind) {
    assert_eq!(explain_archive_fault(fault).kind, kind);
}

#[test]
fn each_fault_of_an_archive_has_its_end() {
    let path = || PathBuf::from("a");
    let denied = datalake_core::fault::Fault::new(datalake_core::fault::FaultKind::Denied, "no");

    check(&ArchiveFault::At(path(), denied), ErrorKind::Io);
    check(&ArchiveFault::NotWhole(path(), String::new()), ErrorKind::Mismatch);
    check(&ArchiveFault::BrokenOff(String::new()), ErrorKind::Bug);
    check(&ArchiveFault::Inside(path()), ErrorKind::Usage);
    check(&ArchiveFault::Exists(path()), ErrorKind::Usage);
}
