//! Rules that neither the compiler nor clippy holds.

use std::fs;
use std::path::{Path, PathBuf};

use datalake_cli::exit::Exit;
use datalake_engine::Checkpoint;

use super::{folder, members, root};
use crate::support::rust_files;

/// No file grows beyond this many lines.
const LONGEST: usize = 400;

/// Words that no source holds. They are put together here, since this is a source too.
const BANNED: [(&str, &str); 5] = [
    (concat!("#[", "allow("), "use #[expect(…, reason = \"…\")] for one item"),
    (concat!("#![", "allow("), "use #[expect(…, reason = \"…\")] for one item"),
    (concat!("#[", "ignore"), "a test runs, or is no test"),
    (concat!("todo", "!("), "finish it, or leave it out"),
    (concat!("unsafe", " {"), "there is no unsafe code"),
];

#[test]
fn no_source_is_too_long_or_holds_banned_words() {
    let sources = sources();
    assert!(sources.len() > 50, "the sources are not found: {sources:?}");
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", path.display());
        for (words, instead) in BANNED {
            assert!(!text.contains(words), "{} holds `{words}`: {instead}", path.display());
        }
    }
}

#[test]
fn no_test_waits_for_a_time_instead_of_what_happens() {
    let is_test = |path: &PathBuf| path.to_string_lossy().contains("/tests/");
    let is_example = |path: &PathBuf| path.to_string_lossy().contains("/examples/");
    for path in sources().into_iter().filter(|path| is_test(path) && !is_example(path)) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(concat!("thread::", "sleep(")), "{} sleeps", path.display());
    }
}

#[test]
fn versions_stand_in_the_workspace_alone() {
    for package in members() {
        let text = fs::read_to_string(&package.manifest_path).unwrap();
        let mut section = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies") {
                let inherits = line.contains("workspace = true");
                assert!(inherits && !line.contains("version"), "{}: {line}", package.name);
            }
        }
    }
}

#[test]
fn every_crate_obeys_the_lints_of_the_workspace() {
    for package in members() {
        let text = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(text.contains("[lints]\nworkspace = true\n"), "{}", package.name);
    }
}

#[test]
fn lists_of_all_variants_are_whole() {
    let count = |file: &str, name: &str| variants(&root().join(file), name);

    let checkpoints = count("crates/datalake-engine/src/checkpoint.rs", "Checkpoint");
    assert_eq!(checkpoints, Checkpoint::ALL.len());
    assert_eq!(count("crates/datalake-cli/src/exit.rs", "Exit"), Exit::ALL.len());
}

/// How many variants an enum without fields has in the source.
fn variants(file: &Path, name: &str) -> usize {
    let text = fs::read_to_string(file).unwrap();
    let body = text.split_once(&format!("pub enum {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    body.lines().filter(|line| !line.trim_start().starts_with("///")).count()
}

/// All Rust files of the workspace.
fn sources() -> Vec<PathBuf> {
    rust_files(members().into_iter().map(|package| folder(package).into()))
}
