//! The operator's Python files.

use super::diagnose::FindingCheck;
use super::look::{Judged, Look, Not, warning, wrong};
use super::{Examination, FindingId};
use crate::fault::Fault;

/// What was seen of Python files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonEvidence {
    /// How many files were read.
    pub files: usize,
    /// The traps in them.
    pub traps: Look<Vec<PythonTrap>>,
    /// Why there is more that was not read, if there is.
    pub unread: Option<Fault>,
}

/// A trap in a Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonTrap {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub kind: PythonTrapKind,
    /// The word that stands there; never a secret.
    pub word: String,
    /// What stands for it today, where that can be said.
    pub instead: Option<String>,
}

/// The traps that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PythonTrapKind {
    /// A word that Modal no longer knows.
    ModalWord,
    /// `os.getenv` where a definition is made: at import.
    Getenv,
    /// A key that no IO manager writes.
    LatestJson,
    /// A secret as a text.
    Secret,
    /// A prefix that begins with a slash.
    LeadingSlash,
    /// An I/O manager that reads from another place than files are moved to.
    S3Place,
}

pub(super) const CHECKS: &[FindingCheck] = &[
    FindingCheck { id: FindingId::PythonModalWords, after: &[], judge: modal_words },
    FindingCheck { id: FindingId::PythonGetenv, after: &[], judge: judge_getenv },
    FindingCheck { id: FindingId::PythonLatestJson, after: &[], judge: latest_json },
    FindingCheck { id: FindingId::PythonSecret, after: &[], judge: judge_secret },
    FindingCheck { id: FindingId::PythonLeadingSlash, after: &[], judge: leading_slash },
    FindingCheck { id: FindingId::PythonS3Place, after: &[], judge: judge_s3_place },
];

impl Default for PythonEvidence {
    fn default() -> Self {
        Self { files: 0, traps: Look::nobody(), unread: None }
    }
}

fn list_traps(kind: PythonTrapKind, seen: &Examination) -> Result<Vec<String>, Not> {
    let traps = seen.python.traps.seen()?.iter().filter(|trap| trap.kind == kind);
    let line = |trap: &PythonTrap| {
        let PythonTrap { path, line, word, .. } = trap;
        match &trap.instead {
            Some(instead) => format!("{path}:{line}: `{word}`; today `{instead}`"),
            None => format!("{path}:{line}: `{word}`"),
        }
    };
    Ok(traps.map(line).collect())
}

/// That there is none, if all was read.
fn tell_none_found(seen: &Examination) -> Judged {
    match &seen.python.unread {
        Some(fault) => Err(Not::Known(fault.clone())),
        None => Ok(format!("none in {} files", seen.python.files)),
    }
}

fn modal_words(seen: &Examination) -> Judged {
    let found = list_traps(PythonTrapKind::ModalWord, seen)?;
    if found.is_empty() {
        return tell_none_found(seen);
    }
    Err(wrong(found, "write today's words: with the old ones the file cannot be deployed"))
}

fn judge_getenv(seen: &Examination) -> Judged {
    let found = list_traps(PythonTrapKind::Getenv, seen)?;
    if found.is_empty() {
        return tell_none_found(seen);
    }
    Err(warning(
        found,
        "write `dg.EnvVar(\"NAME\")`: it is read when a run starts. A variable that is missing at \
         import takes the whole code location down, and a secret shows in the web UI",
    ))
}

fn latest_json(seen: &Examination) -> Judged {
    let found = list_traps(PythonTrapKind::LatestJson, seen)?;
    if found.is_empty() {
        return tell_none_found(seen);
    }
    Err(wrong(
        found,
        "the IO manager writes a pickle under the asset's very key, `assets/raw_data`: have an asset \
         write JSON itself, or read that pickle",
    ))
}

fn judge_secret(seen: &Examination) -> Judged {
    let found = list_traps(PythonTrapKind::Secret, seen)?;
    if found.is_empty() {
        return tell_none_found(seen);
    }
    Err(wrong(
        found,
        "take it out of the code, and change the key: it is in every copy of the file",
    ))
}

fn leading_slash(seen: &Examination) -> Judged {
    let found = list_traps(PythonTrapKind::LeadingSlash, seen)?;
    if found.is_empty() {
        return tell_none_found(seen);
    }
    Err(warning(
        found,
        "take the slash out: keys begin with it, and other programs look without it",
    ))
}

fn judge_s3_place(seen: &Examination) -> Judged {
    let traps = seen.python.traps.seen()?;
    let found: Vec<_> = traps.iter().filter(|trap| trap.kind == PythonTrapKind::S3Place).collect();
    let Some(first) = found.first() else { return tell_none_found(seen) };
    let instead = first.instead.as_deref().unwrap_or_default();
    let cure =
        format!("write `{instead}` there: Dagster finds nothing of what was moved otherwise");
    let line = |trap: &&PythonTrap| format!("{}:{}: {}", trap.path, trap.line, trap.word);
    Err(wrong(found.iter().map(line), cure))
}
