//! What the README and the pages below `docs` say is so.

use std::fs;
use std::path::PathBuf;

use datalake_cli::args::{build_command, build_strict_command};

use crate::pages::anchor;
use crate::support::{Call, Host, rust_files, shown};

/// What else a line may begin with; anything new is looked at by a person first.
const OTHER_PROGRAMS: [&str; 7] = ["cargo", "export", "less", "pg_dump", "pipx", "tail", "tar"];

fn project() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn readme() -> String {
    fs::read_to_string(project().join("README.md")).unwrap()
}

/// README and all pages, with their names.
fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(project().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let page = |path: PathBuf| (path.display().to_string(), fs::read_to_string(&path).unwrap());
    [project().join("README.md")].into_iter().chain(pages).map(page).collect()
}

/// The fenced blocks of this kind, without the indentation of lists: `console`, or `console run`
/// where each command is tried in a sandbox.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None::<(String, String)>);
    for line in text.lines().map(str::trim_start) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => open = Some((kind.to_owned(), String::new())),
            (Some(_), Some((found, body))) => {
                if found == kind {
                    blocks.push(std::mem::take(body));
                }
                open = None;
            }
            (None, Some((_, body))) => body.extend([line, "\n"]),
            (None, None) => (),
        }
    }
    assert!(open.is_none(), "a block without an end: {open:?}");
    blocks
}

/// What is typed in blocks of this kind: what has no prompt is what a command prints.
fn typed(text: &str, kind: &str) -> Vec<String> {
    let blocks = blocks(text, kind);
    let lines = blocks.iter().flat_map(|block| block.lines());
    lines.filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// The words of a shell line without its comment and what stands before the program.
fn words(line: &str) -> Vec<String> {
    let line = line.split("  #").next().unwrap_or_default().trim();
    // Within double quotes every odd part stays whole.
    let parts = line.split('"').enumerate().flat_map(|(number, part)| {
        let whole = number % 2 == 1;
        if whole { vec![part] } else { part.split_whitespace().collect() }
    });
    let before = |word: &str| word == "sudo" || word == "-E";
    parts.skip_while(|word| before(word)).map(str::to_owned).collect()
}

/// Looks at each program of a line; what the shell does with its output is not ours.
#[track_caller]
fn check(line: &str) {
    let line = line.split("  #").next().unwrap_or_default();
    for part in line.split(" | ") {
        check_one(part.split('>').next().unwrap_or_default());
    }
}

#[track_caller]
fn check_one(line: &str) {
    let words = words(line);
    let Some(program) = words.first() else { return };
    if program == "datalake" {
        let parsed = build_strict_command().try_get_matches_from(&words);
        assert!(parsed.is_ok(), "`{line}`\n{}", parsed.unwrap_err());
    } else {
        assert!(OTHER_PROGRAMS.contains(&program.as_str()), "what is `{line}`?");
    }
}

#[test]
fn every_command_is_one() {
    let mut checked = 0;
    for (_, text) in pages() {
        let lines = [typed(&text, "console"), typed(&text, "console run")].concat();
        for line in &lines {
            check(line);
        }
        checked += lines.len();
    }
    assert!(checked >= 100, "{checked}");
}

/// The anchors of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut followed = 0;
    for (name, text) in pages() {
        let page = PathBuf::from(&name);
        for found in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if found.contains("://") {
                continue;
            }
            let (file, place) = found.split_once('#').unwrap_or((&found, ""));
            let there = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(there.exists(), "{name}: {found}");
            if !place.is_empty() {
                let text = fs::read_to_string(&there).unwrap();
                assert!(anchors(&text).contains(&place.to_owned()), "{name}: {found}");
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed}");
}

#[test]
fn what_says_so_runs_in_a_sandbox() {
    let mut ran = 0;
    for (name, text) in pages() {
        let folder = tempfile::tempdir().unwrap();
        for line in typed(&text, "console run") {
            let words = words(&line)[1..].join(" ");
            let expected = line.rsplit_once("# exit ").map_or(0, |(_, code)| code.parse().unwrap());
            eprintln!("{name}: {line}");
            // A user that is not root has the state below his home.
            Call::new(folder.path(), &words).env("HOME", folder.path()).run().exits(expected);
            ran += 1;
        }
    }
    assert!(ran >= 3, "{ran}");
}

#[test]
fn every_example_of_the_help_is_a_command() {
    let (mut left, mut with_examples) = (vec![build_command()], 0);
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let Some(help) = command.get_before_help().map(ToString::to_string) else { continue };
        let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  ")).collect();
        assert!(!examples.is_empty(), "{help}");
        for example in examples {
            let line = example.trim_start().split("  ").next().unwrap_or_default();
            assert!(line.contains("datalake "), "{example}");
            check(line);
        }
        with_examples += 1;
    }
    assert!(with_examples >= 10, "{with_examples}");
}

#[test]
fn every_spec_is_understood() {
    let specs: Vec<_> = pages().iter().flat_map(|(_, text)| blocks(text, "yaml")).collect();
    assert!(!specs.is_empty());
    for spec in specs {
        let host = Host::usual();
        fs::write(host.work().join("datalake.yaml"), spec).unwrap();

        host.bare("config show").run().exits(0);
    }
}

#[test]
fn a_spec_that_init_writes_is_understood() {
    let host = Host::usual();
    Call::new(&host.work(), "init --region fsn1 --bucket acme-dagster-assets").run().exits(0);

    let shown = host.bare("config show --json").run().exits(0).json("config");

    assert_eq!(shown["bucket"], "acme-dagster-assets");
}

/// All sources of tests.
fn test_sources() -> Vec<PathBuf> {
    let crates = fs::read_dir(project().join("crates")).unwrap();
    let tests = crates.map(|entry| entry.unwrap().path().join("tests"));
    rust_files(tests.filter(|folder| folder.is_dir()).chain([project().join("tests/tests")]))
}

#[test]
fn every_test_that_is_named_as_evidence_is_there() {
    let page = fs::read_to_string(project().join("docs/evidence.md")).unwrap();
    let named = regex::Regex::new(r"`((?:[a-z0-9_]+::)+[a-z0-9_]*)`").unwrap();
    let own = fs::read_dir(project().join("crates")).unwrap();
    let own = rust_files(own.map(|entry| entry.unwrap().path().join("src")));
    let sources: Vec<_> = test_sources().into_iter().chain(own).collect();
    let mut found = 0;
    for name in named.captures_iter(&page).map(|name| name[1].to_owned()) {
        let last = name.trim_end_matches("::").rsplit("::").next().unwrap();
        let is_file = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == last);
        let function = format!("fn {last}(");
        let is_there = sources.iter().any(is_file)
            || sources.iter().any(|path| fs::read_to_string(path).unwrap().contains(&function));
        assert!(is_there, "no test `{name}`");
        found += 1;
    }
    assert!(found > 20, "{found}");
}

#[test]
fn the_output_that_the_readme_shows_is_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Call::new(folder.path(), "--sandbox provision --yes").run().exits(0);
    let printed = shown(&ran.all());
    let mut lines = printed.lines();
    let readme = readme();
    let block = blocks(&readme, "console").into_iter().next().unwrap();
    let told: Vec<_> = block.lines().skip(1).filter(|line| *line != "…").collect();

    assert!(told.len() >= 10, "{told:?}");
    for line in told {
        // The blocks are read without their indentation.
        let found = lines.any(|printed| printed.trim_start() == line);
        assert!(found, "`{line}` is not printed, or not there:\n{printed}");
    }
}
