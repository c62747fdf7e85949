//! What a person may have meant.

/// The known words that are near to a text, the nearest first.
pub(crate) fn find_near<'a>(known: impl IntoIterator<Item = &'a str>, text: &str) -> Vec<&'a str> {
    let is_near = |word: &&str| strsim::jaro_winkler(word, text) > 0.8;
    let mut near: Vec<_> = known.into_iter().filter(is_near).collect();
    near.sort_by_key(|word| strsim::damerau_levenshtein(word, text));
    near
}
