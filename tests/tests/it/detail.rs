//! `-v` and `-vv`: what is asked and decided, without a secret.

use std::fs;

use crate::support::{KEY, Ran, Shelf};

fn list_requests(ran: &Ran) -> Vec<&str> {
    let is_request = |line: &&str| line.starts_with("GET http") || line.starts_with("PUT http");
    ran.stderr.lines().filter(is_request).collect()
}

#[track_caller]
fn check_secrets(ran: &Ran) {
    for secret in [KEY.secret, "AWS4-HMAC-SHA256", "Signature="] {
        assert!(!ran.all().contains(secret), "{}", ran.all());
    }
}

#[test]
fn every_request_is_a_line_where_detail_is_wanted() {
    let shelf = Shelf::empty();

    let (quiet, detailed) = (shelf.run("ls", 0), shelf.run("ls -v", 0));

    assert_eq!(list_requests(&quiet), [""; 0], "{}", quiet.stderr);
    let lines = list_requests(&detailed);
    assert!(!lines.is_empty(), "{}", detailed.stderr);
    assert!(lines.iter().all(|line| line.contains(": 200 OK after ")), "{lines:?}");
    assert!(!detailed.stderr.contains("x-amz-date"), "{}", detailed.stderr);
    assert!(detailed.stderr.contains("files of the spec, later ones win: "), "{}", detailed.stderr);
    check_secrets(&detailed);
}

#[test]
fn each_try_is_a_line_with_what_came_of_it() {
    let shelf = Shelf::empty();
    shelf.service.set_faults("503 on GET times 2");

    let ran = shelf.run("ls -v", 0);

    let refused = list_requests(&ran).into_iter().filter(|line| line.contains(": 503 "));
    assert_eq!(refused.count(), 2, "{}", ran.stderr);
    check_secrets(&ran);
}

#[test]
fn headers_are_shown_without_the_signature() {
    let shelf = Shelf::empty();

    let ran = shelf.run("ls -vv", 0);

    for line in ["  > x-amz-date: ", "  > authorization: (not shown)", "  < content-type: "] {
        assert!(ran.stderr.contains(line), "`{line}`\n{}", ran.stderr);
    }
    check_secrets(&ran);
}

#[test]
fn the_decision_about_each_file_is_a_line() {
    let shelf = Shelf::empty();
    let folder = shelf.host.work().join("f");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a"), "1").unwrap();
    let words = "sync -v f s3://acme-dagster-assets/x";

    let (first, second) = (shelf.run(words, 0), shelf.run(words, 0));

    assert!(first.stderr.lines().any(|line| line.starts_with("+ a: ")), "{}", first.stderr);
    assert!(second.stderr.lines().any(|line| line.starts_with("= a: ")), "{}", second.stderr);
}
