//! Files that the operator names: read to an end, replaced as a whole, and named without harm.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Ground, NOBODY, can_arrange, refused};

const PLAIN: &str = "region: fsn1\nbucket: abc\n";

#[test]
fn init_replaces_a_file_and_writes_through_no_link() {
    let ground = Ground::new();
    let theirs = ground.file("theirs", "theirs\n", 0o644);
    symlink(&theirs, ground.at("work/datalake.yaml")).unwrap();
    let init = || ground.call("init --force --region=fsn1 --bucket=abc-assets");

    let ran = init().run().exits(74);

    let told = format!("`datalake.yaml` is a link to `{}`", theirs.display());
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs\n");
    fs::remove_file(ground.at("work/datalake.yaml")).unwrap();
    ground.spec("old: value\n");
    init().run().exits(0);
    assert!(fs::read_to_string(ground.at("work/datalake.yaml")).unwrap().contains("abc-assets"));
}

#[test]
fn a_pipe_that_is_named_blocks_nothing() {
    let ground = Ground::new();
    ground.spec(PLAIN);
    ground.pipe("work/pipe.json");
    fs::create_dir(ground.at("state")).unwrap();

    for words in [
        "config show --config pipe.json",
        "rollback ./pipe.json --yes",
        "migrate backup --check pipe.json",
        "modal deploy pipe.json",
        "init --force --config pipe.json --region=fsn1 --bucket=abc-assets",
        "--sandbox=sb bucket cors set pipe.json",
        "--sandbox=sb report --html pipe.json",
    ] {
        let ran = ground.call(words).run();
        let code = ran.status.code();
        assert!(
            code.is_some_and(|code| code != 0 && code != 124),
            "{words}: {code:?} {}",
            ran.all()
        );
    }
}

#[test]
fn a_report_is_replaced_and_goes_through_no_link() {
    let ground = Ground::new();
    ground.file("work/files/a", "content", 0o644);
    let theirs = ground.file("theirs", "theirs\n", 0o644);
    symlink(&theirs, ground.at("work/report")).unwrap();
    let sync = "--sandbox=sb sync files s3://sandbox-dagster-assets/x --report report";
    ground.call("--sandbox=sb bucket create sandbox-dagster-assets").run().exits(0);

    let ran = ground.call(sync).run().exits(74);

    assert!(ran.stderr.contains("is a link to `"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs\n");
    fs::remove_file(ground.at("work/report")).unwrap();
    ground.call(sync).run().exits(0);
    assert!(fs::read_to_string(ground.at("work/report")).unwrap().contains('a'));
}

#[test]
fn an_argument_neither_fakes_a_line_nor_steers_the_terminal() {
    let ground = Ground::new();
    ground.spec(PLAIN);
    let odd = "x\nerror: all is well\u{1b}[2J\r";

    for (words, flag) in [
        ("config show", "--config="),
        ("config show", "--bucket="),
        ("ls", "--region="),
        ("ls", "--endpoint="),
        ("ls", "--credentials-file="),
        ("rollback --yes", "./"),
        ("history", "--root="),
        ("ls", "--no-such-flag-"),
        ("completions", ""),
        ("init --bucket=abc-assets --region=fsn1", "--config=/no/such/folder/"),
        ("modal deploy", "./"),
    ] {
        let ran = ground.call(words).arg(format!("{flag}{odd}")).run();
        let lines = ran.stderr.lines().filter(|line| line.starts_with("error: all is well"));
        assert_eq!(lines.count(), 0, "{words} {flag}: {}", ran.stderr);
        assert!(!ran.stderr.contains(['\u{1b}', '\r']), "{words} {flag}: {:?}", ran.stderr);
    }
}

#[test]
fn code_of_somebody_else_is_not_run_as_root() {
    if !can_arrange("a file of code that belongs to another user") {
        return;
    }
    let ground = Ground::new();
    ground.spec(PLAIN);
    let code = ground.file("work/code.py", "def f(stream, key): pass\n", 0o644);
    ground.give("work/code.py", NOBODY);
    let plan = "--sandbox=sb job plan x --do python:code.py:f raw/";

    for words in [plan, "--sandbox=sb job run x --code code.py"] {
        refused(ground.call(words).run(), &code, "0644");
    }

    // Standard input is the caller's own word; what is missing then is the job.
    let call = ground.call("--sandbox=sb job run x --code -");
    let ran = call.run_with_input(b"def f(stream, key): pass\n");
    assert_eq!(ran.status.code(), Some(66), "{}", String::from_utf8_lossy(&ran.stderr));
}
