//! Quadlet unit files kept byte for byte, drop-ins and env files.
//!
//! A container gets the S3 settings in one of three ways:
//!
//! - by a [`drop_in`] beside the unit, which stays as it is; podman 5.0 and later;
//! - by a [`secret_drop_in`], with the key pair kept by podman; 5.0 and later;
//! - by marked blocks inside the unit: [`insert_blocks`], [`remove_blocks`]; 4.4 and later.
//!
//! The first and the last name the variables and an env file ([`env_body`]) and hold no value.
//! [`find_user_wide`] finds variables that systemd hands to all services, and [`find_troubles`]
//! recognises lines that would keep a service from starting or from seeing the new values, and
//! [`repair_unit`] takes them out. What the installed generator makes of a change is read and judged
//! by [`generator`]. Nothing here reads or writes a file.
//!
//! ```
//! use datalake_quadlet::{UnitFile, find_troubles, repair_unit};
//!
//! let unit = UnitFile::parse("[Container]\nImage=a\nEnvironmentFile=-/etc/s3.env\n");
//!
//! assert_eq!(find_troubles(&unit, &[])[0].line, 3);
//! assert_eq!(repair_unit(&unit, &[]).text(), "[Container]\nImage=a\n");
//! ```

mod container_unit;
mod drop_in;
mod edit;
mod env_file;
mod env_files;
mod environment_d;
pub mod generator;
mod given;
mod hazard;
mod home;
mod line;
mod losses;
mod markers;
mod mounts;
mod obstacles;
mod overrides;
mod path_pattern;
mod podman;
mod readers;
mod repair;
mod trouble;
mod unit;
mod user_unit;
mod variable;
mod words;

pub use container_unit::{ContainerUnit, UnitLine, find_container_units, find_first_units};
pub use drop_in::{DROP_IN_NAME, Unwritable, drop_in, drop_in_path, secret_drop_in};
pub use edit::Edited;
pub use env_file::{EnvError, EnvReadError, EnvValue, env_body, parse_env};
pub use env_files::{EnvFileReader, NamedEnvFile, find_env_files, without_env_files};
pub use environment_d::{find_user_wide, set_names, sets_nothing, without_user_wide};
pub use given::{GivenVariable, find_commands, find_given_variables};
pub use hazard::{Hazard, HazardKind, find_hazards};
pub use home::{DagsterHome, HOME_VARIABLE, MountedUnit, UnknownHome, folder_of_source};
pub use markers::{BlockError, MARKERS, Markers, insert_blocks, remove_blocks};
pub use mounts::{MountBase, MountSource, Mounts, list_published_ports, volume_name};
pub use obstacles::{Obstacle, ObstacleKind, Planned, PlannedUnits, find_doubts, find_obstacles};
pub use overrides::{
    LaterEnvFile, Override, OverrideKind, OverrideSearch, find_late_overrides, find_overrides,
    find_own_command,
};
pub use path_pattern::{UnitOwner, UnitPlace};
pub use podman::{InvalidVersion, PodmanVersion};
pub use readers::{
    KeptEnvFiles, LossReader, Losses, ReaderNeed, covered_variables, find_expansions,
    find_mentions, find_readers, find_uses_inside, find_yaml_files, started_service,
};
pub use repair::{find_troubles, repair_unit, without_host_environment};
pub use trouble::{Trouble, TroubleKind};
pub use unit::UnitFile;
pub use user_unit::{EnvFileText, UnitSort, UserUnit, UserUnits};
pub use variable::{MODAL_VARIABLES, S3_VARIABLES, STEERING_VARIABLES};
pub use words::{BadEscape, quote_exec_word, split_words};
