//! What is told of a host.

use schemars::JsonSchema;
use serde::Serialize;

/// The users of a host that have units.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct DiscoveryReport {
    /// The users, those that run Dagster first.
    pub users: Vec<DiscoveredUser>,
    /// Users whose folders could not be looked into, and why.
    pub closed: Vec<String>,
}

/// A user and its units.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiscoveredUser {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The home folder.
    pub home: String,
    /// The folders in which quadlet looks for units and that are there, the strongest first.
    pub folders: Vec<String>,
    /// The units in the order in which a restart takes them: code servers first.
    pub units: Vec<DiscoveredUnit>,
    /// The workspace files that Dagster reads, as far as they lie on the host.
    pub workspaces: Vec<String>,
    /// The folder that is Dagster's home.
    pub dagster_home: Option<String>,
    /// Why that is not known.
    pub dagster_home_problem: Option<String>,
    /// Files and folders that could not be read.
    pub unread: Vec<String>,
}

/// A unit, and what datalake would do with it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiscoveredUnit {
    /// The name, without its ending.
    pub name: String,
    /// What makes a service of it.
    pub kind: DiscoveredKind,
    /// The file.
    pub file: String,
    /// Where a link on the way to it leads.
    pub link: Option<String>,
    /// The drop-ins that count for it, in the order in which they do.
    pub drop_ins: Vec<String>,
    /// What it has to do with Dagster, and the line that says so.
    pub roles: Vec<DiscoveredRole>,
    /// Its `DAGSTER_HOME`, as its container sees it.
    pub dagster_home: Option<String>,
    /// The env files that it names.
    pub env_files: Vec<String>,
    /// The image.
    pub image: Option<String>,
    /// The pod.
    pub pod: Option<String>,
    /// The networks.
    pub networks: Vec<String>,
    /// Whether `provision` gives it the settings of the bucket, unless the spec lists other units.
    pub is_given_settings: bool,
    /// Why, or why not.
    pub why: String,
}

/// What makes a service of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiscoveredKind {
    /// quadlet, of a container.
    Container,
    /// quadlet, of a YAML file for Kubernetes.
    Kube,
    /// quadlet, of a pod.
    Pod,
    /// Nobody: it is a service already.
    Service,
}

/// What a unit has to do with Dagster.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiscoveredRole {
    /// `runs-user-code`, `loads-dagster-yaml`, `serves-ui`, `schedules` or `database`.
    pub role: &'static str,
    /// The file that says so.
    pub path: String,
    /// The line in it.
    pub line: Option<usize>,
    /// What it says.
    pub reason: String,
}

impl DiscoveredUser {
    /// Whether a plan finds units to give the settings to.
    #[must_use]
    pub fn runs_dagster(&self) -> bool {
        self.units.iter().any(|unit| unit.is_given_settings)
    }

    /// The names of these units.
    #[must_use]
    pub fn planned_names(&self) -> Vec<&str> {
        let given = self.units.iter().filter(|unit| unit.is_given_settings);
        given.map(|unit| unit.name.as_str()).collect()
    }
}
