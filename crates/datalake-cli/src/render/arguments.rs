//! Arguments in messages: a control character in one neither steers the terminal nor fakes a line.

use datalake_core::text::printable;
use std::collections::BTreeSet;

/// The same text for a terminal: control characters are escaped, and so are the line ends that come
/// from the arguments and variables of this process. Line ends of ours stay.
pub(super) fn escape_message(text: &str) -> String {
    let text =
        if text.contains('\n') { escape_given(text, &list_given()) } else { text.to_owned() };
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Escapes only what comes from arguments and variables: the rest of a result may have colours.
pub(super) fn escape_arguments(text: &str) -> String {
    escape_given(text, &list_given())
}

fn escape_given(text: &str, given: &BTreeSet<String>) -> String {
    // The longest first: a part of a path does not take its whole apart.
    let mut given: Vec<_> = given.iter().filter(|word| text.contains(word.as_str())).collect();
    given.sort_by_key(|word| std::cmp::Reverse(word.len()));
    given.into_iter().fold(text.to_owned(), |text, word| text.replace(word, &printable(word)))
}

/// What this process was given and a terminal would obey: whole words, values behind `=`, parts of
/// paths.
fn list_given() -> BTreeSet<String> {
    let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let ours =
        |name: &str| name.starts_with("DATALAKE_") || name == "HOME" || name.starts_with("XDG_");
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        ours(&name.to_string_lossy()).then(|| value.to_string_lossy().into_owned())
    });
    arguments.chain(variables).flat_map(|word| parts_of(&word)).collect()
}

fn parts_of(word: &str) -> Vec<String> {
    let value = word.split_once('=').map(|(_, value)| value);
    let words = [word].into_iter().chain(value).chain(word.split('/')).chain(word.split('='));
    // Some values lose the blanks around them. A line end alone would be every line end.
    let all = words.flat_map(|part| [part, part.trim()]);
    let steers = |part: &&str| *part != printable(part) && !part.trim().is_empty();
    all.filter(steers).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_fakes_no_line_and_steers_nothing() {
        let given = parts_of("--report=a/b\nerror: all is well\x1b[2J").into_iter().collect();
        let escaped = "`a/b\\nerror: all is well\\u{1b}[2J`: no such file\nerror: and more";

        let text =
            escape_given("`a/b\nerror: all is well\x1b[2J`: no such file\nerror: and more", &given);
        let part = escape_given("folder `a`, file `b\nerror: all is well\x1b[2J`", &given);

        assert_eq!(text, escaped);
        assert_eq!(part, "folder `a`, file `b\\nerror: all is well\\u{1b}[2J`");
    }

    #[test]
    fn control_characters_are_escaped_whoever_has_written_them() {
        assert_eq!(escape_message("a\x1b[31m\rb\nc\td"), "a\\u{1b}[31m\\rb\nc\td");
    }

    #[test]
    fn a_word_of_line_ends_alone_is_not_looked_for() {
        assert!(parts_of("\n").is_empty());
        assert!(parts_of("plain/path=x").is_empty());
    }
}
