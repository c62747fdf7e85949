//! Long files of the state folder.

use std::io::Write as _;
use std::sync::Arc;

use datalake_core::fault::Fault;
use datalake_engine::transfer::LongFiles;
use datalake_engine::{NoCheckpoints, StateFolder};
use datalake_host::StateDir;
use tempfile::TempDir;

fn read(state: &dyn LongFiles, name: &str) -> Result<Option<String>, Fault> {
    let mut text = String::new();
    let Some(mut file) = state.open(name)? else { return Ok(None) };
    file.read_to_string(&mut text).unwrap();
    Ok(Some(text))
}

#[test]
fn a_long_file_is_there_when_it_is_finished() {
    let folder = TempDir::new().unwrap();
    let state = StateDir::open(&folder.path().join("state"), Arc::new(NoCheckpoints)).unwrap();
    let name = "transfers/a.manifest";
    assert_eq!(read(&state, name).unwrap(), None);

    let mut dropped = state.create(name).unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(read(&state, name).unwrap(), None);
    let left = std::fs::read_dir(folder.path().join("state/transfers")).unwrap();
    assert_eq!(left.count(), 0, "what was given up is gone");
    for content in ["one", "two"] {
        let mut file = state.create(name).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.finish().unwrap();
        assert_eq!(read(&state, name).unwrap().as_deref(), Some(content));
    }
    LongFiles::remove(&state, name).unwrap();
    LongFiles::remove(&state, name).unwrap();
    assert_eq!(read(&state, name).unwrap(), None);
}

#[test]
fn what_is_written_below_a_lock_of_its_own_is_no_leftover_of_a_kill() {
    let folder = TempDir::new().unwrap();
    let open =
        |name: &str| StateDir::open(&folder.path().join(name), Arc::new(NoCheckpoints)).unwrap();
    let (state, restores) = (open("state"), open("state/restores"));
    let held = restores.lock("restore").unwrap();
    let mut plan = restores.create("a.plan").unwrap();
    plan.write_all(b"plan").unwrap();

    state.lock("provision").unwrap();

    plan.finish().unwrap();
    assert_eq!(read(&state, "restores/a.plan").unwrap().as_deref(), Some("plan"));
    drop(held);
}

#[test]
fn what_is_added_is_kept_at_once() {
    let folder = TempDir::new().unwrap();
    let state = StateDir::open(folder.path(), Arc::new(NoCheckpoints)).unwrap();

    let mut file = LongFiles::append(&state, "transfers/a.journal").unwrap();
    file.write_all(b"one").unwrap();
    assert_eq!(read(&state, "transfers/a.journal").unwrap().as_deref(), Some("one"));
    let mut again = LongFiles::append(&state, "transfers/a.journal").unwrap();
    again.write_all(b"two").unwrap();

    assert_eq!(read(&state, "transfers/a.journal").unwrap().as_deref(), Some("onetwo"));
}
