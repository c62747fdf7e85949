//! `docs/demo.md`: what the demo prints.

use std::sync::LazyLock;

use regex::Regex;

use super::hold;
use crate::support::{Call, shown};

const HEAD: &str = "\
# The demo

```console
$ cargo run --package datalake-cli -- demo
```

Seventeen acts in a temporary folder, on a built-in S3 service and a pretend host: no account, network, root or podman. Each act starts the program as a person would, shows the end
of what it says, and checks how it ends. The page of act 15 stays, and the last lines say where; `--keep DIR` leaves the whole folder.

Two acts are killed on purpose: act 2 by `SIGKILL` at a named point inside of the program, act 7 by its time limit while every twentieth answer of the service is a fault
(`seed 7, 2% 503, 1% 500, 1% cut-body@1024, 1% reset`). After the last act every file of the host has to be what it was before the first.

This is its output. What differs from run to run or machine to machine has a word in brackets.
";

/// What differs besides what [`shown`] knows.
static MARKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let marks = [
        (r"/\S*/datalake-demo-\w+", "[DIR]"),
        (r"… \d+ lines before", "… [N] lines before"),
        (r"it is \d+ days old", "it is [N] days old"),
        (r"(modal-config-mode): .*", "$1: [HOME]"),
        (
            r"\d+ sound, 0 warnings, 0 wrong, \d+ skipped",
            "[N] sound, 0 warnings, 0 wrong, [N] skipped",
        ),
        (r"\d+ files? moved \([^)]*\) in \d+ passe?s?", "[N] files moved in [N] passes"),
        (r"deleted; .* sent\.", "deleted; [N] s, [N] MB sent."),
        (r"(2\.0 TB egress) .*", "$1  [SUM] EUR net"),
        (r"report\.html \([^)]*\)", "report.html ([N] kB)"),
        (r"still there: \S+", "still there: [PAGE]"),
        (r" in \d{4}-\d\d:", " in [MONTH]:"),
        (r"\((\d{4}), \d+:\d+\)", "($1, [OWNER])"),
    ];
    marks.map(|(pattern, mark)| (Regex::new(pattern).unwrap(), mark)).into()
});

#[test]
fn the_page_of_the_demo_is_what_it_prints() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Call::new(folder.path(), "demo").run().exits(0);
    let (_, page) = ran.stdout.split_once("still there: ").unwrap();
    std::fs::remove_file(page.lines().next().unwrap()).unwrap();
    let mark = |text: String, (pattern, mark): &(Regex, &str)| {
        pattern.replace_all(&text, *mark).into_owned()
    };
    let text = MARKS.iter().fold(shown(&ran.stdout), mark);

    hold("demo.md", &format!("{HEAD}\n```\n{}\n```\n", text.trim_matches('\n')));
}
