//! The spec turned into exact buckets, files and bodies.

mod edits;
mod env_files;
mod logs;
mod settings;
mod variables;
mod vault;

use datalake_core::fault::{Fault, Target};
use datalake_core::host::{HostPath, Mode, ServiceState, UnitName, UserAccount};
use datalake_core::plan::{
    Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret, DesiredServices,
    DesiredTables, DesiredVault, Observation, Unwanted,
};
use datalake_core::s3::{InvalidKey, Lifecycle};
use datalake_core::secret::{Credentials, FingerprintKey, PodmanSecret};
use datalake_core::spec::{Handover, Spec, TablesPlace};
use datalake_core::time::RunId;
use datalake_dagster::UnfitYaml;
use datalake_quadlet::{BlockError, EnvError, Trouble, Unwritable};

use crate::HandoverChoice;
use crate::HomeUnknown;
use crate::HostKind;
use crate::HostPaths;
use crate::VaultPast;
use edits::Edit;

pub use edits::{Repair, find_repairs};
pub use logs::log_notes;
pub use settings::DesiredVariables;
pub use variables::{find_variables, list_usual_variables, list_variables, order_variables};
pub use vault::desire_vault;

/// Everything known of one place before it is looked at.
#[derive(Clone, Copy)]
pub struct ProvisionInput<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// The key pair.
    pub keys: &'a Credentials,
    /// The service user.
    pub account: &'a UserAccount,
    /// Where things lie.
    pub places: &'a HostPaths,
    /// How the settings reach the containers.
    pub way: &'a HandoverChoice,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
    /// The run that the plan is for.
    pub run: &'a RunId,
    /// Whether services are restarted.
    pub restart: Restart,
    /// What becomes of `EnvironmentHost=true`.
    pub host_environment: HostEnvironment,
    /// What was in Modal earlier; `None` where Modal is left alone.
    pub past: Option<&'a VaultPast>,
}

/// The input, and what was seen there.
struct Basis<'a> {
    input: &'a ProvisionInput<'a>,
    observation: &'a Observation,
}

/// What becomes of lines that hand podman's whole environment to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostEnvironment {
    /// Report them, leave them in place.
    Keep,
    /// Remove them, like other old values.
    Remove,
}

impl HostEnvironment {
    /// Whether a plan takes the trouble out of its file.
    pub fn takes_out(self, trouble: &Trouble) -> bool {
        trouble.kind.is_repaired() || self == Self::Remove
    }
}

/// Whether services are restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// They are left alone.
    Never,
    /// They are, where what they read changes.
    IfNeeded,
    /// They are, since an earlier run has not come so far.
    Owed,
}

impl Restart {
    /// The same after a run that owes nothing more.
    #[must_use]
    pub fn once_more(self) -> Self {
        if self == Self::Owed { Self::IfNeeded } else { self }
    }
}

