//! What the program that asks Dagster is told.

use std::time::Duration;

use datalake_dagster::list_frame_sources;
use serde::Serialize;

/// The program.
pub(super) const PROGRAM: &str = include_str!("program.py");

/// What loading the definitions and asking their managers may take, in seconds.
const ASKING: u64 = 900;

/// What loading the values may take, in seconds: one for each manager, or all.
const LOADING: [u64; 2] = [300, 3600];

/// What is added for the program to say so itself before it is ended.
const GRACE: u64 = 60;

/// How much Dagster loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadExtent {
    /// The smallest file of each I/O manager.
    #[default]
    One,
    /// Each file.
    All,
}

/// Where user code is, in Dagster's own words; nothing where it is looked for in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CodeTarget {
    /// A file with definitions.
    pub python_file: Option<String>,
    /// A module with definitions.
    pub module_name: Option<String>,
    /// The name of the definitions in it.
    pub attribute: Option<String>,
    /// The folder that modules are looked for in.
    pub working_directory: Option<String>,
    /// A `workspace.yaml`.
    pub workspace: Option<String>,
}

/// A file that was moved: its name below both places, its size, and whether it is a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AskedFile(pub(super) String, pub(super) u64, pub(super) bool);

/// What the program is told; its JSON form holds no secret.
#[derive(Debug, Serialize)]
pub(super) struct SwitchRequest<'a> {
    stage: &'static str,
    target: Option<&'a CodeTarget>,
    names: &'a [AskedFile],
    /// The text of I/O managers that datalake has generated.
    generated: Vec<&'static str>,
    load: &'static str,
    program: &'static str,
    seconds: u64,
    load_seconds: u64,
}

impl LoadExtent {
    /// Its word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::All => "all",
        }
    }
}

impl<'a> SwitchRequest<'a> {
    pub(super) fn new(
        target: Option<&'a CodeTarget>,
        names: &'a [AskedFile],
        load: LoadExtent,
    ) -> Self {
        let [one, all] = LOADING;
        let load_seconds = if load == LoadExtent::All { all } else { one };
        Self {
            stage: "first",
            target,
            names,
            generated: list_frame_sources(),
            load: load.word(),
            program: PROGRAM,
            seconds: ASKING + load_seconds,
            load_seconds,
        }
    }

    /// After this it is ended.
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.seconds + GRACE)
    }
}
