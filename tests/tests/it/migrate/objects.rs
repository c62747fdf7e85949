//! Objects of another place, of the same service and of another one.

use std::fs;

use super::{Lake, last, pickle};
use crate::support::{KEY, Shelf};

#[test]
fn objects_of_the_same_service_are_copied_inside_it() {
    let lake = Lake::new();
    lake.shelf.put_content("old/raw/a b", &pickle("a"));
    lake.shelf.put_content("old/raw/\u{fc}", &pickle("u"));

    let ran = lake.shelf.run("migrate run --yes --from s3://acme-dagster-assets/old --json", 0);

    let migration = last(&ran, "migration");
    assert_eq!(migration["parts"][0]["moved"]["items"], 2);
    assert_eq!(migration["bytes_moved"], 0, "nothing passes through this machine");
    assert_eq!(lake.objects("assets/raw/")["a b"], pickle("a"));
    lake.shelf.run("migrate status --from s3://acme-dagster-assets/old", 0);
    lake.shelf.run("migrate verify --from s3://acme-dagster-assets/old", 0);
}

#[test]
fn a_copied_object_is_proved_by_parts_of_the_size_that_it_tells() {
    let lake = Lake::new();
    let folder = lake.shelf.host.work().join("old");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("large"), vec![7; 12 << 20]).unwrap();
    lake.shelf.run("sync --part-size 6M old s3://acme-dagster-assets/old", 0);
    let from = "--from s3://acme-dagster-assets/old";

    lake.shelf.run(&format!("migrate run --yes {from}"), 0);

    lake.shelf.run(&format!("migrate verify --deep {from}"), 0);
}

#[test]
fn objects_of_another_service_are_streamed_through() {
    let (here, there) = (Shelf::empty(), Shelf::empty());
    for number in 0..30 {
        there.put_content(&format!("lake/raw/{number}"), &pickle(&number.to_string()));
    }
    there.put("lake/large", 11 << 20);
    let keys = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", KEY.id, KEY.secret);
    let file = here.host.private_file("there.keys", &keys);
    let words = format!(
        "--from s3://acme-dagster-assets/lake --from-endpoint {} --from-region fsn1 \
         --from-credentials-file {}",
        there.service.endpoint(),
        file.display()
    );

    let ran = here.run(&format!("migrate run --yes --part-size 5M --json {words}"), 0);

    assert_eq!(last(&ran, "migration")["parts"][0]["moved"]["items"], 31);
    assert_eq!(here.keys().len(), 31);
    assert_eq!(here.upload_count(), 0);
    here.run(&format!("migrate status {words}"), 0);
    here.run(&format!("migrate verify --deep {words}"), 0);
    let left = fs::read_dir(here.host.work()).unwrap().count();
    assert_eq!(left, 1, "nothing passes over the disk");
}

#[test]
fn objects_that_are_not_there_are_no_migration() {
    let lake = Lake::new();

    for words in ["migrate plan", "migrate status", "migrate run --yes"] {
        let ran = lake.shelf.run(&format!("{words} --from s3://acme-dagster-assets/typo"), 66);

        assert!(ran.stderr.contains("there is no folder"), "{words}: {}", ran.stderr);
    }
    lake.shelf.run("migrate plan --from s3://acme-dagster-assets/ty*", 2);
}
