use std::io::Write as _;

use datalake_engine::StateFolder as _;
use datalake_engine::memory::MemoryRecords;

use super::*;
use crate::ErrorKind;
use crate::test_support::TestHost;

fn pair() -> PairOfPlaces {
    let (source, destination) = ("/srv".to_owned(), "s3://lake/".to_owned());
    PairOfPlaces { id: identify_pair(&[b"a".to_vec()]), source, destination }
}

fn open(folders: &MemoryRecords, dry_run: bool) -> Result<PairRecords, OperationError> {
    PairRecords::open(&TestHost::default().context(), folders, &pair(), dry_run)
}

#[test]
fn a_dry_run_of_a_new_pair_leaves_nothing() {
    let folders = MemoryRecords::default();

    let records = open(&folders, true).unwrap();
    records.files().append("journal").unwrap().write_all(b"x").unwrap();

    assert!(folders.state.file_names().is_empty() && folders.files.names().is_empty());
}

#[test]
fn a_run_tells_its_places_and_keeps_its_files() {
    let folders = MemoryRecords::default();

    let records = open(&folders, false).unwrap();
    records.files().append("journal").unwrap().write_all(b"x").unwrap();

    let name = format!("transfers/{}/pair.json", pair().id);
    let about = String::from_utf8(folders.state.read(&name).unwrap()).unwrap();
    assert!(about.contains("\"destination\": \"s3://lake/\""), "{about}");
    assert_eq!(folders.files.names(), [format!("transfers/{}/journal", pair().id)]);
}

#[test]
fn two_runs_do_not_share_a_pair_and_a_dry_run_waits_for_none() {
    let folders = MemoryRecords::default();
    let first = open(&folders, false).unwrap();

    assert_eq!(open(&folders, false).err().unwrap().kind, ErrorKind::Locked);
    assert_eq!(open(&folders, true).err().unwrap().kind, ErrorKind::Locked);
    drop(first);
    assert!(open(&folders, true).is_ok());
}

#[test]
fn ids_tell_parts_apart_that_are_the_same_when_put_together() {
    let id = |parts: &[&str]| {
        identify_pair(&parts.iter().map(|part| part.as_bytes().to_vec()).collect::<Vec<_>>())
    };

    assert_eq!(id(&["a", "b"]), id(&["a", "b"]));
    assert_ne!(id(&["a", "b"]), id(&["ab", ""]));
    assert_eq!(id(&["a"]).len(), 24);
}
