//! Progress on standard error, and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datalake_core::{Outcome, Step};
use datalake_engine::Watch;
use tokio::task::JoinHandle;

use crate::exit::Exit;
use crate::render::{Printer, step_line};

/// Tells each step as it ends; the first Ctrl-C stops before the next step, the second at once.
pub(super) struct Progress {
    printer: Printer,
    stop: Arc<AtomicBool>,
    listener: JoinHandle<()>,
}

impl Progress {
    pub(super) fn new(printer: Printer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let listener = tokio::spawn(listen(Arc::clone(&stop), printer));
        Self { printer, stop, listener }
    }
}

/// What is pressed after a run counts for the next one alone.
impl Drop for Progress {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Watch for Progress {
    fn begin(&self, _: &Step) {}

    fn end(&self, step: &Step, outcome: &Outcome) {
        let mark = match outcome {
            Outcome::Done => "done",
            Outcome::AlreadyDone => "was done",
            Outcome::Failed(_) | Outcome::Disturbed | Outcome::NotBegun => "FAILED",
        };
        self.printer.talk(&format!("  {mark:<8} {}", step_line(step)));
    }

    fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}

async fn listen(stop: Arc<AtomicBool>, printer: Printer) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    stop.store(true, Ordering::Relaxed);
    printer.talk("stopping after this step; press Ctrl-C again to stop at once");
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(i32::from(Exit::Interrupted.code()));
    }
}
