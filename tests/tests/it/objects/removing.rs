//! `rm`.

use snapbox::{assert_data_eq, str};

use crate::support::Shelf;

fn shelf() -> Shelf {
    let shelf = Shelf::empty();
    for key in ["tmp/1.txt", "tmp/2.csv", "tmp/x/3.txt", "tmp-kept", "kept"] {
        shelf.put(key, 5);
    }
    shelf
}

#[test]
fn nothing_goes_without_a_yes() {
    let shelf = shelf();

    assert_data_eq!(
        shelf.run("rm tmp/1.txt", 2).stderr,
        str![[r#"
s3://acme-dagster-assets/tmp/1.txt: 1 object; 5 B
the bucket keeps no versions: there is no way back
error: confirmation is needed, but there is no terminal; nothing was changed
hint: add --yes

"#]]
    );
    let planned = shelf.run("rm -r tmp/ --dry-run --json", 3).json("rm-plan");
    assert_eq!(planned["found"]["current"]["count"], 3);
    assert_eq!(shelf.keys().len(), 5);
}

#[test]
fn a_key_a_folder_and_a_pattern_go() {
    let shelf = shelf();

    let one = shelf.run("rm --yes kept", 0);
    let pattern = shelf.run("rm --yes tmp/*.txt", 0);
    assert_eq!(shelf.keys(), ["tmp-kept", "tmp/2.csv", "tmp/x/3.txt"]);
    let folder = shelf.run("rm --yes -r tmp/ --json", 0).json("rm");

    assert_eq!(one.stdout, "Removed 1 object, 5 B.\n");
    assert!(pattern.stderr.contains("1 object; 5 B"), "{}", pattern.stderr);
    assert_eq!((&folder["removed"], &folder["failed"]), (&2.into(), &0.into()));
    assert_eq!(shelf.keys(), ["tmp-kept"]);
    shelf.run("rm --yes kept", 66);
    shelf.run("rm --yes -r tmp/", 66);
}

#[test]
fn a_folder_is_named_whole() {
    let shelf = shelf();

    let ran = shelf.run("rm --yes -r tmp", 2);

    assert!(ran.stderr.contains("hint: `tmp/` means its contents, `tmp**` every key"), "{ran:?}");
    assert_eq!(shelf.keys().len(), 5);
    shelf.run("rm --yes tmp**", 0);
    assert_eq!(shelf.keys(), ["kept"]);
}

#[test]
fn a_whole_bucket_needs_its_name() {
    let shelf = shelf();

    for words in ["rm -r --yes s3://acme-dagster-assets", "rm --yes **", "rm --yes *"] {
        let ran = shelf.run(words, 2);
        assert!(ran.stderr.contains("hint: if it is meant: --confirm acme-dagster-assets"));
    }
    shelf.run("rm -r --yes s3://acme-dagster-assets/ --confirm acme", 2);
    assert_eq!(shelf.keys().len(), 5);
    shelf.run("rm -r s3://acme-dagster-assets --confirm acme-dagster-assets", 0);

    assert!(shelf.keys().is_empty() && shelf.is_there());
}

#[test]
fn versions_stay_unless_they_are_meant() {
    let shelf = Shelf::versioned();
    for key in ["a", "a", "ab", "t/1", "t/1"] {
        shelf.put(key, 5);
    }

    let told = shelf.run("rm --yes a", 0);
    assert!(told.stderr.contains("old ones stay, and are billed"), "{}", told.stderr);
    assert_eq!((shelf.keys(), shelf.versions().len()), (vec!["ab".into(), "t/1".into()], 6));
    let gone = shelf.run("rm --yes --versions a --json", 0).json("rm");
    shelf.run("rm --yes --versions -r t/", 0);

    assert_eq!((&gone["removed"], &gone["removed_bytes"]), (&3.into(), &10.into()));
    assert_eq!(shelf.versions().len(), 1);
}

#[test]
fn what_is_locked_is_told_and_the_rest_goes() {
    let shelf = Shelf::locked();
    shelf.put("t/free", 5);
    shelf.run("bucket lock set --mode governance --days 1", 0);
    shelf.put("t/locked", 5);

    let ran = shelf.run("rm --yes --versions -r t/", 5);

    assert!(ran.stderr.contains("Removed 1 version, 5 B."), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 could not be deleted:\n  t/locked: "), "{}", ran.stderr);
    assert_eq!(shelf.keys(), ["t/locked"]);
}

#[test]
fn a_listing_that_fails_removes_nothing() {
    let shelf = shelf();
    let writes = shelf.service.writes().len();

    for (faults, code) in [("403 on GET", 77), ("cut-body@200 on GET", 69)] {
        shelf.service.set_faults(faults);
        shelf.run("rm --yes -r tmp/", code);
    }
    shelf.service.set_faults("");

    assert_eq!((shelf.service.writes().len(), shelf.keys().len()), (writes, 5));
}

#[test]
fn faults_that_pass_are_waited_out() {
    let shelf = Shelf::empty();
    for number in 0..1500 {
        shelf.put(&format!("tmp/{number}"), 0);
    }
    shelf.service.set_faults("503 times 3");

    let done = shelf.run("rm --yes -r tmp/ --json", 0).json("rm");

    assert_eq!(done["removed"], 1500);
    assert!(shelf.keys().is_empty());
}
