//! The place in a file of ours that is the operator's.

/// How the lines begin that the operator's part stands between.
const BEGIN: &str = "# ---- Yours: begin ----";
const END: &str = "# ---- Yours: end ----";

/// A text before, in and after the operator's part.
type Parts<'a> = (&'a str, &'a str, &'a str);

/// The parts of a text; `None` where it leaves the operator no place.
fn split_text(text: &str) -> Option<Parts<'_>> {
    let begin = find_line(text, 0, BEGIN)?;
    let own = begin + text.get(begin..)?.find('\n')? + 1;
    let end = find_line(text, own, END)?;
    Some((text.get(..own)?, text.get(own..end)?, text.get(end..)?))
}

/// Where the first line begins, from an offset on, that begins so.
fn find_line(text: &str, from: usize, start: &str) -> Option<usize> {
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        if line.starts_with(start) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The text with nothing in the operator's part: what has to stay for a file to be ours.
pub(super) fn without_own_part(text: &str) -> String {
    split_text(text)
        .map_or_else(|| text.to_owned(), |(before, _, after)| format!("{before}{after}"))
}

/// `fresh` with the operator's part of `present`, where both have one.
pub(super) fn with_own_part_of(present: &str, fresh: &str) -> String {
    match (split_text(present), split_text(fresh)) {
        (Some((_, own, _)), Some((before, _, after))) => format!("{before}{own}{after}"),
        _ => fresh.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: &str =
        "new = 1\n# ---- Yours: begin ---- (stays)\nx = 0\n# ---- Yours: end ----\ntail\n";
    const PRESENT: &str =
        "old = 1\n# ---- Yours: begin ----\nx = 7\ny = 8\n# ---- Yours: end ----\n";

    #[test]
    fn what_is_the_operators_goes_over_into_a_new_text() {
        let expected = FRESH.replace("x = 0\n", "x = 7\ny = 8\n");

        assert_eq!(with_own_part_of(PRESENT, FRESH), expected);
        assert_eq!(without_own_part(&expected), without_own_part(FRESH));
    }

    #[test]
    fn a_text_without_such_a_place_is_taken_as_it_is() {
        for text in ["", "x = 1\n", "# ---- Yours: begin ----\n", "# ---- Yours: end ----\n"] {
            assert_eq!(without_own_part(text), text);
            assert_eq!(with_own_part_of(text, FRESH), FRESH);
            assert_eq!(with_own_part_of(PRESENT, text), text);
        }
    }
}
