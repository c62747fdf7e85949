//! The host ports of datalake: files replaced atomically, never through a link.
//!
//! [`HostFiles`] holds the managed host's files, [`StateDir`] datalake's own folder. Both reach
//! everything from a folder held open, so nobody can lead them elsewhere meanwhile; [`UsageDb`] is
//! the history of usage in that folder. [`run_program`] is the
//! one place that starts a process; [`Systemd`], [`Podman`] and [`QuadletGenerator`] ask a service
//! user's programs through it.

mod acting;
mod archive;
mod child;
mod clock;
mod commands;
mod escape;
mod fault;
mod files;
mod gate;
mod generator;
mod held_folder;
mod images;
mod linked;
mod lock;
mod machine;
mod named;
mod named_folder;
mod named_paths;
mod own_process;
mod ping;
mod place;
mod podman;
mod programs;
mod reading;
mod record_folders;
mod root;
mod secret_file;
mod secrets;
mod serve_child;
mod standard_input;
mod state;
mod systemd;
mod target_lock;
mod timers;
mod tree;
mod usage_db;
mod way;
mod webserver;

pub use acting::ServiceUser;
pub use archive::HostArchives;
pub use clock::SystemClock;
pub use commands::{
    CommandFault, Output, ProgramCall, ProgramEnd, follow_program, follow_with_input, guard_group,
    keep_children, run_program, run_to_end, run_to_end_with_input, run_with_input,
};
pub use files::HostFiles;
pub use gate::{
    Distrust, DistrustReason, GateFault, TrustedUsers, distrust_user, judge_code_file,
    judge_code_folder, judge_program, judge_python, judge_unattended, read_trusted_file,
};
pub use generator::QuadletGenerator;
pub use held_folder::NamedHostFolders;
pub use machine::ThisMachine;
pub use named::{
    Existing, NewNamedFile, is_own_descriptor, open_named_file, read_named_code, read_named_file,
    read_stream, write_named_file,
};
pub use named_paths::MachinePaths;
pub use own_process::forbid_core_files;
pub use ping::HttpPings;
pub use podman::Podman;
pub use programs::{ContainerPrograms, HostPrograms};
pub use record_folders::StateRecords;
pub use secret_file::{
    SecretFileFault, judge_secret_file, read_secret_descriptor, read_secret_file,
};
pub use secrets::PodmanSecrets;
pub use serve_child::serve_child;
pub use standard_input::read_standard_input;
pub use state::StateDir;
pub use systemd::Systemd;
pub use target_lock::lock_target;
pub use timers::OwnTimers;
pub use tree::{HostTree, Links};
pub use usage_db::UsageDb;
pub use webserver::HttpWebservers;
