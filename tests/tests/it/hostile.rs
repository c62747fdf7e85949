//! Whoever owns Dagster's home puts other things where commands look. The lane `hostile` has many more
//! of these, as another user against root.

mod archives;
mod code;
mod large;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{Ran, Shelf};

const MARKER: &str = "OUTSIDE-MARKER";

/// All that reads or changes what lies in Dagster's home.
const COMMANDS: [&str; 9] = [
    "migrate plan",
    "migrate status",
    "migrate report",
    "migrate verify",
    "migrate run --yes --while-running",
    "migrate free --confirm acme-dagster-assets",
    "migrate back plan",
    "migrate back run --yes --while-running",
    "migrate backup --to archive",
];

/// A host with a home that the units tell, a bucket, and a folder outside of the home.
struct Scene {
    shelf: Shelf,
    outside: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { shelf: Shelf::empty(), outside: tempfile::tempdir().unwrap() };
        fs::create_dir_all(scene.home().join("storage")).unwrap();
        fs::write(scene.home().join("dagster.yaml"), "telemetry: {enabled: false}\n").unwrap();
        fs::write(scene.home().join("storage/users"), b"\x80\x04N.").unwrap();
        fs::write(scene.outside.path().join("f"), format!("\u{80}{MARKER}.")).unwrap();
        scene
    }

    fn home(&self) -> PathBuf {
        self.shelf.host.root().join("var/lib/dagster/dagster_home")
    }

    fn run(&self, words: &str) -> Ran {
        let began = Instant::now();
        let ran = self.shelf.call(words).run();
        assert!(began.elapsed() < Duration::from_secs(30), "{words}: {}", ran.all());
        assert!(!ran.all().contains(MARKER), "{words}: {}", ran.all());
        ran
    }

    /// Every command refuses with this code and names this text; nothing is changed outside.
    #[track_caller]
    fn refuses(&self, code: i32, told: &str) {
        for words in COMMANDS {
            let ran = self.run(words).exits(code);
            assert!(ran.stderr.contains(told), "{words}: {}", ran.stderr);
        }
        let names: Vec<_> = fs::read_dir(self.outside.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is made outside");
        assert!(self.outside.path().join("f").exists());
        assert!(self.shelf.keys().is_empty(), "{:?}", self.shelf.keys());
    }
}

/// Puts a link in the place of what lies there.
fn link(target: &Path, place: &Path) {
    if place.is_dir() {
        fs::remove_dir_all(place).unwrap();
    } else if place.exists() {
        fs::remove_file(place).unwrap();
    }
    symlink(target, place).unwrap();
}

#[test]
fn a_storage_that_is_a_link_is_refused_with_its_target() {
    let scene = Scene::new();
    link(scene.outside.path(), &scene.home().join("storage"));

    let target = scene.outside.path().display();
    for words in COMMANDS {
        let ran = scene.run(words).exits(77);
        let told = format!("dagster_home/storage` is a symbolic link to `{target}`");
        assert!(ran.stderr.contains(&told), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains("host: { links: ["), "{words}: {}", ran.stderr);
    }
    assert_eq!(fs::read_dir(scene.outside.path()).unwrap().count(), 1);
    assert!(scene.shelf.keys().is_empty(), "{:?}", scene.shelf.keys());
}

#[test]
fn a_home_that_is_a_link_is_refused_with_its_target() {
    let scene = Scene::new();
    link(scene.outside.path(), &scene.home());

    scene.refuses(77, &format!("is a symbolic link to `{}`", scene.outside.path().display()));
    let logs = scene.shelf.call("provision --dry-run").env("DATALAKE_LOGS", "s3").run().exits(77);
    assert!(logs.stderr.contains("dagster_home` is a symbolic link to"), "{}", logs.stderr);
}

