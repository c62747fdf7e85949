//! What is to be done to each object, as it is typed.

use std::path::PathBuf;
use std::str::FromStr;

use super::JobKind;

/// What is to be done to each object: `checksum`, `copy`, `recompress` or `python:FILE:FUNCTION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobTask {
    /// One of datalake's own kinds.
    BuiltIn(JobKind),
    /// A function of the operator's.
    Python {
        /// The file that has it.
        file: PathBuf,
        /// Its name.
        function: String,
    },
}

/// The text does not name a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a task: use checksum, copy, recompress or python:FILE:FUNCTION")]
pub struct InvalidJobTask(String);

impl JobTask {
    /// The kind of job that does it.
    #[must_use]
    pub fn find_kind(&self) -> JobKind {
        match self {
            Self::BuiltIn(kind) => *kind,
            Self::Python { .. } => JobKind::Python,
        }
    }
}

impl FromStr for JobTask {
    type Err = InvalidJobTask;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "checksum" => Ok(Self::BuiltIn(JobKind::Checksum)),
            "copy" => Ok(Self::BuiltIn(JobKind::Copy)),
            "recompress" => Ok(Self::BuiltIn(JobKind::Recompress)),
            _ => parse_python(text).ok_or_else(|| InvalidJobTask(text.to_owned())),
        }
    }
}

fn parse_python(text: &str) -> Option<JobTask> {
    let (file, function) = text.strip_prefix("python:")?.rsplit_once(':')?;
    let is_name = |text: &str| {
        let fits = |character: char| character == '_' || character.is_ascii_alphanumeric();
        text.chars().all(fits)
            && !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
    };
    let is_whole = !file.is_empty() && is_name(function);
    is_whole.then(|| JobTask::Python { file: file.into(), function: function.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_a_kind_or_a_function_in_a_file() {
        for (text, kind) in [
            ("checksum", JobKind::Checksum),
            ("copy", JobKind::Copy),
            ("recompress", JobKind::Recompress),
            ("python:clean.py:clean", JobKind::Python),
        ] {
            assert_eq!(text.parse::<JobTask>().unwrap().find_kind(), kind, "{text}");
        }
        let odd = "python:a:b.py:_f2".parse::<JobTask>().unwrap();
        assert_eq!(odd, JobTask::Python { file: "a:b.py".into(), function: "_f2".to_owned() });
        for text in [
            "",
            "Copy",
            "python",
            "python:f.py",
            "python::f",
            "python:f.py:",
            "python:f:2",
            "python:f.py:a.b",
            "python:f.py:f()",
        ] {
            assert!(text.parse::<JobTask>().is_err(), "{text}");
        }
    }
}
