//! Which I/O manager each asset has, as far as the text of a project says it.
//!
//! Code is read and never run: what is computed is not known, and said so.

use crate::python::{Token, TokenKind, read_tokens};

/// What a class of I/O managers keeps, and where its place is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagerFamily {
    /// Pickles in a folder: `base_dir`.
    LocalPickles,
    /// Pickles in a bucket: `s3_bucket`, `s3_prefix`.
    S3Pickles,
    /// Frames of Polars: `base_dir`.
    Polars,
    /// Files below a universal path: `base_dir`, `base_path`.
    UPath,
    /// A `DuckDB` database: `database`.
    DuckDb,
    /// Delta tables: `root_uri`.
    Delta,
    /// Another class whose name ends with `IOManager`.
    Other,
}

/// A place where code makes an I/O manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeManager {
    /// The line of the call, from 1.
    pub line: usize,
    /// The class, without its module.
    pub class: String,
    /// What the class keeps.
    pub family: ManagerFamily,
    /// The key of the resource, or the variable, that it is given.
    pub name: Option<String>,
    /// The arguments that are texts, with their lines.
    pub arguments: Vec<NamedArgument>,
    /// The line of the closing bracket.
    pub end: usize,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedArgument {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// The text that it is; `None` for what is computed.
    pub text: Option<String>,
}

/// An asset, and the key of its I/O manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAsset {
    /// The line of its function, from 1.
    pub line: usize,
    /// The name of its function.
    pub name: String,
    /// The key that its decorator names; Dagster's own default is `io_manager`.
    pub manager: Option<String>,
}

/// What one Python file says of assets and I/O managers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeReading {
    /// The managers that it makes.
    pub managers: Vec<MadeManager>,
    /// The assets that it defines.
    pub assets: Vec<CodeAsset>,
}

/// Reads a Python file.
///
/// ```
/// use datalake_dagster::{ManagerFamily, read_managers};
///
/// let code = "@asset(io_manager_key=\"frames\")\ndef sales(): ...\n\
///             io = {\"frames\": PolarsParquetIOManager(base_dir=\"/data\")}\n";
/// let found = read_managers(code);
///
/// assert_eq!(found.assets[0].manager.as_deref(), Some("frames"));
/// assert_eq!(found.managers[0].family, ManagerFamily::Polars);
/// ```
#[must_use]
pub fn read_managers(source: &str) -> CodeReading {
    let tokens = read_tokens(source);
    let mut found = CodeReading::default();
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let before = tokens.get(..at).unwrap_or_default();
        if token.kind != TokenKind::Word {
            continue;
        }
        let called = token.text.rsplit('.').next().unwrap_or_default();
        if is_asset_decorator(called) && before.last().is_some_and(|sign| sign.text == "@") {
            found.assets.extend(read_asset(rest));
        } else if let Some(family) = family_of(called)
            && !before.last().is_some_and(|word| word.text == "class" || word.text == "import")
            && rest.first().is_some_and(|sign| is_sign(sign, "("))
        {
            let call = read_call(rest);
            found.managers.push(MadeManager {
                line: token.line,
                class: called.to_owned(),
                family,
                name: name_of_call(before),
                end: call.end,
                arguments: call.arguments,
            });
        }
    }
    found
}

/// Arguments of a call, and the line where it ends.
struct ReadCall {
    arguments: Vec<NamedArgument>,
    end: usize,
}

fn is_sign(token: &Token, sign: &str) -> bool {
    token.kind == TokenKind::Sign && token.text == sign
}

fn is_asset_decorator(word: &str) -> bool {
    matches!(word, "asset" | "multi_asset" | "graph_asset")
}

/// What a class keeps, by its name; `None` for what is no I/O manager.
fn family_of(class: &str) -> Option<ManagerFamily> {
    if !class.ends_with("IOManager") {
        return None;
    }
    Some(match class {
        "FilesystemIOManager" | "PickledObjectFilesystemIOManager" => ManagerFamily::LocalPickles,
        "S3PickleIOManager" => ManagerFamily::S3Pickles,
        _ if class.starts_with("Polars") => ManagerFamily::Polars,
        _ if class.starts_with("DuckDB") => ManagerFamily::DuckDb,
        _ if class.starts_with("DeltaLake") => ManagerFamily::Delta,
        _ if class.contains("UPath") => ManagerFamily::UPath,
        _ => ManagerFamily::Other,
    })
}

/// So many pieces of a call are read; a longer one is no I/O manager that somebody wrote.
pub(crate) const LONGEST_CALL: usize = 10_000;