#[test]
fn a_home_of_somebody_else_is_not_taken_for_dagsters() {
    if !rustix::process::geteuid().is_root() {
        std::io::stderr().write_all(b"skipped: only root can give a folder away\n").unwrap();
        return;
    }
    let scene = Scene::new();
    let theirs = scene.shelf.host.root().join("srv/other");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::rename(scene.home(), &theirs).unwrap();
    fs::write(theirs.join("storage/f"), format!("\u{80}{MARKER}.")).unwrap();
    chown(&theirs, Some(64_000), Some(64_000)).unwrap();
    for unit in ["dagster-webserver", "dagster-daemon"] {
        let unit = scene
            .shelf
            .host
            .root()
            .join(format!("var/lib/dagster/.config/containers/systemd/{unit}.container"));
        let text = fs::read_to_string(&unit).unwrap();
        fs::write(&unit, text.replace("/var/lib/dagster/dagster_home:", "/srv/other:")).unwrap();
    }

    scene.refuses(77, "`/srv/other` belongs to user 64000");
    let logs = scene.shelf.call("provision --dry-run").env("DATALAKE_LOGS", "s3").run().exits(77);
    assert!(logs.stderr.contains("belongs to user 64000"), "{}", logs.stderr);
    let named = scene.shelf.call("migrate plan");
    named.env("DATALAKE_HOST__DAGSTER_HOME", "/srv/other").run().exits(3);
}

#[test]
fn a_link_that_the_spec_lists_is_followed() {
    let scene = Scene::new();
    let real = scene.shelf.host.root().join("mnt/big");
    fs::create_dir_all(&real).unwrap();
    fs::rename(scene.home().join("storage"), real.join("storage")).unwrap();
    symlink("/mnt/big/storage", scene.home().join("storage")).unwrap();

    scene.run("migrate plan").exits(77);
    let listed = "/var/lib/dagster/dagster_home/storage";
    let plan = scene.shelf.call("migrate plan").env("DATALAKE_HOST__LINKS", listed).run();

    plan.exits(3);
    let backup = "migrate backup --to archive";
    let made = scene.shelf.call(backup).env("DATALAKE_HOST__LINKS", listed).run().exits(5);
    assert!(
        made.all().contains("storage: a symbolic link to `/mnt/big/storage`"),
        "{}",
        made.all()
    );
}

#[test]
fn a_pipe_or_a_device_for_dagster_yaml_is_refused_at_once() {
    let scene = Scene::new();
    let yaml = scene.home().join("dagster.yaml");
    fs::remove_file(&yaml).unwrap();
    mknodat(CWD, &yaml, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();

    scene.refuses(78, "a named pipe");
    assert!(fs::metadata(&yaml).unwrap().file_type().is_fifo());
    link(Path::new("/dev/zero"), &yaml);
    scene.refuses(78, "a symbolic link to `/dev/zero`");
    fs::remove_file(&yaml).unwrap();
    fs::File::create(&yaml).unwrap().set_len(10 << 30).unwrap();
    scene.refuses(78, "dagster.yaml` is larger than 1 MiB");
}

#[test]
fn a_link_among_the_pickles_is_told_and_not_followed() {
    let scene = Scene::new();
    symlink(scene.outside.path(), scene.home().join("storage/more")).unwrap();
    symlink(scene.outside.path().join("f"), scene.home().join("storage/key")).unwrap();

    scene.run("migrate run --yes --while-running");

    assert_eq!(scene.shelf.keys(), ["assets/users"]);
}

/// Writes what a unit says of its home into a drop-in.
fn say_by_drop_ins(units: &Path) {
    for name in ["dagster-webserver", "dagster-daemon"] {
        let path = units.join(format!("{name}.container"));
        let text = fs::read_to_string(&path).unwrap();
        let is_said = |line: &&str| line.contains("DAGSTER_HOME") || line.starts_with("Volume=");
        let said: Vec<_> = text.lines().filter(is_said).collect();
        let rest: Vec<_> = text.lines().filter(|line| !is_said(line)).collect();
        fs::create_dir(units.join(format!("{name}.container.d"))).unwrap();
        let drop_in = units.join(format!("{name}.container.d/10-home.conf"));
        fs::write(drop_in, format!("[Container]\n{}\n", said.join("\n"))).unwrap();
        fs::write(path, rest.join("\n") + "\n").unwrap();
    }
}

#[test]
fn a_home_that_drop_ins_tell_is_found_by_all() {
    let scene = Scene::new();
    say_by_drop_ins(&scene.shelf.host.units());

    scene.run("migrate plan").exits(3);
    let logs = scene.shelf.call("provision --dry-run").env("DATALAKE_LOGS", "s3").run().exits(3);
    assert!(logs.stdout.contains("dagster_home/dagster.yaml"), "{}", logs.stdout);
}

#[test]
fn a_home_that_the_spec_names_is_found_by_all() {
    let scene = Scene::new();
    for name in ["dagster-webserver.container", "dagster-daemon.container"] {
        let unit = scene.shelf.host.units().join(name);
        let text = fs::read_to_string(&unit).unwrap();
        fs::write(&unit, text.replace("DAGSTER_HOME=", "OTHER=")).unwrap();
    }
    let home = ("DATALAKE_HOST__DAGSTER_HOME", "/var/lib/dagster/dagster_home");

    scene.run("migrate plan").exits(78);
    scene.shelf.call("migrate plan").env(home.0, home.1).run().exits(3);
}

#[test]
fn two_units_with_two_homes_are_refused_by_all() {
    let scene = Scene::new();
    let unit = scene.shelf.host.units().join("dagster-daemon.container");
    let text = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, text.replace("dagster_home:/opt", "other:/opt")).unwrap();

    let told = "two units have different homes: `dagster-webserver` has";
    for words in COMMANDS {
        let ran = scene.run(words).exits(78);
        assert!(ran.stderr.contains(told), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains("`dagster-daemon` has"), "{words}: {}", ran.stderr);
    }
    let logs = scene.shelf.call("provision --dry-run").env("DATALAKE_LOGS", "s3").run().exits(78);
    assert!(logs.stderr.contains(told), "{}", logs.stderr);
}

