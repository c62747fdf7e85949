//! What the README says is so.

use std::fs;

use clap::{CommandFactory, Parser};
use datalake_cli::args::Cli;
use datalake_cli::exit::Exit;

use crate::support::{Call, Host};

/// What else a line may begin with; anything new is looked at by a person first.
const OTHER_PROGRAMS: [&str; 2] = ["cargo", "export"];

fn readme() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap()
}

/// The fenced blocks of these languages.
fn blocks(text: &str, languages: &[&str]) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut parts = text.split("\n```");
    // Before the first fence, and between two blocks, is prose.
    parts.next();
    while let Some(block) = parts.next() {
        let (language, body) = block.split_once('\n').unwrap();
        if languages.contains(&language) {
            blocks.push(body.to_owned());
        }
        assert!(parts.next().is_some(), "a block without an end: {language}");
    }
    blocks
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
    let (readme, mut lines) = (readme(), Vec::new());
    for block in blocks(&readme, &["console"]) {
        // What has no prompt is what the command prints.
        let typed = block.lines().filter_map(|line| line.strip_prefix("$ "));
        lines.extend(typed.map(str::to_owned));
    }
    for block in blocks(&readme, &["sh"]) {
        lines.extend(block.lines().map(str::to_owned));
    }
    assert!(lines.iter().filter(|line| line.contains("datalake ")).count() >= 5, "{lines:?}");

    for line in &lines {
        check(line);
    }
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
    let specs = blocks(&readme(), &["yaml"]);
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
