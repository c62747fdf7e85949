//! Runs: plans of a provision and its way back, carried out and proved.

mod back_words;
mod basis;
mod edits;
mod forward;
mod going_back;
mod in_the_way;
mod listed;
mod log_tails;
mod obstacle_report;
mod provision;
mod provision_run;
mod rollback;
mod status;
mod status_report;
mod tables_standing;
mod timer_look;
mod written;

use datalake_core::fault::Fault;
use datalake_core::plan::Step;
use datalake_core::receipt::Outcome;
use datalake_engine::{ServiceName, Watch};

pub use self::back_words::{render_edits, render_way_back};
pub use self::basis::{ProvisionBasis, RunKeys};
pub use self::edits::{
    EditCopy, EditedPath, JudgedWayBack, judge_way_back, list_edit_copies, refuse_edits,
};
pub(crate) use self::forward::prepare_run;
pub use self::forward::{ForwardRun, refuse_other_work};
pub use self::going_back::{carry_out_back, list_what_stays, rehearse_back};
pub use self::in_the_way::{
    find_plan_obstacles, list_left_out_units, list_links, list_remarks, list_unseen,
};
pub use self::listed::{ListedRun, list_runs, name_run_state};
pub use self::log_tails::{log_lines, read_tail};
pub use self::obstacle_report::ObstacleReport;
pub use self::provision::{
    choose_restart, look_and_plan, prove_provision, read_past, require_no_link, require_writable,
};
pub use self::provision_run::{CheckedProvision, PlannedProvision, ProvisionRun};
pub use self::rollback::{choose_run_to_undo, plan_way_back};
pub use self::status::{StatusInput, StatusLook, look_at_status};
pub use self::status_report::{StatusReport, StatusState, render_status};
pub use self::tables_standing::TablesStanding;
pub use self::timer_look::{TimerReport, describe_timers, look_at_schedule};
pub(crate) use self::timer_look::{name_record, read_record};
pub use self::written::describe_receipt;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStage {
    /// It carries out its plan.
    Applying,
    /// It takes back what it has done: services did not stand it.
    GoingBack,
}

/// Is told what a run does as it does it.
pub trait RunReporter: Send + Sync {
    /// Steps of a stage begin.
    fn begin(&self, stage: RunStage);

    /// Is told each step, and says whether the run may go on.
    fn watch(&self) -> Box<dyn Watch + '_>;

    /// The last lines that a service has logged, without secrets.
    fn tell_log(&self, service: &ServiceName, lines: Result<Vec<String>, Fault>);
}

/// Tells nobody, and lets every run go on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl RunReporter for Quiet {
    fn begin(&self, _: RunStage) {}

    fn watch(&self) -> Box<dyn Watch + '_> {
        Box::new(Self)
    }

    fn tell_log(&self, _: &ServiceName, _: Result<Vec<String>, Fault>) {}
}

impl Watch for Quiet {
    fn begin(&self, _: &Step) {}

    fn end(&self, _: &Step, _: &Outcome) {}

    fn go_on(&self) -> bool {
        true
    }
}
