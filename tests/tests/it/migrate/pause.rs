//! How Dagster is kept from writing.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::Lake;

/// Answers every request with this document, as Dagster's webserver would.
fn webserver(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).unwrap();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
            let all = format!("{head}content-length: {}\r\n\r\n{answer}", answer.len());
            connection.write_all(all.as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn a_migration_begins_only_where_dagster_says_that_nothing_runs() {
    let lake = Lake::with_assets();
    let idle = r#"{"data": {"runsOrError": {"__typename": "Runs", "results": []}}}"#;

    lake.run(&format!("run --yes --webserver {}", webserver(idle)), 0);

    assert_eq!(lake.objects("assets/").len(), 15);
}

#[test]
fn a_migration_does_not_begin_while_runs_write() {
    let lake = Lake::with_assets();
    let busy = r#"{"data": {"runsOrError": {"__typename": "Runs", "results":
        [{"runId": "abc", "status": "STARTED", "jobName": "nightly"}]}}}"#;

    let ran = lake.run(&format!("run --yes --webserver {}", webserver(busy)), 75);

    assert!(ran.stderr.contains("abc of `nightly` (STARTED)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--stop-daemon"), "{}", ran.stderr);
    assert!(lake.shelf.keys().is_empty());
}

#[test]
fn an_answer_that_tells_nothing_is_not_taken_for_idleness() {
    let lake = Lake::with_assets();
    let error = r#"{"data": {"runsOrError": {"__typename": "PythonError", "message": "locked"}}}"#;

    for address in [webserver(error), webserver("<html>"), "http://127.0.0.1:9".to_owned()] {
        let ran = lake.run(&format!("run --yes --webserver {address}"), 69);
        assert!(ran.stderr.contains("--while-running"), "{}", ran.stderr);
    }
    assert!(lake.shelf.keys().is_empty());
}

#[test]
fn nothing_is_copied_without_a_yes() {
    let lake = Lake::with_assets();

    lake.run("run --while-running", 2);

    assert!(lake.shelf.keys().is_empty());
}

#[test]
fn where_nothing_is_left_nobody_has_to_tell_whether_runs_write() {
    let lake = Lake::with_assets();
    lake.migrate(0);

    let ran = lake.run("run --webserver http://127.0.0.1:9", 0);

    assert!(ran.stdout.contains("15 moved, 0 left"), "{}", ran.stdout);
    lake.pickle("late", "late");
    lake.run("run --webserver http://127.0.0.1:9", 2);
}
