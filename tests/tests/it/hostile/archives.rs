//! What cannot be put into an archive.

use std::fs;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::Scene;

#[test]
fn a_pipe_for_the_storage_is_refused_by_backup() {
    let scene = Scene::new();
    let storage = scene.home().join("storage");
    fs::remove_dir_all(&storage).unwrap();
    mknodat(CWD, &storage, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();

    let ran = scene.run("migrate backup --to archive").exits(78);
    assert!(ran.stderr.contains("storage` is a named pipe"), "{}", ran.stderr);
}

#[test]
fn a_database_that_is_no_file_makes_a_backup_that_is_not_whole() {
    let scene = Scene::new();
    let runs = scene.home().join("history/runs");
    fs::create_dir_all(&runs).unwrap();
    let database = runs.join("index.db");
    mknodat(CWD, &database, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    fs::File::create(runs.join("holes.db")).unwrap().set_len(10 << 30).unwrap();
    mknodat(CWD, scene.home().join("signals"), FileType::Fifo, Mode::RWXU, 0).unwrap();

    let ran = scene.run("migrate backup --to archive").exits(5);
    assert!(ran.stderr.contains("history/runs/index.db: a named pipe"), "{}", ran.stderr);
    assert!(ran.stderr.contains("holes.db: a file that is next to all holes"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("signals"), "{}", ran.stderr);
    assert!(ran.stdout.contains("signals: a named pipe"), "{}", ran.stdout);
}

#[test]
fn a_pipe_beside_dagsters_own_files_is_named_and_the_backup_is_whole() {
    let scene = Scene::new();
    mknodat(CWD, scene.home().join("signals"), FileType::Fifo, Mode::RWXU, 0).unwrap();

    let ran = scene.run("migrate backup --to archive").exits(0);
    assert!(ran.stdout.contains("dagster_home/signals: a named pipe"), "{}", ran.stdout);
}
