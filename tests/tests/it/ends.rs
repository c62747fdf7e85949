//! How a run ends when it is disturbed: two at once, a signal, SIGKILL with a child at work, a panic.

mod children;
mod sizes;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Call, Host, Service, eventually};

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// A usual host and a service whose buckets are there at once.
struct Scene {
    host: Host,
    service: Service,
}

impl Scene {
    fn new() -> Self {
        Self { host: Host::usual(), service: Service::quick() }
    }

    fn call(&self, words: &str) -> Call {
        self.host.call(&self.service, words)
    }

    /// The same with records of its own.
    fn with_state(&self, name: &str, words: &str) -> Call {
        self.call(words).arg("--state").arg(self.host.dir().join(name))
    }
}

#[test]
fn two_state_folders_exclude_each_other_on_one_host() {
    let scene = Scene::new();
    scene.service.set_faults("delay 600s on PUT");
    let mut first = scene.with_state("one", "provision --yes").start();
    let runs = scene.host.dir().join("one/runs");
    eventually("the first run has begun", || {
        fs::read_dir(&runs).is_ok_and(|entries| entries.count() > 0)
    });

    for words in ["provision --yes", "rollback --yes"] {
        // A rollback without records has nothing to do, so it is given a folder.
        fs::create_dir_all(scene.host.dir().join("two")).unwrap();
        let ran = scene.with_state("two", words).run().exits(7);
        let process = format!("process {} of user ", first.id());
        assert!(ran.stderr.contains(&process), "{words}: {}", ran.stderr);
    }

    first.kill().unwrap();
    first.wait().unwrap();
    scene.service.set_faults("");
    scene.with_state("two", "provision --yes").run().exits(0);
}

/// The program in a network namespace of its own; 99 where this machine does not permit one.
const OTHER_NETWORK: &str = "apart=-n; unshare $apart true 2>&1 || apart=-rn; \
    unshare $apart true 2>&1 || exit 99; exec unshare $apart \"$@\"";

#[test]
fn a_run_in_another_network_namespace_is_kept_out_too() {
    let scene = Scene::new();
    scene.service.set_faults("delay 600s on PUT");
    let mut first = scene.with_state("one", "provision --yes").start();
    let runs = scene.host.dir().join("one/runs");
    eventually("the first run has begun", || {
        fs::read_dir(&runs).is_ok_and(|entries| entries.count() > 0)
    });
    fs::create_dir_all(scene.host.dir().join("two")).unwrap();

    // A rollback takes the lock before it asks the service, which is not to be reached from there.
    let second = scene.with_state("two", "rollback --yes").through_script(OTHER_NETWORK);
    let ran = second.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").run();

    if ran.status.code() == Some(99) {
        // Past the capture of the test harness: what is skipped is said aloud.
        let line = format!("skipped, no network namespace here: {}\n", ran.stdout.trim());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    } else {
        let ran = ran.exits(7);
        let process = format!("process {} of user ", first.id());
        assert!(ran.stderr.contains(&process), "{}", ran.stderr);
        assert!(ran.stderr.contains("`datalake provision`, since "), "{}", ran.stderr);
    }
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn two_state_folders_exclude_each_other_on_one_pair_of_places() {
    let scene = Scene::new();
    scene.call("bucket create acme-dagster-assets").run().exits(0);
    let data = scene.host.work().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("file"), b"x").unwrap();
    scene.service.set_faults("delay 600s on PUT");
    let words = "sync data s3://acme-dagster-assets/lake/";
    let mut first = scene.with_state("one", words).start();
    let pairs = scene.host.dir().join("one/transfers");
    let is_at_work = || {
        let mut pairs = fs::read_dir(&pairs).into_iter().flatten().flatten();
        pairs.any(|pair| pair.path().join("pair.json").exists())
    };
    eventually("the first run has begun", is_at_work);

    let ran = scene.with_state("two", words).run().exits(7);
    let process = format!("process {} of user ", first.id());
    assert!(ran.stderr.contains(&process), "{}", ran.stderr);
    scene.service.set_faults("");
    let other = "sync data s3://acme-dagster-assets/other/";
    scene.with_state("two", other).run().exits(0);

    first.kill().unwrap();
    first.wait().unwrap();
    scene.with_state("two", "sync data s3://acme-dagster-assets/lake/").run().exits(0);
}

