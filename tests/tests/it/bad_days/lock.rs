//! Two runs at once (P6).

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use snapbox::str;

use super::Day;
use crate::support::eventually;

#[test]
fn a_second_run_is_told_who_is_at_work() {
    let day = Day::new();
    day.service.set_faults("delay 600s on PUT");
    let mut first = day.provision().start();
    let lock = day.host.state().join("lock");
    eventually("the first run holds the lock", || {
        fs::metadata(&lock).is_ok_and(|about| about.len() > 0)
    });
    let runs = day.host.state().join("runs");
    eventually("its journal is begun", || {
        fs::read_dir(&runs).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.path().extension().is_some_and(|end| end == "journal"))
        })
    });
    // It stands still, so that all that changes is the second one's doing.
    let pid = Pid::from_child(&first);
    kill_process(pid, Signal::STOP).unwrap();

    let ran = day.refuses(
        day.provision(),
        7,
        str![[r#"
error: another run is at work here: process [PID], `datalake provision`, since [TIME]
hint: wait for it to end; a killed run gives the lock back by itself

"#]],
    );
    assert!(ran.stderr.contains(&format!("process {}, ", first.id())), "{}", ran.stderr);
    day.refuses(
        day.host.call(&day.service, "rollback --yes"),
        7,
        str![[r#"
error: another run is at work here: process [PID], `datalake provision`, since [TIME]
hint: wait for it to end; a killed run gives the lock back by itself

"#]],
    );

    // The kernel takes the lock from the dead: the next run goes ahead.
    first.kill().unwrap();
    first.wait().unwrap();
    day.service.set_faults("");
    day.provision().run().exits(0);
}

#[test]
fn looking_needs_no_lock() {
    let day = Day::new();
    day.provision().run().exits(0);
    fs::remove_file(day.host.env_file()).unwrap();
    day.service.set_faults("delay 600s on PUT");
    let mut first = day.provision().start();
    let runs = day.host.state().join("runs");
    eventually("a run is on its way", || {
        fs::read_dir(&runs).is_ok_and(|entries| entries.count() > 0)
    });

    day.host.call(&day.service, "status").run().exits(3);
    day.host.call(&day.service, "provision --dry-run").run().exits(3);
    day.host.call(&day.service, "history").run().exits(0);

    first.kill().unwrap();
    first.wait().unwrap();
}
