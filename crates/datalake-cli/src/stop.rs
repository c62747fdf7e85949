//! The operator's word to stop: SIGINT, SIGTERM and SIGHUP, which mean the same in every command.
//!
//! Where nobody has taken charge, the first one ends the command as it is: what it holds is given
//! back. Who has taken charge comes to an end of its own. The second one ends the process at once.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::exit;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use datalake_host::{TrustedUsers, read_trusted_file};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Exit;
use crate::failure::Failure;

/// How often the operator has said so.
static ASKED: OnceLock<watch::Sender<u32>> = OnceLock::new();
/// How many have taken charge.
static IN_CHARGE: AtomicU32 = AtomicU32::new(0);

/// What the system says of this process is no longer than this.
const LARGEST: u64 = 64 << 10;

/// How long a command may take to end: one that reads from a terminal hears nothing.
const GRACE: Duration = Duration::from_secs(2);

/// As long as it lives, the first signal is for its owner, who asks [`is_asked`] or [`asked`].
pub(crate) struct Charge(());

impl Charge {
    pub(crate) fn take() -> Self {
        IN_CHARGE.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        IN_CHARGE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Listens to the signals from now on, on a thread of its own: a command may be busy.
///
/// # Errors
///
/// [`Failure`] where the system gives no thread or no signals.
pub(crate) fn listen() -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::of(Exit::Io, &error).within("signals");
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let signals = {
        let _inside = runtime.enter();
        Signals::register().map_err(failed)?
    };
    let listener = move || runtime.block_on(hear(signals));
    thread::Builder::new().name("signals".to_owned()).spawn(listener).map_err(failed)?;
    Ok(())
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where it is ignored, as `nohup` wants it.
    hang_up: Option<Signal>,
}

impl Signals {
    fn register() -> io::Result<Self> {
        let hang_up = if ignores_hang_up() { None } else { Some(signal(SignalKind::hangup())?) };
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())?, hang_up })
    }

    async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
            () = hang_up => (),
        }
    }
}

/// Whether this process was started so that it outlives its terminal.
fn ignores_hang_up() -> bool {
    let status = Path::new("/proc/self/status");
    let status = read_trusted_file(status, LARGEST, &TrustedUsers::of_process());
    status.is_ok_and(|status| has_ignored(&String::from_utf8_lossy(&status), 1))
}

fn has_ignored(status: &str, number: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

async fn hear(mut signals: Signals) {
    signals.next().await;
    open_channel().send_modify(|times| *times += 1);
    let is_unheard = async {
        tokio::time::sleep(GRACE).await;
        if IN_CHARGE.load(Ordering::SeqCst) > 0 {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = signals.next() => (),
        () = is_unheard => (),
    }
    exit(i32::from(Exit::Interrupted.code()));
}

fn open_channel() -> &'static watch::Sender<u32> {
    ASKED.get_or_init(|| watch::channel(0).0)
}

/// Whether the operator has said so.
pub(crate) fn is_asked() -> bool {
    *open_channel().borrow() > 0
}

/// Waits until the operator says so.
pub(crate) async fn asked() {
    // The sender is never dropped.
    let _ = open_channel().subscribe().wait_for(|times| *times > 0).await;
}

/// Goes on with a command until it ends, or the operator says stop and nobody is in charge.
///
/// # Errors
///
/// Those of the command, and [`Exit::Interrupted`].
pub(crate) async fn until_stopped<T>(
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let (mut command, mut unheeded) = (pin!(command), pin!(unheeded()));
    tokio::select! {
        biased;
        ended = &mut command => ended,
        () = &mut unheeded => Err(Failure::new(Exit::Interrupted, "stopped by the operator")),
    }
}

/// Waits until the operator says stop and nobody is in charge.
async fn unheeded() {
    asked().await;
    while IN_CHARGE.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_under_nohup_is_told_apart() {
        assert!(has_ignored("Name:\tx\nSigIgn:\t0000000000001001\n", 1));
        assert!(!has_ignored("Name:\tx\nSigIgn:\t0000000000001000\n", 1));
        assert!(!has_ignored("", 1));
    }
}
