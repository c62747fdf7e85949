use super::*;

const RUN: &str = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";
const PICKLE: &[u8] = b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01x\x94.";
const SQLITE: &[u8] = b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20";
const PARQUET: &[u8] = b"PAR1\x15\x04\x15\x10\x00\x00\x00PAR1";
const DUCKDB: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08DUCK\x40\0\0\0";

fn ends(content: &[u8]) -> FileEnds<'_> {
    FileEnds {
        size: content.len() as u64,
        head: &content[..content.len().min(HEAD)],
        tail: &content[content.len() - content.len().min(TAIL)..],
    }
}

#[track_caller]
fn check(path: &str, content: &[u8], kind: StoredKind) {
    let path = path.replace("RUN", RUN);
    assert_eq!(KindReader::default().kind_of(&path, &ends(content), None), kind, "{path:?}");
}

#[test]
fn a_pickle_is_an_asset_whatever_it_is_called() {
    for path in [
        "plain",
        "raw/by_day/2026-01-01",
        "by_hour/2026-01-01-05:00",
        "by_static/us/east",
        "by_dyn/f/1.csv",
        "by_dyn/%2Fx",
        "by_file/a.db",
        "by_file/a.db-wal",
        "by_file/x.parquet",
        "by_file/x.duckdb.wal",
        "history",
        "history/runs.db",
        "history/runs/index.db",
        "schedules/schedules.db",
        ".telemetry",
        ".telemetry/id.yaml",
        "__repository__/watcher/1.err",
        "backfill/abcdefgh/20260101_093000.err",
        "raw/RUN/clean/result",
        "RUN",
        "storage",
        "compute_logs/x.out",
        "raw/_delta_log",
        "metadata/v1.metadata.json",
    ] {
        check(path, PICKLE, StoredKind::Asset);
    }
}

#[test]
fn a_pickle_with_the_marks_of_other_kinds_in_it_is_a_pickle() {
    for content in [
        &b"\x80\x04\x8c\x08PAR1PAR1\x94."[..],
        b"\x80\x02U\x05aDUCKq\0.",
        b"\x80\x03X\x05\x00\x00\x00aDUCKq\x00.",
        b"\x80\x04\x8c\x0fSQLite format 3\x94.",
        b"\x80\x05N.",
        b"\x80\x04N.\x80\x04N.",
    ] {
        check("plain", content, StoredKind::Asset);
    }
}

#[test]
fn nothing_that_is_no_pickle_is_an_asset_whatever_it_is_called() {
    let zeros = [0; 12_288];
    for (content, kind) in [
        (&b""[..], StoredKind::Empty),
        (&zeros[..], StoredKind::Zeros),
        (b"\0", StoredKind::Zeros),
        (b"a,b\n1,2\n", StoredKind::Unknown),
        (b"{\"a\": 1}\n", StoredKind::Unknown),
        (b"[1, 2]", StoredKind::Unknown),
        (b"hello.", StoredKind::Unknown),
        (b"I1\n.", StoredKind::Unknown),
        (b"\x80\x07N.", StoredKind::Unknown),
        (b"\x80\x00N.", StoredKind::Unknown),
        (b"\x89HDF\r\n\x1a\n", StoredKind::Unknown),
        (b"PK\x03\x04.", StoredKind::Unknown),
        (b"PAR1", StoredKind::Parquet),
        (b"PAR1.........", StoredKind::Parquet),
        (PARQUET, StoredKind::Parquet),
        (SQLITE, StoredKind::Sqlite),
        (DUCKDB, StoredKind::DuckDb),
        // The first bytes of a DuckDB database are a checksum.
        (b"\x80\x04\x03\x04\x05\x06\x07\x08DUCK\x40\0\0\0", StoredKind::DuckDb),
    ] {
        for path in ["plain", "raw/by_day/2026-01-01", "x.pickle", "x.pkl"] {
            check(path, content, kind);
        }
    }
}

