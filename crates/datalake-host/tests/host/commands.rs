//! Programs are run without a shell, bounded in time and output.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use datalake_core::secret::FilledBody;
use datalake_engine::{NoCheckpoints, StateFolder};
use datalake_host::{
    CommandFault, HostFiles, Output, ProgramCall, StateDir, follow_program, run_program,
    run_with_input,
};

fn command(program: &str, arguments: &[&str]) -> ProgramCall {
    ProgramCall {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: BTreeMap::new(),
        directory: PathBuf::from("/"),
        limit: Duration::from_secs(30),
    }
}

fn run_it(command: &ProgramCall) -> Result<Output, CommandFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run_program(command))
}

fn printed(command: &ProgramCall) -> String {
    String::from_utf8(run_it(command).unwrap().stdout.expose().to_vec()).unwrap()
}

fn fault(command: &ProgramCall) -> CommandFault {
    run_it(command).err().expect("it fails")
}

#[test]
fn arguments_arrive_as_they_are() {
    let words = ["a b", "$HOME", "*", "; true", "--", "'"];

    let output = printed(&command("printf", &[&["%s\n"], words.as_slice()].concat()));

    assert_eq!(output.lines().collect::<Vec<_>>(), words);
}

#[test]
fn the_environment_is_an_allow_list() {
    let mut env = command("env", &[]);
    env.environment.insert("GIVEN".into(), "1".into());
    env.environment.insert("LC_ALL".into(), "de_DE.UTF-8".into());

    let output = printed(&env);

    let names: Vec<_> = output.lines().filter_map(|line| line.split('=').next()).collect();
    assert!(names.contains(&"GIVEN") && names.contains(&"PATH"), "{names:?}");
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "this test's own has more");
    assert!(output.lines().any(|line| line == "LC_ALL=C.UTF-8"), "what it says is English");
    for name in names {
        assert!(["PATH", "HOME", "LC_ALL", "GIVEN"].contains(&name), "{name}");
    }
}

#[test]
fn there_is_nothing_to_read_on_standard_input() {
    assert_eq!(printed(&command("cat", &[])), "");
}

#[test]
fn it_runs_in_its_folder() {
    let bed = tempfile::tempdir().unwrap();
    let mut pwd = command("pwd", &["-P"]);
    pwd.directory = bed.path().to_owned();

    assert_eq!(printed(&pwd).trim_end(), bed.path().canonicalize().unwrap().to_str().unwrap());
}

#[test]
fn a_failure_tells_its_status_and_escaped_complaint() {
    let script = r"printf '%05000d\033[31mno such entry\n' 0 >&2; exit 3";

    let CommandFault::Failed { program, status, stderr } = fault(&command("sh", &["-c", script]))
    else {
        panic!("it failed");
    };

    assert_eq!((program.as_str(), status.code()), ("sh", Some(3)));
    assert!(stderr.ends_with(r"00\u{1b}[31mno such entry"), "{stderr}");
    assert!(stderr.len() < 2_100);
}

#[test]
fn a_program_that_cannot_be_started_tells_why() {
    let bed = tempfile::tempdir().unwrap();
    let script = bed.path().join("script");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o600)).unwrap();
    let mut nowhere = command("true", &[]);
    nowhere.directory = bed.path().join("none");

    let missing = fault(&command("no-such-program\u{1b}", &[])).to_string();
    let denied = fault(&command(script.to_str().unwrap(), &[]));
    let nowhere = fault(&nowhere);

    assert_eq!(missing, r"there is no program `no-such-program\u{1b}`");
    assert!(matches!(denied, CommandFault::Denied(_)), "{denied}");
    assert!(matches!(nowhere, CommandFault::Directory(_)), "{nowhere}");
}

#[test]
fn output_is_bounded() {
    let fits = printed(&command("head", &["-c", "1048576", "/dev/zero"]));
    let too_much = fault(&command("cat", &["/dev/zero"]));

    assert_eq!(fits.len(), 1 << 20);
    assert!(matches!(too_much, CommandFault::TooMuch(_)), "{too_much}");
}

/// The lines that `command` prints, at most `most` of them.
fn lines(command: &ProgramCall, most: usize) -> (Result<(), CommandFault>, Vec<String>) {
    let mut lines = Vec::new();
    let mut sink = |line: &[u8]| {
        lines.push(String::from_utf8_lossy(line).into_owned());
        lines.len() < most
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(follow_program(command, &mut sink));
    (result, lines)
}

#[test]
fn a_program_is_followed_line_by_line_to_its_end() {
    let (result, all) = lines(&command("printf", &["a\\n\\nb"]), 9);
    assert!(result.is_ok());
    assert_eq!(all, ["a", "", "b"]);

    let (result, all) = lines(&command("sh", &["-c", "echo a; echo odd >&2; exit 3"]), 9);
    assert!(result.unwrap_err().to_string().ends_with("(exit status: 3): odd"));
    assert_eq!(all, ["a"]);
}

#[test]
fn following_ends_when_enough_was_seen() {
    let (result, seen) = lines(&command("yes", &[]), 3);

    assert!(result.is_ok());
    assert_eq!(seen, ["y", "y", "y"]);
}

#[test]
fn after_its_time_it_is_killed_with_all_it_has_started() {
    let bed = tempfile::tempdir().unwrap();
    let mut slow = command("sh", &["-c", "sleep 1000 & echo $! >child; wait"]);
    slow.directory = bed.path().to_owned();
    slow.limit = Duration::from_secs(1);

    let begun = Instant::now();
    let fault = fault(&slow);

    assert!(matches!(fault, CommandFault::TimedOut { .. }), "{fault}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let child = fs::read_to_string(bed.path().join("child")).unwrap();
    while !is_gone(child.trim()) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{child} lives");
        thread::yield_now();
    }
}

/// Whether a process has ended, reaped or not.
fn is_gone(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat"));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn a_program_inherits_no_handle() {
    let bed = tempfile::tempdir().unwrap();
    let list = command("ls", &["/proc/self/fd"]);
    let before = printed(&list);

    let _files = HostFiles::open(bed.path(), Arc::new(NoCheckpoints)).unwrap();
    let state = StateDir::open(&bed.path().join("state"), Arc::new(NoCheckpoints)).unwrap();
    let _lock = state.lock("test").unwrap();

    assert_eq!(printed(&list), before);
}

#[tokio::test]
async fn a_program_reads_what_it_is_given_and_may_leave_the_rest() {
    let large = FilledBody::new(vec![b'x'; 300_000]);

    let counted = run_with_input(&command("wc", &["-c"]), &large).await.unwrap();
    let left = run_with_input(&command("true", &[]), &large).await.unwrap();

    assert_eq!(String::from_utf8_lossy(counted.stdout.expose()).trim(), "300000");
    assert_eq!(left.stdout.expose(), b"");
}
