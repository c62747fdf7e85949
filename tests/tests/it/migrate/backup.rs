//! The whole home in one file.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Command;

use super::{Lake, write};
use crate::support::Tree;

fn lake() -> Lake {
    let lake = Lake::with_assets();
    write(&lake.home().join("dagster.yaml"), b"telemetry: {enabled: false}\n");
    write(&lake.home().join("history/runs.db-wal"), b"no database beside it");
    write(&lake.storage().join("long/".repeat(40) + "name"), &vec![7; 300_000]);
    fs::set_permissions(lake.home().join("dagster.yaml"), fs::Permissions::from_mode(0o640))
        .unwrap();
    symlink("dagster.yaml", lake.home().join("link")).unwrap();
    fs::create_dir(lake.home().join("empty")).unwrap();
    lake
}

#[test]
fn a_home_comes_back_whole() {
    let lake = lake();
    let file = lake.shelf.host.work().join("home.tar.zst");
    let words = format!("backup --to {}", file.display());

    lake.run(&words, 0);
    let again = lake.shelf.run(&format!("migrate backup --check {} --json", file.display()), 0);

    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(again.json("backup-read")["files"], 18);
    let restored = lake.shelf.host.work().join("restored");
    let restore =
        format!("migrate backup --restore {} --into {}", file.display(), restored.display());
    lake.shelf.run(&restore, 0);
    assert_eq!(Tree::of(&restored), Tree::of(&lake.home()));
    // Nothing is ever replaced.
    lake.shelf.run(&restore, 2);
    lake.run(&words, 2);
}

#[test]
fn any_tar_unpacks_it() {
    let lake = lake();
    let file = lake.shelf.host.work().join("home.tar.zst");
    lake.run(&format!("backup --to {}", file.display()), 0);
    let Ok(found) = Command::new("zstd").arg("--version").output() else {
        eprintln!("skipped: no zstd here");
        return;
    };
    assert!(found.status.success());
    let into = lake.shelf.host.work().join("by-tar");
    fs::create_dir(&into).unwrap();

    let tar = Command::new("tar").arg("--zstd").arg("-xf").arg(&file).arg("-C").arg(&into).status();

    assert!(tar.unwrap().success());
    let content = fs::read(into.join("home/storage/raw/orders")).unwrap();
    assert_eq!(content, super::pickle("raw/orders"));
    assert!(into.join("datalake-backup.jsonl").exists());
}

#[test]
fn a_damaged_or_cut_file_is_found() {
    let lake = lake();
    let file = lake.shelf.host.work().join("home.tar.zst");
    lake.run(&format!("backup --to {}", file.display()), 0);
    let whole = fs::read(&file).unwrap();
    let check = format!("migrate backup --check {}", file.display());

    for cut in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).unwrap();
        lake.shelf.run(&check, 4);
    }
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(&file, flipped).unwrap();
    lake.shelf.run(&check, 4);
}

#[test]
fn a_backup_is_never_a_part_of_itself() {
    let lake = lake();
    let file = lake.home().join("home.tar.zst");

    lake.run(&format!("backup --to {}", file.display()), 2);

    assert!(!file.exists());
}

#[test]
fn a_database_of_postgres_is_not_in_it_and_the_line_that_copies_it_is_told() {
    let lake = Lake::with_assets();
    let yaml = "storage:\n  postgres:\n    postgres_db: {hostname: dagster-postgres, username: {env: U}, db_name: runs, password: {env: P}}\n";
    write(&lake.home().join("dagster.yaml"), yaml.as_bytes());
    let file = lake.shelf.host.work().join("home.tar.zst");
    let words = format!("backup --to {}", file.display());

    let unit = lake.shelf.host.units().join("dagster-postgres.container");
    fs::remove_file(&unit).unwrap();
    let outside = lake.run(&words, 0).stdout;
    fs::remove_file(&file).unwrap();
    let text = "[Container]\nImage=docker.io/library/postgres:16\nContainerName=dagster-postgres\n";
    fs::write(unit, text).unwrap();
    let inside = lake.run(&words, 0).stdout;

    let line = "pg_dump -h dagster-postgres -U \"$U\" -d runs -Fc -f dagster-postgres.dump";
    assert!(outside.contains("Dagster's database, which is Postgres"), "{outside}");
    assert!(outside.contains(line), "{outside}");
    let line = "podman exec dagster-postgres sh -c 'pg_dump -U \"$POSTGRES_USER\" -d runs -Fc'";
    assert!(inside.contains(line), "{inside}");
    let doctor = lake.shelf.call("doctor").run().stdout;
    assert!(!doctor.contains("password"), "{doctor}");
}
