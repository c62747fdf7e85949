//! Transfers between this machine and buckets, and from bucket to bucket: what is to be brought
//! where, how, what is kept of it, and what it comes to.
//!
//! 1. [`JobReader`] turns named places into [`TransferJob`]s;
//! 2. [`TransferChoices::choose_options`] turns what is asked for into the engine's options;
//! 3. [`TransferRun`] looks for the sources and moves them, and tells a [`TransferReporter`];
//! 4. [`judge_transfer`] says what it came to.
//!
//! [`PairVerification`] compares the same two places, and [`StreamedObject`] makes an object of a
//! stream.

mod choices;
mod context;
mod ends;
mod failures;
mod job;
mod job_names;
mod job_reader;
mod moving;
mod progress;
mod proof;
mod records;
mod reporter;
mod run;
mod service_record;
mod shared_places;
mod side;
mod sources;
mod state;
mod stopped;
mod streamed;
mod verification;

#[cfg(test)]
mod tests;

pub use choices::{
    Care, ContentComparison, LimitChoices, SourceFate, TransferChoices, choose_filter,
    choose_limits,
};
pub use context::TransferContext;
pub use failures::{TransferFailures, advise_on_open_uploads};
pub use job::{JobDestination, JobPlaces, JobSource, TransferJob};
pub use job_reader::{JobReader, NamedPlaces, SourceReading};
pub use progress::{TransferProgress, describe_stream, describe_transfer_end};
pub use proof::TransferProof;
pub use reporter::TransferReporter;
pub use run::{TransferRun, find_transfer_sources};
pub use side::TransferSide;
pub use sources::{FoundSources, MissingSource};
pub use state::{ItemSum, TransferEnd, TransferState, judge_transfer};
pub use streamed::{PipedTransfer, StreamedObject};
pub use verification::{PairVerification, VerificationEnd, choose_scrub_subset};
