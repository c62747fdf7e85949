//! Objects brought back to what they were: deleted ones, or all as they were at some time.
//!
//! - [`RestoreTarget`] says which keys are meant;
//! - [`Restoration::plan`] goes through all their versions once, decides about each key
//!   ([`KeyHistory`]), and keeps the plan as a record;
//! - [`Restoration::carry_out`] puts a copy of a version, or a delete marker, on top of what each key
//!   has. Nothing is ever removed, so the history of a key stays true;
//! - [`Restoration::undo`] removes exactly the versions and markers that a run has put there, by their
//!   ids, where they still are on top: what was current before is current again.

mod copying;
mod history;
mod record;
mod report;
mod run;
mod target;
mod undo;
mod writer;

#[cfg(test)]
mod tests;

pub use history::{KeyHistory, KeyVerdict, NotKept, RestoreWish, VersionExpiry};
pub use record::{ChangeKind, PlannedChange, SourceVersion};
pub use report::{KeyEnd, NotKeptRow, RestoreReporter, RestoreRow, RestoreTotals, UndoTotals};
pub use run::{PlannedRestore, Restoration, RestorePlace};
pub use target::RestoreTarget;
pub use undo::{RecordedRestoration, RecordedRestorations, is_restoration, list_restorations};
