//! The spec turned into exact buckets, files and bodies.

mod edits;
mod env_files;
mod logs;
mod settings;
mod vault;

use datalake_core::{
    Credentials, Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret,
    DesiredServices, DesiredVault, Fault, FingerprintKey, Handover, HostPath, InvalidKey,
    Lifecycle, Mode, PodmanSecret, RunId, ServiceState, Spec, Target, UnitName, Unwanted,
};
use datalake_dagster::UnfitYaml;
use datalake_engine::Sighting;
use datalake_host::Account;
use datalake_quadlet::{BlockError, EnvError, Trouble, Unwritable};

use crate::args::HostEnvironment;
use crate::dagster_home::Homeless;
use crate::handover::Way;
use crate::modal::VaultPast;
use crate::places::Places;
use edits::Edit;

pub(crate) use edits::{Repair, repairs};
pub(crate) use logs::log_notes;
pub(crate) use settings::Variables;
pub(crate) use vault::vault;

/// Everything that the spec is read against.
pub(crate) struct Context<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// The key pair.
    pub keys: &'a Credentials,
    /// The service user.
    pub account: &'a Account,
    /// Where things lie.
    pub places: &'a Places,
    /// How the settings reach the containers.
    pub way: &'a Way,
    /// What was seen there.
    pub sighting: &'a Sighting,
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

impl HostEnvironment {
    /// Whether a plan takes the trouble out of its file.
    pub(crate) fn takes_out(self, trouble: &Trouble) -> bool {
        trouble.kind.is_repaired() || self == Self::Remove
    }
}

/// Whether services are restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    /// They are left alone.
    Never,
    /// They are, where what they read changes.
    IfNeeded,
    /// They are, since an earlier run has not come so far.
    Owed,
}

impl Restart {
    /// The same after a run that owes nothing more.
    pub(crate) fn once_more(self) -> Self {
        if self == Self::Owed { Self::IfNeeded } else { self }
    }
}

