//! `du`, against sums made by hand.

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::Shelf;

/// Two folders with everything that is billed.
fn shelf() -> Shelf {
    let shelf = Shelf::versioned();
    shelf.put("a/big", 100_000);
    shelf.put("a/small", 10);
    shelf.put("a/x/exact", 64_000);
    shelf.put("a/x/one-more", 64_001);
    // An old version of 70,000 and a deleted one of 3 bytes.
    shelf.put("b/again", 70_000);
    shelf.put("b/again", 5);
    shelf.put("b/gone", 3);
    shelf.delete("b/gone");
    shelf.put("empty", 0);
    shelf.begin("b/upload", &[200_000, 7]);
    shelf.begin("c/bare", &[]);
    shelf
}

#[track_caller]
fn amounts(row: &Value) -> [[u64; 3]; 5] {
    let kinds = ["current", "noncurrent", "delete_markers", "unfinished_uploads", "total"];
    kinds.map(|kind| {
        ["count", "bytes", "billed_bytes"].map(|what| row["data"][kind][what].as_u64().unwrap())
    })
}

/// What a table made by hand says of each folder, in exact bytes.
#[test]
fn every_kind_is_counted_apart_and_billed_by_its_rule() {
    let rows = shelf().run("du --depth 2 --json", 0).rows();

    let told: Vec<_> =
        rows.iter().map(|row| (row["data"]["prefix"].as_str().unwrap(), amounts(row))).collect();
    let none = [0, 0, 0];
    let expected = [
        ("a/x/", [[2, 128_001, 128_001], none, none, none, [2, 128_001, 128_001]]),
        ("a/", [[4, 228_011, 292_001], none, none, none, [4, 228_011, 292_001]]),
        (
            "b/",
            [
                [1, 5, 64_000],
                [2, 70_003, 134_000],
                [1, 0, 64_000],
                [1, 200_007, 200_007],
                [5, 270_015, 462_007],
            ],
        ),
        ("c/", [none, none, none, [1, 0, 0], [1, 0, 0]]),
        (
            "",
            [
                [6, 228_016, 420_001],
                [2, 70_003, 134_000],
                [1, 0, 64_000],
                [2, 200_007, 200_007],
                [11, 498_026, 818_008],
            ],
        ),
    ];
    assert_eq!(told, expected);
    assert_eq!(rows[4]["kind"], "usage-total");
}

#[test]
fn people_get_a_table_and_a_sum() {
    assert_data_eq!(
        shelf().run("du", 0).stdout,
        str![[r#"
      REAL      BILLED       OBJECTS           OLD       MARKERS   UPLOADS  PREFIX
  228.0 kB    292.0 kB             4             0             0         0  a/
  270.0 kB    462.0 kB             1             2             1         1  b/
       0 B         0 B             0             0             0         1  c/
s3://acme-dagster-assets/
  objects                         6    228.0 kB real    420.0 kB billed
  old versions                    2     70.0 kB real    134.0 kB billed
  delete markers                  1         0 B real     64.0 kB billed
  unfinished uploads              2    200.0 kB real    200.0 kB billed
  all                            11    498.0 kB real    818.0 kB billed

"#]]
    );
}

#[test]
fn a_prefix_counts_alone() {
    let shelf = shelf();

    let rows = shelf.run("du --json --depth 0 b/", 0).rows();
    assert_eq!((rows.len(), amounts(&rows[0])[4]), (1, [5, 270_015, 462_007]));
    shelf.run("du --json nothing/", 66).json("error");
}

#[test]
fn many_folders_are_counted_once_each() {
    let shelf = Shelf::empty();
    for folder in 0..40 {
        for name in 0..30 {
            shelf.put(&format!("deep/{folder:02}/{name:02}"), 1);
        }
    }

    let rows = shelf.run("du --depth 2 --json", 0).rows();

    assert_eq!(rows.len(), 42);
    assert!(rows[..40].iter().all(|row| amounts(row)[4] == [30, 30, 30 * 64_000]), "{rows:?}");
    assert_eq!(amounts(&rows[41])[4][0], 1200);
}
