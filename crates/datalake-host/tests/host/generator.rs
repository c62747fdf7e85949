//! The generator sees a copy as the service user, and nothing of it is left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Owner, UnitManager, UserAccount};
use datalake_core::secret::FilledBody;
use datalake_engine::{Generator, GeneratorAnswer, QuadletFolder, QuadletTree};
use datalake_host::{QuadletGenerator, ServiceUser};
use tempfile::TempDir;

use crate::bed::{at, is_root, me};

/// Tells what it was given, on both outputs, as a generator tells its units and complaints.
const TELLS: &str = r#"
echo "$@"
IFS=:
for dir in $QUADLET_UNIT_DIRS; do
  (cd "$dir" && find . -type f | sort | while read -r name; do
    echo "SourcePath=$dir/${name#./}"
    echo "$(stat -c '%a %u %g' "$name") $(stat -c '%a %u' "$dir/..") $(cat "$name")"
  done)
  echo "saw $dir" >&2
done
id -u >&2
exit 1
"#;

/// A program that stands for the generator.
struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("quadlet");
        fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
        // A service user has to reach it.
        for path in [folder.path(), &program] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("quadlet")
    }

    fn asked(&self, owner: Owner, limit: Duration) -> Result<(String, String, i32), Fault> {
        let missing = self.folder.path().join("missing");
        let generator =
            QuadletGenerator::with_programs(user(owner), vec![missing, self.program()], limit);
        match ask(&generator)? {
            GeneratorAnswer::Said { stdout, stderr, exit } => {
                let text = |said: FilledBody| String::from_utf8(said.expose().to_vec()).unwrap();
                Ok((text(stdout), text(stderr), exit))
            }
            GeneratorAnswer::Hung(limit) => Err(Fault::new(FaultKind::Io, format!("{limit:?}"))),
        }
    }
}

fn user(owner: Owner) -> ServiceUser {
    let account = UserAccount { owner, home: at("/"), manager: UnitManager::User };
    let name = if owner == me() { "itself" } else { "nobody" };
    ServiceUser::new(&name.parse().unwrap(), &account, me().uid).unwrap()
}

fn ask(generator: &QuadletGenerator) -> Result<GeneratorAnswer, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(generator.generate(&tree()))
}

fn tree() -> QuadletTree {
    let folder = |path: &str, files: &[&str]| {
        let file = |name: &&str| ((*name).to_owned(), Arc::new(FilledBody::new((*name).into())));
        let files: BTreeMap<_, _> = files.iter().map(file).collect();
        QuadletFolder { path: at(path), files }
    };
    let mut folders = vec![folder("/home/d/q", &["w.container", "w.container.d/50.conf"])];
    folders.extend((1..10).map(|number| folder(&format!("/q/{number}"), &[])));
    folders.push(folder("/etc/q", &["sub/folder/v.volume"]));
    QuadletTree { reader: me(), folders, left_out: Vec::new() }
}

/// What is left of copies, in the places where they are made.
fn left_over() -> Vec<PathBuf> {
    let uid = me().uid;
    let places = [PathBuf::from("/run"), format!("/run/user/{uid}").into(), "/tmp".into()];
    let entries = places.iter().filter_map(|place| fs::read_dir(place).ok()).flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().contains("/datalake-quadlets-")).collect()
}

fn check_what_it_saw(owner: Owner) {
    let before = left_over();

    let (stdout, stderr, exit) =
        Fake::new(TELLS).asked(owner, Duration::from_secs(30)).expect("an answer");

    let line = |name: &str| format!("400 {} {} 700 {} {name}", owner.uid, owner.gid, owner.uid);
    let expected = [
        "-dryrun -user -no-kmsg-log",
        "SourcePath=/home/d/q/w.container",
        &line("w.container"),
        "SourcePath=/home/d/q/w.container.d/50.conf",
        &line("w.container.d/50.conf"),
        "SourcePath=/etc/q/sub/folder/v.volume",
        &line("sub/folder/v.volume"),
    ];
    assert_eq!(stdout.lines().collect::<Vec<_>>(), expected);
    let saw: Vec<_> = stderr.lines().collect();
    assert_eq!(saw[..2], ["saw /home/d/q", "saw /q/1"]);
    assert_eq!(saw[9..], ["saw /q/9", "saw /etc/q", &owner.uid.to_string()]);
    assert_eq!(exit, 1);
    assert!(left_over().iter().all(|path| before.contains(path)));
}

