//! What the README and the pages below `docs` say is so.

use std::fs;
use std::path::PathBuf;

use clap::{CommandFactory, Parser};
use datalake_cli::args::Cli;
use datalake_cli::exit::Exit;

use crate::support::{Call, Host};

/// What else a line may begin with; anything new is looked at by a person first.
const OTHER_PROGRAMS: [&str; 2] = ["cargo", "export"];

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

#[track_caller]
fn check(line: &str) {
    let words = words(line);
    let Some(program) = words.first() else { return };
    if program == "datalake" {
        let parsed = Cli::try_parse_from(&words);
        assert!(parsed.is_ok(), "`{line}`\n{}", parsed.unwrap_err());
    } else {
        assert!(OTHER_PROGRAMS.contains(&program.as_str()), "what is `{line}`?");
    }
}

#[test]
fn every_command_is_one() {
    for (name, text) in pages() {
        let lines = [typed(&text, "console"), typed(&text, "console run")].concat();
        assert!(!name.ends_with("README.md") || lines.len() >= 20, "{lines:?}");
        for line in &lines {
            check(line);
        }
    }
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
            Call::new(folder.path(), &words).run().exits(expected);
            ran += 1;
        }
    }
    assert!(ran >= 3, "{ran}");
}

#[test]
fn every_example_of_the_help_is_a_command() {
    let (mut left, mut with_examples) = (vec![Cli::command()], 0);
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let Some(help) = command.get_before_help().map(ToString::to_string) else { continue };
        let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  ")).collect();
        assert!(!examples.is_empty(), "{help}");
        for example in examples {
            let line = example.trim_start().split("  ").next().unwrap_or_default();
            assert!(line.contains("datalake "), "{example}");
            // What the shell does with it is not ours.
            check(line.split(['|', '>']).next().unwrap_or_default());
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

#[test]
fn every_exit_code_is_in_the_table() {
    let readme = readme();
    let rows = readme.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [code, meaning] = cells[..] else { return None };
        Some((code.parse::<u8>().ok()?, meaning.to_owned()))
    });

    let expected = Exit::ALL.map(|exit| (exit.code(), exit.meaning().to_owned()));

    assert_eq!(rows.collect::<Vec<_>>(), expected);
}