/// Why the spec cannot be turned into exact things on this host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// The prefix and the probe's name make no key.
    #[error("the prefix does not make an object key")]
    Key(#[from] InvalidKey),
    /// A value cannot stand in the env file.
    #[error("the env file cannot be written")]
    Env(#[from] EnvError),
    /// The env file's path, or a value, cannot stand in a drop-in.
    #[error("the drop-in cannot be written")]
    DropIn(#[from] Unwritable),
    /// The marked blocks of a unit can be neither put in nor taken out.
    #[error("`{0}` cannot be changed")]
    Blocks(HostPath, #[source] BlockError),
    /// A unit could not be looked at, or is not there.
    #[error("{0}")]
    Unit(Target, Fault),
    /// Dagster's home is not known, and has to be.
    #[error("`logs: s3` needs Dagster's home")]
    Home(#[source] Homeless),
    /// `dagster.yaml` can be neither read nor changed.
    #[error("`{0}` cannot be changed")]
    DagsterYaml(HostPath, #[source] UnfitYaml),
    /// Nothing tells where the old logs lie.
    #[error("`{0}` does not say where logs are kept, and no unit sets DAGSTER_HOME")]
    NoLogFolder(HostPath),
    /// Logs go elsewhere already.
    #[error("`{0}` sends logs elsewhere already: {1}")]
    LogsElsewhere(HostPath, String),
    /// A file holds bytes that are no text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(HostPath),
    /// A line does harm in a file that this user may not change.
    #[error("`{0}`, {1}; and this user may not change the file")]
    NotOurs(HostPath, Trouble, Fault),
}

/// What a way of handing over needs, and what it leaves of the others.
#[derive(Default)]
struct Parts {
    secrets: Vec<DesiredSecret>,
    files: Vec<DesiredFile>,
    absent: Vec<Unwanted<HostPath>>,
}

/// Turns the spec into exact things.
///
/// # Errors
///
/// [`Unfit`] where a unit is missing or unknown, or a value cannot be carried safely.
pub(crate) fn desired(context: &Context<'_>) -> Result<Desired, Unfit> {
    let spec = context.spec;
    let variables = Variables::of(spec);
    let mut parts = parts(&variables, context)?;
    for other in &context.places.others {
        match edits::other(other, context)? {
            Some(Edit::Write(file)) => parts.files.push(file),
            Some(Edit::Remove(unwanted)) => parts.absent.push(unwanted),
            None => (),
        }
    }
    let logs = logs::log_parts(context)?;
    parts.files.extend(logs.file);
    Ok(Desired {
        bucket: DesiredBucket {
            name: spec.bucket.clone(),
            versioning: spec.protect.versioning,
            lifecycle: Lifecycle::own(&spec.protect.presets()),
        },
        probe: spec.prefix.key(&format!(".datalake-probe-{}", context.run))?,
        folders: folders(context),
        absent_secrets: absent_secrets(&parts, context),
        secrets: parts.secrets,
        files: parts.files,
        absent: parts.absent,
        services: services(&variables, context)?,
        log_manager: logs.manager,
        vault: in_modal(context)?,
    })
}

fn in_modal(context: &Context<'_>) -> Result<Option<DesiredVault>, Unfit> {
    let Some(past) = context.past else { return Ok(None) };
    let wanted = vault(context.spec, context.keys, context.fingerprints, past)?;
    Ok(wanted.map(|wanted| vault::with_present_env_file(wanted, context)))
}

fn parts(variables: &Variables, context: &Context<'_>) -> Result<Parts, Unfit> {
    let places = context.places;
    let unwanted =
        |what: &HostPath, why: &str| Unwanted { what: what.clone(), why: why.to_owned() };
    let mut parts = Parts::default();
    match context.way.handover {
        Handover::EnvFile | Handover::InPlace => parts.files.push(variables.env_file(context)?),
        Handover::PodmanSecret => {
            parts.secrets = variables.podman_secrets(context);
            let why = "podman keeps the keys now, and no other file is to hold them";
            parts.absent.push(unwanted(&places.env_file, why));
        }
    }
    for unit in &places.units {
        match context.way.handover {
            Handover::EnvFile => parts.files.push(settings::env_drop_in(unit, context)?),
            Handover::PodmanSecret => parts.files.push(variables.secret_drop_in(unit, context)?),
            Handover::InPlace => {
                let why = "marked blocks in the unit file stand in for it";
                parts.absent.push(unwanted(&unit.drop_in, why));
            }
        }
        parts.files.extend(edits::unit_file(unit, context)?);
    }
    Ok(parts)
}

fn folders(context: &Context<'_>) -> Vec<DesiredFolder> {
    let Context { places, account, way, .. } = context;
    let folder =
        |path: &HostPath, mode| DesiredFolder { path: path.clone(), mode, owner: account.owner };
    let mut folders = Vec::new();
    if way.handover != Handover::PodmanSecret {
        folders.extend(places.env_folders.iter().map(|path| folder(path, Mode::PRIVATE_FOLDER)));
    }
    if way.handover != Handover::InPlace {
        let drop_ins = places.units.iter().map(|unit| &unit.drop_ins);
        folders.extend(drop_ins.map(|path| folder(path, Mode::PUBLIC_FOLDER)));
    }
    folders
}

/// The secrets of earlier runs that no container is given any more.
fn absent_secrets(parts: &Parts, context: &Context<'_>) -> Vec<Unwanted<PodmanSecret>> {
    let once_stored = context.way.once_stored.iter();
    let is_unused = |name: &&PodmanSecret| parts.secrets.iter().all(|secret| secret.name != **name);
    let why = "no container is given it any more";
    let unwanted = |name: &PodmanSecret| Unwanted { what: name.clone(), why: why.to_owned() };
    once_stored.filter(is_unused).map(unwanted).collect()
}

/// The services, each with these variables in its container's environment.
fn services(
    variables: &Variables,
    context: &Context<'_>,
) -> Result<Option<DesiredServices>, Unfit> {
    let is_owed = match context.restart {
        Restart::Never => return Ok(None),
        Restart::IfNeeded => false,
        Restart::Owed => true,
    };
    let print = variables.print(context)?;
    let up = |unit: &UnitName| (unit.clone(), ServiceState::UpWith(print));
    let states = context.spec.host.units.iter().map(up).collect();
    Ok(Some(DesiredServices { states, is_owed }))
}
