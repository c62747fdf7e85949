//! What is told of a run as it goes on.

use datalake_core::fault::Fault;
use datalake_engine::{ServiceName, Watch};
use datalake_operations::{RunReporter, RunStage};

use super::watch::StepProgress;
use crate::render::Printer;

/// Tells on standard error what a run does.
pub(super) struct Reporter(pub(super) Printer);

impl RunReporter for Reporter {
    fn begin(&self, stage: RunStage) {
        self.0.talk(match stage {
            RunStage::Applying => "\nApplying:",
            RunStage::GoingBack => "\nGoing back to how it was before:",
        });
    }

    fn watch(&self) -> Box<dyn Watch + '_> {
        Box::new(StepProgress::new(self.0))
    }

    fn tell_log(&self, service: &ServiceName, lines: Result<Vec<String>, Fault>) {
        self.0.talk(&format!("the last lines of {service}:"));
        match lines {
            Ok(lines) => lines.iter().for_each(|line| self.0.talk(&format!("  {line}"))),
            Err(fault) => self.0.talk(&format!("  cannot be read: {fault}")),
        }
    }
}
