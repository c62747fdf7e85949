//! Patterns with `*` and `?`.

/// Whether `text` matches `pattern`: `*` is any text, `?` any one byte.
pub(super) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    // Where to go on when what follows the last star does not fit.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((wanted, rest)), Some((byte, others))) if *wanted == b'?' || wanted == byte => {
                (pattern, text) = (rest, others);
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, [_, others @ ..])) = retry else { return false };
                retry = Some((after_star, others));
                (pattern, text) = (after_star, others);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_is_any_text_and_question_mark_one_byte() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("a", "", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }
}
