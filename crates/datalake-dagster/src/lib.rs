//! What Dagster needs to reach a bucket, and the image that has it.
//!
//! `dagster-aws` asks for one exact release of Dagster: `pip install dagster-aws` alone would replace
//! the Dagster of an image, and what is installed in a running container is gone with it. So the
//! packages that an image has are read by [`PACKAGES_SCRIPT`], [`find_dependencies`] tells what fits its
//! Dagster, and [`Recipe`] is the text and the tag of an image built from it once, which
//! [`image_drop_in`] has a container use. Nothing here runs or writes anything.
//!
//! ```
//! use datalake_dagster::{Packages, WantedLibraries, find_dependencies};
//!
//! let packages = Packages::parse(br#"{"dagster": "1.12.6", "pip": "25.0", "boto3": "1.44.5"}"#)?;
//! let needs = find_dependencies(&packages, WantedLibraries::default())?;
//!
//! let missing: Vec<_> = needs.missing().map(|needed| needed.requirement()).collect();
//! assert_eq!(missing, ["dagster-aws==0.28.6"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod application;
mod code;
mod code_changes;
mod code_managers;
mod code_names;
mod compute_logs;
mod content;
mod database;
mod dependencies;
mod home;
mod image;
mod instance;
mod kind;
mod layout;
mod own_state;
mod owner;
mod packages;
mod process;
mod project;
mod python;
mod python_yaml;
mod s3_managers;
mod source;
mod version;
mod webserver;
mod workspace;
mod yaml_traps;

pub use application::{ApplicationSetting, application_setting};
pub use code::{OwnStorage, own_storage};
pub use code_changes::{CodeChange, StoredAt, propose_change};
pub use code_managers::{
    CodeAsset, CodeReading, MadeManager, ManagerFamily, NamedArgument, read_managers,
};
pub use code_names::{is_python_file, may_hold_code};
pub use compute_logs::{
    ComputeLogs, DagsterYaml, EditedYaml, LOGS_PREFIX, LogNote, S3_LOG_MANAGER, Setting, UnfitYaml,
};
pub use content::{ContentKind, ContentScan, SQLITE_MAGIC, begins_as_pickle, content_of};
pub use database::{InstanceDatabase, PostgresPlace, SaidValue, instance_database};
pub use dependencies::{
    Dependencies, Dependency, Moved, Unfit, VersionNeed, WantedLibraries, find_dependencies,
};
pub use home::{HomeCandidate, HomeSigns, HomeVerdict, judge_home};
pub use image::{
    BASE_LABEL, BaseImage, DROP_IN_NAME, Recipe, UnfitUser, image_drop_in, image_in_drop_in,
    is_plain_image,
};
pub use instance::{FilesPlace, InstancePlaces, LogPlace, UnreadableInstance, instance_places};
pub use kind::{
    FileEnds, FreeRule, HEAD, KindFacts, KindReader, NoFrame, StoredKind, TAIL, is_log_path,
    split_table_log,
};
pub use layout::{is_run_id, op_output_here, op_output_there, stays_in_home};
pub use own_state::is_own_state;
pub use owner::{KeyOwner, find_owner};
pub use packages::{IMPORT_SCRIPT, PACKAGES_SCRIPT, Packages, UnreadablePackages};
pub use process::{DagsterProcess, StartedProcess, find_process};
pub use project::{
    DgProject, FileLoading, FileStanding, FrameEngine, FramesContext, FramesPlace, InvalidProject,
    LoadingSigns, ProjectConfig, ProjectFile, ProjectNames, ProjectTexts, TakenNames, UsedNames,
    dg_files, dg_frame, frames_file, judge_loading, judge_module, list_frame_sources,
    list_ways_to_load, render_job_alone, render_job_asset, single_file,
};
pub use python::scan_python;
pub use python_yaml::{PythonYaml, RepeatedKey, YamlRefusal, read_python_yaml};
pub use s3_managers::{S3ManagerCall, S3PlaceTrouble, WrittenValue, find_s3_managers};
pub use source::{IndexUrl, InvalidIndexUrl, PIP_CONF_ID, PackageSource, WHEELS};
pub use version::{DagsterVersion, UnfitVersion};
pub use webserver::{
    ASSETS_QUERY, LiveRun, RUNS_QUERY, UnreadableAnswer, asset_key_of_database, asset_keys,
    live_runs,
};
pub use workspace::{CodeServerPlace, Workspace};
pub use yaml_traps::{SpecifiedStore, compare_with_spec, decode_yaml, scan_yaml};
