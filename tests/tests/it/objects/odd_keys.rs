//! Keys that are no file names: they come out as they went in, and steer no terminal.

use crate::support::Shelf;

const ODD: [&str; 20] = [
    "/leading",
    "../up",
    "a",
    "a b+c%2F",
    "a/",
    "a//b",
    "a/./b",
    "a/b",
    "bell\u{7}",
    "cut\r\nline",
    "e\u{301}",
    "esc\u{1b}[31mred",
    "no\\tab",
    "rtl\u{202e}txt",
    "star*[x]?",
    "tab\tbed",
    "trailing ",
    "\u{7f}",
    "\u{e9}",
    "\u{1f5c2}",
];

fn shelf() -> (Shelf, Vec<String>) {
    let shelf = Shelf::empty();
    let mut keys: Vec<_> = ODD.map(str::to_owned).to_vec();
    keys.push("k".repeat(1024));
    keys.sort();
    for key in &keys {
        shelf.put(key, key.len());
    }
    (shelf, keys)
}

#[test]
fn programs_get_exact_keys() {
    let (shelf, keys) = shelf();

    let null = shelf.run("ls -r -0", 0).stdout;
    let rows = shelf.run("ls -r --json", 0).rows();

    let of_null: Vec<_> = null.split_terminator('\0').map(str::to_owned).collect();
    assert_eq!(of_null, keys);
    let of_rows: Vec<_> = rows[..keys.len()].iter().map(|row| &row["data"]["key"]).collect();
    assert_eq!(of_rows, keys.iter().collect::<Vec<_>>());
    for row in &rows[..keys.len()] {
        assert_eq!(row["data"]["size"], row["data"]["key"].as_str().unwrap().len());
    }
    shelf.run("ls -0 --json", 2);
}

#[test]
fn people_get_one_line_a_key_without_control_characters() {
    let (shelf, keys) = shelf();

    for (words, lines) in [("ls -r", keys.len()), ("ls -r -l", keys.len()), ("tree", keys.len())] {
        let text = shelf.run(words, 0).stdout;
        assert!(text.lines().count() >= lines, "{words}: {text:?}");
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(steers), "{words}: {text:?}");
    }
    let text = shelf.run("ls -r", 0).stdout;
    assert_eq!(text.lines().count(), keys.len());
    for shown in ["esc\\u{1b}[31mred", "cut\\r\\nline", "tab\\tbed", "rtl\\u{202e}txt"] {
        assert!(text.lines().any(|line| line == shown), "{shown}: {text}");
    }
}

#[test]
fn each_key_can_be_read_told_and_removed() {
    let (shelf, keys) = shelf();

    for key in &keys {
        let call = |words: &str| shelf.call(words).arg(format!("s3://acme-dagster-assets/{key}"));
        assert_eq!(call("cat").run().exits(0).stdout.len(), key.len(), "{key:?}");
        assert_eq!(&call("stat --json").run().exits(0).json("stat")["key"], key);
        call("rm --yes --no-glob").run().exits(0);
    }

    assert!(shelf.keys().is_empty(), "{:?}", shelf.keys());
}

#[test]
fn a_folder_of_odd_keys_goes_whole() {
    let (shelf, keys) = shelf();

    let done = shelf.run("rm -r s3://acme-dagster-assets --confirm acme-dagster-assets --json", 0);

    assert_eq!(done.json("rm")["removed"], keys.len());
    assert!(shelf.keys().is_empty(), "{:?}", shelf.keys());
}
