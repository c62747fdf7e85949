//! What does harm in unit files and beside them.

use std::fmt;

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
                "the value of `{variable}` that stands in the unit wins over the env file, \
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
            Self::UserWide { variable } => {
                format!("take `{variable}` out of the file; a daemon-reload takes it up")
            }
        }
    }

    /// Whether [`repaired`](crate::repaired) puts it right. The rest is for people to decide.
    #[must_use]
    pub fn is_repaired(&self) -> bool {
        !matches!(self, Self::HostEnvironment)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.harm())
    }
}
