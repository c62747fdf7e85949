//! Answers that are none.

use std::fmt;

use datalake_core::{Fault, FaultKind};

use crate::answer::{Answer, classify, printable};
use crate::documents::UnknownDocument;
use crate::listings::UnknownListing;

/// The fault of an answer that makes no sense.
pub(crate) fn unreadable(cause: impl fmt::Display) -> Fault {
    Fault::new(FaultKind::Unreadable, printable(&cause.to_string(), 300))
}

/// The answer if it is a success in status and in body: some errors come with status 200.
pub(crate) fn succeeded(answer: Answer) -> Result<Answer, Fault> {
    if answer.status.is_success() && answer.error().is_none() {
        Ok(answer)
    } else {
        Err(classify(&answer))
    }
}

/// What a reader makes of the body of a success. Only where it is another document than the one
/// that was asked for, it may be an error that comes with status 200.
pub(crate) fn document<T, E: OtherDocument>(
    answer: &Answer,
    read: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, Fault> {
    if !answer.status.is_success() {
        return Err(classify(answer));
    }
    let told = |error: &E| error.is_other_document() && answer.error().is_some();
    read(&answer.body)
        .map_err(|error| if told(&error) { classify(answer) } else { unreadable(error) })
}

/// Whether the answer is no success and has this code.
pub(crate) fn has_code(answer: &Answer, code: &str) -> bool {
    !answer.status.is_success() && answer.error().is_some_and(|error| error.code == code)
}

/// The error of a reader that can tell a wrong document from a broken one.
pub(crate) trait OtherDocument: fmt::Display {
    /// Whether it is a whole document of another kind.
    fn is_other_document(&self) -> bool;
}

impl OtherDocument for UnknownDocument {
    fn is_other_document(&self) -> bool {
        matches!(self, Self::Other(_))
    }
}

impl OtherDocument for UnknownListing {
    fn is_other_document(&self) -> bool {
        matches!(self, Self::Document(document) if document.is_other_document())
    }
}
