//! The command line of `schedule`.

use clap::{Args, Subcommand, ValueEnum};
use datalake_core::schedule::ScheduledJob;

const PLAN_EXAMPLES: &str = "\
Examples:
  sudo datalake schedule plan   Show the timers that the spec's `schedule:` asks for (exit 3); change nothing
  datalake schedule plan        The same for timers of your own user
";

const APPLY_EXAMPLES: &str = "\
Examples:
  sudo datalake schedule apply         Ask, write the units, start the timers
  sudo datalake schedule apply --yes   Do not ask
  sudo datalake rollback               Undo it; `datalake status` shows what has not run
";

/// What `schedule` does.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Show which timers and units would change (exit 3 if any)
    #[command(before_help = PLAN_EXAMPLES)]
    Plan,
    /// Set up the timers of the spec's `schedule:`; remove those it no longer names
    #[command(before_help = APPLY_EXAMPLES)]
    Apply(ScheduleApply),
    /// Note how a run goes; units call it
    #[command(hide = true)]
    Note {
        /// The job
        job: ScheduledJob,
        /// How far it is
        stage: NoteStage,
    },
}

/// Flags of `schedule apply`.
#[derive(Debug, Args)]
pub struct ScheduleApply {
    /// Do not ask before applying
    #[arg(long, short)]
    pub yes: bool,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NoteStage {
    /// It begins
    Started,
    /// It has ended: `SERVICE_RESULT` and `EXIT_STATUS` say how
    Ended,
}