/// Why the spec cannot be turned into exact things on this host.
#[derive(Debug, thiserror::Error)]
pub enum DesiredError {
    /// The prefix and the probe's name make no key.
    #[error("the prefix does not make an object key")]
    Key(#[from] InvalidKey),
    /// A value cannot be in the env file.
    #[error("the env file cannot be written")]
    Env(#[from] EnvError),
    /// The env file's path, or a value, cannot be in a drop-in.
    #[error("the drop-in cannot be written")]
    DropIn(#[from] Unwritable),
    /// The marked blocks of a unit can be neither put in nor taken out.
    #[error("`{0}` cannot be changed")]
    Blocks(HostPath, #[source] BlockError),
    /// There is no such unit.
    #[error("there is no `{path}`: {kind}")]
    NoUnit {
        /// Where it would be.
        path: HostPath,
        /// What kind of host it is.
        kind: HostKind,
    },
    /// A unit could not be looked at.
    #[error("{0}")]
    Unit(Target, Fault),
    /// Dagster's home is not known, and has to be.
    #[error("`logs: s3` needs Dagster's home")]
    Home(#[source] HomeUnknown),
    /// `dagster.yaml` can be neither read nor changed.
    #[error("`{0}` cannot be changed")]
    DagsterYaml(HostPath, #[source] UnfitYaml),
    /// Nothing says where the old logs are.
    #[error("`{0}` does not say where logs are kept, and no unit sets DAGSTER_HOME")]
    NoLogFolder(HostPath),
    /// Logs go elsewhere already.
    #[error("`{0}` sends logs elsewhere already: {1}")]
    LogsElsewhere(HostPath, String),
    /// A file holds bytes that are not text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(HostPath),
    /// A line does harm in a file that this user may not change.
    #[error("`{0}:{line}`: {harm}; and this user may not change the file", line = .1.line, harm = .1.kind.harm())]
    NotOurs(HostPath, Trouble, Fault),
}

/// What a way of handing over needs, and what it leaves of the others.
#[derive(Default)]
struct HandoverParts {
    secrets: Vec<DesiredSecret>,
    files: Vec<DesiredFile>,
    absent: Vec<Unwanted<HostPath>>,
}

/// Turns the spec into exact things.
///
/// # Errors
///
/// [`DesiredError`] where a unit is missing or unknown, or a value cannot be carried safely.
pub fn desire_world(
    input: &ProvisionInput<'_>,
    observation: &Observation,
) -> Result<Desired, DesiredError> {
    let basis = &Basis { input, observation };
    let spec = basis.input.spec;
    let variables = DesiredVariables::of(spec);
    let mut parts = list_parts(&variables, basis)?;
    for other in &basis.input.places.others {
        match edits::change_foreign_file(other, basis)? {
            Some(Edit::Write(file)) => parts.files.push(file),
            Some(Edit::Remove(unwanted)) => parts.absent.push(unwanted),
            None => (),
        }
    }
    let logs = logs::log_parts(basis)?;
    parts.files.extend(logs.file);
    let proved = match logs.manager {
        // Everything that loads `dagster.yaml` uses the bucket then.
        Some(_) => Vec::new(),
        None => basis.input.places.find_code_units(&spec.host.units),
    };
    Ok(Desired {
        bucket: DesiredBucket {
            name: spec.bucket.clone(),
            versioning: spec.protect.versioning,
            lifecycle: Lifecycle::own(&spec.protect.presets()),
        },
        tables: desire_tables(spec),
        probe: spec.prefix.key(&format!(".datalake-probe-{}", basis.input.run))?,
        folders: list_folders(basis),
        absent_secrets: absent_secrets(&parts, basis),
        secrets: parts.secrets,
        files: parts.files,
        absent: parts.absent,
        services: desire_services(&variables, proved, basis)?,
        log_manager: logs.manager,
        vault: in_modal(basis)?,
    })
}

/// Where tables live: nothing expires there, and old versions there are none.
fn desire_tables(spec: &Spec) -> Option<DesiredTables> {
    Some(match spec.tables.clone()? {
        TablesPlace::Prefix(prefix) => DesiredTables::Prefix(prefix),
        TablesPlace::Bucket(name) => DesiredTables::Bucket(DesiredBucket {
            name,
            versioning: false,
            lifecycle: Lifecycle::protection(None, spec.protect.abort_uploads),
        }),
    })
}

fn in_modal(basis: &Basis<'_>) -> Result<Option<DesiredVault>, DesiredError> {
    let Some(past) = basis.input.past else { return Ok(None) };
    let wanted = desire_vault(basis.input.spec, basis.input.keys, basis.input.fingerprints, past)?;
    Ok(wanted.map(|wanted| vault::with_present_env_file(wanted, basis)))
}

fn list_parts(
    variables: &DesiredVariables,
    basis: &Basis<'_>,
) -> Result<HandoverParts, DesiredError> {
    let places = basis.input.places;
    let unwanted =
        |what: &HostPath, why: &str| Unwanted { what: what.clone(), why: why.to_owned() };
    let mut parts = HandoverParts::default();
    match basis.input.way.handover {
        Handover::EnvFile | Handover::InPlace => parts.files.push(variables.env_file(basis)?),
        Handover::PodmanSecret => {
            parts.secrets = variables.podman_secrets(basis);
            let why = "podman keeps the keys now, and no other file is to hold them";
            parts.absent.push(unwanted(&places.env_file, why));
        }
    }
    for unit in &places.units {
        match basis.input.way.handover {
            Handover::EnvFile => parts.files.push(settings::env_drop_in(unit, basis)?),
            Handover::PodmanSecret => parts.files.push(variables.secret_drop_in(unit, basis)?),
            Handover::InPlace => {
                let why = "marked blocks in the unit file replace it";
                parts.absent.push(unwanted(&unit.drop_in, why));
            }
        }
        parts.files.extend(edits::unit_file(unit, basis)?);
    }
    Ok(parts)
}

fn list_folders(basis: &Basis<'_>) -> Vec<DesiredFolder> {
    let ProvisionInput { places, account, way, .. } = basis.input;
    let folder =
        |path: &HostPath, mode| DesiredFolder { path: path.clone(), mode, owner: account.owner };
    let mut folders = Vec::new();
    if way.handover != Handover::PodmanSecret {
        folders.extend(places.env_folders.iter().map(|path| folder(path, Mode::PRIVATE_FOLDER)));
    }
    if way.handover != Handover::InPlace {
        for unit in &places.units {
            let paths = unit.parents.iter().chain([&unit.drop_ins]);
            let paths: Vec<_> =
                paths.filter(|path| folders.iter().all(|it| it.path != **path)).collect();
            folders.extend(paths.into_iter().map(|path| DesiredFolder {
                path: path.clone(),
                mode: Mode::PUBLIC_FOLDER,
                owner: unit.owner,
            }));
        }
    }
    folders
}

/// The secrets of earlier runs that no container is given any more.
fn absent_secrets(parts: &HandoverParts, basis: &Basis<'_>) -> Vec<Unwanted<PodmanSecret>> {
    let once_stored = basis.input.way.once_stored.iter();
    let is_unused = |name: &&PodmanSecret| parts.secrets.iter().all(|secret| secret.name != **name);
    let why = "no container is given it any more";
    let unwanted = |name: &PodmanSecret| Unwanted { what: name.clone(), why: why.to_owned() };
    once_stored.filter(is_unused).map(unwanted).collect()
}

/// The services, each with these variables in its container's environment.
fn desire_services(
    variables: &DesiredVariables,
    proved: Vec<UnitName>,
    basis: &Basis<'_>,
) -> Result<Option<DesiredServices>, DesiredError> {
    let is_owed = match basis.input.restart {
        Restart::Never => return Ok(None),
        Restart::IfNeeded => false,
        Restart::Owed => true,
    };
    let print = variables.print(basis)?;
    let up = |unit: &UnitName| (unit.clone(), ServiceState::UpWith(print));
    let running = basis.input.places.find_running_units(&basis.input.spec.host.units);
    if running.is_empty() {
        return Ok(None);
    }
    let states = running.iter().map(up).collect();
    Ok(Some(DesiredServices { states, proved, is_owed }))
}