/// Moves the units into a checkout and links to them from where they were.
fn link_units(scene: &Scene) -> PathBuf {
    let (units, repo) =
        (scene.shelf.host.units(), scene.shelf.host.root().join("var/lib/dagster/repo"));
    fs::create_dir(&repo).unwrap();
    for name in ["dagster-webserver.container", "dagster-daemon.container"] {
        fs::rename(units.join(name), repo.join(name)).unwrap();
        symlink(format!("../../../repo/{name}"), units.join(name)).unwrap();
    }
    repo
}

#[test]
fn linked_units_are_read_and_their_drop_ins_lie_beside_the_links() {
    let scene = Scene::new();
    let repo = link_units(&scene);
    let before = fs::read(repo.join("dagster-daemon.container")).unwrap();

    scene.shelf.call("provision --yes").run().exits(0);

    let units = scene.shelf.host.units();
    assert!(units.join("dagster-daemon.container.d/50-datalake-s3.conf").is_file());
    assert!(units.join("dagster-daemon.container").is_symlink());
    assert_eq!(fs::read(repo.join("dagster-daemon.container")).unwrap(), before);
    assert_eq!(fs::read_dir(&repo).unwrap().count(), 2, "nothing is made in the checkout");
    scene.shelf.call("status").run().exits(0);
    scene.shelf.call("rollback --yes").run().exits(0);
    assert!(!units.join("dagster-daemon.container.d").exists());
}

#[test]
fn a_linked_unit_that_would_change_is_refused_with_its_target() {
    let scene = Scene::new();
    let repo = link_units(&scene);
    let unit = repo.join("dagster-daemon.container");
    let before = fs::read(&unit).unwrap();

    let in_place = scene.shelf.call("provision --yes --handover in-place").run().exits(77);

    let told = "is a symbolic link to `../../../repo/";
    assert!(in_place.stderr.contains(told), "{}", in_place.stderr);
    assert_eq!(fs::read(&unit).unwrap(), before);
}

#[test]
fn in_a_folder_of_units_that_is_a_link_nothing_is_written() {
    let scene = Scene::new();
    let (units, repo) =
        (scene.shelf.host.units(), scene.shelf.host.root().join("var/lib/dagster/repo"));
    fs::rename(&units, &repo).unwrap();
    symlink("../../repo", &units).unwrap();
    let before = fs::read_dir(&repo).unwrap().count();

    let ran = scene.shelf.call("provision --yes").run().exits(77);

    let told = "containers/systemd` is a symbolic link to `../../repo`";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(fs::read_dir(&repo).unwrap().count(), before);
}
