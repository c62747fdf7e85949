//! `stat`, `cat` and `presign`.

use std::io::{Read, Write};
use std::net::TcpStream;

use snapbox::{assert_data_eq, str};

use crate::support::{KEY, Shelf, shown};

#[test]
fn an_object_is_told_with_all_it_carries() {
    let shelf = Shelf::versioned();
    shelf.put("a/b", 1);
    shelf.put("a/b", 12_345);
    shelf.put("a/b/c", 1);

    let text = shown(&shelf.run("stat a/b", 0).stdout);
    let report = shelf.run("stat a/b --json", 0).json("stat");

    let id = |at: usize| report["versions"][at]["version"].as_str().unwrap().to_owned();
    let text = text.replace(&id(0), "[ID-2]").replace(&id(1), "[ID-1]");
    assert_data_eq!(
        text.replace(report["etag"].as_str().unwrap(), "[ETAG]").replace("1 s ago", "0 s ago"),
        str![[r#"
key                  a/b
bucket               acme-dagster-assets
size                 12.3 kB (12,345 bytes)
modified             [TIME], 0 s ago
etag                 [ETAG]
version              [ID-2]
content-type         text/plain
metadata mtime       1769.5
versions             2
         12345  [TIME]  current  [ID-2]
             1  [TIME]  old      [ID-1]

"#]]
    );
    assert_eq!(report["metadata"]["mtime"], "1769.5");
    let old =
        shelf.call("stat a/b --json").arg("--version-id").arg(id(1)).run().exits(0).json("stat");
    assert_eq!(old["size"], 1);
    let absent = shelf.run("stat a/x", 66);
    assert!(absent.stderr.starts_with("error: object `s3://acme-dagster-assets/a/x`: it does not"));
}

#[test]
fn an_object_is_told_where_the_service_lists_no_versions() {
    let shelf = Shelf::empty();
    shelf.put("a", 7);

    for (fault, told) in [("501", "the service does not offer this"), ("400", "unknown: ")] {
        shelf.service.set_faults(&format!("{fault} on GET"));
        let text = shelf.run("stat a", 0).stdout;
        let report = shelf.run("stat a --json", 0).json("stat");

        let line = format!("versions             {told}");
        assert!(text.contains(&line) && text.contains("(7 bytes)"), "{text}");
        assert_eq!((&report["size"], &report["versions"]), (&7.into(), &serde_json::Value::Null));
    }
}

#[test]
fn contents_come_as_they_are() {
    let shelf = Shelf::empty();
    shelf.put_content("a", b"0123456789");
    shelf.put_content("b", "\u{e9}\n".as_bytes());
    shelf.put_content("empty", b"");
    let cat = |words: &str| shelf.run(&format!("cat {words}"), 0).stdout;

    assert_eq!(cat("a"), "0123456789");
    assert_eq!(cat("a empty b s3://acme-dagster-assets/a"), "0123456789\u{e9}\n0123456789");
    assert_eq!(cat("--range 2-4 a"), "234");
    assert_eq!(cat("--range 8-99 a"), "89");
    assert_eq!(cat("--range 7- a"), "789");
    assert_eq!(cat("--range -2 a"), "89");
    assert_eq!(cat("--range -99 a"), "0123456789");
    assert_eq!(cat("--range -0 a"), "");
    shelf.run("cat --range 4-2 a", 2);
    shelf.run("cat a --json", 2);
    shelf.run("cat nothing", 66);
}

#[test]
fn a_content_that_breaks_off_is_taken_up_again() {
    let shelf = Shelf::empty();
    let content: Vec<u8> = (0..600_000_u32).map(|place| b'a' + (place % 23) as u8).collect();
    shelf.put_content("a", &content);

    shelf.service.set_faults("cut-body@100000 on GET times 3");
    let whole = shelf.run("cat a", 0);
    shelf.service.set_faults("cut-body@0 on GET");
    let broken = shelf.run("cat a", 69);

    assert!(whole.stdout.as_bytes() == content, "{} bytes", whole.stdout.len());
    assert!(broken.stderr.contains("object `s3://acme-dagster-assets/a`"), "{}", broken.stderr);
}

/// What a plain HTTP client gets.
fn fetched(request: &str, url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let (method, body) = request.split_once(' ').unwrap_or((request, ""));
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}");
    write!(stream, "{head}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_signed_address_works_without_a_key() {
    let shelf = Shelf::empty();
    shelf.put_content("a b/\u{e9}", b"hello");
    let call = |method: &str, key: &str| shelf.call(&format!("presign {method}")).arg(key);

    let get = call("GET", "a b/\u{e9}").run().exits(0);
    let put = call("put", "new").arg("--json").run().exits(0).json("presign");

    let read = fetched("GET", get.stdout.trim_end());
    assert!(read.starts_with("HTTP/1.1 200") && read.ends_with("hello"), "{read}");
    assert!(get.stderr.contains("GET until "), "{}", get.stderr);
    assert!(get.stdout.contains("X-Amz-Expires=900&"), "{}", get.stdout);
    assert!(!get.all().contains(KEY.secret));
    let url = put["url"].as_str().unwrap();
    assert!(fetched("PUT stored", url).starts_with("HTTP/1.1 200"));
    assert!(fetched("GET", url).starts_with("HTTP/1.1 403"));
    assert_eq!(shelf.run("cat new", 0).stdout, "stored");
    assert_eq!(put["seconds"], 900);
}

#[test]
fn a_signed_address_lives_for_a_week_at_most() {
    let shelf = Shelf::empty();
    shelf.put("a", 1);

    let week = shelf.run("presign get a --expires 7d --json", 0).json("presign");
    let longer = shelf.run("presign get a --expires 8d", 2);
    let dots = shelf.run("presign get a/../b", 2);
    shelf.run("presign get a --expires soon", 2);
    shelf.run("presign delete a", 2);

    assert_eq!(week["seconds"], 604_800);
    assert!(longer.stderr.contains("1 second to 7 days"), "{}", longer.stderr);
    assert!(dots.stderr.contains("asks for another key"), "{}", dots.stderr);
}
