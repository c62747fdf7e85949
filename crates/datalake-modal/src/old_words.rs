//! Words of Modal's that are gone, found in people's files.

/// A word in a file that today's client does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldWord {
    /// The line, counted from 1.
    pub line: usize,
    /// The word.
    pub word: &'static str,
    /// What stands in for it.
    pub instead: &'static str,
}

/// What is gone, and what stands in for it.
const GONE: [(&str, &str); 7] = [
    ("modal.Stub", "`modal.App`: gone since 1.0, and the file cannot be deployed"),
    ("Function.lookup", "`modal.Function.from_name`: gone since 1.2"),
    ("Cls.lookup", "`modal.Cls.from_name`: gone since 1.2"),
    ("Secret.lookup", "`modal.Secret.from_name`: gone since 1.2"),
    ("modal.Mount", "`image.add_local_file` or `image.add_local_dir`: gone since 1.0"),
    ("keep_warm=", "`min_containers=`"),
    ("concurrency_limit=", "`max_containers=`"),
];

/// Finds the words in the lines of a Python file; comments do not count.
#[must_use]
pub fn old_words(text: &str) -> Vec<OldWord> {
    let lines = text.lines().enumerate();
    let found = lines.flat_map(|(at, line)| {
        let code = line.split('#').next().unwrap_or_default();
        let words = GONE.iter().filter(move |(word, _)| holds(code, word));
        words.map(move |(word, instead)| OldWord { line: at + 1, word, instead })
    });
    found.collect()
}

/// Whether the word stands there whole: `modal.Mountain` is another.
fn holds(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && (word.ends_with('=') || !after.is_some_and(is_part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let found: Vec<_> = old_words(text).into_iter().map(|old| (old.line, old.word)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn words_that_are_gone_are_found_with_their_line() {
        check("import modal\nstub = modal.Stub('x')\n", &[(2, "modal.Stub")]);
        check("f = modal.Function.lookup('a', 'b')\n", &[(1, "Function.lookup")]);
        check(
            "@app.function(keep_warm=1, concurrency_limit=2)\n",
            &[(1, "keep_warm="), (1, "concurrency_limit=")],
        );
    }

    #[test]
    fn words_of_today_and_comments_are_not() {
        check("app = modal.App('x')  # once modal.Stub\n", &[]);
        check("modal.Mountain; MyFunction.lookup; modal.Function.from_name; modal.App.lookup", &[]);
    }
}
