//! A run that dies at any instant can be finished and undone (P1, P5).

use datalake_engine::Checkpoint;

use crate::faulty::{Fails, Faulty, Seen};
use crate::support::{Picture, World};

const LINE: &str = "bucket = assets\n";
const OTHER_LINE: &str = "bucket = other\n";

/// A world in which one command died, and how it looked at the start.
struct Scene {
    world: World,
    bucket_was_there: bool,
    start: Picture,
    note: String,
}

/// The command that dies.
#[derive(Debug, Clone, Copy)]
enum Dying {
    /// The first `provision`.
    Provision,
    /// A `provision` with another spec, after a first one was killed half-way.
    Continuation,
    /// A `provision` after one that was killed as podman replaced a secret.
    Mending,
    /// The rollback of a complete run.
    Rollback,
    /// The rollback of a run that continued another one.
    RollbackOfTwo,
    /// A rollback after one that was killed as podman brought a secret back.
    RollbackMending,
}

/// Those that pass every checkpoint between them.
const COMMANDS: [Dying; 4] =
    [Dying::Provision, Dying::Continuation, Dying::Rollback, Dying::RollbackOfTwo];

/// Half-way through the first `provision`: `/srv/app.conf` is written, nothing after it.
const HALF_WAY: Fails = Fails::DiesAt(Checkpoint::FileRenamed, 1);

impl Scene {
    async fn new(bucket_was_there: bool, dying: Dying, fails: Fails) -> (Self, Seen) {
        let world = if bucket_was_there {
            World::with_bucket().await
        } else {
            World::without_bucket().await
        };
        let start = world.picture(bucket_was_there).await;
        let before = match dying {
            Dying::Provision | Dying::Rollback | Dying::RollbackMending => None,
            Dying::Continuation | Dying::RollbackOfTwo => Some(HALF_WAY),
            Dying::Mending => Some(Fails::DiesStoring),
        };
        if let Some(half_way) = before {
            let half_way = Faulty::new(&world, half_way);
            world.provision(OTHER_LINE, &half_way.ports()).await.unwrap_err();
        }
        if let Dying::Rollback | Dying::RollbackOfTwo | Dying::RollbackMending = dying {
            world.provision(LINE, &world.ports()).await.unwrap();
        }
        if let Dying::RollbackMending = dying {
            let half_way = Faulty::new(&world, Fails::DiesStoring);
            world.rollback(&half_way.ports()).await.unwrap_err();
        }
        let faulty = Faulty::new(&world, fails);
        // It says so or, where it died after its last call, it does not.
        let _ = match dying {
            Dying::Provision | Dying::Continuation | Dying::Mending => {
                world.provision(LINE, &faulty.ports()).await
            }
            Dying::Rollback | Dying::RollbackOfTwo | Dying::RollbackMending => {
                world.rollback(&faulty.ports()).await
            }
        };
        let seen = faulty.seen();
        let note = format!("{dying:?} {fails:?}, bucket was there: {bucket_was_there}");
        (Self { world, bucket_was_there, start, note }, seen)
    }

    async fn provision(&self) {
        let done = self.world.provision(LINE, &self.world.ports()).await;

        assert!(done.is_ok(), "{}: {done:?}", self.note);
        let content = self.world.content("/srv/app.conf");
        assert_eq!(content, Some(format!("old\n{LINE}")), "{}", self.note);
        assert!(self.world.plan(LINE).await.is_empty(), "{}", self.note);
    }

    async fn rollback(&self) {
        let done = self.world.rollback(&self.world.ports()).await;

        assert!(done.is_ok(), "{}: {done:?}", self.note);
        let end = self.world.picture(self.bucket_was_there).await;
        assert_eq!(end, self.start, "{}", self.note);
        assert_eq!(self.world.history().to_roll_back(), None, "{}", self.note);
    }
}

/// Lets `dying` die as told, and takes both ways on from there.
async fn check(bucket_was_there: bool, dying: Dying, fails: Fails) {
    let (undone, _) = Scene::new(bucket_was_there, dying, fails).await;
    undone.rollback().await;

    let (finished, _) = Scene::new(bucket_was_there, dying, fails).await;
    finished.provision().await;
    finished.rollback().await;
}

/// Lets `dying` die before each of its calls.
async fn check_each_call(bucket_was_there: bool, dying: Dying) {
    let (_, seen) = Scene::new(bucket_was_there, dying, Fails::Never).await;

    for call in 0..seen.calls {
        check(bucket_was_there, dying, Fails::DiesBefore(call)).await;
    }
}

#[tokio::test]
async fn a_provision_that_died_before_any_call_is_mended() {
    for bucket_was_there in [false, true] {
        check_each_call(bucket_was_there, Dying::Provision).await;
        check_each_call(bucket_was_there, Dying::Continuation).await;
    }
    check_each_call(true, Dying::Mending).await;
}

#[tokio::test]
async fn a_rollback_that_died_before_any_call_is_mended() {
    for bucket_was_there in [false, true] {
        check_each_call(bucket_was_there, Dying::Rollback).await;
        check_each_call(bucket_was_there, Dying::RollbackOfTwo).await;
    }
    check_each_call(true, Dying::RollbackMending).await;
}

#[tokio::test]
async fn a_death_at_any_checkpoint_is_mended() {
    let mut tested = Vec::new();
    for dying in COMMANDS {
        let (_, seen) = Scene::new(true, dying, Fails::Never).await;
        for checkpoint in Checkpoint::ALL {
            let times = seen.passed.iter().filter(|passed| **passed == checkpoint).count();
            for time in 1..=times {
                check(true, dying, Fails::DiesAt(checkpoint, time)).await;
            }
        }
        tested.extend(seen.passed);
    }

    for checkpoint in Checkpoint::ALL {
        assert!(tested.contains(&checkpoint), "no run passes {checkpoint}");
    }
}
