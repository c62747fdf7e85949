//! One call fails, for every call and several faults: the run stops, says where, and can go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_engine::*;
use mockall::mock;

use crate::faulty::{Fails, Faulty};
use crate::support::*;

const LINE: &str = "bucket = assets\n";
const KINDS: [FaultKind; 3] = [FaultKind::DiskFull, FaultKind::Io, FaultKind::Unavailable];

mock! {
    HostFiles {}

    impl Files for HostFiles {
        fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault>;
        fn write<'a>(&self, path: &HostPath, file: &NewFile<'a>) -> Result<(), Fault>;
        fn remove_file(&self, path: &HostPath) -> Result<(), Fault>;
        fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault>;
        fn remove_folder(&self, path: &HostPath) -> Result<(), Fault>;
        fn sweep(&self, path: &HostPath) -> Result<(), Fault>;
    }
}

mock! {
    Folder {}

    impl StateFolder for Folder {
        fn read(&self, name: &str) -> Result<Vec<u8>, Fault>;
        fn write(&self, name: &str, content: &[u8]) -> Result<(), Fault>;
        fn append(&self, name: &str, content: &[u8]) -> Result<(), Fault>;
        fn remove(&self, name: &str) -> Result<(), Fault>;
        fn names(&self, folder: &str) -> Result<Vec<String>, Fault>;
        fn lock(&self, holder: &str) -> Result<Box<dyn Lock>, LockFault>;
    }
}

/// Counts calls, and lets the one of number `fails` fail.
#[derive(Clone)]
struct Turns {
    calls: Arc<AtomicUsize>,
    fails: usize,
    kind: FaultKind,
}

impl Turns {
    fn new(fails: usize, kind: FaultKind) -> Self {
        Self { calls: Arc::default(), fails, kind }
    }

    fn next(&self) -> Result<(), Fault> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if call == self.fails { Err(Fault::new(self.kind, "injected")) } else { Ok(()) }
    }

    /// Whether the call that was to fail was ever made.
    fn came(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > self.fails
    }
}

