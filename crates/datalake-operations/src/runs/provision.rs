//! The plan of a provision: look, desire, plan, rehearse; and the second look that proves it.

use std::collections::BTreeMap;

use datalake_core::fault::Target;
use datalake_core::modal::{AskedContent, ModalObject};
use datalake_core::plan::{Action, Blocker, Observation, Plan, Step, plan_provision, rehearse};
use datalake_core::receipt::Receipt;
use datalake_core::secret::FingerprintKey;
use datalake_core::spec::{ModalSpec, Spec};
use datalake_desired::{ProvisionInput, Restart, VaultPast, desire_vault, desire_world};
use datalake_engine::{Ports, Records, WantedLooks, WantedTables, await_new_bucket, observe};

use crate::host_paths::wanted_of;
use crate::vault::{question_to_vault, read_vault_past};
use crate::{Advice, AdvisedCommand, ErrorKind, HostContext, OperationError};

/// What was in Modal earlier, where the spec asks for anything there.
///
/// # Errors
///
/// [`OperationError`] where a record cannot be read.
pub fn read_past(
    context: &HostContext<'_>,
    spec: &Spec,
    fingerprints: &FingerprintKey,
) -> Result<Option<VaultPast>, OperationError> {
    let past = |modal: &ModalSpec| read_vault_past(context, &modal.secret, fingerprints);
    spec.modal.as_ref().map(past).transpose()
}

/// Whether services are restarted, and why.
///
/// # Errors
///
/// [`OperationError`] where a record cannot be read.
pub fn choose_restart(
    context: &HostContext<'_>,
    are_services_changed: bool,
) -> Result<Restart, OperationError> {
    let history = context.history()?;
    Ok(match are_services_changed {
        false => Restart::Never,
        true if history.owes_restart() => Restart::Owed,
        true => Restart::IfNeeded,
    })
}

/// Looks at everything and plans. Nothing is changed.
pub async fn look_and_plan(
    input: &ProvisionInput<'_>,
    ports: &Ports<'_>,
) -> Result<(Observation, Plan), OperationError> {
    let ProvisionInput { spec, places, way, .. } = input;
    let buckets = spec.list_buckets();
    for bucket in &buckets {
        await_new_bucket(bucket, Records(ports.state), ports.store, ports.clock)
            .await
            .map_err(|fault| OperationError::at_bucket(bucket, &fault))?;
    }
    let wanted = WantedLooks {
        buckets,
        tables: spec.tables.as_ref().map(|place| WantedTables {
            bucket: place.bucket(&spec.bucket).clone(),
            prefix: place.prefix().cloned(),
        }),
        secrets: way.secrets(),
        services: input.restart != Restart::Never,
        vault: ask_of_modal(input)?,
        ..wanted_of(places)
    };
    let observation = observe(&wanted, ports).await;
    let blocked = |error: OperationError| error.for_user(&spec.host.user);
    let plan = plan_provision(&desire_world(input, &observation)?, &observation.observed);
    let plan = plan.map_err(|blockers| blocked(blockers.into()))?;
    let conflicts = rehearse(&plan, &observation.observed);
    if conflicts.is_empty() { Ok((observation, plan)) } else { Err(blocked(conflicts.into())) }
}

/// The secret in Modal, and which contents it may hold.
fn ask_of_modal(
    input: &ProvisionInput<'_>,
) -> Result<BTreeMap<ModalObject, Vec<AskedContent>>, OperationError> {
    let Some(past) = input.past else { return Ok(BTreeMap::new()) };
    let wanted = desire_vault(input.spec, input.keys, input.fingerprints, past)?;
    Ok(wanted.iter().map(question_to_vault).collect())
}

/// Refuses a plan that would write through a link: a unit that is one was read, and is another
/// folder's to change.
pub fn require_no_link(context: &HostContext<'_>, plan: &Plan) -> Result<(), OperationError> {
    let linked = |step: &Step| match step.action.target() {
        Target::Path(path) => {
            let (link, target) = context.files.link_on_the_way(&path)?;
            Some((path, link, target))
        }
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    };
    let Some((path, link, target)) = plan.steps.iter().find_map(linked) else { return Ok(()) };
    let message = format!("`{path}` would change, but `{link}` is a symbolic link to `{target}`");
    Err(OperationError::new(ErrorKind::Denied, message)
        .advise("datalake reads through links of the service user and writes through none")
        .advise(format!("change the target itself, or put a plain file or folder at `{link}`")))
}

/// Refuses a plan that would stop half-way because nothing can be written where its files lie.
pub fn require_writable(context: &HostContext<'_>, plan: &Plan) -> Result<(), OperationError> {
    let blocker = |step: &Step| match step.action.target() {
        Target::Path(path) => {
            let fault = context.files.require_writable(&path).err()?;
            Some(Blocker { target: Target::Path(path), fault })
        }
        Target::Service
        | Target::Bucket(_)
        | Target::Access(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    };
    plan.steps.iter().find_map(blocker).map_or(Ok(()), |blocker| Err(blocker.into()))
}

/// What is known of Modal after a run: an app that it has rolled over is owed nothing more.
fn past_after(past: &VaultPast, receipt: &Receipt) -> VaultPast {
    let mut owed = past.owed.clone();
    for taken in receipt.done() {
        if let Action::RollOver(app) = &taken.step.action {
            owed.remove(app);
        }
    }
    VaultPast { earlier: past.earlier.clone(), owed }
}

/// Looks again: the plan after an apply is empty.
///
/// # Errors
///
/// [`OperationError`] of kind `Mismatch` where it is not.
pub async fn prove_provision(
    input: &ProvisionInput<'_>,
    receipt: &Receipt,
    ports: &Ports<'_>,
) -> Result<(), OperationError> {
    // What is known to be pending is not asked for again.
    let past = input.past.filter(|_| receipt.pending.is_empty());
    let past = past.map(|past| past_after(past, receipt));
    let restart = input.restart.once_more();
    let again = ProvisionInput { restart, past: past.as_ref(), ..*input };
    let (_, left) = look_and_plan(&again, ports).await?;
    if left.is_empty() {
        return Ok(());
    }
    let text = format!("after the run, {} changes are pending again", left.steps.len());
    let words = "someone else changes the same things; {} shows which";
    Err(OperationError::new(ErrorKind::Mismatch, text)
        .advise(Advice::naming(words, [AdvisedCommand::Status])))
}
