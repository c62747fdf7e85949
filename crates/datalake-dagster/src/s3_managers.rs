//! I/O managers of `dagster-aws` in code: the bucket and prefix that each is given.

use crate::code_managers::LONGEST_CALL;
use crate::python::tokens::{Token, TokenKind, read_tokens};

/// What the library takes where code names no prefix (dagster-aws 0.25.0 to 0.29.27).
const DEFAULT_PREFIX: &str = "dagster";

/// The classes, with what they take where no prefix is named.
const CLASSES: [(&str, &str); 3] = [
    ("S3PickleIOManager", DEFAULT_PREFIX),
    ("ConfigurablePickledObjectS3IOManager", DEFAULT_PREFIX),
    ("PickledObjectS3IOManager", ""),
];

/// The older manager, configured: `s3_pickle_io_manager.configured({…})`.
const CONFIGURED: &str = "s3_pickle_io_manager.configured";

/// The variable that containers are given for the bucket.
const BUCKET_VARIABLE: &str = "DAGSTER_S3_BUCKET";

/// A value as code has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrittenValue {
    /// A text, or a name that stands for one in the same file.
    Text(String),
    /// A variable of the environment.
    Variable(String),
    /// Nothing is written: the library's own default.
    Default(String),
    /// Something that only runs of the code tell.
    Unknown,
}

/// A place in code that makes an I/O manager for pickles on S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3ManagerCall {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is called.
    pub class: String,
    /// The bucket.
    pub bucket: WrittenValue,
    /// The prefix.
    pub prefix: WrittenValue,
}

/// Why such a manager does not read what was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3PlaceTrouble {
    /// What is so.
    pub what: String,
    /// What to write instead.
    pub instead: String,
}

/// The I/O managers for pickles on S3 that a Python source makes. Code is read as text and never run.
///
/// ```
/// use datalake_dagster::{WrittenValue, find_s3_managers};
///
/// let found = find_s3_managers("io = S3PickleIOManager(s3_bucket='lake')\n");
///
/// assert_eq!(found[0].prefix, WrittenValue::Default("dagster".to_owned()));
/// ```
#[must_use]
pub fn find_s3_managers(source: &str) -> Vec<S3ManagerCall> {
    let tokens = read_tokens(source);
    let call = |at: usize| {
        let tokens_here = tokens.get(at..)?;
        let [word, open, ..] = tokens_here else { return None };
        if word.kind != TokenKind::Word || open.text != "(" {
            return None;
        }
        let name = word.text.rsplit('.').next().unwrap_or_default();
        let default = if word.text.ends_with(CONFIGURED) {
            DEFAULT_PREFIX
        } else {
            // `class Mine(…)` and `def mine(…)` make none.
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            if before.is_some_and(|it| ["class", "def"].contains(&it.text.as_str())) {
                return None;
            }
            CLASSES.iter().find(|(class, _)| *class == name)?.1
        };
        let arguments = CallArguments { tokens: &tokens, inside: end_at_depth(tokens_here, open) };
        let prefix = arguments.find_value("s3_prefix");
        Some(S3ManagerCall {
            line: word.line,
            class: word.text.clone(),
            bucket: arguments.find_value("s3_bucket").unwrap_or(WrittenValue::Unknown),
            prefix: prefix.unwrap_or_else(|| WrittenValue::Default(default.to_owned())),
        })
    };
    (0..tokens.len()).filter_map(call).collect()
}

/// What stands inside of a call's brackets.
fn end_at_depth<'t>(tokens: &'t [Token], open: &Token) -> &'t [Token] {
    let inside = tokens.get(2..).unwrap_or_default();
    let inside = inside.get(..LONGEST_CALL).unwrap_or(inside);
    // The bracket that closes stands as deep as the one that opened was before it.
    let closes = |token: &Token| token.text == ")" && token.depth < open.depth;
    let end = inside.iter().position(closes).unwrap_or(inside.len());
    inside.get(..end).unwrap_or_default()
}

struct CallArguments<'t> {
    /// The whole file.
    tokens: &'t [Token],
    inside: &'t [Token],
}

