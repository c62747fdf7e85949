//! Answers that are none.

use std::fmt;

use datalake_core::fault::{Fault, FaultKind};

use crate::answer::{Answer, escape_server_text, judge_answer};
use crate::documents::{UnknownDocument, is_listing};
use crate::listings::UnknownListing;

/// The fault of an answer that makes no sense.
pub(crate) fn unreadable(cause: impl fmt::Display) -> Fault {
    Fault::new(FaultKind::Unreadable, escape_server_text(&cause.to_string(), 300))
}

/// The answer if it is a success in status and in body: some errors come with status 200.
pub(crate) fn require_success(answer: Answer) -> Result<Answer, Fault> {
    if answer.status.is_success() && answer.error().is_none() {
        Ok(answer)
    } else {
        Err(judge_answer(&answer))
    }
}

/// What a reader makes of the body of a success. Only where it is another document than the one
/// that was asked for, it may be an error that comes with status 200.
pub(crate) fn read_document<T, E: OtherDocument>(
    answer: &Answer,
    read: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, Fault> {
    if !answer.status.is_success() {
        return Err(judge_answer(answer));
    }
    read(&answer.body).map_err(|error| match error.is_other_document() {
        true if answer.error().is_some() => judge_answer(answer),
        true => another_document(&answer.body).unwrap_or_else(|| unreadable(error)),
        false => unreadable(error),
    })
}

/// What a reader makes of a bucket's setting.
pub(crate) fn read_setting<T, E: fmt::Display>(
    answer: Answer,
    read: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, Fault> {
    let body = require_success(answer)?.body;
    read(&body).map_err(|error| another_document(&body).unwrap_or_else(|| unreadable(error)))
}

/// The fault of a service that passes over what it was asked, and lists the bucket.
fn another_document(body: &[u8]) -> Option<Fault> {
    let text = "the service answers with a listing of the bucket";
    is_listing(body).then(|| Fault::new(FaultKind::Unsupported, text))
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
