//! Files that cannot be moved, told once in all passes over all parts.

use std::collections::BTreeSet;
use std::sync::Mutex;

use datalake_core::fault::Fault;
use datalake_core::migration::MigrationVerdict;
use datalake_core::size::ByteSize;
use datalake_engine::hold_mutex;
use datalake_engine::transfer::{Item, Summary, TransferWatch, VerifyFinding, VerifyWatch};

use super::MigrationReporter;
use super::counting::find_verdict;

/// Tells on what it is told, but for a failure that it has told already.
pub(super) struct OnceToldFailures<'a> {
    reporter: &'a dyn MigrationReporter,
    told: Mutex<BTreeSet<(String, String)>>,
}

impl<'a> OnceToldFailures<'a> {
    pub(super) fn new(reporter: &'a dyn MigrationReporter) -> Self {
        Self { reporter, told: Mutex::default() }
    }
}

impl TransferWatch for OnceToldFailures<'_> {
    fn item(&self, item: &Item<'_>) {
        let failure = || (item.name.to_owned(), item.reason.to_string());
        let is_failed = find_verdict(item) == MigrationVerdict::Failed;
        if !is_failed || hold_mutex(&self.told).insert(failure()) {
            self.reporter.item(item);
        }
    }

    fn planned(&self, size: ByteSize) {
        self.reporter.planned(size);
    }

    fn planning_ended(&self) {
        self.reporter.planning_ended();
    }

    fn item_settled(&self, size: ByteSize) {
        self.reporter.item_settled(size);
    }

    fn moved(&self, bytes: u64) {
        self.reporter.moved(bytes);
    }

    fn uploads_open(&self, number: usize) {
        self.reporter.uploads_open(number);
    }

    fn repeated(&self, fault: &Fault) {
        self.reporter.repeated(fault);
    }
}

impl VerifyWatch for OnceToldFailures<'_> {
    fn found(&self, name: &str, finding: &VerifyFinding) {
        self.reporter.found(name, finding);
    }
}

impl MigrationReporter for OnceToldFailures<'_> {
    fn end_pass(&self, summary: &Summary) {
        self.reporter.end_pass(summary);
    }

    fn leave(&self, name: &str, why: &str) {
        self.reporter.leave(name, why);
    }
}