/// Copies of several tests lie in the same places.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn the_user_itself_asks_about_a_copy_of_its_own() {
    let _alone = ONE_AT_A_TIME.lock();
    check_what_it_saw(me());
}

#[test]
fn root_asks_as_the_service_user_about_a_copy_for_it_alone() {
    let _alone = ONE_AT_A_TIME.lock();
    if is_root() {
        check_what_it_saw(nobody());
    }
}

fn nobody() -> Owner {
    let nobody = fs::read_to_string("/etc/passwd").unwrap();
    let nobody = nobody.lines().find(|line| line.starts_with("nobody:")).unwrap().to_owned();
    let number = |at| nobody.split(':').nth(at).and_then(|field| field.parse().ok()).unwrap();
    Owner { uid: number(2), gid: number(3) }
}

/// A folder with a file in it in `place`, removed when it is dropped.
fn left_in(place: &Path, name: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix(name).rand_bytes(0).tempdir_in(place).unwrap();
    fs::create_dir(folder.path().join("0")).unwrap();
    fs::write(folder.path().join("0/w.container"), "left over").unwrap();
    folder
}

#[test]
fn copies_of_killed_runs_are_swept_away_and_nothing_else() {
    let _alone = ONE_AT_A_TIME.lock();
    let (owner, place) = if is_root() { (nobody(), "/run") } else { (me(), "/tmp") };
    let place = Path::new(place);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = left_in(elsewhere.path(), "datalake-quadlets-Aa0000000001");
    let link = place.join("datalake-quadlets-Aa0000000002");
    std::os::unix::fs::symlink(target.path(), &link).unwrap();
    let of_us = left_in(place, "datalake-quadlets-Aa0000000003");
    let of_user = left_in(place, "datalake-quadlets-Aa0000000004");
    let in_use = left_in(place, "datalake-quadlets-Aa0000000005");
    let lock = fs::File::open(in_use.path()).unwrap();
    lock.lock().unwrap();
    let others =
        ["datalake-quadlets-", "datalake-quadlets-Aa00000000006", "datalake-quadlets-Aa-_"]
            .map(|name| left_in(place, name));
    let of_other = left_in(place, "datalake-quadlets-Aa0000000007");
    if is_root() {
        chown(of_user.path(), Some(owner.uid), None).unwrap();
        chown(of_other.path(), Some(4_294_967_000), None).unwrap();
    }

    Fake::new(TELLS).asked(owner, Duration::from_secs(30)).expect("an answer");

    assert!(!of_us.path().exists() && !of_user.path().exists());
    assert!(target.path().join("0/w.container").exists() && link.is_symlink());
    assert!(in_use.path().join("0/w.container").exists());
    assert!(others.iter().all(|other| other.path().join("0/w.container").exists()));
    assert_eq!(of_other.path().exists(), is_root());
    fs::remove_file(link).unwrap();
}

#[test]
fn a_generator_without_an_end_is_killed() {
    let _alone = ONE_AT_A_TIME.lock();
    let before = left_over();
    let slow = Fake::new("exec sleep 1000");

    let generator =
        QuadletGenerator::with_programs(user(me()), vec![slow.program()], Duration::from_secs(1));

    let answer = ask(&generator).unwrap();
    assert!(matches!(answer, GeneratorAnswer::Hung(limit) if limit.as_secs() == 1));
    assert!(left_over().iter().all(|path| before.contains(path)));
}

#[test]
fn without_a_generator_nothing_is_asked() {
    let generator =
        QuadletGenerator::with_programs(user(me()), vec!["/no/quadlet".into()], Duration::MAX);

    let fault = ask(&generator).err().expect("there is none");

    assert_eq!(fault.kind, FaultKind::Absent);
}

#[test]
fn one_that_cannot_be_run_has_said_nothing() {
    let _alone = ONE_AT_A_TIME.lock();
    let asked = |script: &str| Fake::new(script).asked(me(), Duration::from_secs(30));

    let fault = asked("echo odd >&2; exit 127").unwrap_err();
    assert_eq!(fault.to_string(), "the service refused ((exit status: 127) odd)");
    assert_eq!(asked("kill -9 $$").unwrap_err().kind, FaultKind::Refused);
}
