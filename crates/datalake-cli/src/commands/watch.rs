//! Progress on standard error, and the operator's word to stop.

use datalake_core::plan::{Step, describe_step};
use datalake_core::receipt::Outcome;
use datalake_engine::Watch;
use tokio::task::JoinHandle;

use crate::render::Printer;
use crate::stop::{Charge, asked, is_asked};

/// Tells each step as it ends; the first Ctrl-C stops before the next step, the second at once.
pub(super) struct StepProgress {
    printer: Printer,
    listener: JoinHandle<()>,
    /// What the operator has said before counts for the run before.
    was_asked: bool,
    _charge: Charge,
}

impl StepProgress {
    pub(super) fn new(printer: Printer) -> Self {
        let was_asked = is_asked();
        let listener = tokio::spawn(tell_stop(was_asked, printer));
        Self { printer, listener, was_asked, _charge: Charge::take() }
    }
}

impl Drop for StepProgress {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Watch for StepProgress {
    fn begin(&self, _: &Step) {}

    fn end(&self, step: &Step, outcome: &Outcome) {
        let mark = match outcome {
            Outcome::Done => "done",
            Outcome::AlreadyDone => "was done",
            Outcome::Failed(_) | Outcome::Disturbed | Outcome::NotBegun => "FAILED",
        };
        self.printer.talk(&format!("  {mark:<8} {}", describe_step(step)));
    }

    fn go_on(&self) -> bool {
        self.was_asked || !is_asked()
    }
}

async fn tell_stop(was_asked: bool, printer: Printer) {
    if !was_asked {
        asked().await;
        printer.talk("stopping after this step; press Ctrl-C again to stop at once");
    }
}
