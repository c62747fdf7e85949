//! What does harm in unit files and beside them.

use std::fmt;

use datalake_core::host::HostPath;

/// A word of a unit file that does harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// The number of its line, from 1.
    pub line: usize,
}

/// What does harm. It holds no value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleKind {
    /// `EnvironmentFile=-PATH` in `[Container]`: podman takes it for a relative path.
    DashedEnvFile {
        /// The path, as it stands behind the dash.
        path: String,
    },
    /// `Environment=VARIABLE=…` in `[Container]`, for a variable that the env file sets.
    LeftOver {
        /// The name of the variable.
        variable: String,
    },
    /// `PodmanArgs=--env=VARIABLE=…`, in any of its spellings.
    PodmanValue {
        /// The name of the variable.
        variable: String,
    },
    /// `Secret=NAME,type=env,target=VARIABLE`.
    OtherSecret {
        /// The name of the variable.
        variable: String,
    },
    /// `EnvironmentHost=true`: a leak, which somebody may want.
    HostEnvironment,
    /// A value, wherever it stands, that makes boto3 use something else than what it is handed.
    Steers {
        /// The name of the variable.
        variable: String,
    },
    /// `Environment=VARIABLE=…` in `[Service]`.
    ServiceValue {
        /// The name of the variable.
        variable: String,
    },
    /// `UnsetEnvironment=VARIABLE` in `[Service]`.
    Unset {
        /// The name of the variable.
        variable: String,
    },
    /// An env file that does not exist, and has to.
    MissingEnvFile {
        /// The file.
        path: HostPath,
        /// Whether the line goes: the file was one of those that `provision` removes.
        is_ours: bool,
    },
    /// An env file that goes in the same plan.
    GoneEnvFile {
        /// The file.
        path: HostPath,
    },
    /// `VARIABLE=…` in a file of `environment.d`.
    UserWide {
        /// The name of the variable.
        variable: String,
    },
}

impl TroubleKind {
    /// Why it does harm.
    #[must_use]
    pub fn harm(&self) -> String {
        match self {
            Self::DashedEnvFile { path } => format!(
                "podman takes `-{path}` for a path beside the unit, not for an optional file: \
                 the container never starts, whether the file exists or not"
            ),
            Self::LeftOver { variable } => format!(
                "the value of `{variable}` in the unit wins over the env file, \
                 and everyone who can read the unit can read it"
            ),
            Self::PodmanValue { variable } => format!(
                "the value of `{variable}` in `PodmanArgs=` can win over the one that datalake \
                 hands over, and everyone who can read the unit can read it"
            ),
            Self::OtherSecret { variable } => format!(
                "this secret of podman's gives `{variable}` a value that wins over datalake's"
            ),
            Self::HostEnvironment => {
                "`EnvironmentHost=` gives the container everything in podman's \
                                      own environment, the key pair among it"
                    .to_owned()
            }
            Self::Steers { variable } => format!(
                "`{variable}` makes boto3 use something else than the settings that datalake \
                 hands over"
            ),
            Self::ServiceValue { variable } => format!(
                "the env file wins over this value of `{variable}`, but everyone who can read the \
                 unit can still read it"
            ),
            Self::Unset { variable } => {
                format!("it takes `{variable}` away from the container again")
            }
            Self::MissingEnvFile { path, .. } => {
                format!("`{path}` does not exist: without it the service never starts")
            }
            Self::GoneEnvFile { path } => {
                format!("it reads `{path}`, which this run removes")
            }
            Self::UserWide { variable } => {
                format!("systemd hands `{variable}` to every service of the user")
            }
        }
    }

    /// What puts it right.
    #[must_use]
    pub fn cure(&self) -> String {
        match self {
            Self::DashedEnvFile { path } => format!(
                "take the line out; `EnvironmentFile=-{path}` is right in [Service], \
                 with `PodmanArgs=--env=NAME` in [Container]"
            ),
            Self::LeftOver { variable } => {
                format!("take `{variable}` out of the unit; the env file sets it")
            }
            Self::PodmanValue { variable } | Self::OtherSecret { variable } => {
                format!("take `{variable}` out of the unit; datalake hands it over")
            }
            Self::HostEnvironment => {
                "take the line out, unless the container needs it for something else".to_owned()
            }
            Self::Steers { variable }
            | Self::ServiceValue { variable }
            | Self::Unset { variable } => format!("take `{variable}` out of the unit"),
            Self::MissingEnvFile { path, is_ours: false } => format!(
                "put `{path}` back, or take the line out; `EnvironmentFile=-{path}` in [Service] \
                 is optional"
            ),
            Self::MissingEnvFile { .. } | Self::GoneEnvFile { .. } => {
                "take the line out: datalake hands the settings over".to_owned()
            }
            Self::UserWide { variable } => {
                format!("take `{variable}` out of the file; a daemon-reload takes it up")
            }
        }
    }

    /// Whether [`repair_unit`](crate::repair_unit) puts it right. The rest is for people to decide.
    #[must_use]
    pub fn is_repaired(&self) -> bool {
        !matches!(self, Self::HostEnvironment | Self::MissingEnvFile { is_ours: false, .. })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.harm())
    }
}
