//! What a file is decides what becomes of it, not what it is called.

use std::fs;

use super::{Lake, RUN, last, pickle, write};

const CONFIRM: &str = "--confirm acme-dagster-assets";

const SQLITE: &[u8] = b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20";
const PARQUET: &[u8] = b"PAR1\x15\x04\x15\x10\x00\x00\x00PAR1";
const DUCKDB: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK\x40\0\0\0";

/// Files of other I/O managers and of Dagster's own, with their kinds.
const OTHERS: [(&str, &[u8], &str); 17] = [
    ("sales.parquet", PARQUET, "parquet"),
    ("orders/2026-01-01", PARQUET, "parquet"),
    ("ledger.delta/_delta_log/00000000000000000000.json", b"{}", "delta-log"),
    ("ledger.delta/part-0.parquet", PARQUET, "delta-table"),
    ("ledger.delta/2026/part-1.parquet", PARQUET, "delta-table"),
    ("vectors.lance/_versions/1.manifest", b"manifest", "lance-log"),
    ("vectors.lance/data/a.lance", b"LANC", "lance-table"),
    ("catalog/t/metadata/00000-1.metadata.json", b"{}", "iceberg-log"),
    ("catalog/t/data/a.parquet", PARQUET, "iceberg-table"),
    ("lake.duckdb", DUCKDB, "duckdb"),
    ("lake.duckdb.wal", b"anything", "duckdb"),
    ("mine.db", SQLITE, "sqlite"),
    ("history/runs.db", SQLITE, "dagster-database"),
    ("empty", b"", "empty"),
    ("zeros", &[0; 12_288], "zeros"),
    ("table.csv", b"a,b\n1,2\n", "csv"),
    ("__repository__/watcher/1.err", b"{\"message\": \"looked\"}\n", "tick-log"),
];

/// Assets whose names look like something else.
const NAMES: [&str; 8] = [
    "history/orders",
    "schedules/a.db",
    ".telemetry/id",
    "by_file/x.parquet",
    "by_file/x.duckdb.wal",
    "by_file/runs.db-wal",
    "metadata/v1.metadata.json",
    "_delta_log",
];

fn mixed() -> Lake {
    let lake = Lake::with_assets();
    for name in NAMES {
        lake.pickle(name, name);
    }
    for (name, content, _) in OTHERS {
        lake.file(name, content);
    }
    lake
}

#[test]
fn everything_that_is_no_pickle_is_named_by_kind_and_stays() {
    let lake = mixed();
    write(&lake.home().join("dagster.yaml"), b"telemetry: {enabled: false}\n");
    write(&lake.home().join("history/runs/index.txt"), b"x");

    let plan = lake.run("plan --report plan.txt --json", 3).json("migration-plan");
    let moved = lake.migrate(0);
    lake.run("run --yes --while-running --report run.txt", 0);
    let status = lake.run("status", 0);
    let report = lake.run("report --webserver http://127.0.0.1:9", 0);

    // One line for each file, and each kind by its name.
    let lines = |name: &str| fs::read_to_string(lake.shelf.host.work().join(name)).unwrap();
    let assets = super::ASSETS.len() + NAMES.len();
    assert_eq!(
        lines("plan.txt").lines().count(),
        assets + OTHERS.len() + 2,
        "{}",
        lines("plan.txt")
    );
    for (name, _, _) in OTHERS {
        for told in ["plan.txt", "run.txt"] {
            assert!(lines(told).contains(&format!(". {name}\t")), "{name}: {}", lines(told));
        }
    }
    let kinds = |rows: &serde_json::Value| -> u64 {
        let rows = rows.as_array().unwrap();
        for (_, _, kind) in OTHERS {
            let same = OTHERS.iter().filter(|(_, _, other)| *other == kind).count();
            let row = rows.iter().find(|row| row["kind"] == kind).unwrap();
            assert_eq!(row["items"], same, "{kind}");
        }
        rows.iter().map(|row| row["items"].as_u64().unwrap()).sum()
    };
    assert_eq!(kinds(&plan["parts"][0]["left_out"]), OTHERS.len() as u64);
    assert_eq!(kinds(&moved["parts"][0]["left_out"]), OTHERS.len() as u64);
    assert_eq!(moved["parts"][0]["moved"]["items"], assets);
    assert_eq!(lake.objects("assets/").len(), assets, "only pickles are in the bucket");
    assert!(!status.stdout.contains("All of it is moved"), "{}", status.stdout);
    let all = format!("{assets} pickles are moved; {} files of other kinds stay: ", OTHERS.len());
    assert!(status.stdout.contains(&all), "{}", status.stdout);
    assert!(report.stdout.contains("17 files of other kinds stay"), "{}", report.stdout);
}

#[test]
fn free_removes_pickles_and_nothing_else() {
    let lake = mixed();
    lake.migrate(0);
    lake.prove();

    let freed = lake.run(&format!("free --deep {CONFIRM} --report freed.txt"), 0);

    for (name, content, _) in OTHERS {
        assert_eq!(fs::read(lake.storage().join(name)).unwrap(), content, "{name}");
        assert!(freed.stdout.contains("of another I/O manager"), "{}", freed.stdout);
    }
    for name in super::ASSETS.iter().chain(&NAMES) {
        assert!(!lake.storage().join(name).exists(), "{name}");
    }
    let lines = fs::read_to_string(lake.shelf.host.work().join("freed.txt")).unwrap();
    assert_eq!(lines.lines().filter(|line| line.starts_with('.')).count(), OTHERS.len());
}

