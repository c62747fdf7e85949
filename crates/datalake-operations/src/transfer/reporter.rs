//! Who is told of a transfer as it goes on.

use datalake_engine::transfer::{Item, Summary, TransferWatch, VerifyFinding, VerifyWatch};

use crate::Quiet;

/// Is told of a transfer as it goes on, besides what the engine tells of single names.
pub trait TransferReporter: VerifyWatch {
    /// A run of the engine has ended, or was stopped with this sum.
    fn run_ended(&self, summary: &Summary);

    /// Something did not go as it should.
    fn tell_trouble(&self, name: &str, reason: &str);

    /// So many requests were made besides those of the engine's runs.
    fn add_requests(&self, number: u64);

    /// A source was removed behind a move.
    fn source_removed(&self);
}

impl TransferWatch for Quiet {
    fn item(&self, _: &Item<'_>) {}
}

impl VerifyWatch for Quiet {
    fn found(&self, _: &str, _: &VerifyFinding) {}
}

impl TransferReporter for Quiet {
    fn run_ended(&self, _: &Summary) {}

    fn tell_trouble(&self, _: &str, _: &str) {}

    fn add_requests(&self, _: u64) {}

    fn source_removed(&self) {}
}
