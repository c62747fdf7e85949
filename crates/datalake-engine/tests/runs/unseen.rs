//! Paths that cannot be looked at for a while: somebody has put a link in the place of a folder.

use std::ops::Range;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, Mode, Owner};
use datalake_engine::memory::Everything;
use datalake_engine::*;

use crate::faulty::{Fails, Faulty};
use crate::support::*;

const LINE: &str = "bucket = assets\n";
const OTHER_LINE: &str = "bucket = other-assets\n";

/// What is done while paths are hidden.
#[derive(Debug, Clone, Copy)]
enum Command {
    Provision(&'static str),
    Rollback,
}

use self::Command::{Provision, Rollback};

const COMMANDS: [[Command; 3]; 3] = [
    [Provision(LINE), Provision(LINE), Provision(OTHER_LINE)],
    [Provision(LINE), Provision(OTHER_LINE), Rollback],
    [Provision(LINE), Rollback, Provision(OTHER_LINE)],
];

/// So many calls are made while a link lies there: the look after an action, and the next one.
const LENGTH: usize = 2;

/// The files of a world; some calls find a link on the way.
struct Hidden<'a> {
    world: &'a World,
    calls: AtomicUsize,
    links: &'a [Range<usize>],
}

impl Hidden<'_> {
    fn reach(&self) -> Result<(), Fault> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.links.iter().any(|link| link.contains(&call)) {
            return Err(Fault::new(FaultKind::NotPlain, "a link is on the way"));
        }
        Ok(())
    }
}

impl Files for Hidden<'_> {
    /// Behind the link there is nothing.
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        let absent = |_| Fault::new(FaultKind::Absent, "behind a link");
        self.reach().map_err(absent).and_then(|()| self.world.files.look(path))
    }

    fn look_in_place(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        self.reach().and_then(|()| self.world.files.look(path))
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.reach().and_then(|()| self.world.files.write(path, file))
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.reach().and_then(|()| self.world.files.remove_file(path))
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.reach().and_then(|()| self.world.files.create_folder(path, mode, owner))
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.reach().and_then(|()| self.world.files.remove_folder(path))
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.reach().and_then(|()| self.world.files.sweep(path))
    }
}

/// Runs the commands with links during these calls, then all the way back without any. Gives the number
/// of calls.
async fn check_comes_back(
    (world, start): (&World, &Everything),
    commands: &[Command],
    links: &[Range<usize>],
) -> usize {
    let hidden = Hidden { world, calls: AtomicUsize::new(0), links };
    let ports = Ports { files: &hidden, ..world.ports() };
    let mut ended = Vec::new();
    for command in commands {
        ended.push(match command {
            Provision(line) => world.provision(line, &ports).await,
            Rollback => world.rollback(&ports).await,
        });
    }

    let note = || format!("{commands:?}, {links:?}: {ended:?}");
    let provisioned = world.provision(LINE, &world.ports()).await;
    assert!(provisioned.is_ok(), "{}: {provisioned:?}", note());
    while world.history().to_roll_back().is_some() {
        let undone = world.rollback(&world.ports()).await;
        assert!(undone.is_ok(), "{}: {undone:?}", note());
    }
    assert_eq!(world.files.everything(), *start, "{}", note());
    hidden.calls.into_inner()
}

/// A host and what it holds, with an empty folder of somebody else's if so asked.
async fn host(has_folder: bool) -> (World, Everything) {
    let world = World::with_bucket().await;
    if has_folder {
        world.files.create_folder(&path("/srv/datalake"), Mode::PRIVATE_FOLDER, OWNER).unwrap();
    }
    let start = world.files.everything();
    (world, start)
}

#[tokio::test]
async fn what_was_made_and_could_not_be_looked_at_goes_again_and_what_was_there_stays() {
    for (commands, has_folder) in COMMANDS.into_iter().zip([false, true, false]) {
        for first in 0.. {
            let (world, start) = host(has_folder).await;
            let link = first..first + LENGTH;
            let calls = check_comes_back((&world, &start), &commands, slice::from_ref(&link)).await;
            if calls <= first {
                assert!(first > 30, "only {calls} calls were made");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_neither_the_run_nor_the_next_could_look_at_goes_again() {
    for first in 7..20 {
        for second in first + LENGTH..first + 12 {
            let (world, start) = host(false).await;
            let links = [first..first + LENGTH, second..second + 1];
            check_comes_back((&world, &start), &COMMANDS[1][..2], &links).await;
        }
    }
}

/// The folder is made by the fourth step; the next run sweeps, looks at it and plans.
#[tokio::test]
async fn a_folder_made_by_a_killed_run_goes_again_though_nobody_could_look_at_it() {
    for first in 0..4 {
        for second in first + 1..14 {
            let (world, start) = host(false).await;
            let dying = Faulty::new(&world, Fails::DiesAt(Checkpoint::ActionDone, 4));
            world.provision(LINE, &dying.ports()).await.unwrap_err();
            assert!(world.files.look(&path("/srv/datalake")).is_ok());

            let links = [first..first + 1, second..second + 1];
            check_comes_back((&world, &start), &COMMANDS[0][1..], &links).await;
        }
    }
}
