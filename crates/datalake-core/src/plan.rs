//! From what is wanted and what was observed to exact steps.
//!
//! [`plan_provision`] compares [`Desired`] with [`Observed`] and gives a [`Plan`]; [`plan_files`]
//! does so for files and folders alone, [`plan_schedule`] for timers, [`plan_vault`] for a secret in
//! Modal. [`lint`] finds faults
//! of a plan by itself, [`rehearse`] goes through it in mind, and [`describe_step`] says it in words.
//!
//! What could not be learned is [`Found::Unknown`] and never taken for absent: a planner that meets
//! it answers with a [`Blocker`].

mod bucket_steps;
mod desired;
mod host_plan;
mod host_steps;
mod lint;
mod model;
mod observed;
mod provision;
mod schedule_plan;
mod step;
mod step_line;
mod tables_place;
mod vault_removal;
mod vault_steps;

pub use desired::{
    Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret, DesiredServices,
    DesiredTables, DesiredVault, Unwanted,
};
pub use host_plan::{DesiredFiles, plan_files};
pub use lint::{PlanFault, lint};
pub use model::{Conflict, Standing, imagine, rehearse};
pub use observed::{BucketState, Found, Observation, Observed, Service};
pub use provision::{Blocker, plan_provision};
pub use schedule_plan::{DesiredSchedule, plan_schedule};
pub use step::{Action, Guard, Pending, Plan, Step, Undo, Way};
pub use step_line::{describe_plan, describe_plan_with_costs, describe_step, describe_way_back};
pub use vault_removal::{plan_vault_clearing, plan_vault_removal};
pub(crate) use vault_steps::roll_over;
pub use vault_steps::{leave_unknown_vaults, plan_vault, plan_vault_anew};
