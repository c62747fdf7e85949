//! What objects carry along: their type, `Cache-Control`, metadata.

use serde_json::Value;

use super::{Bed, LAKE, PART, noise};

/// The flags that tests give, without blanks.
const FLAGS: &str = "--cache-control max-age=3600 --metadata team=money --metadata Owner=a=b";

#[track_caller]
fn stat(bed: &Bed, key: &str) -> Value {
    bed.call(&format!("stat {key} --json")).run().exits(0).json("stat")
}

/// Fails unless the object has what [`FLAGS`] give, and this type.
#[track_caller]
fn must_carry(bed: &Bed, key: &str, content_type: &str) {
    let told = stat(bed, key);
    assert_eq!(told["headers"]["content-type"], content_type, "{told}");
    assert_eq!(told["headers"]["cache-control"], "max-age=3600", "{told}");
    assert_eq!(told["metadata"]["team"], "money", "{told}");
    assert_eq!(told["metadata"]["owner"], "a=b", "{told}");
}

#[test]
fn a_name_tells_the_type_and_flags_tell_the_rest() {
    let bed = Bed::new();
    bed.file("a.csv", b"1;2\n");
    bed.file("large.html", &noise(2 * PART + 1, 1));
    bed.file("plain", b"x");

    bed.up(&format!("--part-size 5M {FLAGS}"), 0);
    bed.run(&format!("put {FLAGS} --content-type text/x data/plain {LAKE}/typed.csv"), 0);
    bed.run(&format!("cp {FLAGS} data/a.csv {LAKE}/copied.json"), 0);

    must_carry(&bed, "raw/a.csv", "text/csv");
    must_carry(&bed, "raw/large.html", "text/html");
    must_carry(&bed, "raw/typed.csv", "text/x");
    must_carry(&bed, "raw/copied.json", "application/json");
    // Nobody can tell: the service's own default.
    assert_ne!(stat(&bed, "raw/plain")["headers"]["content-type"], "text/plain");
    let text = bed.shelf.run("stat raw/a.csv", 0).stdout;
    for line in ["content-type         text/csv", "metadata team        money"] {
        assert!(text.contains(line), "{text}");
    }
    // What is equal is not sent again for what it would carry.
    assert_eq!(bed.up("--part-size 5M --content-type text/y", 0).counts(), [0, 0, 0, 3, 0]);
    must_carry(&bed, "raw/a.csv", "text/csv");
}

#[test]
fn what_comes_from_a_pipe_carries_the_same() {
    let bed = Bed::new();
    for (name, length) in [("small.csv", 5), ("large.csv", PART + 5)] {
        let call = bed.call(&format!("put --part-size 5M {FLAGS} - {LAKE}/{name}"));
        let output = call.run_with_input(&noise(length, 1));

        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        must_carry(&bed, &format!("raw/{name}"), "text/csv");
    }
}

#[test]
fn copies_inside_the_service_keep_what_they_carry() {
    let bed = Bed::new();
    bed.file("a.csv", b"1;2\n");
    bed.file("large.csv", &noise(2 * PART + 1, 1));
    bed.run(&format!("mv -r --part-size 5M {FLAGS} data {LAKE}/"), 0);
    bed.shelf.run("bucket create acme-copy", 0);

    bed.run(&format!("cp {LAKE}/a.csv {LAKE}/copy/a.txt"), 0);
    bed.run(&format!("cp -r {LAKE}/ s3://acme-copy/all/"), 0);
    bed.run(&format!("mv {LAKE}/large.csv {LAKE}/moved.bin"), 0);

    must_carry(&bed, "raw/copy/a.txt", "text/csv");
    must_carry(&bed, "s3://acme-copy/all/a.csv", "text/csv");
    must_carry(&bed, "s3://acme-copy/all/large.csv", "text/csv");
    must_carry(&bed, "raw/moved.bin", "text/csv");
}

#[test]
fn values_that_no_service_takes_are_refused_before_anything_is_sent() {
    let bed = Bed::new();
    bed.file("a", b"x");
    for (flag, value, said) in [
        ("--content-type", "text", "a type is KIND/SUBTYPE"),
        ("--content-type", "text/x;a=\r\nx-amz-acl: public-read", "visible ASCII"),
        ("--cache-control", "no\u{e9}", "visible ASCII"),
        ("--metadata", "team", "metadata is NAME=VALUE"),
        ("--metadata", "a b=c", "a name has letters"),
        ("--metadata", "team=a\nb", "visible ASCII"),
        ("--metadata", "mtime=1", "datalake itself keeps something"),
    ] {
        let ran = bed.call(&format!("put data/a {LAKE}/a")).arg(flag).arg(value).run().exits(2);
        assert!(ran.stderr.contains(said), "{flag} {value:?}: {}", ran.stderr);
    }
    let twice = bed.run(&format!("put --metadata a=1 --metadata A=2 data/a {LAKE}/a"), 2);
    assert!(twice.0.stderr.contains("given twice"), "{}", twice.0.stderr);
    assert!(bed.keys().is_empty());
}

#[test]
fn what_is_not_sent_from_here_takes_no_such_flag() {
    let bed = Bed::new();
    bed.shelf.put("raw/a", 1);
    for words in [
        format!("cp --content-type text/x {LAKE}/a {LAKE}/b"),
        format!("cp --metadata a=b {LAKE}/a back"),
        format!("cp --cache-control no-store {LAKE}/a -"),
        format!("sync --content-type text/x {LAKE} back"),
        format!("mv --content-type text/x {LAKE}/a {LAKE}/b"),
    ] {
        bed.run(&words, 2);
    }
    assert_eq!(bed.keys(), ["a"]);
    assert!(!bed.path("back").exists());
}
