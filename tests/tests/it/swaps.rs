//! Whoever owns the home exchanges folders for links while the program runs, and leads it nowhere.
//!
//! The lane `host` does the same for longer, as another user against root.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{RenameFlags, renameat_with};

use crate::support::{Host, Service, Tree};

const RUNS: usize = 24;
const FEWEST_SWAPS: usize = 2_000;
const MARKER: &str = "OUTSIDE-MARKER";

/// A folder, and beside it a link that leads outside of the home.
struct Pair {
    folder: File,
    real: &'static str,
    link: &'static str,
}

impl Pair {
    fn new(folder: &Path, real: &'static str, link: &'static str, outside: &Path) -> Self {
        symlink(outside, folder.join(link)).unwrap();
        Self { folder: File::open(folder).unwrap(), real, link }
    }

    /// The link takes the folder's place for a moment.
    fn swap(&self) {
        for _ in 0..2 {
            let (real, link) = (self.real, self.link);
            renameat_with(&self.folder, real, &self.folder, link, RenameFlags::EXCHANGE).unwrap();
            thread::yield_now();
        }
    }
}

/// A folder as `.config` is, with other things in it.
fn outside() -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    let units = outside.path().join("containers/systemd");
    fs::create_dir_all(units.join("dagster-webserver.container.d")).unwrap();
    fs::create_dir(outside.path().join("datalake")).unwrap();
    let unit = format!("[Container]\nImage={MARKER}\nEnvironment=AWS_ACCESS_KEY_ID={MARKER}\n");
    for name in ["dagster-webserver.container", "dagster-daemon.container"] {
        fs::write(units.join(name), &unit).unwrap();
    }
    fs::write(outside.path().join("datalake/s3.env"), format!("A={MARKER}\n")).unwrap();
    outside
}

#[test]
fn folders_exchanged_for_links_lead_the_program_nowhere() {
    let (host, service) = (Host::usual(), Service::hetzner());
    let outside = outside();
    let systemd = outside.path().join("containers/systemd");
    let before = Tree::of(outside.path());
    let start = host.home();
    host.call(&service, "provision --yes").run().exits(0);
    host.call(&service, "rollback --yes").run().exits(0);
    let home = host.root().join("var/lib/dagster");
    let pairs = [
        Pair::new(&home, ".config", ".other", outside.path()),
        Pair::new(&host.config().join("containers"), "systemd", ".other", &systemd),
    ];

    let (is_over, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
    let ran: Vec<_> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) || swaps.load(Ordering::Relaxed) < FEWEST_SWAPS {
                pairs.iter().for_each(Pair::swap);
                swaps.fetch_add(4, Ordering::Relaxed);
                (0..swaps.load(Ordering::Relaxed) % 64).for_each(|_| thread::yield_now());
            }
        });
        let words = ["provision --yes", "rollback --yes", "status"].into_iter().cycle().take(RUNS);
        let ran = words.map(|words| host.call(&service, words).run()).collect();
        is_over.store(true, Ordering::Relaxed);
        ran
    });

    assert_eq!(Tree::of(outside.path()), before);
    for run in &ran {
        assert!(!run.stdout.contains(MARKER) && !run.stderr.contains(MARKER), "{run:?}");
    }
    assert!(!holds(&host.state(), MARKER), "datalake's own folder holds what lies outside");
    for pair in &pairs {
        rustix::fs::unlinkat(&pair.folder, pair.link, rustix::fs::AtFlags::empty()).unwrap();
    }
    host.call(&service, "provision --yes").run().exits(0);
    while !host.call(&service, "rollback --yes").run().exits(0).stdout.contains("Nothing to undo") {
    }
    assert_eq!(host.home(), start);
}

/// Whether any file below `folder` holds `text`.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let content = fs::read(&path).unwrap();
        content.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
