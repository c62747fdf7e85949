//! SIGKILL at every named point of every command, and both ways on from there (P1, P2, P5).

mod ground;
mod points;
mod random;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use datalake_engine::Checkpoint;

use ground::Ground;
use points::Points;

/// Most of a run is waiting for a new bucket, so there are more of them than processors.
const AT_ONCE: usize = 4;

/// Kills `words` over a copy of what `scene` gives at every point that it passes; from there,
/// `provision` must reach the target and `rollback` the start. Tells the checkpoints that it met.
fn at_every_point(
    grounds: &[Ground],
    words: &str,
    scene: impl Fn(&Ground) -> &Path + Sync,
) -> BTreeSet<&'static str> {
    let points = Mutex::new(Points::of(Checkpoint::ALL));
    let work = &|ground: &Ground| {
        loop {
            let Some((checkpoint, passing)) = points.lock().unwrap().next() else { break };
            let place = format!("{checkpoint}:{passing}");
            if ground.kill(scene(ground), words, &place) {
                points.lock().unwrap().met(checkpoint);
                let note = format!("`{words}` killed at {place}");
                ground.finish_and_undo(&note);
                ground.undo(&note);
            } else {
                points.lock().unwrap().survived(checkpoint);
            }
        }
    };
    thread::scope(|scope| {
        for ground in grounds {
            scope.spawn(move || work(ground));
        }
    });
    let points = points.into_inner().unwrap();
    println!("`{words}` was killed {} times", points.kills());
    points.all_met()
}

#[test]
fn a_run_killed_anywhere_is_finished_or_undone() {
    let grounds: Vec<_> = thread::scope(|scope| {
        let made: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(Ground::new)).collect();
        made.into_iter().map(|ground| ground.join().unwrap()).collect()
    });

    let first = at_every_point(&grounds, "provision --yes", Ground::start);
    let back = at_every_point(&grounds, "rollback --yes", Ground::end);
    let second = at_every_point(&grounds, "provision --yes", Ground::middle);
    let back_again = at_every_point(&grounds, "rollback --yes", Ground::middle);

    let met: BTreeSet<_> = [first, back, second, back_again].into_iter().flatten().collect();
    // A sandbox has no services: the lane `host` kills runs there.
    let elsewhere = [Checkpoint::UnitsReloaded, Checkpoint::ServicesOrdered].map(Checkpoint::name);
    let all = Checkpoint::ALL.map(Checkpoint::name).into_iter();
    let all: BTreeSet<_> = all.filter(|name| !elsewhere.contains(name)).collect();
    assert_eq!(met, all, "a checkpoint that no command passes is tested by nobody");
}
