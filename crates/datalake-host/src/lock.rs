//! One run at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};

use datalake_engine::{Lock, LockFault};

use crate::escape::escape_bytes;
use crate::fault::fault_of_io;

/// As much of a holder's text as is shown.
const LONGEST_HOLDER: u64 = 1024;

/// A locked file. The kernel lets go of it with the last handle, even after a kill.
struct LockedFile {
    _held: File,
}

impl Lock for LockedFile {}

/// Locks `file` and writes `holder` into it; what an ended run has left there does not matter.
pub(crate) fn take_lock(mut file: File, holder: &str) -> Result<Box<dyn Lock>, LockFault> {
    lock_file(&file)?;
    write_holder(&mut file, holder).map_err(|error| LockFault::Unusable(fault_of_io(&error)))?;
    Ok(Box::new(LockedFile { _held: file }))
}

/// Locks `file`, without waiting; whoever holds it is named as far as the file tells.
pub(crate) fn lock_file(file: &File) -> Result<(), LockFault> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(LockFault::Held(holder_in(file))),
        Err(TryLockError::Error(error)) => Err(LockFault::Unusable(fault_of_io(&error))),
    }
}

/// Says in a locked file who holds it.
pub(crate) fn write_holder(file: &mut File, holder: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.write_all(holder.as_bytes())
}

/// Who holds the lock, as far as the file tells.
fn holder_in(file: &File) -> String {
    let mut text = Vec::new();
    match file.take(LONGEST_HOLDER).read_to_end(&mut text) {
        Ok(_) if !text.is_empty() => escape_bytes(&text),
        _ => "it has not identified itself yet".to_owned(),
    }
}
