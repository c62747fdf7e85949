//! The demo: everything in it has to hold.

use std::fs;

use crate::support::Call;

#[test]
fn every_check_of_the_demo_holds() {
    let folder = tempfile::tempdir().unwrap();

    let ran = Call::new(folder.path(), "demo --json").run().exits(0);

    let demo = ran.json("demo");
    let checks = demo["checks"].as_array().unwrap();
    assert!(checks.len() >= 18, "{checks:?}");
    assert!(checks.iter().all(|check| check["held"] == true), "{checks:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left here");
    let page = demo["page"].as_str().unwrap();
    assert!(fs::read_to_string(page).unwrap().starts_with("<!DOCTYPE html>"), "{page}");
    fs::remove_file(page).unwrap();
}

#[test]
fn a_folder_that_is_kept_has_the_page_and_must_be_new() {
    let folder = tempfile::tempdir().unwrap();
    Call::new(folder.path(), "demo --keep played").run().exits(0);

    let page = fs::read_to_string(folder.path().join("played/report.html")).unwrap();

    assert!(page.starts_with("<!DOCTYPE html>"), "{}", &page[..40]);
    Call::new(folder.path(), "demo --keep played").run().exits(2);
}
