//! Everything that must hold before a change lands.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::run::{Failed, cargo, cargo_with, run, say};

const STEPS: [(&str, &[&str]); 3] = [
    ("format", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    ("tests", &["test", "--workspace", "--locked"]),
];

/// Documentation has no warnings either: a link that leads nowhere is one.
const DOCUMENTATION: [&str; 4] = ["doc", "--workspace", "--no-deps", "--locked"];

pub(crate) fn ci() -> Result<(), Failed> {
    let start = Instant::now();
    for (name, words) in STEPS {
        step(name, || cargo(words))?;
    }
    step("documentation", || cargo_with(&DOCUMENTATION, ("RUSTDOCFLAGS", "-D warnings")))?;
    step("licences, bans and sources", deny)?;
    say(&format!("all of it passed in {} s", start.elapsed().as_secs()));
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    say(&format!("== {name}"));
    let start = Instant::now();
    work()?;
    say(&format!("== {name}: {} s", start.elapsed().as_secs()));
    Ok(())
}

/// Runs cargo-deny, installed below `target` at the first use. Advisories need a copy of their data
/// base, which not every machine may fetch, so they are not part of this.
fn deny() -> Result<(), Failed> {
    let program = Path::new("target/tools/bin/cargo-deny");
    if !program.exists() {
        let version = ["--version", "0.20.2"];
        let words = ["install", "--quiet", "--locked", "--root", "target/tools", "cargo-deny"];
        cargo(&[&words[..], &version[..]].concat())?;
    }
    let words = ["--workspace", "check", "bans", "licenses", "sources"];
    run(Command::new(program).args(words), "cargo deny")
}
