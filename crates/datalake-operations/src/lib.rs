//! Whole operations on ports: what a front end calls, and what other tools embed.
//!
//! An operation looks, decides and acts through the traits of `datalake-engine`, and never chooses
//! between adapters. It speaks to nobody: what went wrong is an [`OperationError`], which a front end
//! turns into words and an exit code.

pub mod access;
mod context;
pub mod costs;
mod dagster_home;
pub mod dependencies;
mod deployment;
pub mod discovery;
pub mod doctor;
mod dumps;
mod error;
mod file_diff;
mod generator_check;
mod handover;
mod home_places;
mod host_paths;
mod host_signs;
mod host_units;
pub mod job;
mod key_pair;
pub mod lake;
pub mod lake_clients;
mod masking;
pub mod migration;
pub mod modal;
mod open_rotation;
mod pair_records;
pub mod project;
mod redact;
pub mod restore;
pub mod rotation;
mod runs;
pub mod schedule;
mod spec_text;
pub mod tables;
#[cfg(test)]
mod test_support;
pub mod transfer;
mod vault;
mod workspaces;

pub use context::HostContext;
pub use dagster_home::{
    FolderRules, FoundHome, is_at_or_below, read_mounted_units, read_unit_files,
};
pub use datalake_core::advice::{Advice, AdvisedCommand, TablesAdvice};
pub use deployment::{
    DagsterHost, EnvironmentContents, EnvironmentReport, EnvironmentState, Environments,
    HandedOverSettings, OldLine, Report, Source, UnitReport, Variables, choose_units,
    compare_prints, describe_deployment, handed_over, render_deployment, render_environments,
};
pub use dumps::find_dump;
pub use error::{
    ARCHIVED, ErrorKind, OperationError, advice_for, deleted_advice, kind_of, kind_where_named,
};
pub use file_diff::{
    FileChange, WrittenTexts, describe_file_changes, diff_change, diff_contents, find_written,
    name_secrets,
};
pub use generator_check::{ask_generator, check_that_units_are_made, check_with_generator};
pub use handover::{choose_handover, podman_secrets};
pub use home_places::{
    FolderPlace, HomeChoice, HomePlaces, HomeSearch, LogsFolder, require_named_home,
};
pub use host_paths::{find_host_units, look_at_host, look_for_foreign_files, wanted_of};
pub use host_units::{collect_host_units, judge_known_folders, refuse_obstacles};
pub use key_pair::{ID_VARIABLE, SECRET_VARIABLE, parse_key_pair, read_key_pair};
pub use masking::mask_secrets;
pub use open_rotation::refuse_open_rotation;
pub use pair_records::{MANIFEST, PairOfPlaces, PairRecords, identify_pair};
pub use redact::Redactor;
pub use runs::{
    CheckedProvision, EditCopy, EditedPath, ForwardRun, JudgedWayBack, ListedRun, ObstacleReport,
    PlannedProvision, ProvisionBasis, ProvisionRun, Quiet, RunKeys, RunReporter, RunStage,
    StatusInput, StatusLook, StatusReport, StatusState, TablesStanding, TimerReport,
    carry_out_back, choose_restart, choose_run_to_undo, describe_receipt, describe_timers,
    find_plan_obstacles, judge_way_back, list_edit_copies, list_left_out_units, list_links,
    list_remarks, list_runs, list_unseen, list_what_stays, log_lines, look_and_plan,
    look_at_schedule, look_at_status, name_run_state, plan_way_back, prove_provision, read_past,
    read_tail, refuse_edits, refuse_other_work, rehearse_back, render_edits, render_status,
    render_way_back, require_no_link, require_writable,
};
pub use spec_text::write_spec_text;
pub use vault::{
    VaultReport, VaultStanding, describe_vault, judge_vault, look_at_vault, question_to_vault,
    read_vault_past,
};
