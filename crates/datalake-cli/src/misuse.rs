//! A command line that was not understood.

use datalake_core::text::printable;
use std::ffi::OsString;

use clap::Parser as _;

use crate::args::{Cli, build_strict_command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Printer;

/// The command line: each command takes the options that it reads, and no others.
pub(crate) fn parse_words(words: &[OsString]) -> Result<Cli, clap::Error> {
    build_strict_command().try_get_matches_from(words)?;
    Cli::try_parse_from(words)
}

/// Tells what was not understood: to standard error, and to standard output too where the words ask
/// for JSON. The parser repeats words as they are, so it is asked once more with words that are fit
/// for a terminal.
pub(crate) fn misused(words: &[OsString], error: &clap::Error) -> Exit {
    let fit = words.iter().map(|word| printable(&word.to_string_lossy()).into());
    let fit: Vec<OsString> = fit.collect();
    let again =
        if words == fit { None } else { parse_words(&fit).err().filter(clap::Error::use_stderr) };
    let error = again.as_ref().unwrap_or(error);
    let mut flags = words.iter().take_while(|word| *word != "--");
    if flags.any(|word| word == "--json") {
        Printer::new(true).problem(&build_failure(&error.render().to_string()));
    }
    let _ = error.print();
    Exit::Usage
}

/// The parser's text in its parts: a message, tips and where to read on, with blank lines between.
fn build_failure(text: &str) -> Failure {
    let mut parts = text.trim().split("\n\n").map(one_line);
    let first = parts.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(&first);
    let hints = parts.filter(|part| !part.starts_with("Usage:"));
    hints.fold(Failure::new(Exit::Usage, message), |failure, hint| {
        failure.hint(lowercase_start(
            hint.strip_prefix("tip: ").unwrap_or(&hint).trim_end_matches('.'),
        ))
    })
}

fn one_line(part: &str) -> String {
    part.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lowercase_start(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tips_are_hints_and_the_usage_is_left_out() {
        let text = "error: invalid value 'x' for '<SHELL>'\n  [possible values: bash, fish]\n\n  \
                    tip: a similar value exists: 'fish'\n\nUsage: datalake completions <SHELL>\n\n\
                    For more information, try '--help'.\n";

        let failure = build_failure(text);

        let message = "invalid value 'x' for '<SHELL>' [possible values: bash, fish]";
        assert_eq!(failure.messages, [message]);
        let hints = ["a similar value exists: 'fish'", "for more information, try '--help'"];
        assert_eq!(failure.hints, hints);
    }
}
