//! YAML as Dagster reads it: with Python's `PyYAML`, in the way of Dagster's own loader.
//!
//! `PyYAML` speaks YAML 1.1 and has rules of its own: `yes` is true, `010` is eight, `1:30` is ninety,
//! a tab before a comment ends the file, and of two equal keys the last one counts without a word.
//! A reader of YAML 1.2 takes files that stop Dagster, and reads other values out of those that do
//! not. So the rules are written down here: [`scanner`] makes tokens, [`nodes`] trees of them,
//! [`values`] values, and a test compares the outcome with the real `PyYAML`.

mod cursor;
mod nodes;
mod scalar;
mod scanner;
mod values;

use std::fmt;

use serde_yaml::Value;

use cursor::{Cursor, Mark};
use nodes::read_document;
use values::build_value;

/// A YAML file as Dagster reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct PythonYaml {
    /// What it says, with merge keys taken in; null for an empty file.
    pub value: Value,
    /// Keys that stand in one mapping again: each time the later value counts.
    pub repeated: Vec<RepeatedKey>,
}

/// A key that stands in its mapping a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedKey {
    /// The key.
    pub key: String,
    /// The line where it stood before, from 1.
    pub first: usize,
    /// The line where it stands again, from 1.
    pub again: usize,
}

/// Why `PyYAML` refuses a file, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct YamlRefusal {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
    /// Whether it is an anchor: one that is named twice, or an alias without one.
    pub(crate) is_anchor: bool,
}

/// Reads a YAML text as Dagster does.
///
/// ```
/// use datalake_dagster::read_python_yaml;
///
/// let yaml = read_python_yaml("enabled: yes\nwindow: 1:30\n")?;
/// assert_eq!(yaml.value["enabled"], true);
/// assert_eq!(yaml.value["window"], 90);
///
/// let refusal = read_python_yaml("enabled: true\t# quiet\n").unwrap_err();
/// assert_eq!((refusal.line, refusal.column), (1, 14));
/// # Ok::<(), datalake_dagster::YamlRefusal>(())
/// ```
///
/// # Errors
///
/// [`YamlRefusal`] where `PyYAML` refuses it, and where values hold themselves.
pub fn read_python_yaml(text: &str) -> Result<PythonYaml, YamlRefusal> {
    let cursor = Cursor::new(text)?;
    match read_document(cursor)? {
        Some(root) => build_value(&root),
        None => Ok(PythonYaml { value: Value::Null, repeated: Vec::new() }),
    }
}

impl fmt::Display for RepeatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, first, again } = self;
        write!(f, "`{key}` in line {first} and again in line {again}")
    }
}

impl YamlRefusal {
    fn at(mark: Mark, reason: impl Into<String>) -> Self {
        let Mark { line, column, .. } = mark;
        Self { line: line + 1, column: column + 1, reason: reason.into(), is_anchor: false }
    }

    fn of_anchor(mark: Mark, reason: impl Into<String>) -> Self {
        Self { is_anchor: true, ..Self::at(mark, reason) }
    }
}
