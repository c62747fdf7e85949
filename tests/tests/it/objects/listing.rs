//! `ls` and `tree`.

use snapbox::{assert_data_eq, str};

use crate::support::{Shelf, shown};

fn shelf() -> Shelf {
    let shelf = Shelf::empty();
    for key in ["assets/raw/a.csv", "assets/raw/b.txt", "assets/users", "assets-old", "z/"] {
        shelf.put(key, 1500);
    }
    shelf
}

#[test]
fn a_prefix_is_listed_as_it_is_typed() {
    let shelf = shelf();
    let ls = |words: &str| shelf.run(&format!("ls {words}"), 0).stdout;

    assert_eq!(ls(""), "assets-old\nassets/\nz/\n");
    assert_eq!(ls("assets"), "assets-old\nassets/\n");
    assert_eq!(ls("assets/"), "assets/raw/\nassets/users\n");
    assert_eq!(ls("-r assets/"), "assets/raw/a.csv\nassets/raw/b.txt\nassets/users\n");
    assert_eq!(ls("s3://acme-dagster-assets/assets/raw/"), "assets/raw/a.csv\nassets/raw/b.txt\n");
    assert_eq!(ls("z/"), "z/\n");
}

#[test]
fn wildcards_choose_whole_keys() {
    let shelf = shelf();
    let ls = |words: &str| shelf.run(&format!("ls {words}"), 0).stdout;

    assert_eq!(ls("assets*"), "assets-old\nassets/\n");
    assert_eq!(ls("assets/*"), "assets/raw/\nassets/users\n");
    assert_eq!(ls("*/*/*.csv"), "assets/raw/a.csv\n");
    assert_eq!(ls("**.txt"), "assets/raw/b.txt\n");
    assert_eq!(ls("assets/raw/[ab].?sv"), "assets/raw/a.csv\n");
    shelf.put("assets/*", 1);
    assert_eq!(ls("--no-glob assets/*"), "assets/*\n");
    assert!(shelf.run("ls [", 2).stderr.contains("--no-glob"));
}

#[test]
fn what_is_not_there_is_told() {
    let shelf = shelf();

    let prefix = shelf.run("ls nothing/", 66);
    let pattern = shelf.run("ls *.parquet", 66);
    let bucket = shelf.run("ls s3://no-such-bucket/", 66);

    assert_eq!(
        prefix.stderr,
        "error: bucket `acme-dagster-assets`: no key begins with `nothing/`\n"
    );
    for words in
        ["tree nothing/", "tree --depth 1 nothing/", "du nothing/", "du --depth 1 nothing/"]
    {
        let ran = shelf.run(words, 66);
        assert_eq!((ran.stdout.as_str(), &ran.stderr), ("", &prefix.stderr), "{words}");
    }
    assert!(pattern.stderr.contains("no key fits `*.parquet`"), "{}", pattern.stderr);
    assert!(bucket.stderr.contains("bucket list` to see your buckets"), "{}", bucket.stderr);
    let empty = Shelf::empty();
    assert_eq!(empty.run("ls", 0).all(), "");
    assert_eq!(empty.run("tree", 0).all(), "");
    empty.run("du --depth 1", 0);
    shelf.run("ls s3://Not_A_Bucket/", 2);
}