/// The files of `world`; the call whose turn it is fails.
fn failing_files(world: &Arc<World>, turns: &Turns) -> MockHostFiles {
    let mut mock = MockHostFiles::new();
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_look().returning(move |path| turn.next().and_then(|()| at.files.look(path)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_write()
        .returning(move |path, file| turn.next().and_then(|()| at.files.write(path, file)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_remove_file()
        .returning(move |path| turn.next().and_then(|()| at.files.remove_file(path)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_create_folder().returning(move |path, mode, owner| {
        turn.next().and_then(|()| at.files.create_folder(path, mode, owner))
    });
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_remove_folder()
        .returning(move |path| turn.next().and_then(|()| at.files.remove_folder(path)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_sweep().returning(move |path| turn.next().and_then(|()| at.files.sweep(path)));
    mock
}

/// The state folder of `world`; the call whose turn it is fails.
fn failing_folder(world: &Arc<World>, turns: &Turns) -> MockFolder {
    let mut mock = MockFolder::new();
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_read().returning(move |name| turn.next().and_then(|()| at.state.read(name)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_write()
        .returning(move |name, content| turn.next().and_then(|()| at.state.write(name, content)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_append()
        .returning(move |name, content| turn.next().and_then(|()| at.state.append(name, content)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_remove().returning(move |name| turn.next().and_then(|()| at.state.remove(name)));
    let (at, turn) = (Arc::clone(world), turns.clone());
    mock.expect_names().returning(move |name| turn.next().and_then(|()| at.state.names(name)));
    mock
}

/// What the operator is told a failed command was about; `None` for its own records.
fn told(stopped: &Stopped) -> Option<Target> {
    match stopped {
        Stopped::Blocked(blockers) => Some(blockers[0].target.clone()),
        Stopped::InTheWay(conflicts) => Some(conflicts[0].step.action.target()),
        Stopped::Waits(pending) => Some(pending[0].target.clone()),
        Stopped::Apply(ApplyError::Step(failed) | ApplyError::Pending(failed)) => {
            Some(failed.step.action.target())
        }
        Stopped::Records(_) | Stopped::Apply(_) => None,
    }
}

/// Checks that a failed command left no half file, and takes the rest of the way.
async fn check_goes_on(world: &World, start: &Picture, note: &str) {
    let content = world.content("/srv/app.conf").unwrap();
    assert!(["old\n".to_owned(), format!("old\n{LINE}")].contains(&content), "{note}: {content}");

    let finished = world.provision(LINE, &world.ports()).await;
    assert!(finished.is_ok(), "{note}: {finished:?}");
    assert!(world.plan(LINE).await.is_empty(), "{note}");

    let history = world.history();
    let last = history.iter().next_back().unwrap();
    assert!(last.continues.is_empty() || last.is_complete(), "{note}: {last:?}");

    let undone = world.rollback(&world.ports()).await;
    assert!(undone.is_ok(), "{note}: {undone:?}");
    assert_eq!(world.picture(true).await, *start, "{note}");
}

#[tokio::test]
async fn a_call_to_the_files_fails() {
    for kind in KINDS {
        for call in 0.. {
            let world = Arc::new(World::with_bucket().await);
            let start = world.picture(true).await;
            let turns = Turns::new(call, kind);
            let files = failing_files(&world, &turns);
            let ports = Ports { files: &files, ..world.ports() };
            let stopped = world.provision(LINE, &ports).await;
            if !turns.came() {
                assert!(call > 10, "only {call} calls were made");
                break;
            }

            let about = told(&stopped.unwrap_err());
            assert!(matches!(about, Some(Target::Path(_))), "call {call}: {about:?}");
            check_goes_on(&world, &start, &format!("{kind:?} at call {call}")).await;
        }
    }
}

#[tokio::test]
async fn a_call_to_the_state_folder_fails() {
    for kind in KINDS {
        for call in 0.. {
            let world = Arc::new(World::with_bucket().await);
            let start = world.picture(true).await;
            let turns = Turns::new(call, kind);
            let folder = failing_folder(&world, &turns);
            let ports = Ports { state: &folder, ..world.ports() };
            let stopped = world.provision(LINE, &ports).await;
            if !turns.came() {
                assert!(call > 10, "only {call} calls were made");
                break;
            }

            match stopped.unwrap_err() {
                Stopped::Records(fault) | Stopped::Apply(ApplyError::Records(fault)) => {
                    assert_eq!(fault.kind, kind, "call {call}");
                }
                // A copy of what was there before could not be kept.
                other => {
                    let about = told(&other).unwrap();
                    let changed = ["/srv/app.conf", LEFT_OVER].map(|text| Target::Path(path(text)));
                    let is_secret = matches!(about, Target::Secret(_));
                    assert!(is_secret || changed.contains(&about), "call {call}: {about:?}");
                }
            }
            check_goes_on(&world, &start, &format!("{kind:?} at call {call}")).await;
        }
    }
}

const WAYS: [fn(usize, FaultKind) -> Fails; 4] =
    [Fails::Once, Fails::LosesAnswer, Fails::GoneBefore, Fails::GoneAfter];

#[tokio::test]
async fn a_call_of_a_rollback_fails_or_loses_its_answer() {
    let kind = FaultKind::Unavailable;
    for how in WAYS {
        for call in 0.. {
            let world = World::with_bucket().await;
            let start = world.picture(true).await;
            world.provision(LINE, &world.ports()).await.unwrap();
            let faulty = Faulty::new(&world, how(call, kind));
            let stopped = world.rollback(&faulty.ports()).await;
            if faulty.seen().calls <= call {
                assert!(call > 20, "only {call} calls were made");
                break;
            }

            let undone = world.rollback(&world.ports()).await;
            assert!(undone.is_ok(), "{:?} {stopped:?}: {undone:?}", how(call, kind));
            assert_eq!(world.picture(true).await, start, "{:?}", how(call, kind));
        }
    }
}

#[tokio::test]
async fn a_call_to_any_port_fails_or_loses_its_answer() {
    let kind = FaultKind::Unavailable;
    for how in WAYS {
        for call in 0.. {
            let world = World::with_bucket().await;
            let start = world.picture(true).await;
            let faulty = Faulty::new(&world, how(call, kind));
            let stopped = world.provision(LINE, &faulty.ports()).await;
            if faulty.seen().calls <= call {
                assert!(call > 20, "only {call} calls were made");
                break;
            }

            check_goes_on(&world, &start, &format!("call {call}: {stopped:?}")).await;
        }
    }
}
