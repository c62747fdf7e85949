//! Everything that must hold before a change lands.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::run::{Failed, cargo, cargo_with, is_installed, run, say};

const FORMAT: [&str; 3] = ["fmt", "--all", "--check"];
const LINTS: [&str; 7] =
    ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];

/// All tests by cargo alone.
const TESTS: [&str; 3] = ["test", "--workspace", "--locked"];
/// All tests but those of the documentation, which `.config/nextest.toml` gives limits of time.
const TESTS_BY_NEXTEST: [&str; 4] = ["nextest", "run", "--workspace", "--locked"];
/// The samples in the documentation, which nextest does not run.
const SAMPLES: [&str; 4] = ["test", "--workspace", "--locked", "--doc"];

/// Documentation has no warnings either: a link that leads nowhere is one.
const DOCUMENTATION: [&str; 4] = ["doc", "--workspace", "--no-deps", "--locked"];

pub(crate) fn ci() -> Result<(), Failed> {
    let start = Instant::now();
    step("format", || cargo(&FORMAT))?;
    step("lints", || cargo(&LINTS))?;
    test()?;
    step("documentation", || cargo_with(&DOCUMENTATION, ("RUSTDOCFLAGS", "-D warnings")))?;
    step("licences, bans and sources", deny)?;
    say(&format!("all of it passed in {} s", start.elapsed().as_secs()));
    Ok(())
}

/// Runs all tests: by cargo-nextest where it is installed, which ends a test that hangs; else by
/// cargo.
fn test() -> Result<(), Failed> {
    if !is_installed("nextest") {
        return step("tests", || cargo(&TESTS));
    }
    step("tests", || cargo(&TESTS_BY_NEXTEST))?;
    step("samples in the documentation", || cargo(&SAMPLES))
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