#[test]
fn half_a_pickle_stays_one_of_the_assets_that_fails_when_it_is_read() {
    for length in 1..PICKLE.len() {
        check("plain", &PICKLE[..length], StoredKind::Asset);
    }
}

#[test]
fn what_runs_leave_is_told_by_the_id_of_the_run() {
    check("RUN/clean/result", PICKLE, StoredKind::OpOutput);
    check("RUN/graph.o2[a]/result/mapped", PICKLE, StoredKind::OpOutput);
    check("RUN/stray", PICKLE, StoredKind::InRunFolder);
    check("RUN/stray", b"text", StoredKind::Unknown);
    check("RUN/clean/result", PARQUET, StoredKind::Parquet);
    check("RUN/clean/result", b"", StoredKind::Empty);
    for (name, kind) in [
        ("abcdefgh.out", StoredKind::Log),
        ("abcdefgh.err", StoredKind::Log),
        ("a.b.err", StoredKind::Log),
        ("abcdefgh.complete", StoredKind::LogMark),
        ("abcdefgh.err.partial", StoredKind::LogMark),
    ] {
        // A step may print anything.
        for content in [&b""[..], b"said\n", PICKLE, SQLITE] {
            check(&format!("RUN/compute_logs/{name}"), content, kind);
        }
    }
    check("RUN/compute_logs/table.parquet", PARQUET, StoredKind::Parquet);
}

#[test]
fn what_the_daemon_logs_is_told_by_its_place_and_its_lines() {
    let line = b"{\"args\": [], \"msg\": \"looked\"}\n";
    for path in [
        "__repository__/watcher/1.err",
        "__repository__/watcher/1.out",
        "__repository__/daily schedule/123456.err",
        "my_repo/watcher/17.err",
        "backfill/abcdefgh/20260101_093000.err",
    ] {
        check(path, line, StoredKind::TickLog);
        check(path, b"", StoredKind::TickLog);
        check(path, b"{}", StoredKind::TickLog);
    }
    // That name of a repository is Dagster's own, so the place is enough.
    check("__repository__/watcher/1.err", b"x\n", StoredKind::TickLog);
    check("__repository__/watcher/1.complete", b"", StoredKind::LogMark);
    check("my_repo/watcher/17.err", b"text", StoredKind::Unknown);
    check("my_repo/watcher/x.err", line, StoredKind::Unknown);
    check("backfill/abcdefgh/today.err", line, StoredKind::Unknown);
    check("raw/orders.json", line, StoredKind::Json);
    check("raw/orders.csv", b"a,b\n1,2\n", StoredKind::Csv);
    check("raw/orders.csv", b"a\0b", StoredKind::Unknown);
    check("__repository__/watcher/table.parquet", PARQUET, StoredKind::Parquet);
}

#[test]
fn databases_take_their_logs_along() {
    let mut reader = KindReader::default();
    let mut kind = |path: &str, content: &[u8]| reader.kind_of(path, &ends(content), None);

    assert_eq!(kind("history/runs.db", SQLITE), StoredKind::Database);
    assert_eq!(kind("history/runs.db-shm", &[0; 64]), StoredKind::Database);
    assert_eq!(kind("history/runs.db-wal", b""), StoredKind::Database);
    assert_eq!(kind("history/other.db-wal", b""), StoredKind::Empty);
    assert_eq!(kind("mine/a.db", SQLITE), StoredKind::Sqlite);
    assert_eq!(kind("mine/a.db-journal", b"\xd9\xd5\x05\xf9"), StoredKind::Sqlite);
    assert_eq!(kind("mine/lake.duckdb", DUCKDB), StoredKind::DuckDb);
    assert_eq!(kind("mine/lake.duckdb.wal", b"anything"), StoredKind::DuckDb);
    assert_eq!(kind("other/lake.duckdb.wal", b"anything"), StoredKind::Unknown);
    assert_eq!(kind("schedules/schedules.db", SQLITE), StoredKind::Database);
    assert_eq!(kind("mine/a.db-wal", PICKLE), StoredKind::Asset);
}

