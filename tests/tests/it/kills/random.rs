//! SIGKILL at any time of every command that changes something, while buckets come late: the same
//! command again ends with 0, and with what it is for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::ground::{free_port, replace};
use crate::support::{Call, Ran, Tree, UNITS, copy, folder_in_memory, use_set};
use crate::transfer::{Dice, configured};

/// Pickles in the home.
const PICKLES: u64 = 60;

/// Most of a run is waiting, so there are more of them than processors.
const AT_ONCE: u64 = 4;

/// A command that is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Provision,
    Rollback,
    MigrateRun,
    MigrateFree,
    MigrateBack,
}

const VICTIMS: [Victim; 5] = [
    Victim::Provision,
    Victim::Rollback,
    Victim::MigrateRun,
    Victim::MigrateFree,
    Victim::MigrateBack,
];

impl Victim {
    fn words(self) -> &'static str {
        match self {
            Self::Provision => "provision --yes",
            Self::Rollback => "rollback --yes",
            Self::MigrateRun => "migrate run --yes --while-running",
            Self::MigrateFree => "migrate free --confirm sandbox-dagster-assets",
            Self::MigrateBack => "migrate back run --yes --while-running",
        }
    }
}

/// Scenes to begin from, and how long each command takes in its own.
struct Stage {
    dir: TempDir,
    start_tree: Tree,
    end_tree: Tree,
    pickles: Tree,
    lengths: Vec<Duration>,
}

impl Stage {
    fn new() -> Self {
        let dir = folder_in_memory();
        let [start, end, moved, freed] =
            ["start", "end", "moved", "freed"].map(|name| dir.path().join(name));
        fs::create_dir_all(&start).unwrap();
        run(dir.path(), "config paths", &start).exits(0);
        use_set("base", &start.join("host").join(UNITS));
        fs::write(start.join("endpoint"), format!("http://127.0.0.1:{}", free_port())).unwrap();
        fill_home(&start.join("home"));
        let mut lengths = Vec::new();
        let mut follow = |from: &Path, to: &Path, victim: Victim| {
            copy(from, to);
            prepare(dir.path(), victim, to);
            let begun = Instant::now();
            run(dir.path(), victim.words(), to).exits(0);
            lengths.push(begun.elapsed());
        };
        follow(&start, &end, Victim::Provision);
        follow(&end, &dir.path().join("back"), Victim::Rollback);
        follow(&end, &moved, Victim::MigrateRun);
        follow(&moved, &freed, Victim::MigrateFree);
        follow(&freed, &dir.path().join("fetched"), Victim::MigrateBack);
        let [start_tree, end_tree] = [&start, &end].map(|scene| Tree::of(&scene.join("host")));
        let pickles = Tree::of(&start.join("home/storage"));
        assert_eq!(Tree::of(&freed.join("home/storage")).files(), 0, "free has removed them");
        Self { dir, start_tree, end_tree, pickles, lengths }
    }

    fn scene(&self, victim: Victim) -> PathBuf {
        let name = match victim {
            Victim::Provision => "start",
            Victim::Rollback | Victim::MigrateRun => "end",
            Victim::MigrateFree => "moved",
            Victim::MigrateBack => "freed",
        };
        self.dir.path().join(name)
    }