impl CallArguments<'_> {
    /// The value of `name=…`, or of `"name": …`; `None` where it is not named. What is handed over as
    /// a whole (`**settings`) may name it.
    fn find_value(&self, name: &str) -> Option<WrittenValue> {
        let is_name = |pair: &&[Token]| match pair {
            [key, sign, ..] => {
                let is_argument = key.kind == TokenKind::Word && sign.text == "=";
                let is_key = key.kind == TokenKind::Text && sign.text == ":";
                key.text == name && (is_argument || is_key)
            }
            _ => false,
        };
        let mut ends = (0..self.inside.len()).filter_map(|at| self.inside.get(at..));
        if let Some(rest) = ends.find(is_name) {
            return Some(self.read_value(rest.get(2..).unwrap_or_default()));
        }
        let is_open = |pair: &[Token]| {
            pair.iter().all(|token| token.text == "*")
                || matches!(pair, [open, word] if open.text == "{" && word.kind == TokenKind::Word)
        };
        let is_whole = matches!(self.inside, [word, ..] if word.kind == TokenKind::Word && self.inside.len() == 1);
        (is_whole || self.inside.windows(2).any(is_open)).then_some(WrittenValue::Unknown)
    }

    fn read_value(&self, tokens: &[Token]) -> WrittenValue {
        let ends = |token: Option<&Token>| {
            token.is_none_or(|token| [",", ")", "}"].contains(&token.text.as_str()))
        };
        match tokens {
            [text, rest @ ..] if text.kind == TokenKind::Text && ends(rest.first()) => {
                read_text(&text.text)
            }
            [word, open, name, close, ..]
                if reads_environment(&word.text)
                    && name.kind == TokenKind::Text
                    && [("(", ")"), ("[", "]")].contains(&(&open.text, &close.text)) =>
            {
                WrittenValue::Variable(name.text.clone())
            }
            [open, env, colon, name, ..]
                if open.text == "{" && env.text == "env" && colon.text == ":" =>
            {
                WrittenValue::Variable(name.text.clone())
            }
            [word, rest @ ..] if word.kind == TokenKind::Word && ends(rest.first()) => {
                self.read_constant(&word.text)
            }
            _ => WrittenValue::Unknown,
        }
    }

    /// What a name stands for, where it is given a text once in the same file.
    fn read_constant(&self, name: &str) -> WrittenValue {
        let mut given = self.tokens.windows(3).filter(|three| {
            matches!(three, [word, sign, _] if word.text == name && sign.text == "=" && sign.depth == 0)
        });
        match (given.next(), given.next()) {
            (Some([_, _, text]), None) if text.kind == TokenKind::Text => read_text(&text.text),
            _ => WrittenValue::Unknown,
        }
    }
}

/// A text with places to fill in is known only when it runs.
fn read_text(text: &str) -> WrittenValue {
    if text.contains(['{', '\\']) {
        WrittenValue::Unknown
    } else {
        WrittenValue::Text(text.to_owned())
    }
}

fn reads_environment(word: &str) -> bool {
    let name = word.rsplit('.').next().unwrap_or_default();
    ["EnvVar", "getenv", "environ"].contains(&name) || word.ends_with("environ.get")
}

impl S3ManagerCall {
    /// Why it does not read what goes to this bucket and prefix; `None` where it may. What is not
    /// known in one of them is judged by nothing.
    #[must_use]
    pub fn judge(&self, bucket: Option<&str>, prefix: Option<&str>) -> Option<S3PlaceTrouble> {
        self.judge_prefix(prefix).or_else(|| self.judge_bucket(bucket))
    }

    fn judge_prefix(&self, expected: Option<&str>) -> Option<S3PlaceTrouble> {
        let expected = expected?.trim_matches('/');
        let (found, how) = match &self.prefix {
            WrittenValue::Text(text) => (text, ""),
            WrittenValue::Default(text) => {
                (text, " (`s3_prefix` is not named: the library's own default)")
            }
            WrittenValue::Variable(_) | WrittenValue::Unknown => return None,
        };
        (found.trim_matches('/') != expected).then(|| S3PlaceTrouble {
            what: format!(
                "it reads below prefix `{found}`{how}; what is moved goes to `{expected}`"
            ),
            instead: format!("s3_prefix=\"{expected}\""),
        })
    }

