//! `docs/quick-start.md`: what `init` asks, and what its next command prints.

use std::fs;

use super::hold_block;
use crate::support::{Call, Terminal, shown};

/// So many lines are shown of the end of the plan.
const SHOWN: usize = 3;

#[test]
fn the_quick_start_shows_what_init_asks_and_its_next_command_works() {
    let folder = tempfile::tempdir().unwrap();
    let call = |words: &str| Call::new(folder.path(), words).env("HOME", folder.path());
    let mut terminal = Terminal::start(call("--sandbox init"));

    terminal.answer("Which location?", "\r");
    terminal.answer("Bucket name", "acme-dagster-assets\r");
    terminal.answer("Prefix of the assets' keys:", "\r");
    let (status, screen) = terminal.end();

    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(fs::exists(folder.path().join("datalake.yaml")).unwrap());
    let next = screen.lines().find_map(|line| line.strip_prefix("Next: ")).unwrap();
    let plan = call(next.strip_prefix("datalake ").unwrap()).run().exits(3).stdout;
    let lines: Vec<_> = plan.trim_end().lines().collect();
    let end = lines[lines.len() - SHOWN..].join("\n");
    let body = format!("{}\n$ {next}\n…\n{end}\n", screen.trim_end());
    hold_block("quick-start.md", "$ datalake --sandbox init\n", &shown(&body));
}
