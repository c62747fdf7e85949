//! The pages below `docs` that are made from the program. `cargo xtask docs` writes them; a test of
//! each fails when it is out of date.

mod commands;
mod configuration;
mod demo;
mod errors;
mod exit_codes;
mod findings;
mod first_hour;
mod json;
mod kinds;
mod messages;
mod quick_start;
mod sources;

use std::fs;
use std::path::PathBuf;

/// The first line of every page that is made.
const MADE: &str =
    "<!-- Made from the program by `cargo xtask docs`: changes by hand are lost. -->";

/// Holds a page to what the program says, or writes it where that is asked for.
#[track_caller]
fn hold(name: &str, body: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name);
    let page = format!("{MADE}\n\n{}\n", body.trim());
    if std::env::var_os("SNAPSHOTS").is_some_and(|wish| wish == "overwrite") {
        return fs::write(path, page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    let lines = written.lines().chain(std::iter::repeat(""));
    let differs = page.lines().zip(lines).enumerate().find(|(_, (now, then))| now != then);
    if let Some((at, (now, then))) = differs {
        let line = at + 1;
        panic!(
            "docs/{name} is out of date: run `cargo xtask docs`\n{line} is   {then}\n{line} has to be {now}"
        );
    }
    assert_eq!(written, page, "docs/{name} has more than it should: run `cargo xtask docs`");
}

/// Holds what follows this command in a block of a page that people write.
#[track_caller]
fn hold_block(name: &str, command: &str, body: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name);
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(command).unwrap();
    let (written, after) = rest.split_once("```").unwrap();
    if std::env::var_os("SNAPSHOTS").is_some_and(|wish| wish == "overwrite") {
        return fs::write(path, [before, command, body, "```", after].concat()).unwrap();
    }
    assert_eq!(written, body, "docs/{name} is out of date: run `cargo xtask docs`");
}

/// Text fit for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Text as code, whatever backticks it has.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// The anchor that a heading gets.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// A sentence: first letter large, a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let text = match text.trim() {
        // A name is written as it is.
        name if is_name(name.split(' ').next().unwrap_or_default()) => name.to_owned(),
        _ => first + letters.as_str(),
    };
    if text.is_empty() || text.ends_with(['.', '?', '!']) { text } else { text + "." }
}

fn is_name(word: &str) -> bool {
    word == "datalake" || word.contains(|c: char| c.is_ascii_digit())
}