/// Waits until a request came, sends the signal, and tells how the command ended.
#[track_caller]
fn ends_at(signal: Signal, scene: &Scene, words: &str) -> (Option<i32>, String) {
    let before = scene.service.counts().requests;
    let child = scene.call(words).start();
    eventually("the command waits for the service", || scene.service.counts().requests > before);
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn every_command_ends_at_every_signal_with_130() {
    let scene = Scene::new();
    scene.call("bucket create acme-dagster-assets").run().exits(0);
    scene.service.set_faults("delay 600s");
    for signal in SIGNALS {
        for words in ["status", "doctor", "bucket list", "ls", "du", "provision --yes"] {
            let (code, stderr) = ends_at(signal, &scene, words);
            assert_eq!(code, Some(130), "{words} at {signal:?}: {stderr}");
            assert!(stderr.contains("stopped by the operator"), "{words}: {stderr}");
        }
    }
}

#[test]
fn a_run_stops_after_its_step_at_every_signal() {
    for signal in SIGNALS {
        let scene = Scene::new();
        scene.service.set_faults("delay 1s on PUT");
        let child = scene.call("provision --yes").start();
        let runs = scene.host.state().join("runs");
        eventually("it has begun", || fs::read_dir(&runs).is_ok_and(|entries| entries.count() > 0));

        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();

        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal:?}: {stderr}");
        // The signal may come before the first step.
        let told = ["stopping after this step", "stopped before"];
        assert!(told.iter().any(|told| stderr.contains(told)), "{stderr}");
        scene.service.set_faults("");
        scene.call("provision --yes").run().exits(0);
    }
}

#[test]
fn a_process_that_ignores_hang_ups_goes_on_ignoring_them() {
    let scene = Scene::new();
    scene.call("bucket create acme-dagster-assets").run().exits(0);
    scene.service.set_faults("delay 2s on GET times 1");
    let before = scene.service.counts().requests;
    let child = scene.call("ls").through_script("trap '' HUP; exec \"$@\"").start();
    eventually("it waits", || scene.service.counts().requests > before);

    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();

    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_panic_ends_with_70_and_one_sentence() {
    let scene = Scene::new();

    let call = scene.call("provision --yes").env("DATALAKE_TEST_PANIC", "run-begun:1");
    let ran = call.run().exits(70);

    let lines: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    let [line] = lines.as_slice() else { panic!("{}", ran.stderr) };
    assert!(line.starts_with("error: this is a bug in datalake, at "), "{line}");
    assert!(!ran.stderr.contains("RUST_BACKTRACE"), "{}", ran.stderr);
    scene.call("provision --yes").run().exits(0);
}

#[test]
fn a_process_that_holds_a_secret_writes_no_core_file() {
    let scene = Scene::new();
    scene.call("bucket create acme-dagster-assets").run().exits(0);
    scene.service.set_faults("delay 600s");
    let before = scene.service.counts().requests;
    let child = scene.call("ls").through_script("ulimit -c unlimited || :; exec \"$@\"").start();
    eventually("it waits", || scene.service.counts().requests > before);

    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();

    let status = child.wait_with_output().unwrap().status;
    assert_eq!(status.signal(), Some(6), "{status}");
    assert!(!status.core_dumped(), "{status}");
}

#[test]
fn a_receipt_that_was_edited_is_told_and_can_be_used_on_demand() {
    let scene = Scene::new();
    let home = scene.host.home();
    scene.call("provision --yes").run().exits(0);
    let receipts = fs::read_dir(scene.host.state().join("receipts")).unwrap();
    let receipt = receipts.map(|entry| entry.unwrap().path()).next().unwrap();
    let text = fs::read_to_string(&receipt).unwrap();
    let edited = scene.host.work().join("edited.json");
    let other = text.replacen("\"why\": \"", "\"why\": \"by hand, ", 1);
    assert_ne!(other, text);
    fs::write(&edited, &other).unwrap();

    let ran = scene.call("rollback --yes edited.json").run().exits(4);
    assert!(ran.stderr.contains("the receipt was edited"), "{}", ran.stderr);

    let without: Vec<_> = other.lines().filter(|line| !line.contains("\"checksum\"")).collect();
    let without = without.join("\n").replace("],\n}", "]\n}");
    fs::write(&edited, without).unwrap();
    scene.call("rollback --yes edited.json").run().exits(0);
    scene.host.home().must_be(&home, "after a rollback by an edited receipt");
}
