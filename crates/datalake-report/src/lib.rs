//! What a bucket holds and costs, and what became of a migration, as pages: HTML that is complete in
//! itself, Markdown, plain text.
//!
//! Values go in, text comes out; who calls it writes the text somewhere.
//!
//! ```
//! use datalake_core::migration::MigrationReport;
//!
//! let report = MigrationReport {
//!     made: "2026-11-29T09:00:00Z".to_owned(),
//!     source: "/home/dagster/storage".to_owned(),
//!     destination: "s3://acme-lake/assets/".to_owned(),
//!     keys_known: true,
//!     parts: Vec::new(),
//!     assets: Vec::new(),
//!     without_file: Vec::new(),
//!     left_out: Vec::new(),
//!     unfit_keys: Vec::new(),
//! };
//!
//! assert!(datalake_report::render_migration_page(&report).starts_with("<!DOCTYPE html>"));
//! ```

mod chart;
mod completion;
mod diagnosis;
mod folder_list;
mod html;
mod lake;
mod manual;
mod migration;
mod treemap;

pub use completion::{CompletionShell, add_known_values};
pub use diagnosis::{
    CheckReport, DoctorReport, DoctorView, DoctorWording, OutcomeCounts, render_diagnosis,
};
pub use lake::{
    Ahead, Change, ForecastTold, LakeReport, Point, RuleTold, render_lake_markdown,
    render_lake_page,
};
pub use manual::{
    escape_roff, render_examples_section, render_further_section, render_spec_manual,
};
pub use migration::{
    describe_left_out, describe_moved, render_left_out, render_migration, render_migration_page,
    render_parts,
};
