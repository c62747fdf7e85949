//! Wildcards as parts of regular expressions.

/// Translates what stands in front of `pattern` and gives what stands behind it: `*` and `?`, which
/// stop at `/`, `[a-c]` and `[!a-c]`, a backslash with its character, or a character as it is.
///
/// `None` at the end, for a bracket that does not close, and for a backslash with nothing behind it.
pub(crate) fn translate_wildcard<'p>(pattern: &'p str, regex: &mut String) -> Option<&'p str> {
    let mut characters = pattern.chars();
    let first = characters.next()?;
    match first {
        '*' => regex.push_str("[^/]*"),
        '?' => regex.push_str("[^/]"),
        '[' => return translate_class(characters.as_str(), regex),
        '\\' => push_escaped(characters.next()?, regex),
        other => push_escaped(other, regex),
    }
    Some(characters.as_str())
}

fn push_escaped(character: char, regex: &mut String) {
    regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

/// Translates what stands behind `[` and gives what stands behind its `]`.
fn translate_class<'p>(rest: &'p str, regex: &mut String) -> Option<&'p str> {
    let inside = rest.strip_prefix(['!', '^']).unwrap_or(rest);
    // A bracket that comes first is one of the characters.
    let first = inside.chars().next()?.len_utf8();
    let end = first + inside.get(first..)?.find(']')?;
    regex.push_str(if inside.len() < rest.len() { "[^/" } else { "[" });
    for character in inside.get(..end)?.chars() {
        match character {
            '-' => regex.push('-'),
            other => push_escaped(other, regex),
        }
    }
    regex.push(']');
    inside.get(end + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: Option<(&str, &str)>) {
        let mut regex = String::new();
        let rest = translate_wildcard(pattern, &mut regex);
        assert_eq!(rest.map(|rest| (regex.as_str(), rest)), expected, "{pattern:?}");
    }

    #[test]
    fn one_at_a_time() {
        check("*a", Some(("[^/]*", "a")));
        check("?", Some(("[^/]", "")));
        check("\u{e9}x", Some(("\u{e9}", "x")));
        check(".", Some(("\\.", "")));
        check("\\*x", Some(("\\*", "x")));
        check("", None);
        check("\\", None);
    }

    #[test]
    fn brackets_hold_characters_and_ranges() {
        check("[a-c]x", Some(("[a-c]", "x")));
        check("[!a]x", Some(("[^/a]", "x")));
        check("[]^]x", Some(("[\\]\\^]", "x")));
        for open in ["[", "[]", "[!", "[!]", "[a"] {
            check(open, None);
        }
    }
}
