//! The text of a spec file, and whether it stands the judgement of the gate.

use std::path::Path;

use datalake_core::fault::{Fault, FaultKind};
use datalake_host::{
    GateFault, TrustedUsers, is_own_descriptor, read_named_file, read_trusted_file,
};

use crate::exit::Exit;
use crate::failure::Failure;

/// A spec is no longer than this.
const LARGEST: u64 = 1 << 20;

/// A spec file.
pub(super) struct SpecText {
    pub(super) text: String,
    /// Why only plain values count of it.
    pub(super) doubt: Option<Doubt>,
}

/// Why only plain values of a file count.
#[derive(Debug, Clone)]
pub(super) enum Doubt {
    /// Somebody else may have put it there.
    Gate(GateFault),
    /// Nobody knows who has written what the caller gives.
    Descriptor,
}

/// Reads a file that lies where specs lie; `None` where there is none.
///
/// # Errors
///
/// [`Failure`] for one that somebody else may have put there, or that cannot be read.
pub(super) fn read_spec(path: &Path) -> Result<Option<SpecText>, Failure> {
    match read_trusted_file(path, LARGEST, &TrustedUsers::of_process()) {
        Ok(content) => text_of(path, content, None).map(Some),
        Err(GateFault::Absent(_)) => Ok(None),
        Err(fault) => Err(describe_refusal(fault)),
    }
}

/// Reads the file that the operator has named; `None` where there is none.
///
/// # Errors
///
/// [`Failure`] for one that cannot be read.
pub(super) fn read_named_spec(path: &Path) -> Result<Option<SpecText>, Failure> {
    let doubt = if is_own_descriptor(path) {
        Doubt::Descriptor
    } else {
        match read_trusted_file(path, LARGEST, &TrustedUsers::of_process()) {
            Ok(content) => return text_of(path, content, None).map(Some),
            Err(GateFault::Absent(_)) => return Ok(None),
            Err(fault) => Doubt::Gate(fault),
        }
    };
    match read_named_file(path, LARGEST) {
        Ok(content) => text_of(path, content, Some(doubt)).map(Some),
        Err(fault) if fault.kind == FaultKind::Absent => Ok(None),
        Err(fault) => Err(describe_unread(path, &fault)),
    }
}

fn text_of(path: &Path, content: Vec<u8>, doubt: Option<Doubt>) -> Result<SpecText, Failure> {
    let no_text = |_| Fault::new(FaultKind::Unreadable, "it is not UTF-8 text");
    let text = String::from_utf8(content)
        .map_err(no_text)
        .map_err(|fault| describe_unread(path, &fault))?;
    Ok(SpecText { text, doubt })
}

fn describe_refusal(fault: GateFault) -> Failure {
    let is_distrust = fault.is_distrust();
    let failure = Failure::from(fault).within("the spec");
    if !is_distrust {
        return failure;
    }
    failure.hint(
        "or name it with --config FILE: then its plain values count, but no program, credentials \
         file or endpoint",
    )
}

fn describe_unread(path: &Path, fault: &Fault) -> Failure {
    let exit = match fault.kind {
        FaultKind::Denied => Exit::Denied,
        FaultKind::Io => Exit::Io,
        _ => Exit::Config,
    };
    Failure::of_named(path, fault).under(exit)
}
