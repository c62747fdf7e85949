//! Flags of `migrate back`.

use clap::{Args, Subcommand};

use super::super::transfer::Within;
use super::{Pause, What};

/// What `migrate back` does.
#[derive(Debug, Subcommand)]
pub enum Back {
    /// Show objects that are newer than their local file or have none (exit 3 if there is one)
    Plan(BackPlan),
    /// Fetch them; the replaced files are kept beside the folder
    Run(BackRun),
}

/// Flags of `migrate back plan`.
#[derive(Debug, Args)]
pub struct BackPlan {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}

/// Flags of `migrate back run`.
#[derive(Debug, Args)]
pub struct BackRun {
    /// What was migrated.
    #[command(flatten)]
    pub what: What,
    /// How Dagster is kept from writing.
    #[command(flatten)]
    pub pause: Pause,
    /// Do not ask before anything is fetched
    #[arg(long, short)]
    pub yes: bool,
    /// What is kept within.
    #[command(flatten)]
    pub within: Within,
}