    /// Kills a command at a random time and runs it again; whether it was killed.
    fn kill(&self, victim: Victim, dice: &mut Dice) -> bool {
        let scene = self.dir.path().join("killed");
        replace(&self.scene(victim), &scene);
        prepare(self.dir.path(), victim, &scene);
        let length = u64::try_from(self.lengths[victim as usize].as_micros()).unwrap();
        let time = Duration::from_micros(dice.below(length.max(1)));
        let mut child = call(self.dir.path(), victim.words(), &scene).start();
        let was_killed = !ends_within(&mut child, time);
        if was_killed {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let note = format!("`{}` killed after {time:?}", victim.words());
        self.look(&scene, &note);
        if matches!(victim, Victim::Provision) && dice.below(3) == 0 {
            self.must_do("rollback --yes", &scene, &note);
            Tree::of(&scene.join("host")).must_be(&self.start_tree, &format!("{note}, rollback"));
        }
        self.must_do(victim.words(), &scene, &note);
        self.must_be_done(victim, &scene, &note);
        was_killed
    }

    /// A look right after the kill gives an answer.
    fn look(&self, scene: &Path, note: &str) {
        let ran = run(self.dir.path(), "status", scene);
        assert!(matches!(ran.status.code(), Some(0 | 3)), "{note}, then status:\n{}", ran.all());
    }

    fn must_do(&self, words: &str, scene: &Path, note: &str) {
        let ran = run(self.dir.path(), words, scene);
        assert_eq!(ran.status.code(), Some(0), "{note}, then {words}:\n{}", ran.all());
    }

    fn must_be_done(&self, victim: Victim, scene: &Path, note: &str) {
        let (host, storage) = (Tree::of(&scene.join("host")), scene.join("home/storage"));
        match victim {
            Victim::Provision => {
                host.must_be(&self.end_tree, note);
                self.must_do("status", scene, note);
            }
            Victim::Rollback => host.must_be(&self.start_tree, note),
            Victim::MigrateRun => {
                Tree::of(&storage).must_be(&self.pickles, note);
                self.must_do("migrate verify --deep", scene, note);
            }
            Victim::MigrateFree => assert_eq!(Tree::of(&storage).files(), 0, "{note}"),
            Victim::MigrateBack => {
                let fetched = Tree::of(&storage);
                assert_eq!(fetched.contents(), self.pickles.contents(), "{note}");
            }
        }
    }
}

/// Files go only where Dagster was seen to read them from the bucket.
fn prepare(work: &Path, victim: Victim, scene: &Path) {
    if matches!(victim, Victim::MigrateFree) {
        let endpoint = fs::read_to_string(scene.join("endpoint")).unwrap();
        let bucket = "sandbox-dagster-assets";
        let python =
            crate::migrate::record_dagster(work, bucket, &format!("{:?}", endpoint.trim()));
        let code = crate::migrate::RECORDED_CODE;
        let words = format!("migrate check --python {} {code}", python.display());
        run(work, &words, scene).exits(0);
    }
}

/// A home of Dagster with pickles of assets, an hour old.
fn fill_home(home: &Path) {
    fs::create_dir_all(home.join("storage")).unwrap();
    fs::create_dir_all(home.join("history")).unwrap();
    fs::write(home.join("dagster.yaml"), "telemetry:\n  enabled: false\n").unwrap();
    let old = std::time::SystemTime::now() - Duration::from_hours(1);
    for number in 0..PICKLES {
        let path = home.join(format!("storage/asset_{}/{number}", number % 7));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, crate::migrate::pickle(&format!("number {number}"))).unwrap();
        fs::File::open(&path).unwrap().set_modified(old).unwrap();
    }
}

fn ends_within(child: &mut Child, time: Duration) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        thread::park_timeout(Duration::from_micros(500));
    }
    false
}

fn call(cwd: &Path, words: &str, sandbox: &Path) -> Call {
    let call = Call::new(cwd, words).arg(format!("--sandbox={}", sandbox.display()));
    if words.starts_with("migrate") {
        return call.arg("--home").arg(sandbox.join("home"));
    }
    call
}

fn run(cwd: &Path, words: &str, sandbox: &Path) -> Ran {
    call(cwd, words, sandbox).run()
}

#[test]
fn a_run_killed_at_any_time_is_finished_by_the_next_one() {
    let (wanted, seed) =
        (configured("DATALAKE_TEST_KILLS", 12), configured("DATALAKE_TEST_SEED", 0));
    let (next, kills) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let stage = Stage::new();
        // Those that end before their time do not count; a machine that is busy has more of them.
        while kills.load(Ordering::Relaxed) < wanted {
            let number = next.fetch_add(1, Ordering::Relaxed);
            assert!(number < wanted * 10, "most runs end before they are killed");
            let victim = VICTIMS[usize::try_from(number).unwrap() % VICTIMS.len()];
            let mut dice = Dice::new(seed * 1_000_003 + number);
            kills.fetch_add(u64::from(stage.kill(victim, &mut dice)), Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(wanted) {
            scope.spawn(work);
        }
    });
    println!("seed {seed}: {} kills of {} runs", kills.into_inner(), next.into_inner());
}
