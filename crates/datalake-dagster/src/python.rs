//! Traps in the operator's Python files.

pub(crate) mod tokens;

use datalake_core::doctor::{PythonTrap, PythonTrapKind};

pub(crate) use tokens::{Token, TokenKind, read_tokens};

/// Words of Modal's client that are gone, and those that stand for them today.
const GONE: [(&str, &str); 10] = [
    ("modal.Stub", "modal.App"),
    ("Stub", "modal.App"),
    ("Function.lookup", "modal.Function.from_name"),
    ("Cls.lookup", "modal.Cls.from_name"),
    ("Secret.lookup", "modal.Secret.from_name"),
    ("Volume.lookup", "modal.Volume.from_name"),
    ("Dict.lookup", "modal.Dict.from_name"),
    ("Queue.lookup", "modal.Queue.from_name"),
    ("modal.Mount", "image.add_local_file(PATH, REMOTE)"),
    ("Mount", "image.add_local_file(PATH, REMOTE)"),
];

/// Arguments of Modal's functions that are gone or on their way out.
const GONE_ARGUMENTS: [(&str, &str); 4] = [
    ("mounts", "image.add_local_dir(PATH, REMOTE)"),
    ("keep_warm", "min_containers"),
    ("concurrency_limit", "max_containers"),
    ("container_idle_timeout", "scaledown_window"),
];

/// Finds the traps in the text of one Python file; comments and texts are passed over where they
/// are no code.
///
/// ```
/// use datalake_core::doctor::PythonTrapKind;
/// use datalake_dagster::scan_python;
///
/// let traps = scan_python("app.py", "import modal\nstub = modal.Stub('x')  # modal.Mount\n");
///
/// assert_eq!((traps.len(), traps[0].line), (1, 2));
/// assert_eq!(traps[0].kind, PythonTrapKind::ModalWord);
/// ```
#[must_use]
pub fn scan_python(path: &str, text: &str) -> Vec<PythonTrap> {
    let tokens = read_tokens(text);
    let uses = |module: &str| {
        tokens.iter().any(|token| {
            token.kind == TokenKind::Word && token.text.split('.').next() == Some(module)
        })
    };
    let (uses_modal, uses_dagster) = (uses("modal"), uses("dagster"));
    let mut traps = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let found = [
            if uses_modal { modal_word(rest) } else { None },
            if uses_dagster { find_getenv(rest) } else { None },
            latest_json(token, tokens.get(..at).unwrap_or_default()),
            find_secret(rest),
            leading_slash(rest),
        ];
        // The second half of a dotted name after a call is a name of something else.
        let is_attribute = before.is_some_and(|it| it.text == ".");
        for (kind, word, instead) in found.into_iter().flatten().filter(|_| !is_attribute) {
            let (path, line) = (path.to_owned(), token.line);
            traps.push(PythonTrap { path, line, kind, word, instead });
        }
    }
    traps
}

/// What a token begins, if that is a trap.
type Trap = (PythonTrapKind, String, Option<String>);

fn modal_word(tokens: &[Token]) -> Option<Trap> {
    let word = tokens.first().filter(|token| token.kind == TokenKind::Word)?;
    let is_argument = tokens.get(1).is_some_and(|next| next.text == "=");
    let trap = |instead: &str| {
        Some((PythonTrapKind::ModalWord, word.text.clone(), Some(instead.to_owned())))
    };
    if is_argument {
        let gone = GONE_ARGUMENTS.iter().find(|(name, _)| *name == word.text)?;
        return if word.depth > 0 { trap(gone.1) } else { None };
    }
    let bare = word.text.strip_prefix("modal.").unwrap_or(&word.text);
    let gone = GONE.iter().find(|(name, _)| [bare, &word.text].contains(name))?;
    trap(gone.1)
}

/// `os.getenv("NAME")`, `os.environ["NAME"]`, `os.environ.get("NAME")` outside of functions.
fn find_getenv(tokens: &[Token]) -> Option<Trap> {
    let [word, open, name, ..] = tokens else { return None };
    let reads = ["os.getenv", "getenv", "os.environ", "environ", "os.environ.get", "environ.get"];
    let is_read = reads.contains(&word.text.as_str()) && ["(", "["].contains(&open.text.as_str());
    if !is_read
        || word.is_in_function
        || name.kind != TokenKind::Text
        || !is_sensitive_name(&name.text)
    {
        return None;
    }
    // `os.environ["NAME"] = …` sets it.
    if tokens.get(4).is_some_and(|next| open.text == "[" && next.text == "=") {
        return None;
    }
    let text = format!("{}{}\"{}\"", word.text, open.text, name.text);
    let close = if open.text == "(" { ")" } else { "]" };
    let instead = format!("dg.EnvVar(\"{}\")", name.text);
    Some((PythonTrapKind::Getenv, text + close, Some(instead)))
}

/// Variables without which a definition is wrong, or that are secret.
fn is_sensitive_name(name: &str) -> bool {
    let is_secret = ["SECRET", "TOKEN", "PASSWORD"].iter().any(|word| name.contains(word));
    name.starts_with("AWS_") || name.starts_with("DAGSTER_S3_") || is_secret
}

/// A key that ends in `/latest.json`, unless it is one that is written.
fn latest_json(token: &Token, before: &[Token]) -> Option<Trap> {
    if token.kind != TokenKind::Text || !token.text.ends_with("/latest.json") {
        return None;
    }
    let [.., name, sign] = before else { return None };
    let is_written = ["out", "dest", "target"].iter().any(|word| name.text.starts_with(word));
    if ["=", ":"].contains(&sign.text.as_str()) && is_written {
        return None;
    }
    Some((PythonTrapKind::LatestJson, token.text.clone(), None))
}

