//! A sandbox that is copied, killed and looked at.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

use datalake_sim::SimKey;
use tempfile::TempDir;

use crate::support::{Call, Ran, Tree, UNITS, copy, folder_in_memory, make_unusual, use_set};

/// The scenes of one thread. All copies serve on one port, so that their hosts can be compared, and
/// only one of them is in use at a time.
pub(super) struct Ground {
    dir: TempDir,
    start: PathBuf,
    end: PathBuf,
    middle: PathBuf,
    start_tree: Tree,
    end_tree: Tree,
}

impl Ground {
    pub(super) fn new() -> Self {
        let dir = folder_in_memory();
        let [start, end, middle] = ["start", "end", "middle"].map(|name| dir.path().join(name));
        run(dir.path(), "config paths", &start, None).exits(0);
        use_set("seed-broken", &start.join("host").join(UNITS));
        make_unusual(&start.join("host").join(UNITS).join("dagster-daemon.container"));
        // A file that has to go, and another that has to change.
        let environment = start.join("host/var/lib/dagster/.config/environment.d");
        fs::create_dir(&environment).unwrap();
        fs::write(environment.join("keys.conf"), "AWS_ACCESS_KEY_ID=old\n").unwrap();
        fs::write(environment.join("more.conf"), "A=1\nAWS_REGION=old\n").unwrap();
        fs::write(start.join("endpoint"), format!("http://127.0.0.1:{}", free_port())).unwrap();

        copy(&start, &end);
        run(dir.path(), "provision --yes", &end, None).exits(0);
        copy(&start, &middle);
        // The env file and one drop-in are written, nothing after them.
        let killed = run(dir.path(), "provision --yes", &middle, Some("intent-recorded:10"));
        assert!(killed.was_killed(), "{}", killed.stderr);
        let [start_tree, end_tree] = [&start, &end].map(|scene| Tree::of(&scene.join("host")));
        Self { dir, start, end, middle, start_tree, end_tree }
    }

    /// A host with units that keep Dagster from starting; there is no bucket yet.
    pub(super) fn start(&self) -> &Path {
        &self.start
    }

    /// The same after a whole `provision`.
    pub(super) fn end(&self) -> &Path {
        &self.end
    }

    /// The same after a `provision` that was killed half-way.
    pub(super) fn middle(&self) -> &Path {
        &self.middle
    }

    /// Whether `words` over a copy of `scene` is killed at the place; else it has come to its end.
    pub(super) fn kill(&self, scene: &Path, words: &str, place: &str) -> bool {
        let killed = self.dir.path().join("killed");
        replace(scene, &killed);
        let ran = run(self.dir.path(), words, &killed, Some(place));
        let died = ran.was_killed();
        if died {
            hides_the_secret(&killed, place);
        } else {
            ran.exits(0);
        }
        died
    }

    /// From a copy of what was killed: `provision` reaches the target, `rollback` the start.
    pub(super) fn finish_and_undo(&self, note: &str) {
        let scene = self.copy_of_killed();
        self.must_do("provision --yes", &scene, note);
        self.must_do("status", &scene, note);
        Tree::of(&scene.join("host")).must_be(&self.end_tree, &format!("{note}, then provision"));
        self.must_do("rollback --yes", &scene, note);
        let note = format!("{note}, then provision and rollback");
        Tree::of(&scene.join("host")).must_be(&self.start_tree, &note);
    }

    /// From a copy of what was killed: `rollback` reaches the start.
    pub(super) fn undo(&self, note: &str) {
        let scene = self.copy_of_killed();
        self.must_do("rollback --yes", &scene, note);
        Tree::of(&scene.join("host")).must_be(&self.start_tree, &format!("{note}, then rollback"));
    }

    fn copy_of_killed(&self) -> PathBuf {
        let scene = self.dir.path().join("scene");
        replace(&self.dir.path().join("killed"), &scene);
        scene
    }

    fn must_do(&self, words: &str, scene: &Path, note: &str) {
        let ran = run(self.dir.path(), words, scene, None);
        assert_eq!(ran.status.code(), Some(0), "{note}, then {words}:\n{}", ran.all());
    }
}

/// A run that dies leaves the key pair in files of mode 0600 alone, and in none of its records.
fn hides_the_secret(killed: &Path, place: &str) {
    let secret = SimKey::sandbox().secret_access_key;
    for (path, node) in Tree::of(killed).iter().filter(|(path, _)| !path.starts_with("s3")) {
        let holds = node.content.windows(secret.len()).any(|part| part == secret.as_bytes());
        let may = path.starts_with("host") || path.starts_with("state/copies");
        assert!(!holds || (may && node.is_private()), "{place}: {}", path.display());
    }
}

fn run(cwd: &Path, words: &str, sandbox: &Path, kill: Option<&str>) -> Ran {
    let sandbox = format!("--sandbox={}", sandbox.display());
    let call = Call::new(cwd, words).arg(sandbox);
    match kill {
        Some(place) => call.env("DATALAKE_TEST_KILL", place).run(),
        None => call.run(),
    }
}

pub(super) fn replace(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    copy(from, to);
}

/// A port below those that the system gives to outgoing connections: it stays free between runs.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_240 + u16::try_from(std::process::id() % 20_000).unwrap();
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .take(1000)
        .find(is_free)
        .expect("one of a thousand ports is free")
}