#[test]
fn all_below_a_table_is_part_of_it() {
    let tables = [TableKind::Delta, TableKind::Lance, TableKind::Iceberg];
    for table in tables {
        for content in [PARQUET, PICKLE, b"{}", b"", SQLITE] {
            let kind = KindReader::default().kind_of("t/a", &ends(content), Some(table));
            assert_eq!(kind, StoredKind::Table(table));
        }
    }
}

#[test]
fn the_log_of_a_table_and_what_its_writers_have_not_finished_are_told_apart() {
    let kind =
        |path: &str| KindReader::default().kind_of(path, &ends(b"{}"), Some(TableKind::Delta));
    let commit = "t/_delta_log/00000000000000000003.json";
    assert_eq!(kind(commit), StoredKind::TableLog(TableKind::Delta));
    assert_eq!(kind(&format!("{commit}#1")), StoredKind::TableLeftover);
    assert_eq!(kind("t/_delta_log/_commit_x.json.tmp"), StoredKind::TableLeftover);
    assert_eq!(kind("t/day=1/part-0.parquet#2"), StoredKind::TableLeftover);
    assert_eq!(kind("t/day=1/part-0.parquet"), StoredKind::Table(TableKind::Delta));
}

#[track_caller]
fn check_frame(path: &str, content: &[u8], expected: Result<(), NoFrame>) {
    assert_eq!(ends(content).require_frame(path), expected, "{path:?}");
}

#[test]
fn a_frame_is_whole_with_its_end() {
    let whole = b"PAR1..data..footer\x06\0\0\0PAR1";
    check_frame("a", whole, Ok(()));
    for length in 4..whole.len() {
        check_frame("a.parquet", &whole[..length], Err(NoFrame::HalfParquet));
    }
    let long_footer = b"PAR1..data..footer\xff\0\0\0PAR1";
    check_frame("a", long_footer, Err(NoFrame::HalfParquet));
    check_frame("a.csv", b"x,y\n1,2\n", Ok(()));
    check_frame("a.csv", b"x,y\n1,2", Err(NoFrame::HalfCsv));
    check_frame("a.txt", b"x,y\n1,2\n", Err(NoFrame::OtherKind));
    check_frame("a.csv", b"", Err(NoFrame::OtherKind));
    check_frame("a.csv", PICKLE, Err(NoFrame::OtherKind));
}

#[test]
fn an_asset_whose_key_begins_like_a_run_is_known_by_the_instance() {
    let key = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let known = [key(&format!("{RUN}/clean")), key(&format!("{RUN}/compute_logs"))].into();
    let mut reader = KindReader::knowing(known);
    let mut kind = |path: &str, content: &[u8]| {
        reader.kind_of(&path.replace("RUN", RUN), &ends(content), None)
    };

    assert_eq!(kind("RUN/clean", PICKLE), StoredKind::Asset);
    assert_eq!(kind("RUN/clean/2026-01-01", PICKLE), StoredKind::Asset);
    assert_eq!(kind("RUN/clean/%2E%2E", PICKLE), StoredKind::DotPartition);
    assert_eq!(kind("RUN/compute_logs/a.out", PICKLE), StoredKind::Asset);
    assert_eq!(kind("RUN/compute_logs/a.out", b"said"), StoredKind::Log);
    assert_eq!(kind("RUN/other/result", PICKLE), StoredKind::OpOutput);
}

#[test]
fn a_partition_that_leads_upwards_is_told() {
    check("by_static/%2E%2E", PICKLE, StoredKind::DotPartition);
    check("by_static/a/%2E%2E/b", PICKLE, StoredKind::DotPartition);
    check("by_static/..a", PICKLE, StoredKind::Asset);
}