#[test]
fn a_long_listing_has_sizes_times_and_a_sum() {
    let shelf = shelf();

    assert_data_eq!(
        shown(&shelf.run("ls -l", 0).all()),
        str![[r#"
          1500  [TIME]  assets-old
             -                        assets/
             -                        z/
1 object, 1.5 kB

"#]]
    );
}

#[test]
fn versions_are_listed_with_what_they_are() {
    let shelf = Shelf::versioned();
    shelf.put("a", 1);
    shelf.put("a", 2);
    shelf.put("b", 3);
    shelf.delete("b");

    let text = shelf.run("ls --versions", 0).stdout;
    let rows = shelf.run("ls --versions --json", 0).rows();

    let states: Vec<_> = text.lines().map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(states, ["current", "old", "deleted", "old"]);
    let sizes: Vec<_> = rows[..4].iter().map(|row| row["data"]["size"].as_u64()).collect();
    assert_eq!(sizes, [Some(2), Some(1), None, Some(3)]);
    assert_eq!(rows[4]["data"]["versions"], 4);
    assert_eq!(shelf.run("ls", 0).stdout, "a\n");
}

#[test]
fn for_programs_each_row_is_a_document_and_the_end_is_said() {
    let shelf = shelf();

    let rows = shelf.run("ls --json", 0).rows();

    let kinds: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["object", "folder", "folder", "ls-end"]);
    assert_eq!(rows[0]["data"]["size"], 1500);
    assert_eq!(rows[1]["data"]["prefix"], "assets/");
    assert_eq!(rows[3]["data"]["objects"], 1);
    let failed = shelf.run("ls --json nothing/", 66).rows();
    assert_eq!(failed[0]["kind"], "error");
}

#[test]
fn a_listing_that_fails_is_an_error_and_never_empty() {
    const ALL: &[&str] = &["ls", "ls -r", "ls --versions", "du", "tree", "tree --depth 1"];
    let shelf = shelf();

    for (faults, commands, code) in [
        ("403 on GET", ALL, 77),
        ("404 on GET", ALL, 66),
        ("cut-body@200 on GET", &["ls", "du"], 69),
    ] {
        shelf.service.set_faults(faults);
        for words in commands {
            let ran = shelf.call(words).arg("--json").run().exits(code);
            let last: serde_json::Value =
                serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
            assert_eq!(last["kind"], "error", "{words}: {}", ran.stdout);
            assert!(ran.stderr.starts_with("error: bucket"), "{words}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_listing_that_breaks_off_later_is_no_whole_one() {
    let shelf = Shelf::empty();
    for number in 0..1100 {
        shelf.put(&format!("k{number:04}"), 0);
    }
    let asked = shelf.service.requests().len();

    // The first page comes, and nothing after it.
    shelf.service.set_faults(&format!("403 after {}", asked + 1));
    let ran = shelf.run("ls", 77);
    shelf.service.set_faults("");

    assert!(ran.stdout.lines().count() <= 1000, "{}", ran.stdout.lines().count());
    assert!(ran.stderr.contains("access is denied"), "{}", ran.stderr);
    assert_eq!(shelf.run("ls", 0).stdout.lines().count(), 1100);
    assert_eq!(shelf.run("ls -r", 0).stdout.lines().count(), 1100);
}

#[test]
fn nobody_has_to_read_on() {
    let shelf = shelf();
    let script = "\"$@\" | head -1";

    let ran =
        shelf.call("ls -r").through_script(script).env("PATH", "/usr/bin:/bin").run().exits(0);

    assert_eq!(ran.all(), "assets-old\n");
}

#[test]
fn a_tree_shows_folders_and_keys() {
    let shelf = shelf();
    shelf.put("assets", 1);
    shelf.put("a//b", 1);
    let whole = str![[r#"
a/
  /
    b  1 B
assets  1 B
assets-old  1.5 kB
assets/
  raw/
    a.csv  1.5 kB
    b.txt  1.5 kB
  users  1.5 kB
z/
  .  1.5 kB

"#]];

    assert_data_eq!(shelf.run("tree", 0).stdout, whole.clone());
    assert_data_eq!(shelf.run("tree --depth 9", 0).stdout, whole);
    assert_eq!(shelf.run("tree --depth 1 assets/", 0).stdout, "raw/\nusers  1.5 kB\n");
    assert_eq!(shelf.run("tree --depth 1", 0).stdout.lines().count(), 5);
    let rows = shelf.run("tree --json assets/", 0).rows();
    assert_eq!(rows.last().unwrap()["data"]["objects"], 3);
    assert_eq!(rows[1]["data"]["depth"], 1);
}
