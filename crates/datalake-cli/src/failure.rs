//! Every failure as what a person and a script get of it: a message, hints, an exit code.

use std::error::Error;

use datalake_core::fault::{Fault, FaultKind, Target, WayFault};
use datalake_core::plan::{Blocker, Conflict};
use datalake_core::spec::InvalidSpec;
use datalake_core::text::printable;
use datalake_desired::{DesiredError, HomeUnknown};
use datalake_engine::{AccountFault, ApplyError, LockFault, NotTheUser};
use datalake_host::GateFault;
use datalake_operations::{Advice, ErrorKind, OperationError};

use crate::advice::{named_for, words_of};
use crate::exit::Exit;

/// A failure ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The messages, the outermost first.
    pub messages: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with one message.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, messages: vec![message.into()], hints: Vec::new() }
    }

    /// The message and sources of an error.
    pub(crate) fn of(exit: Exit, error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let mut source = error.source();
        while let Some(error) = source {
            messages.push(error.to_string());
            source = error.source();
        }
        Self { exit, messages, hints: Vec::new() }
    }

    /// The same with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same; the commands in its hints name this place.
    #[must_use]
    pub(crate) fn named_for(mut self, name: &str, modal: &str) -> Self {
        for hint in &mut self.hints {
            let named = named_for(hint, name);
            *hint = named.replace(&format!("`{name} modal "), &format!("`{modal} "));
        }
        self
    }

    /// The same; a command of its hints gets the flags of this run.
    #[must_use]
    pub(crate) fn with_flags(mut self, command: &str, flags: &str) -> Self {
        let (plain, named) = (format!(" {command}`"), format!(" {command}{}`", printable(flags)));
        self.hints.iter_mut().for_each(|hint| *hint = hint.replace(&plain, &named));
        self
    }

    /// The same for an operation: a value of the spec that is missing or wrong.
    #[must_use]
    pub(crate) fn into_config_error(self) -> OperationError {
        let advice = self.hints.into_iter().map(Advice::Text).collect();
        OperationError { kind: ErrorKind::Config, messages: self.messages, advice }
    }

    /// The same with what it happened in before its messages.
    #[must_use]
    pub(crate) fn within(mut self, place: impl Into<String>) -> Self {
        self.messages.insert(0, place.into());
        self
    }

    /// A fault met with a service, a container or another thing that has no hint of its own.
    #[must_use]
    pub(crate) fn about(what: impl Into<String>, fault: &Fault) -> Self {
        OperationError::about(what, fault).into()
    }

    /// A fault met at `target`.
    #[must_use]
    pub(crate) fn at(target: &Target, fault: &Fault) -> Self {
        OperationError::at(target, fault).into()
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        let hints = error.advice.iter().map(words_of).collect();
        Self { exit: error.kind.into(), messages: error.messages, hints }
    }
}

impl From<Failure> for OperationError {
    /// For operations that ask this front end for something: what it says stays as it is worded.
    fn from(Failure { exit, messages, hints }: Failure) -> Self {
        let advice = hints.into_iter().map(Advice::from).collect();
        Self { kind: exit.into(), messages, advice }
    }
}

/// Errors that are told as those of an operation are.
macro_rules! told_as_an_operation_error {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                OperationError::from(error).into()
            }
        })*
    };
}

told_as_an_operation_error!(
    Blocker,
    Vec<Blocker>,
    Vec<Conflict>,
    InvalidSpec,
    LockFault,
    AccountFault,
    NotTheUser,
    WayFault,
    ApplyError,
    HomeUnknown,
    DesiredError,
);

impl From<GateFault> for Failure {
    fn from(fault: GateFault) -> Self {
        let exit = match &fault {
            GateFault::Unusable(_, inner) if inner.kind == FaultKind::Denied => Exit::Denied,
            GateFault::Unusable(_, inner) if inner.kind == FaultKind::Io => Exit::Io,
            fault if fault.is_distrust() => Exit::Denied,
            _ => Exit::Config,
        };
        let failure = Self::new(exit, fault.to_string());
        fault.cure().into_iter().fold(failure, Self::hint)
    }
}

impl Failure {
    /// The same under another exit code.
    pub(crate) fn under(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }
}
