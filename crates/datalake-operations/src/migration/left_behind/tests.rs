use super::*;

fn left() -> LeftBehind {
    let left = LeftBehind::default();
    left.add(StoredKind::Parquet, "a.parquet", ByteSize(3));
    left.add(StoredKind::Parquet, "b.parquet", ByteSize(4));
    left.add(StoredKind::Empty, "c", ByteSize(0));
    left
}

#[test]
fn files_that_stay_are_told_by_kind_with_the_first_name() {
    let rows = left().list_rows();

    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.kind.as_str(), row.name.as_str(), row.items, row.bytes))
        .collect();
    assert_eq!(told, [("parquet", "a.parquet", 2, 7), ("empty", "c", 1, 0)]);
    assert_eq!(rows[0].words, "Parquet files");
}

#[test]
fn only_a_report_of_all_has_every_name() {
    let named = |left: &LeftBehind| {
        let mut names = Vec::new();
        left.tell_each(|name, _| names.push(name.to_owned()));
        names
    };
    let all = LeftBehind::naming_all();
    all.add(StoredKind::Parquet, "a.parquet", ByteSize(3));
    all.add(StoredKind::Parquet, "b.parquet", ByteSize(4));

    assert_eq!(named(&left()), ["a.parquet", "c"]);
    assert_eq!(named(&all), ["a.parquet", "b.parquet"]);
}

#[test]
fn what_is_found_out_late_is_counted_once_however_often_it_is_read() {
    let left = LeftBehind::default();
    for _ in 0..2 {
        left.add_late(StoredKind::Unknown, "a", ByteSize(5));
    }

    assert!(left.is_late("a") && !left.is_late("b"));
    assert_eq!((left.count_late(), left.list_late()), (1, vec!["a".to_owned()]));
    assert_eq!(left.list_rows()[0].items, 1);
}

#[test]
fn a_walk_begins_anew() {
    let left = left();
    left.add_late(StoredKind::Unknown, "d", ByteSize(1));

    left.clear();

    assert!(left.list_rows().is_empty() && left.count_late() == 0);
}

#[test]
fn each_kind_that_a_flag_takes_names_the_flag() {
    for (kind, flag) in [
        (StoredKind::OpOutput, "--op-outputs"),
        (StoredKind::Log, "--logs"),
        (StoredKind::TickLog, "--logs"),
        (StoredKind::Parquet, "--tables"),
        (StoredKind::Csv, "--tables"),
    ] {
        assert!(explain_staying(kind).contains(flag), "{kind:?}");
    }
    assert!(!explain_staying(StoredKind::DuckDb).contains("--"));
}

#[test]
fn a_hostile_name_cannot_move_a_cursor() {
    let left = LeftBehind::default();
    left.add(StoredKind::Unknown, "a\u{1b}[2J", ByteSize(1));

    assert!(!left.list_rows()[0].name.contains('\u{1b}'));
}
