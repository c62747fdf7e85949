//! Odd names: there and back exactly, or refused with the reason.

use std::fs;

use super::{Bed, files, write};

/// What a file can be called.
fn odd_names() -> Vec<String> {
    let long = ["d".repeat(255), "e".repeat(255), "f".repeat(255), "g".repeat(252)].join("/");
    assert_eq!(long.len() + "raw/".len(), 1024, "the longest key");
    let short = [
        " ",
        "a b",
        " a",
        "b ",
        "a+b",
        "%2F",
        "%2e%2e",
        "..x",
        "...",
        "e\u{301}",
        "\u{e9}",
        "a\nb",
        "a\rb",
        "a\tb",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{1f5c2}",
        "C:\\x",
        "-rf",
        "--delete",
        "*",
        "?",
        "[x",
        "'\"",
        "`x`",
        "<&>",
        "#",
        "a;b",
        "$HOME",
        "\u{202e}x",
        "\u{fffd}",
        "same",
        "SAME",
        "x.y/z",
        "x/z",
        "x-/z",
        "~",
        "a&b=c",
        "s3:/x",
    ];
    short.into_iter().map(str::to_owned).chain([long]).collect()
}

#[test]
fn odd_names_come_back_exactly() {
    let bed = Bed::new();
    let names = odd_names();
    for name in &names {
        bed.file(name, name.as_bytes());
    }
    let all = names.len() as u64;

    assert_eq!(bed.up("", 0).counts(), [all, 0, 0, 0, 0]);
    assert_eq!(bed.up("", 0).counts(), [0, 0, 0, all, 0]);
    assert_eq!(bed.down("", 0).counts(), [all, 0, 0, 0, 0]);
    bed.must_be_back();
    fs::remove_dir_all(bed.data()).unwrap();
    bed.file("last", b"x");
    assert_eq!(bed.up("--delete --max-delete 99", 0).counts(), [1, 0, all, 0, 0]);
    assert_eq!(bed.keys(), ["last"]);
}

#[test]
fn odd_names_are_moved_one_by_one() {
    let bed = Bed::new();
    for name in ["a b", "*", "[x", "%2F", "\u{1}", "e\u{301}", "a\nb", "\\"] {
        write(&bed.path("one").join(name), name.as_bytes());

        bed.call("put").arg(format!("one/{name}")).arg("odd/").run().exits(0);
        let got = bed.call("get --no-glob").arg(format!("odd/{name}")).arg("back");
        got.run().exits(0);
    }

    assert_eq!(files(&bed.path("back")), files(&bed.path("one")));
}

#[test]
fn a_name_that_is_too_long_for_a_key_is_refused() {
    let bed = Bed::new();
    let long = ["d".repeat(255), "e".repeat(255), "f".repeat(255), "g".repeat(253)].join("/");
    bed.file(&long, b"x");
    bed.file("fine", b"x");

    let up = bed.up("", 5);

    assert_eq!(up.counts(), [1, 0, 0, 0, 1]);
    assert!(up.items("!")[0].1.contains("longer than a key can be"), "{:?}", up.items("!"));
}

#[test]
fn keys_that_would_leave_the_folder_are_refused_and_told() {
    let bed = Bed::new();
    let odd = ["..", "../x", "a/../../x", "/x", "//x", "a//x", "a/.", "dir/full/"];
    for key in odd {
        bed.shelf.put(&format!("raw/{key}"), 1);
    }
    bed.shelf.put("raw/folder/", 0);
    bed.shelf.put("raw/fine", 1);

    let down = bed.down("", 5);

    assert_eq!(down.counts(), [1, 0, 0, 0, odd.len() as u64]);
    let told: Vec<_> = down.items("!").into_iter().map(|(name, _)| name).collect();
    let mut expected = odd.to_vec();
    expected.push("folder/");
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert_eq!(files(&bed.path("back")).len(), 1);
    assert!(!bed.path("x").exists() && !bed.path("etc").exists());
}

#[test]
fn a_key_below_another_key_has_no_place_and_is_told() {
    let bed = Bed::new();
    bed.shelf.put("raw/a", 1);
    bed.shelf.put("raw/a/b", 1);

    let down = bed.down("", 5);

    assert_eq!(down.counts(), [1, 0, 0, 0, 1]);
    assert_eq!(down.items("!")[0].0, "a/b");
}

#[test]
fn nothing_is_written_through_a_link() {
    let bed = Bed::new();
    fs::create_dir(bed.path("outside")).unwrap();
    fs::create_dir(bed.path("back")).unwrap();
    std::os::unix::fs::symlink("../outside", bed.path("back/dir")).unwrap();
    std::os::unix::fs::symlink("../outside/file", bed.path("back/file")).unwrap();
    bed.shelf.put("raw/dir/x", 1);
    bed.shelf.put("raw/file", 1);

    let down = bed.down("", 5);
    let got = bed.run("get raw/file back", 5);

    assert_eq!((down.counts()[4], got.counts()[4]), (2, 1));
    assert!(files(&bed.path("outside")).is_empty());
}
