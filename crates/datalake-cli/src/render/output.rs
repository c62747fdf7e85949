//! Standard output: everything that is a result goes through here.

use std::io::{self, Write};
use std::sync::OnceLock;

/// The first error of standard output in this process.
static BROKEN: OnceLock<io::Error> = OnceLock::new();

/// Writes bytes out at once, and tells whether anyone reads on. An error other than a closed pipe is
/// kept for [`broken_output`].
pub(crate) fn write_out(bytes: &[u8]) -> bool {
    let mut out = io::stdout().lock();
    still_read(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Whether anyone reads on after a write that ended so.
pub(crate) fn still_read(written: io::Result<()>) -> bool {
    let Err(error) = written else { return true };
    // A closed pipe is no failure of ours: `datalake history | head -1`.
    if error.kind() != io::ErrorKind::BrokenPipe {
        BROKEN.get_or_init(|| error);
    }
    false
}

/// Why a result, or a part of one, could not be written.
pub(crate) fn broken_output() -> Option<&'static io::Error> {
    BROKEN.get()
}