/// The arguments of a call whose bracket comes first.
fn read_call(tokens: &[Token]) -> ReadCall {
    let Some(open) = tokens.first() else { return ReadCall { arguments: Vec::new(), end: 0 } };
    // A bracket counts as open with its own sign.
    let inside = open.depth;
    let (mut arguments, mut end) = (Vec::new(), open.line);
    let body = tokens.get(1..).unwrap_or_default();
    let body = body.get(..LONGEST_CALL).unwrap_or(body);
    for (at, token) in body.iter().enumerate() {
        end = token.line;
        if is_sign(token, ")") && token.depth < inside {
            break;
        }
        let follows = |ahead: usize| body.get(at + ahead);
        let is_named = token.kind == TokenKind::Word
            && token.depth == inside
            && follows(1).is_some_and(|sign| is_sign(sign, "="));
        if !is_named {
            continue;
        }
        // A text, or a text in `UPath(…)`, and nothing behind it.
        let value = match follows(2) {
            Some(word) if word.text.ends_with("UPath") => follows(4),
            other => other,
        };
        let text = value.filter(|value| value.kind == TokenKind::Text);
        arguments.push(NamedArgument {
            name: token.text.clone(),
            line: value.unwrap_or(token).line,
            text: text.map(|text| text.text.clone()),
        });
    }
    ReadCall { arguments, end }
}

/// The key or variable before a call: `"KEY": `, `NAME = `.
fn name_of_call(before: &[Token]) -> Option<String> {
    let (sign, rest) = before.split_last()?;
    let name = rest.last()?;
    match (sign.text.as_str(), name.kind) {
        (":", TokenKind::Text) | ("=", TokenKind::Word) => Some(name.text.clone()),
        _ => None,
    }
}

/// The function below a decorator, with the key of its manager.
fn read_asset(tokens: &[Token]) -> Option<CodeAsset> {
    let has_call = tokens.first().is_some_and(|sign| is_sign(sign, "("));
    let manager = if has_call {
        let mut arguments = read_call(tokens).arguments.into_iter();
        let key = arguments.find(|argument| argument.name == "io_manager_key");
        key.map(|key| key.text.unwrap_or_else(|| "…".to_owned()))
    } else {
        None
    };
    let at = tokens.iter().position(|token| token.text == "def")?;
    let name = tokens.get(at + 1)?;
    Some(CodeAsset { line: name.line, name: name.text.clone(), manager })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = r#"
import dagster as dg
from dagster_polars import PolarsParquetIOManager

@dg.asset(io_manager_key="frames", partitions_def=days)
def sales(context): ...

@dg.asset
def plain(): ...

@asset(group_name="raw")
def raw(): ...

class Mine(UPathIOManager):
    pass

defs = dg.Definitions(
    resources={
        "frames": PolarsParquetIOManager(
            base_dir="/opt/dagster/storage",
        ),
        "duck": DuckDBPandasIOManager(database=dg.EnvVar("DB")),
        "paths": PandasUPathIOManager(base_path=UPath("/data/frames")),
        # "old": FilesystemIOManager(base_dir="/x"),
    }
)
io = S3PickleIOManager(s3_resource=s3, s3_bucket="lake")
"#;

    #[test]
    fn each_asset_has_the_key_that_its_decorator_names() {
        let assets = read_managers(CODE).assets;

        let told: Vec<_> =
            assets.iter().map(|asset| (asset.name.as_str(), asset.manager.as_deref())).collect();
        assert_eq!(told, [("sales", Some("frames")), ("plain", None), ("raw", None)]);
    }

    #[test]
    fn managers_have_a_name_and_the_arguments_that_are_texts() {
        let managers = read_managers(CODE).managers;

        let told: Vec<_> = managers
            .iter()
            .map(|made| (made.name.as_deref().unwrap_or("-"), made.family))
            .collect();
        assert_eq!(
            told,
            [
                ("frames", ManagerFamily::Polars),
                ("duck", ManagerFamily::DuckDb),
                ("paths", ManagerFamily::UPath),
                ("io", ManagerFamily::S3Pickles),
            ]
        );
        let base = &managers[0].arguments[0];
        assert_eq!((base.line, base.text.as_deref()), (20, Some("/opt/dagster/storage")));
        assert_eq!(managers[1].arguments[0].text, None, "an expression");
        assert_eq!(managers[2].arguments[0].text.as_deref(), Some("/data/frames"));
        assert_eq!(managers[3].arguments.len(), 2);
    }
}