/// `aws_secret_access_key="…"`, `"AWS_SECRET_ACCESS_KEY": "…"`, and the same of Modal's token.
fn find_secret(tokens: &[Token]) -> Option<Trap> {
    const NAMES: [&str; 3] = ["aws_secret_access_key", "modal_token_secret", "token_secret"];
    let written = &tokens.first()?.text;
    let name = written.to_ascii_lowercase();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let value = match tokens.get(1..) {
        Some([sign, value, ..]) if ["=", ":"].contains(&sign.text.as_str()) => value,
        // `os.environ["NAME"] = "…"`
        Some([close, sign, value, ..]) if close.text == "]" && sign.text == "=" => value,
        _ => return None,
    };
    let is_one = value.kind == TokenKind::Text && looks_real(&value.text);
    is_one.then(|| (PythonTrapKind::Secret, format!("{written}=…"), None))
}

/// Long, and not a word that stands for one, such as `your-secret-key`.
fn looks_real(text: &str) -> bool {
    let stands_for = ["your", "secret", "example", "xxx", "...", "<", "$", "{"];
    let lower = text.to_ascii_lowercase();
    text.len() >= 16 && !stands_for.iter().any(|word| lower.contains(word))
}

fn leading_slash(tokens: &[Token]) -> Option<Trap> {
    let [name, sign, value, ..] = tokens else { return None };
    let is_one = name.text == "s3_prefix"
        && sign.text == "="
        && value.kind == TokenKind::Text
        && value.text.starts_with('/');
    is_one.then(|| (PythonTrapKind::LeadingSlash, format!("s3_prefix=\"{}\"", value.text), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, PythonTrapKind, &str)]) {
        let traps = scan_python("a.py", text);
        let found: Vec<_> =
            traps.iter().map(|trap| (trap.line, trap.kind, trap.word.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn old_words_of_modal() {
        let word = PythonTrapKind::ModalWord;
        check(
            "import modal\nstub = modal.Stub(\"x\")\nf = modal.Function.lookup('a', 'b')\n",
            &[(2, word, "modal.Stub"), (3, word, "modal.Function.lookup")],
        );
        check("from modal import Stub\nStub('x')\n", &[(1, word, "Stub"), (2, word, "Stub")]);
        check(
            "import modal\n@app.function(keep_warm=1, mounts=[m])\ndef f(): pass\n",
            &[(2, word, "keep_warm"), (2, word, "mounts")],
        );
        check("import modal\nkeep_warm = 1\na = modal.App.lookup('x')\n", &[]);
        check("import modal\n# modal.Stub\n'''modal.Stub\n'''\nx = \"modal.Stub\"\n", &[]);
        check("import other\nother.Stub()\nStub()\n", &[]);
    }

    #[test]
    fn getenv_at_import() {
        let trap = PythonTrapKind::Getenv;
        check(
            "import dagster, os\nbucket = os.getenv(\"DAGSTER_S3_BUCKET\")\n\
             class A:\n    key = os.environ['AWS_ACCESS_KEY_ID']\n",
            &[
                (2, trap, "os.getenv(\"DAGSTER_S3_BUCKET\")"),
                (4, trap, "os.environ[\"AWS_ACCESS_KEY_ID\"]"),
            ],
        );
        check(
            "import dagster, os\nr = f(\n    bucket=os.environ.get(\"DAGSTER_S3_BUCKET\"),\n)\n",
            &[(3, trap, "os.environ.get(\"DAGSTER_S3_BUCKET\")")],
        );
        check(
            "import dagster, os\n@asset\ndef a():\n    return (\nos.getenv('AWS_REGION'))\n\
             LEVEL = os.getenv('LOG_LEVEL')\nos.environ['AWS_REGION'] = 'x'\n",
            &[],
        );
        check("import os\nx = os.getenv('AWS_REGION')\n", &[]);
    }

    #[test]
    fn keys_that_nobody_writes() {
        let trap = PythonTrapKind::LatestJson;
        check(
            "fn.remote(input_key=\"assets/raw_data/latest.json\",\n  output_key=\"b/latest.json\")\n",
            &[(1, trap, "assets/raw_data/latest.json")],
        );
        check("s3.get_object(Key='a/latest.json')\n", &[(1, trap, "a/latest.json")]);
        check("x = 'see latest.json'\n", &[]);
    }

    #[test]
    fn secrets_are_told_by_their_name_alone() {
        let trap = PythonTrapKind::Secret;
        let value = "q7/Zk2+Vx9mTt4RbL8wNcY3hJ6";
        check(
            &format!("c(aws_secret_access_key='{value}')\n"),
            &[(1, trap, "aws_secret_access_key=…")],
        );
        check(
            &format!("os.environ['AWS_SECRET_ACCESS_KEY'] = '{value}'\n"),
            &[(1, trap, "AWS_SECRET_ACCESS_KEY=…")],
        );
        check("c(aws_secret_access_key='your-secret-access-key')\n", &[]);
        check("c(aws_secret_access_key=os.environ['AWS_SECRET_ACCESS_KEY'])\n", &[]);
    }

    #[test]
    fn a_prefix_with_a_slash() {
        let trap = PythonTrapKind::LeadingSlash;
        check("S3PickleIOManager(s3_prefix=\"/assets\")", &[(1, trap, "s3_prefix=\"/assets\"")]);
        check("S3PickleIOManager(s3_prefix=\"assets\")", &[]);
    }
}
