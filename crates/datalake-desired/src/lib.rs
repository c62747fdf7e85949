//! The spec and what was seen, turned into exact folders, files, drop-ins, secrets, services and a
//! secret in Modal: pure, without a look at anything.

mod dagster_home;
mod desired;
mod handover;
mod host_kind;
mod host_paths;
mod host_units;
mod restart;
mod roles;
mod schedule;
mod vault;
mod workspaces;

pub use dagster_home::HomeUnknown;
pub use desired::{
    DesiredError, DesiredVariables, HostEnvironment, ProvisionInput, Repair, Restart, desire_vault,
    desire_world, find_repairs, find_variables, list_usual_variables, list_variables, log_notes,
    order_variables,
};
pub use handover::{HandoverChoice, podman_secret};
pub use host_kind::{HostKind, HostSigns, judge_host_kind};
pub use host_paths::{ForeignFile, ForeignFileKind, HostPaths, UnitPaths, names_of};
pub use host_units::{HostUnits, USER_WIDE};
pub use restart::{list_restart_commands, list_template_remarks};
pub use roles::{DagsterUnit, RoleReason, UnitRole, find_roles};
pub use schedule::{
    ScheduleInput, TimerPlace, desire_schedule, is_own_unit, leave_foreign_units,
    list_schedule_files,
};
pub use vault::{VaultPast, is_env_file, print_of};
pub use workspaces::{FoundWorkspace, find_workspace_files};
