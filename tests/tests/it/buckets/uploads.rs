//! Uploads that nobody has ended.

use crate::support::Shelf;

#[test]
fn uploads_are_listed_with_their_parts() {
    let shelf = Shelf::empty();
    shelf.begin("a\u{1b}[2J", &[3, 4]);
    shelf.begin("b", &[]);

    let text = shelf.run("bucket uploads list", 0);
    let rows = shelf.run("bucket uploads list --json", 0).rows();

    assert!(text.stdout.contains("       7 B  "), "{}", text.stdout);
    assert!(text.stdout.contains("a\\u{1b}[2J\n"), "{}", text.stdout);
    assert_eq!(text.stderr, "2 unfinished uploads, 7 B\n");
    let told: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(told, ["upload", "upload", "uploads-end"]);
    assert_eq!(rows[0]["data"]["key"], "a\u{1b}[2J");
    assert_eq!(rows[2]["data"]["bytes"], 7);
}

#[test]
fn only_old_uploads_are_given_up() {
    let shelf = Shelf::empty();
    shelf.begin("old", &[5]);

    shelf.run("bucket uploads abort --older-than 7d --yes", 0);
    assert_eq!(shelf.upload_count(), 1);
    let unsaid = shelf.run("bucket uploads abort", 2);
    assert_eq!(shelf.upload_count(), 1);
    let done = shelf.run("bucket uploads abort --yes", 0);

    assert!(unsaid.stderr.contains("1 unfinished upload, 5 B"), "{}", unsaid.stderr);
    assert!(unsaid.stderr.contains("hint: add --yes"), "{}", unsaid.stderr);
    assert_eq!(done.stdout, "Aborted 1 upload, 5 B.\n");
    assert_eq!(shelf.upload_count(), 0);
    let nothing = shelf.run("bucket uploads abort --json", 0).json("uploads-abort");
    assert_eq!(nothing["aborted"], 0);
}