#[test]
fn an_empty_successor_never_takes_the_place_of_a_good_copy() {
    let lake = Lake::with_assets();
    // Earlier versions have sent it.
    lake.shelf.put_content("assets/lake.duckdb", DUCKDB);
    lake.file("lake.duckdb", &[0; 12_288]);

    lake.migrate(0);
    lake.file("lake.duckdb", b"");
    lake.migrate(0);
    lake.file("lake.duckdb", DUCKDB);
    lake.migrate(0);

    assert_eq!(lake.objects("assets/")["lake.duckdb"], DUCKDB);
    lake.prove();
    lake.run(&format!("free --deep {CONFIRM}"), 0);
    assert!(lake.storage().join("lake.duckdb").exists());
}

#[test]
fn status_comes_to_rest_while_something_ticks() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    for number in 1..4 {
        lake.file(&format!("__repository__/watcher/{number}.err"), b"{}");
        lake.file(&format!("backfill/abcdefgh/20260101_00000{number}.err"), b"{}");
        lake.run("status", 0);
    }
    lake.file(&format!("{RUN}/compute_logs/abcdefgh.err"), b"said");

    lake.run("status --logs", 3);
    lake.run("run --yes --while-running --logs", 0);

    let logs = lake.objects("dagster/storage/");
    let names: Vec<_> = logs.keys().map(String::as_str).collect();
    let step = format!("{RUN}/compute_logs/abcdefgh.err");
    assert_eq!(names.len(), 7, "{names:?}");
    assert!(names.contains(&step.as_str()) && names.contains(&"__repository__/watcher/3.err"));
    assert!(lake.objects("assets/").keys().all(|name| !name.contains("watcher")));
    lake.run("verify --logs", 0);
    assert!(lake.run("status --logs", 0).stdout.contains("All of it is moved"));
    // Logs are no pickles.
    lake.prove();
    lake.run(&format!("free --logs {CONFIRM}"), 5);
    assert!(lake.storage().join("__repository__/watcher/3.err").exists());
}

#[test]
fn what_begins_like_a_pickle_and_is_none_stays_without_a_failure() {
    let lake = Lake::with_assets();
    // As joblib writes an array: a pickle, raw numbers, and a `.` at the end.
    lake.file("model", b"\x80\x04\x8c\x01x\x94\xff\xfe\xfd\xfc.");
    lake.file("rows", &[&pickle("a")[..], b"raw numbers."].concat());
    lake.file("several", &[pickle("a"), pickle("b")].concat());

    lake.run("plan", 3);
    let moved = lake.migrate(0);
    let status = lake.run("status", 0).stdout;

    assert_eq!(moved["parts"][0]["left_out"][0]["kind"], "unknown");
    assert_eq!(moved["parts"][0]["left_out"][0]["items"], 2);
    assert!(status.contains("2 files of an unknown kind"), "{status}");
    assert_eq!(lake.objects("assets/").len(), super::ASSETS.len() + 1);
}

#[test]
fn the_way_back_brings_only_pickles_and_replaces_nothing_of_another_kind() {
    let lake = Lake::with_assets();
    lake.migrate(0);
    lake.shelf.put_content("assets/sales", PARQUET);
    lake.shelf.put_content("assets/large", &[&b"PAR1"[..], &vec![7; 3 << 20], b"PAR1"].concat());
    lake.made_there("assets/taken", "a pickle");
    lake.file("taken", PARQUET);

    let plan = lake.run("back plan --json", 0).json("migration-back-plan");
    let back = last(&lake.run("back run --yes --while-running --json", 5), "migration-back");

    assert_eq!(plan[0]["other_kinds"], serde_json::json!(["large", "sales"]));
    assert_eq!(plan[0]["failed"][0], "taken");
    assert_eq!(back[0]["objects"]["items"], 0);
    assert!(!lake.storage().join("sales").exists() && !lake.storage().join("large").exists());
    assert_eq!(fs::read(lake.storage().join("taken")).unwrap(), PARQUET);
}

#[test]
fn a_folder_that_is_no_home_is_refused_and_the_right_one_proposed() {
    let lake = Lake::with_assets();
    let home = |path: &str, words: &str| {
        lake.shelf.run(&format!("migrate {words} --home {path}"), 78).stderr
    };

    for words in ["plan", "status", "run --yes --while-running", "report", "verify", "backup"] {
        let refused = home("home/storage", words);
        assert!(refused.contains("hint: name the home: --home home\n"), "{words}: {refused}");
    }
    assert!(home("home/storage/raw", "plan").contains("--home home\n"));
    assert!(home(".", "plan").contains("did you mean --home home?"), "{}", home(".", "plan"));
    fs::create_dir(lake.shelf.host.work().join("nothing")).unwrap();
    let nothing = home("nothing", "plan");
    assert!(nothing.contains("it has no storage/, history/ or dagster.yaml"), "{nothing}");
    // The folder of the pickles itself is another thing.
    lake.shelf.run("migrate plan --home nothing --pickles home/storage", 3);
}
