//! Where a test kills a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use datalake_engine::{Checkpoint, Checkpoints, NoCheckpoints};
use rustix::process::{Signal, getpid, kill_process};

use crate::exit::Exit;
use crate::failure::Failure;

/// The variable that tells where: `CHECKPOINT:N` for its N-th passing.
const KILL: &str = "DATALAKE_TEST_KILL";

/// The checkpoints of a run: they kill it where a test says so, in a sandbox and in a debug build.
///
/// # Errors
///
/// [`Failure`] where the variable names no checkpoint.
pub(crate) fn checkpoints(is_sandbox: bool) -> Result<Arc<dyn Checkpoints>, Failure> {
    match std::env::var(KILL) {
        Ok(text) if is_sandbox || cfg!(debug_assertions) => {
            let unknown = || Failure::new(Exit::Usage, format!("{KILL} names no checkpoint"));
            Ok(Arc::new(KillAt::parse(&text).ok_or_else(unknown)?))
        }
        _ => Ok(Arc::new(NoCheckpoints)),
    }
}

/// Kills this very process at the n-th passing of a checkpoint.
struct KillAt {
    checkpoint: Checkpoint,
    left: AtomicU32,
}

impl KillAt {
    fn parse(text: &str) -> Option<Self> {
        let (name, count) = text.split_once(':')?;
        Some(Self { checkpoint: name.parse().ok()?, left: count.parse::<u32>().ok()?.into() })
    }
}

impl Checkpoints for KillAt {
    fn pass(&self, checkpoint: Checkpoint) {
        if checkpoint == self.checkpoint && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}
