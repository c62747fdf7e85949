//! How bucket and host stand: the look of a provision, stopped before anything is asked of people.

use datalake_core::host::UserAccount;
use datalake_core::plan::{Observation, Plan};
use datalake_core::receipt::History;
use datalake_core::secret::Credentials;
use datalake_core::spec::Spec;
use datalake_core::time::RunId;
use datalake_desired::{HostEnvironment, HostPaths, desire_vault};
use datalake_engine::{Dagster, NoDagster, ObjectStore, Ports, SecretVault, ServiceNews};
use datalake_quadlet::Obstacle;

use super::RunKeys;

use super::{ProvisionBasis, find_plan_obstacles, list_left_out_units, list_unseen, look_and_plan};
use crate::deployment::{DagsterHost, Report};
use crate::{HostContext, OperationError, VaultStanding, judge_vault, podman_secrets};

/// What is looked at, and who is asked.
#[derive(Clone, Copy)]
pub struct StatusInput<'a> {
    /// Where the host is.
    pub context: &'a HostContext<'a>,
    /// What is wanted.
    pub spec: &'a Spec,
    /// The key pair, and Modal's token where the containers are given it.
    pub keys: &'a Credentials,
    /// The S3 service.
    pub store: &'a dyn ObjectStore,
    /// Modal.
    pub vault: &'a dyn SecretVault,
}

/// How bucket and host stand.
pub struct StatusLook {
    /// The service user.
    pub account: UserAccount,
    /// Where its things lie.
    pub paths: HostPaths,
    /// What was seen.
    pub observation: Observation,
    /// The way to the spec.
    pub plan: Plan,
    /// What stands in a provision's way.
    pub obstacles: Vec<Obstacle>,
    /// What nobody has looked at, a sentence each.
    pub not_looked_at: Vec<String>,
    /// The units that need the settings and that the spec's list leaves out, a sentence each.
    pub left_out_units: Vec<String>,
    /// What runs have done here.
    pub history: History,
    /// Runs that did not come to their end, or are at work now.
    pub open_runs: Vec<RunId>,
    /// The services of this machine, or why nobody has looked at them.
    pub services: Result<Report, String>,
    /// The secret in Modal, where the spec knows one.
    pub vault: Option<VaultStanding>,
}

impl StatusLook {
    /// Whether there is nothing to do but what waits for Modal.
    #[must_use]
    pub fn is_in_step(&self) -> bool {
        self.plan.is_empty() && self.open_runs.is_empty() && self.obstacles.is_empty()
    }
}

/// Looks whether bucket and host are in sync with the spec. Nothing is changed.
///
/// # Errors
///
/// [`OperationError`] for what a provision would stop at as well.
pub async fn look_at_status(input: &StatusInput<'_>) -> Result<StatusLook, OperationError> {
    let StatusInput { context, spec, .. } = input;
    let fingerprints = context.fingerprint_key()?;
    let history = context.history()?;
    let dagster_host = DagsterHost::open(context, spec.host.clone());
    let quiet = |_: ServiceNews<'_>| ();
    let live = dagster_host.as_ref().ok();
    let live = live.map(|host| host.dagster(context, &fingerprints, &quiet));
    let dagster: &dyn Dagster = live.as_ref().map_or(&NoDagster, |live| live);
    // Services that nobody can ask about are told, and are no failure.
    let pair = RunKeys { keys: input.keys, fingerprints: &fingerprints };
    let may_restart = dagster.states().await.is_ok();
    let basis = ProvisionBasis::read(context, spec, &pair, may_restart).await?;
    let (observation, plan) = plan_now(input, &basis, dagster).await?;
    let provision = basis.input(HostEnvironment::Keep);
    let wanted = |past| desire_vault(spec, input.keys, &fingerprints, past);
    let wanted = basis.past.as_ref().map(wanted).transpose()?.flatten();
    let vault = wanted.map(|wanted| judge_vault(&wanted, &observation.observed));
    let obstacles = find_plan_obstacles(&provision, &plan);
    let not_looked_at = list_unseen(&provision, &plan);
    let left_out = |units| list_left_out_units(units, &spec.host.units);
    let left_out_units = basis.places.host_units.as_ref().map(left_out).unwrap_or_default();
    let services = match &dagster_host {
        Ok(host) => host.look_at_deployment(context).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let open_runs = context.records().open_runs().map_err(|fault| context.state_error(fault))?;
    let ProvisionBasis { account, places: paths, .. } = basis;
    Ok(StatusLook {
        account,
        paths,
        observation,
        plan,
        obstacles,
        not_looked_at,
        left_out_units,
        history,
        open_runs,
        services,
        vault,
    })
}

async fn plan_now(
    input: &StatusInput<'_>,
    basis: &ProvisionBasis<'_>,
    dagster: &dyn Dagster,
) -> Result<(Observation, Plan), OperationError> {
    let StatusInput { context, spec, store, vault, .. } = *input;
    let secrets = podman_secrets(context, &spec.host.user, &basis.account);
    let ports = context.ports(store, dagster, basis.fingerprints);
    let ports = Ports { secrets: secrets.as_ref(), vault, ..ports };
    look_and_plan(&basis.input(HostEnvironment::Keep), &ports).await
}
