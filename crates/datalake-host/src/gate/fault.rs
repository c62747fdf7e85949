//! What the gate refuses, and why.

use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind};
use rustix::fs::FileType;

use super::judge::Distrust;
use crate::escape::escaped_path;
use crate::fault::{kind_in_words, not_plain};

/// Why something is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateFault {
    /// Somebody who is not trusted may have put it there, or may exchange it.
    #[error(transparent)]
    Distrusted(Distrust),
    /// There is no such file or folder.
    #[error("there is no `{}`", escaped_path(.0))]
    Absent(PathBuf),
    /// It is of another kind than is needed.
    #[error("`{}` is {}", escaped_path(.0), kind_in_words(*.1))]
    NotPlain(PathBuf, FileType),
    /// A script names its interpreter in a way that datalake does not follow.
    #[error("`{}` names its interpreter in a way that cannot be checked", escaped_path(.0))]
    Interpreter(PathBuf),
    /// It cannot be opened or read.
    #[error("`{}`: {}", escaped_path(.0), .1)]
    Unusable(PathBuf, Fault),
}

impl GateFault {
    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> Option<String> {
        match self {
            Self::Distrusted(distrust) => Some(distrust.cure().to_owned()),
            Self::Interpreter(_) => {
                Some("name the interpreter by its absolute path in the first line".to_owned())
            }
            Self::Absent(_) | Self::NotPlain(..) | Self::Unusable(..) => None,
        }
    }

    /// Whether somebody else may have put it there.
    #[must_use]
    pub fn is_distrust(&self) -> bool {
        matches!(self, Self::Distrusted(_) | Self::Interpreter(_))
    }

    /// The same as a fault of a port.
    #[must_use]
    pub fn as_fault(&self) -> Fault {
        match self {
            Self::Distrusted(_) | Self::Interpreter(_) => {
                Fault::new(FaultKind::Denied, self.to_string())
            }
            Self::Absent(_) => Fault::new(FaultKind::Absent, self.to_string()),
            Self::NotPlain(path, kind) => not_plain(escaped_path(path), *kind),
            Self::Unusable(_, fault) => fault.clone(),
        }
    }

    /// The path that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Distrusted(distrust) => &distrust.path,
            Self::Absent(path)
            | Self::NotPlain(path, _)
            | Self::Interpreter(path)
            | Self::Unusable(path, _) => path,
        }
    }
}
