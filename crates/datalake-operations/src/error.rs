//! Why an operation could not do its work.

mod causes;
mod faults;

use std::error::Error;
use std::fmt;

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::{HostPath, UnitName};
use datalake_core::s3::BucketName;
use datalake_core::text::printable;
use datalake_engine::AnyKey;

pub use self::faults::{ARCHIVED, advice_for, deleted_advice, kind_of, kind_where_named};
use crate::{Advice, AdvisedCommand};

/// Why an operation could not do its work: what a front end tells, and what it ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// What kind of end it is.
    pub kind: ErrorKind,
    /// Where and what, the outermost first.
    pub messages: Vec<String>,
    /// What to do next.
    pub advice: Vec<Advice>,
}

/// The ends that an operation can come to; each is one answer to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked for makes no sense.
    Usage,
    /// The world is not as it must be: someone has changed it meanwhile.
    Mismatch,
    /// Stopped on the way; some steps are done.
    Partly,
    /// Another run holds the lock.
    Locked,
    /// What was named is not there.
    Absent,
    /// The service cannot be reached or has a fault.
    Unavailable,
    /// A bug of datalake.
    Bug,
    /// The disk is full, read-only or faulty.
    Io,
    /// The service asks to come back later.
    TryAgain,
    /// The key or the user is not allowed to, or somebody else may have written what is to be used.
    Denied,
    /// The spec, the credentials or the host's set-up is wrong.
    Config,
    /// Stopped by the operator.
    Interrupted,
}

impl OperationError {
    /// An error with one message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, messages: vec![message.into()], advice: Vec::new() }
    }

    /// The message and sources of an error.
    pub fn of(kind: ErrorKind, error: &dyn Error) -> Self {
        let mut messages = vec![error.to_string()];
        let mut source = error.source();
        while let Some(error) = source {
            messages.push(error.to_string());
            source = error.source();
        }
        Self { kind, messages, advice: Vec::new() }
    }

    /// A fault met with a service, a container or another thing that has no advice of its own.
    pub fn about(what: impl Into<String>, fault: &Fault) -> Self {
        let messages = vec![what.into(), fault.to_string()];
        Self { kind: kind_of(fault.kind, &Target::Service), messages, advice: Vec::new() }
    }

    /// A fault met at `target`.
    #[must_use]
    pub fn at(target: &Target, fault: &Fault) -> Self {
        let messages = vec![target.to_string(), fault.to_string()];
        let advice = advice_for(fault.kind, target).into_iter().collect();
        Self { kind: kind_of(fault.kind, target), messages, advice }
    }

    /// A fault met at the bucket that an operation is about.
    #[must_use]
    pub fn at_bucket(bucket: &BucketName, fault: &Fault) -> Self {
        let target = Target::Bucket(bucket.clone());
        let error = match fault.kind {
            // Here it was an operation that asked for it, and no line of the spec.
            FaultKind::Unsupported => {
                Self::about(target.to_string(), fault).advise(Advice::naming(
                    "{} shows what the service offers",
                    [AdvisedCommand::ShowBucket(bucket.clone())],
                ))
            }
            _ => Self::at(&target, fault),
        };
        error.under(kind_where_named(fault.kind, &target))
    }

    /// A fault met at the object that an operation is about.
    #[must_use]
    pub fn at_object(bucket: &BucketName, key: &AnyKey, fault: &Fault) -> Self {
        let place = format!("object `s3://{bucket}/{}`", printable(key.as_str()));
        if fault.kind == FaultKind::Absent {
            return Self::about(place, fault).under(ErrorKind::Absent).advise(deleted_advice());
        }
        Self::at_bucket(bucket, fault).at_place(place)
    }

    /// A fault of a file or folder that is named otherwise.
    #[must_use]
    pub fn of_file(fault: &Fault) -> Self {
        let root = "/".parse::<HostPath>();
        Self::at(&root.map_or(Target::Service, Target::Path), fault)
    }

    /// The same with an advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<Advice>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// The same with what it happened in before its messages.
    #[must_use]
    pub fn within(mut self, place: impl Into<String>) -> Self {
        self.messages.insert(0, place.into());
        self
    }

    /// The same with other words for what it happened at.
    #[must_use]
    pub fn at_place(mut self, place: impl Into<String>) -> Self {
        if let Some(first) = self.messages.first_mut() {
            *first = place.into();
        }
        self
    }

    /// The same of another kind.
    #[must_use]
    pub fn under(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Both errors in one, of the first one's kind.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let new = |advice: &Advice| !self.advice.contains(advice);
        let advice: Vec<_> = other.advice.into_iter().filter(new).collect();
        let messages =
            vec![format!("{}\nerror: {}", self.messages.join(": "), other.messages.join(": "))];
        Self { kind: self.kind, messages, advice: [self.advice, advice].concat() }
    }

    /// The same where the service user is known.
    #[must_use]
    pub fn for_user(mut self, user: &UnitName) -> Self {
        for advice in &mut self.advice {
            if let Advice::EnableLinger(whose @ None) = advice {
                *whose = Some(user.clone());
            }
        }
        self
    }

    fn partly(self) -> Self {
        let words = "the same command continues from here; {} undoes what was done";
        Self { kind: ErrorKind::Partly, ..self }
            .advise(Advice::naming(words, [AdvisedCommand::Rollback(None)]))
    }
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages.join(": "))
    }
}

impl Error for OperationError {}