    fn judge_bucket(&self, expected: Option<&str>) -> Option<S3PlaceTrouble> {
        let what = match &self.bucket {
            WrittenValue::Text(text) if text != expected? => {
                format!("it reads from bucket `{text}`; what is moved goes to `{}`", expected?)
            }
            WrittenValue::Variable(name) if name != BUCKET_VARIABLE => {
                format!(
                    "it reads from the bucket that `{name}` names; datalake sets `{BUCKET_VARIABLE}`"
                )
            }
            WrittenValue::Text(_)
            | WrittenValue::Variable(_)
            | WrittenValue::Default(_)
            | WrittenValue::Unknown => return None,
        };
        let instead = format!("s3_bucket=dg.EnvVar(\"{BUCKET_VARIABLE}\")");
        Some(S3PlaceTrouble { what, instead })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: Option<&str>) {
        let found = find_s3_managers(source);
        let [call] = &found[..] else { panic!("{source}: {found:?}") };
        let trouble = call.judge(Some("lake"), Some("assets")).map(|trouble| trouble.what);
        match expected {
            None => assert_eq!(trouble, None, "{source}"),
            Some(part) => {
                assert!(
                    trouble.as_ref().is_some_and(|it| it.contains(part)),
                    "{source}: {trouble:?}"
                );
            }
        }
    }

    #[test]
    fn the_prefix_is_the_one_of_the_migration_or_not() {
        check(
            "io = S3PickleIOManager(s3_bucket=dg.EnvVar('DAGSTER_S3_BUCKET'))\n",
            Some("`dagster` (`s3_prefix` is not"),
        );
        check(
            "io = S3PickleIOManager(s3_bucket='lake', s3_prefix='other')\n",
            Some("prefix `other`;"),
        );
        check("io = S3PickleIOManager(s3_bucket='lake', s3_prefix='assets/')\n", None);
        check(
            "P = 'other'\nio = S3PickleIOManager(s3_bucket='lake', s3_prefix=P)\n",
            Some("prefix `other`;"),
        );
        check("P = 'assets'\nio = S3PickleIOManager(s3_bucket='lake', s3_prefix=P)\n", None);
        check("io = PickledObjectS3IOManager('lake', session)\n", Some("prefix ``"));
        check(
            "io = aws.ConfigurablePickledObjectS3IOManager(\n  s3_bucket='lake',\n)\n",
            Some("`dagster`"),
        );
    }

    #[test]
    fn what_only_a_run_tells_is_not_judged() {
        check("io = S3PickleIOManager(s3_bucket='lake', s3_prefix=f'{x}')\n", None);
        check("io = S3PickleIOManager(s3_bucket='lake', s3_prefix=PREFIX)\n", None);
        check("io = S3PickleIOManager(s3_bucket='lake', s3_prefix='a' + b)\n", None);
        check("io = S3PickleIOManager(**settings)\n", None);
        check("io = s3_pickle_io_manager.configured(settings)\n", None);
        check("io = S3PickleIOManager(s3_bucket='lake', s3_prefix=dg.EnvVar('PREFIX'))\n", None);
    }

    #[test]
    fn the_bucket_is_the_one_of_the_migration_or_not() {
        check(
            "io = S3PickleIOManager(s3_bucket='old', s3_prefix='assets')\n",
            Some("bucket `old`"),
        );
        check(
            "io = S3PickleIOManager(s3_bucket=os.environ['MINE'], s3_prefix='assets')\n",
            Some("`MINE` names"),
        );
        check(
            "io = S3PickleIOManager(s3_bucket=os.getenv('DAGSTER_S3_BUCKET'), s3_prefix='assets')\n",
            None,
        );
    }

    #[test]
    fn the_older_manager_is_configured() {
        let source = |prefix: &str| {
            format!(
                "io = s3_pickle_io_manager.configured({{'s3_bucket': {{'env': 'DAGSTER_S3_BUCKET'}}{prefix}}})\n"
            )
        };
        check(&source(""), Some("`dagster`"));
        check(&source(", 's3_prefix': 'assets'"), None);
        check(&source(", 's3_prefix': 'x'"), Some("prefix `x`;"));
    }

    #[test]
    fn each_call_ends_at_its_own_bracket() {
        let source = "a = S3PickleIOManager(s3_resource=S3Resource(region='x'), s3_bucket='lake')\n\
                      b = S3PickleIOManager(s3_bucket='lake', s3_prefix='assets')\n\
                      class Mine(S3PickleIOManager):\n    pass\n\
                      from dagster_aws.s3 import S3PickleIOManager\n# S3PickleIOManager(\n";

        let found = find_s3_managers(source);

        let lines: Vec<_> = found.iter().map(|call| call.line).collect();
        assert_eq!(lines, [1, 2]);
        assert_eq!(found[0].prefix, WrittenValue::Default("dagster".to_owned()));
        assert_eq!(found[1].prefix, WrittenValue::Text("assets".to_owned()));
    }
}
