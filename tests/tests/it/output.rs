//! Standard output that takes nothing, or not all.

use crate::support::{Call, Shelf};

/// The call with its standard output redirected like this.
fn into(call: Call, to: &str) -> Call {
    call.through_script(&format!("exec \"$@\" {to}"))
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let shelf = Shelf::empty();
    shelf.put("assets/one", 10);
    let commands = [
        "status",
        "status --json",
        "provision --dry-run",
        "history",
        "ls",
        "ls --json",
        "tree",
        "du",
        "stat assets/one",
        "cat assets/one",
        "config show",
        "config paths --json",
        "schema spec",
        "completions bash",
        "report --markdown",
        "cost estimate --storage 1GB",
        "--help",
        "--version",
    ];

    for words in commands {
        let ran = into(shelf.call(words), ">/dev/full").run().exits(74);

        let told =
            "error: standard output cannot be written: No space left on device (os error 28)";
        assert!(ran.stderr.lines().any(|line| line == told), "{words}: {}", ran.stderr);
    }
}

#[test]
fn a_command_that_failed_keeps_its_exit_code() {
    let shelf = Shelf::empty();

    let ran = into(shelf.call("ls nothing/ --json"), ">/dev/full").run().exits(66);

    assert!(!ran.stderr.contains("standard output"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let shelf = Shelf::empty();
    shelf.put("assets/one", 10);

    for words in ["ls --json", "cat assets/one", "schema spec", "--help"] {
        // The pipe is closed before anything is written to it.
        let script = "mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3<&-; rm pipe; exec \"$@\" >&4";
        let call = shelf.call(words).env("PATH", "/usr/bin:/bin");
        let ran = call.through_script(script).run().exits(0);

        assert_eq!(ran.stderr, "", "{words}");
    }
}
