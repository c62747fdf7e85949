//! Words of a value, split and unquoted as systemd and podman do.

use std::ops::Range;

/// An escape that neither systemd nor podman knows; podman then drops the whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a backslash begins no known escape")]
pub struct BadEscape;

/// A word and where it stands, quotes included.
pub(crate) struct UnitWord {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

/// Splits `value` at blanks and undoes its quotes and escapes.
///
/// A quote that is never closed ends with the value, and a backslash at its end is dropped.
///
/// ```
/// let words = datalake_quadlet::split_words(r#"A=1 "B=two words" C=a\x20b"#)?;
/// assert_eq!(words, ["A=1", "B=two words", "C=a b"]);
/// # Ok::<(), datalake_quadlet::BadEscape>(())
/// ```
///
/// # Errors
///
/// [`BadEscape`] where a backslash begins no known escape.
pub fn split_words(value: &str) -> Result<Vec<String>, BadEscape> {
    Ok(spanned_words(value)?.into_iter().map(|word| word.text).collect())
}

/// A word of a command as systemd takes it in `ExecStart=`: in quotes, and without specifiers or
/// variables in it.
///
/// ```
/// assert_eq!(datalake_quadlet::quote_exec_word("s3://lake/100% a$b"), r#""s3://lake/100%% a$$b""#);
/// ```
#[must_use]
pub fn quote_exec_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' | '$' => quoted.extend([c, c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Splits like [`split_words`] and tells where each word stands.
pub(crate) fn spanned_words(value: &str) -> Result<Vec<UnitWord>, BadEscape> {
    let mut words = Vec::new();
    let mut rest = value.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let start = value.len() - rest.len();
        let text;
        (text, rest) = first_word(rest)?;
        words.push(UnitWord { text, span: start..value.len() - rest.len() });
        rest = rest.trim_start_matches(is_blank);
    }
    Ok(words)
}

fn first_word(from: &str) -> Result<(String, &str), BadEscape> {
    let mut word = String::new();
    let mut quote = None;
    let mut rest = from;
    while let Some(c) = rest.chars().next() {
        if quote.is_none() && is_blank(c) {
            break;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' if rest.is_empty() => (),
            '\\' => {
                let meant;
                (meant, rest) = read_escape(rest).ok_or(BadEscape)?;
                word.push(meant);
            }
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => word.push(c),
        }
    }
    Ok((word, rest))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// The character that the escape at the start of `text` means, and what follows it.
fn read_escape(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next()?;
    let after = text.get(letter.len_utf8()..)?;
    let plain = |c: char| Some((c, after));
    match letter {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        's' => plain(' '),
        '\\' | '"' | '\'' => plain(letter),
        'x' => read_numbered(after, 2, 16),
        'u' => read_numbered(after, 4, 16),
        'U' => read_numbered(after, 8, 16),
        '0'..='7' => read_numbered(text, 3, 8).filter(|(c, _)| u32::from(*c) <= 255),
        _ => None,
    }
}

fn read_numbered(text: &str, digits: usize, radix: u32) -> Option<(char, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    if !number.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(number, radix).ok().filter(|code| *code != 0)?;
    Some((char::from_u32(code)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &[&str]) {
        assert_eq!(split_words(value).unwrap(), expected, "{value:?}");
    }

    #[test]
    fn blanks_split_and_quotes_join() {
        check("", &[]);
        check("  a\t b ", &["a", "b"]);
        check(
            r#"PLAIN=1 "Q=two words" 'S=it s' AB"CD=1""#,
            &["PLAIN=1", "Q=two words", "S=it s", "ABCD=1"],
        );
        check(r#""it's" 'a"b' """#, &["it's", "a\"b", ""]);
        check("\"unclosed e", &["unclosed e"]);
    }

    #[test]
    fn escapes_are_undone_inside_quotes_too() {
        check(r"a\x20b \141 \u00e9 \U0001F600", &["a b", "a", "é", "😀"]);
        check(r#""a\tb" 'it\'s' c\\d a\sb"#, &["a\tb", "it's", "c\\d", "a b"]);
        check(r"end\", &["end"]);
    }

    #[test]
    fn a_quoted_word_is_one_word() {
        for word in ["plain", "two words", r#"a"b\c"#, "", "it's", ";", "-"] {
            assert_eq!(split_words(&quote_exec_word(word)).unwrap(), [word], "{word:?}");
        }
        assert_eq!(quote_exec_word("%h $HOME"), "\"%%h $$HOME\"");
    }

    #[test]
    fn an_unknown_escape_is_told() {
        for value in [r"\q", r"\x2", r"\x00", r"\400", r"\+12", r"\x+1", r"\uD800", r"\ä"] {
            assert_eq!(split_words(value), Err(BadEscape), "{value:?}");
        }
    }

    #[test]
    fn a_span_covers_the_quotes() {
        let spans: Vec<_> =
            spanned_words(" a \"b c\"d ").unwrap().into_iter().map(|word| word.span).collect();
        assert_eq!(spans, [1..2, 3..9]);
    }
}
