//! What somebody else may have put there is not used; what is one's own or root's is.
//!
//! Who is trusted is a table beside the judgement. Here files really belong to others, which only
//! root can arrange; what everybody may arrange is tried as everybody.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use datalake_host::{
    DistrustReason, GateFault, TrustedUsers, judge_code_file, judge_program, read_named_code,
    read_secret_file, read_trusted_file,
};
use tempfile::TempDir;

use crate::bed::{at_once, is_root, make_pipe};

const NOBODY: u32 = 65534;
const LIMIT: u64 = 1 << 20;

/// A folder below `/tmp` in which files are arranged.
struct Ground(TempDir);

impl Ground {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), Permissions::from_mode(mode)).unwrap();
    }

    fn give(&self, name: &str, uid: u32) {
        lchown(self.at(name), Some(uid), None).unwrap();
    }

    fn give_group(&self, name: &str, gid: u32) {
        chown(self.at(name), None, Some(gid)).unwrap();
    }
}

/// Whether this is root. What only root can arrange is not skipped without a word.
fn can_arrange(what: &str) -> bool {
    if !is_root() {
        use std::io::Write as _;
        let line = format!("not tried, since only root can arrange it: {what}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    is_root()
}

fn read(path: &Path) -> Result<Vec<u8>, GateFault> {
    read_trusted_file(path, LIMIT, &TrustedUsers::of_process())
}

#[track_caller]
fn check_distrust(fault: Option<GateFault>, at: &Path, reason: DistrustReason) {
    let Some(GateFault::Distrusted(distrust)) = fault else { panic!("{fault:?}") };
    assert_eq!((distrust.path.as_path(), distrust.reason), (at, reason));
}

#[test]
fn ones_own_file_is_read_through_ones_own_links() {
    let ground = Ground::new();
    let path = ground.file("etc/spec.yaml", "bucket: a\n", 0o644);
    symlink("etc", ground.at("way")).unwrap();
    symlink(ground.at("way/../way/spec.yaml"), ground.at("spec.yaml")).unwrap();

    for path in [path, ground.at("way/spec.yaml"), ground.at("spec.yaml")] {
        assert_eq!(read(&path).unwrap(), b"bucket: a\n");
    }
}

#[test]
fn a_file_that_everybody_may_write_to_is_refused() {
    let ground = Ground::new();
    let path = ground.file("spec.yaml", "", 0o666);

    check_distrust(read(&path).err(), &path, DistrustReason::Others);
}

#[test]
fn a_folder_above_that_everybody_may_write_to_is_refused() {
    let ground = Ground::new();
    let path = ground.file("a/b/spec.yaml", "", 0o644);
    for mode in [0o777, 0o757] {
        ground.mode("a", mode);
        check_distrust(read(&path).err(), &ground.at("a"), DistrustReason::Others);
    }
    ground.mode("a", 0o755);
    assert!(read(&path).is_ok());
}

#[test]
fn nothing_is_absent_whoever_the_folder_belongs_to() {
    let ground = Ground::new();
    ground.file("a/x", "", 0o644);
    ground.mode("a", 0o777);

    for name in ["a/none", "a/none/deeper", "a/x/below-a-file", "none/spec.yaml"] {
        let fault = read(&ground.at(name)).err();
        assert!(matches!(fault, Some(GateFault::Absent(_))), "{name}: {fault:?}");
    }
}

#[test]
fn only_a_plain_file_is_read_and_nothing_blocks() {
    let ground = Ground::new();
    make_pipe(&ground.at("pipe"));
    fs::create_dir(ground.at("folder")).unwrap();

    for path in [ground.at("pipe"), ground.at("folder")] {
        let fault = at_once(move || read(&path).err());
        assert!(matches!(fault, Some(GateFault::NotPlain(..))), "{fault:?}");
    }
}

#[test]
fn a_file_over_the_limit_is_not_read_to_its_end() {
    let ground = Ground::new();
    let path = ground.file("spec.yaml", "", 0o644);
    fs::File::options().write(true).open(&path).unwrap().set_len(10 << 30).unwrap();

    let fault = at_once(move || read(&path).err());

    assert!(matches!(fault, Some(GateFault::Unusable(..))), "{fault:?}");
}

#[test]
fn links_in_a_circle_end() {
    let ground = Ground::new();
    symlink("b", ground.at("a")).unwrap();
    symlink("a", ground.at("b")).unwrap();

    let fault = read(&ground.at("a")).err();

    assert!(matches!(fault, Some(GateFault::Unusable(..))), "{fault:?}");
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    if !can_arrange("files of another user") {
        return;
    }
    let ground = Ground::new();
    let file = ground.file("a/spec.yaml", "", 0o600);
    let (folder, link) = (ground.at("a"), ground.at("link"));
    symlink("a/spec.yaml", &link).unwrap();

    ground.give("a/spec.yaml", NOBODY);
    check_distrust(read(&file).err(), &file, DistrustReason::Owner);
    ground.give("a/spec.yaml", 0);
    ground.give("a", NOBODY);
    check_distrust(read(&file).err(), &folder, DistrustReason::Owner);
    ground.give("a", 0);
    ground.give("link", NOBODY);
    check_distrust(read(&link).err(), &link, DistrustReason::Owner);
    ground.give("link", 0);
    assert!(read(&link).is_ok());
}

#[test]
fn a_link_to_a_file_of_another_user_is_refused() {
    if !can_arrange("files of another user") {
        return;
    }
    let ground = Ground::new();
    let file = ground.file("theirs/spec.yaml", "", 0o644);
    ground.give("theirs/spec.yaml", NOBODY);
    symlink(&file, ground.at("spec.yaml")).unwrap();

    check_distrust(read(&ground.at("spec.yaml")).err(), &file, DistrustReason::Owner);
}

#[test]
fn a_group_of_which_nobody_knows_the_members_is_refused() {
    if !can_arrange("files of another group") {
        return;
    }
    let ground = Ground::new();
    let path = ground.file("spec.yaml", "", 0o664);

    assert!(read(&path).is_ok());
    ground.give_group("spec.yaml", 4343);
    check_distrust(read(&path).err(), &path, DistrustReason::UnknownGroup(4343));
    ground.mode("spec.yaml", 0o644);
    assert!(read(&path).is_ok());
}

#[test]
fn a_private_file_below_a_folder_of_another_user_is_refused() {
    if !can_arrange("a folder of another user") {
        return;
    }
    let ground = Ground::new();
    let path = ground.file("theirs/keys.env", "A=1\n", 0o600);
    ground.give("theirs", NOBODY);

    let fault = read_secret_file(&path).err().unwrap();

    let text = fault.to_string();
    assert!(text.contains("theirs` belongs to user 65534 and has mode 0755"), "{text}");
}

fn judge(path: &Path) -> Option<GateFault> {
    judge_program(path.as_os_str(), &TrustedUsers::of_process()).err()
}

#[test]
fn a_program_and_what_it_has_run_are_judged() {
    let ground = Ground::new();
    let open = ground.file("open/python3", "#!/bin/sh\n", 0o755);
    let first = ground.file("first", &format!("#!{}\n", open.display()), 0o755);
    let second = ground.file("second", &format!("#!{} -u\n", first.display()), 0o755);
    let by_env = ground.file("by-env", &format!("#!/usr/bin/env {}\n", open.display()), 0o755);
    let text = format!("#!/bin/sh\n'''exec' \"{}\" \"$0\" \"$@\"\n", open.display());
    let by_exec = ground.file("by-exec", &text, 0o755);

    symlink(&open, ground.at("python")).unwrap();
    let folder = "\"$(dirname -- \"$(realpath -- \"$0\")\")\"";
    let text = format!("#!/bin/sh\n'''exec' {folder}/'python' \"$0\" \"$@\"\n");
    ground.file("beside", &text, 0o755);
    fs::create_dir(ground.at("bin")).unwrap();
    let beside = ground.at("bin/modal");
    symlink("../beside", &beside).unwrap();

    for path in [&open, &first, &second, &by_env, &by_exec, &beside] {
        assert_eq!(judge(path), None);
    }
    ground.mode("open", 0o777);
    for path in [&open, &first, &second, &by_env, &by_exec, &beside] {
        check_distrust(judge(path), &ground.at("open"), DistrustReason::Others);
    }
}

#[test]
fn an_interpreter_that_cannot_be_followed_is_not_taken_for_none() {
    let ground = Ground::new();
    let itself = ground.at("itself");
    let head = format!("#!{}\n", itself.display());

    for head in ["#!python3\n", "#!/usr/bin/env -u X python3\n", &head] {
        let path = ground.file("itself", head, 0o755);
        // Whoever is not root harms nobody but themselves.
        let expected = is_root().then(|| GateFault::Interpreter(path.clone()));
        assert_eq!(judge(&path), expected, "{head}");
    }
}

#[test]
fn what_is_no_program_is_left_to_the_start() {
    let ground = Ground::new();

    assert_eq!(judge(&ground.at("none")), None);
    assert_eq!(judge(Path::new("no-such-program-here")), None);
    assert_eq!(judge(Path::new("sh")), None);
    assert_eq!(judge(&std::env::current_exe().unwrap()), None);
}

#[test]
fn code_that_somebody_else_may_have_put_there_is_not_read() {
    let ground = Ground::new();
    let code = ground.file("code.py", "pass", 0o644);
    symlink("code.py", ground.at("link.py")).unwrap();
    let read = |name: &str| read_named_code(&ground.at(name), LIMIT, &TrustedUsers::of_process());
    assert_eq!(read("code.py").unwrap(), b"pass");
    assert_eq!(read("link.py").unwrap(), b"pass");

    ground.mode("code.py", 0o666);
    for name in ["code.py", "link.py"] {
        assert!(read(name).unwrap_err().is_distrust(), "{name}");
    }

    let opened = fs::File::open(&code).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&opened);
    let own = PathBuf::from(format!("/dev/fd/{number}"));
    assert_eq!(read_named_code(&own, LIMIT, &TrustedUsers::of_process()).unwrap(), b"pass");
    if can_arrange("a file of code that belongs to another user") {
        ground.mode("code.py", 0o644);
        ground.give("code.py", NOBODY);
        assert!(read("code.py").unwrap_err().is_distrust());
    }
}

#[test]
fn code_is_run_only_where_nobody_else_can_put_a_module_beside_it() {
    let ground = Ground::new();
    ground.file("own/job.py", "pass", 0o644);
    let judge = |name: &str| judge_code_file(&ground.at(name), &TrustedUsers::of_process());
    assert_eq!((judge("own/job.py"), judge("own/other.py")), (Ok(()), Ok(())));

    ground.mode("own/job.py", 0o666);
    assert!(judge("own/job.py").unwrap_err().is_distrust());
    ground.mode("own/job.py", 0o644);
    for mode in [0o777, 0o1777] {
        ground.mode("own", mode);
        for name in ["own/job.py", "own/other.py"] {
            assert!(judge(name).unwrap_err().is_distrust(), "{name} in {mode:o}");
        }
    }
    ground.mode("own", 0o755);
    if can_arrange("a folder that belongs to another user") {
        ground.give("own", NOBODY);
        assert!(judge("own/job.py").unwrap_err().is_distrust());
    }
}
