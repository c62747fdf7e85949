//! Python's text in pieces: as much of its grammar as tells code from comments and texts.

/// A piece of a Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// A name with its points (`os.environ.get`), the content of a text, or one sign.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// How many brackets are open around it.
    pub(crate) depth: usize,
    /// Whether it is inside of a function's body, which does not run at import.
    pub(crate) is_in_function: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Text,
    Sign,
}

/// Takes a file apart. What is no Python is taken apart all the same.
pub(crate) fn read_tokens(text: &str) -> Vec<Token> {
    let mut reader = TokenReader {
        rest: text,
        line: 1,
        depth: 0,
        indent: 0,
        starts_line: true,
        functions: Vec::new(),
        found: Vec::new(),
    };
    while reader.step() {}
    reader.found
}

struct TokenReader<'a> {
    rest: &'a str,
    line: usize,
    depth: usize,
    indent: usize,
    /// Whether nothing but blanks has come on this line yet.
    starts_line: bool,
    /// How far the functions around are indented.
    functions: Vec<usize>,
    found: Vec<Token>,
}

impl TokenReader<'_> {
    /// Takes one piece off; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        match first {
            '\n' => self.newline(),
            '\\' if self.rest.starts_with("\\\n") => {
                self.line += 1;
                self.skip(2);
            }
            ' ' | '\t' | '\r' => self.blank(first),
            '#' => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
            _ => self.piece(first),
        }
        true
    }

    fn newline(&mut self) {
        self.line += 1;
        if self.depth == 0 {
            (self.starts_line, self.indent) = (true, 0);
        }
        self.skip(1);
    }

    fn blank(&mut self, blank: char) {
        if self.starts_line {
            self.indent += if blank == '\t' { 8 } else { 1 };
        }
        self.skip(1);
    }

    fn piece(&mut self, first: char) {
        if self.starts_line {
            let indent = self.indent;
            self.functions.retain(|function| *function < indent);
        }
        if let Some((content, length)) = text_at(self.rest) {
            let (content, lines) = (content.to_owned(), count_newlines(self.rest, length));
            self.push(TokenKind::Text, content);
            self.line += lines;
            self.skip(length);
        } else if is_of_word(first) {
            self.word();
        } else {
            match first {
                '(' | '[' | '{' => self.depth += 1,
                ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                _ => (),
            }
            self.push(TokenKind::Sign, first.to_string());
            self.skip(first.len_utf8());
        }
        self.starts_line = false;
    }

    fn word(&mut self) {
        let end = self.rest.find(|c| !is_of_word(c) && c != '.').unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default().to_owned();
        let begins_function = word == "def" && self.depth == 0;
        self.push(TokenKind::Word, word);
        if begins_function {
            // The name and the arguments' defaults are read at import; the body is what matters.
            self.functions.push(self.indent);
        }
        self.skip(end);
    }

    fn push(&mut self, kind: TokenKind, text: String) {
        let is_in_function = !self.functions.is_empty();
        let (line, depth) = (self.line, self.depth);
        self.found.push(Token { kind, text, line, depth, is_in_function });
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn count_newlines(text: &str, length: usize) -> usize {
    text.get(..length).unwrap_or_default().matches('\n').count()
}

/// The content of the text that `rest` begins with, and how long it is with its quotes.
fn text_at(rest: &str) -> Option<(&str, usize)> {
    // A prefix has two letters at most: to look further for each sign takes the square of the time.
    let mut first = rest.char_indices().take(3);
    let (prefix, _) = first.find(|(_, c)| matches!(c, '"' | '\''))?;
    let is_prefix = |text: &str| text.bytes().all(|byte| b"rRbBuUfFtT".contains(&byte));
    let (before, quoted) = rest.split_at_checked(prefix)?;
    if !is_prefix(before) {
        return None;
    }
    let quote = quoted.get(..1)?;
    let triple = quote.repeat(3);
    let quote = if quoted.starts_with(&triple) { triple.as_str() } else { quote };
    let inner = quoted.get(quote.len()..)?;
    let end = end_of(inner, quote);
    let closed = inner.get(end..).is_some_and(|rest| rest.starts_with(quote));
    let length = prefix + quote.len() + end + if closed { quote.len() } else { 0 };
    Some((inner.get(..end)?, length))
}

/// Where the closing quote stands; a text in one quote ends with its line at the latest.
fn end_of(inner: &str, quote: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else {
            let is_closed = inner.get(at..).is_some_and(|rest| rest.starts_with(quote));
            if is_closed || c == '\n' && quote.len() == 1 {
                return at;
            }
        }
    }
    inner.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = read_tokens(text).into_iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn words_texts_and_signs() {
        check(
            "a.b(c='x', d=r\"y\\\"\") # z",
            &["a.b", "(", "c", "=", "x", ",", "d", "=", "y\\\"", ")"],
        );
        check("'''a\n'b' # c\n''' d", &["a\n'b' # c\n", "d"]);
        check("x = 'open\ny", &["x", "=", "open", "y"]);
        check("bar'x'", &["bar", "x"]);
        check("f\"{a}\" u'é'", &["{a}", "é"]);
        check("", &[]);
    }

    #[test]
    fn a_file_of_brackets_is_read_in_one_pass() {
        let text = "(".repeat(1 << 20);

        assert_eq!(read_tokens(&text).len(), 1 << 20);
    }

    #[test]
    fn a_body_ends_where_the_indent_does() {
        let text =
            "def f(\n  a):\n    x\n\n# c\n    y\nz\nclass C:\n    w\n    def g(self): v\n    u\n";
        let words = read_tokens(text);
        let inside =
            words.iter().filter(|token| token.is_in_function && token.kind == TokenKind::Word);
        let inside: Vec<_> = inside.map(|token| token.text.as_str()).collect();

        assert_eq!(inside, ["f", "a", "x", "y", "g", "self", "v"]);
    }
}
