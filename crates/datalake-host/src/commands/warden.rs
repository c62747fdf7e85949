//! Children that do not outlive this process, however it ends.
//!
//! A process that is killed can end nobody. So each program has a warden: this very executable, called
//! with a word of its own, which leads the program's process group and reads from a pipe whose other
//! end this process alone holds. When that end is gone before the warden, it kills the group: the
//! program, what it has started there (the `podman` behind `runuser`), and itself.
//!
//! The death signal of the kernel (`PR_SET_PDEATHSIG`) reaches one process only, and is forgotten where
//! a program changes its user, as `runuser` does. A descriptor of the lock that is inherited would be
//! held by podman's pause process for good.

use std::io::{self, ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_current_process_group};

/// The executable of this process, also where its file was replaced since.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// The word that makes a warden of it, once [`keep_children`] was called.
static WORD: OnceLock<&'static str> = OnceLock::new();

/// From now on each program has a warden. The executable of this process has to call [`guard_group`]
/// where `word` is its only one.
///
/// Without this call a program is killed with the process that has started it only as long as that
/// process can still do so: not after SIGKILL.
pub fn keep_children(word: &'static str) {
    // A second call changes nothing.
    let _ = WORD.set(word);
}

/// Waits until standard input ends, then kills its own process group: the other side of
/// [`keep_children`].
pub fn guard_group() {
    // Nobody writes: this returns when nobody is left who could.
    let _ = io::stdin().lock().read(&mut [0]);
    let _ = kill_current_process_group(Signal::KILL);
}

/// The leader of a program's process group. Dropped, it goes alone.
pub(super) struct Warden(Child);

impl Warden {
    /// Starts one, before its program; `None` where there are none.
    pub(super) fn start() -> io::Result<Option<Self>> {
        let Some(word) = WORD.get() else { return Ok(None) };
        let mut warden = Command::new(OWN_PROGRAM);
        warden.arg(word).env_clear().current_dir("/").process_group(0);
        warden.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        warden.spawn().map(|child| Some(Self(child))).map_err(without_proc)
    }

    /// The number of the group; it stays its own until the warden is dropped.
    pub(super) fn group(&self) -> Option<Pid> {
        i32::try_from(self.0.id()).ok().and_then(Pid::from_raw)
    }
}

/// Why there is no warden, where it is that `/proc` is missing.
fn without_proc(error: io::Error) -> io::Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let text = format!(
        "datalake starts itself beside each program, to end it with itself, and there is no \
         `{OWN_PROGRAM}`: mount /proc"
    );
    io::Error::new(ErrorKind::NotFound, text)
}

impl Drop for Warden {
    fn drop(&mut self) {
        // Before its standard input ends, and so without the group. It may be gone with it already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
