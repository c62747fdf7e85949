//! SIGKILL at every named point of every command, and both ways on from there (P1, P2, P5).

mod ground;
mod points;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use datalake_engine::Checkpoint;

use ground::Ground;
use points::Points;

/// Most of a run is waiting for a new bucket, so there are more of them than processors.
const AT_ONCE: usize = 4;

/// Kills `words` over a copy of what `scene` gives at every point that it passes, and calls `then`
/// with the killed copy. Tells the checkpoints that it met.
fn at_every_point(
    words: &str,
    scene: impl Fn(&Ground) -> &Path + Sync,
    then: impl Fn(&Ground, &str) + Sync,
) -> BTreeSet<&'static str> {
    let points = Mutex::new(Points::of(Checkpoint::ALL));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let ground = Ground::new();
                loop {
                    let Some((checkpoint, passing)) = points.lock().unwrap().next() else { break };
                    let place = format!("{checkpoint}:{passing}");
                    let note = format!("`{words}` killed at {place}");
                    if ground.kill(scene(&ground), words, &place) {
                        points.lock().unwrap().met(checkpoint);
                        then(&ground, &note);
                    } else {
                        points.lock().unwrap().survived(checkpoint);
                    }
                }
            });
        }
    });
    let points = points.into_inner().unwrap();
    println!("`{words}` was killed {} times", points.kills());
    points.all_met()
}

#[test]
fn a_run_killed_anywhere_is_finished_or_undone() {
    let provision = at_every_point("provision --yes", Ground::start, |ground, note| {
        ground.finish_and_undo(note);
        ground.undo(note);
    });
    let rollback = at_every_point("rollback --yes", Ground::end, |ground, note| {
        ground.undo(note);
        ground.finish_and_undo(note);
    });
    let again = at_every_point("provision --yes", Ground::middle, |ground, note| {
        ground.finish_and_undo(note);
        ground.undo(note);
    });

    let met: BTreeSet<_> = provision.iter().chain(&rollback).chain(&again).copied().collect();
    let all: BTreeSet<_> = Checkpoint::ALL.map(Checkpoint::name).into();
    assert_eq!(met, all, "a checkpoint that no command passes is tested by nobody");
    assert!(!provision.contains("earlier-run-taken"), "there was no earlier run");
}
