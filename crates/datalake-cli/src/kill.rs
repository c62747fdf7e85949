//! Where a test kills a run, or has it panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use datalake_engine::{Checkpoint, Checkpoints, NoCheckpoints};
use rustix::process::{Signal, getpid, kill_process};

use crate::exit::Exit;
use crate::failure::Failure;

/// The variables that tell where: `CHECKPOINT:N` for its N-th passing.
const ENDS: [(&str, TestEnd); 2] =
    [("DATALAKE_TEST_KILL", TestEnd::Kill), ("DATALAKE_TEST_PANIC", TestEnd::Panic)];

/// How a test wants a run to end.
#[derive(Debug, Clone, Copy)]
enum TestEnd {
    Kill,
    Panic,
}

/// The checkpoints of a run: they end it where a test says so, in a sandbox and in a debug build.
///
/// # Errors
///
/// [`Failure`] where the variable names no checkpoint.
pub(crate) fn checkpoints(is_sandbox: bool) -> Result<Arc<dyn Checkpoints>, Failure> {
    if !is_sandbox && !cfg!(debug_assertions) {
        return Ok(Arc::new(NoCheckpoints));
    }
    for (variable, end) in ENDS {
        if let Ok(text) = std::env::var(variable) {
            let unknown = || Failure::new(Exit::Usage, format!("{variable} names no checkpoint"));
            return Ok(Arc::new(EndAt::parse(&text, end).ok_or_else(unknown)?));
        }
    }
    Ok(Arc::new(NoCheckpoints))
}

/// Ends this very process at the n-th passing of a checkpoint.
struct EndAt {
    checkpoint: Checkpoint,
    left: AtomicU32,
    end: TestEnd,
}

impl EndAt {
    fn parse(text: &str, end: TestEnd) -> Option<Self> {
        let (name, count) = text.split_once(':')?;
        let left = count.parse::<u32>().ok()?.into();
        Some(Self { checkpoint: name.parse().ok()?, left, end })
    }
}

impl Checkpoints for EndAt {
    #[expect(clippy::panic, reason = "a test asks for it")]
    fn pass(&self, checkpoint: Checkpoint) {
        if checkpoint != self.checkpoint || self.left.fetch_sub(1, Ordering::Relaxed) != 1 {
            return;
        }
        match self.end {
            TestEnd::Kill => {
                let _ = kill_process(getpid(), Signal::KILL);
            }
            TestEnd::Panic => panic!("a test asks for a panic"),
        }
    }
}
