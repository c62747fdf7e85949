//! `modal secret`: the secret alone, by the same steps as in `provision`.

use datalake_core::fault::Target;
use datalake_core::plan::{Plan, Way};
use datalake_core::receipt::Receipt;
use datalake_core::secret::{Credentials, FingerprintKey};
use datalake_core::spec::{ModalSpec, Spec};
use datalake_core::time::RunId;
use datalake_desired::desire_vault;
use datalake_engine::{Clock, ModalAccount, NoDagster, Ports, RetryingStore, recover};
use datalake_operations::modal::{
    Apps, LeftSecret, SecretGoal, SecretInHand, describe_apps_after, describe_left_secret,
    find_apps_after, require_modal,
};
use datalake_operations::{
    ForwardRun, HostContext, VaultReport, VaultStanding, describe_vault, look_at_vault,
    podman_secrets, read_vault_past, refuse_other_work,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::PlanApproval;
use super::super::reporter::Reporter;
use crate::args::Cli;
use crate::args::modal::{ModalChange, Secret};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::ModalPlace;
use crate::render::{DocumentKind, Printer};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const MODAL_SECRET: DocumentKind = DocumentKind::of::<VaultReport>("modal-secret");
pub(super) const MODAL_SECRET_RUN: DocumentKind =
    DocumentKind::of::<Done<'static>>("modal-secret-run");

/// What a command is about.
struct SecretSubject {
    site: Site,
    spec: Spec,
    modal: ModalSpec,
    keys: Credentials,
    fingerprints: FingerprintKey,
}

/// The command that brings a secret to its goal.
fn command_for(goal: SecretGoal) -> &'static str {
    match goal {
        SecretGoal::InStep { .. } => "modal secret sync",
        SecretGoal::Cleared => "modal secret delete",
        SecretGoal::Gone => "modal secret delete --all",
    }
}

/// What was done with Modal's secret.
#[derive(Serialize, JsonSchema)]
struct Done<'a> {
    /// What there was to do.
    plan: &'a Plan,
    /// What was done; `null` where there was nothing to do.
    receipt: Option<&'a Receipt>,
    /// What became of the apps that use it.
    apps: Option<Apps>,
    /// The secret without datalake's variables; `null` where it is not to be so, or is gone.
    left: Option<LeftSecret>,
    /// The command that undoes it.
    undo: Option<String>,
}

pub(super) async fn secret(cli: &Cli, what: &Secret, printer: Printer) -> Result<Exit, Failure> {
    let subject = SecretSubject::open(cli, printer).await?;
    match what {
        Secret::Sync(flags) => {
            change_secret(
                &subject,
                &flags.change,
                SecretGoal::InStep { may_replace: flags.replace, is_forced: flags.force },
            )
            .await
        }
        Secret::Delete(flags) if flags.all => {
            change_secret(&subject, &flags.change, SecretGoal::Gone).await
        }
        Secret::Delete(flags) => change_secret(&subject, &flags.change, SecretGoal::Cleared).await,
        Secret::Status => status(&subject).await,
    }
}

impl SecretSubject {
    async fn open(cli: &Cli, printer: Printer) -> Result<Self, Failure> {
        let site = Site::open(cli, printer).await?;
        let spec = site.spec()?;
        let modal = require_modal(spec.modal.clone())?;
        let keys = site.keys_from(&spec.credentials).await?;
        let fingerprints = site.records().fingerprint_key(&site.clock);
        let fingerprints = fingerprints.map_err(|fault| site.state_failure(&fault))?;
        Ok(Self { site, spec, modal, keys, fingerprints })
    }

    fn in_hand<'a>(&'a self, context: &'a HostContext<'a>) -> SecretInHand<'a> {
        let Self { spec, modal, keys, fingerprints, .. } = self;
        SecretInHand { context, spec, modal, keys, fingerprints }
    }
}

async fn status(subject: &SecretSubject) -> Result<Exit, Failure> {
    let SecretSubject { site, spec, modal, keys, fingerprints } = subject;
    let place = ModalPlace::of(site, &spec.host, Some(modal)).await;
    let client = place.client();
    let past = read_vault_past(&site.context(), &modal.secret, fingerprints)?;
    let wanted = desire_vault(spec, keys, fingerprints, &past)?;
    let wanted = wanted.ok_or_else(|| Failure::new(Exit::Bug, "a secret of no name"))?;
    let found = look_at_vault(&wanted, &client).await;
    if let Some(fault) = found.find_refusal() {
        return Err(Failure::at(&Target::Vault(modal.secret.clone()), fault));
    }
    let report = found.report_vault(&modal.secret);
    let (next, exit) = match &found {
        VaultStanding::InStep => ("", Exit::Done),
        VaultStanding::Unknown(_) => ("check", Exit::Partly),
        VaultStanding::Earlier
        | VaultStanding::Incomplete
        | VaultStanding::Foreign
        | VaultStanding::Absent => ("secret sync", Exit::Drift),
    };
    let next = if next.is_empty() {
        String::new()
    } else {
        format!("\nNext: {} {next}\n", site.modal_name)
    };
    site.printer.result(MODAL_SECRET, &report, &format!("{}\n{next}", describe_vault(&report)));
    Ok(exit)
}

async fn change_secret(
    subject: &SecretSubject,
    flags: &ModalChange,
    goal: SecretGoal,
) -> Result<Exit, Failure> {
    let SecretSubject { site, spec, modal, keys, fingerprints } = subject;
    let context = site.context();
    let place = ModalPlace::of(site, &spec.host, Some(modal)).await;
    let client = place.client().with_replacing(goal.may_replace());
    let store = site.store(spec, keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let account = site.host(&spec.host).ok();
    let podman =
        account.map(|(account, _)| podman_secrets(&site.context(), &spec.host.user, &account));
    let ports = site.ports(&store, &NoDagster, fingerprints);
    let ports = Ports { vault: &client, ..ports };
    let ports = match &podman {
        Some(podman) => Ports { secrets: podman.as_ref(), ..ports },
        None => ports,
    };
    let command = command_for(goal);
    let used = site.state.is_there();
    let lock = if used && !flags.dry_run { Some(site.lock(command)?) } else { None };
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
        refuse_other_work(&context, |target| matches!(target, Target::Vault(_) | Target::App(_)))?;
    }
    let plan = subject.in_hand(&context).plan(goal, &client).await?;
    if plan.is_empty() {
        return nothing_to_do(subject, goal, &plan, &client).await;
    }
    let asked = PlanApproval { site, command, dry_run: flags.dry_run, yes: flags.yes };
    if !asked.approve_plan(&plan, "")? {
        return Ok(Exit::Drift);
    }
    let _lock = match lock {
        Some(lock) => lock,
        None => site.lock(command)?,
    };
    let forward = ForwardRun {
        context: &context,
        reporter: &Reporter(site.printer),
        dagster_host: None,
        user: &spec.host.user,
        run: &RunId::new(site.clock.now(), site.clock.random()),
        plan: &plan,
        keys: Some(keys),
        fingerprints,
    };
    let receipt = forward.carry_out(&ports).await?;
    prove(subject, goal, Applied { plan: &plan, receipt: &receipt }, &client).await
}

async fn nothing_to_do(
    subject: &SecretSubject,
    goal: SecretGoal,
    plan: &Plan,
    client: &dyn ModalAccount,
) -> Result<Exit, Failure> {
    let secret = &subject.modal.secret;
    let context = subject.site.context();
    let left = subject.in_hand(&context).find_left(goal, client).await?;
    let text = match (goal, &left) {
        (SecretGoal::InStep { .. }, _) => format!("Modal secret `{secret}` is in sync.\n"),
        (_, None) => format!("there is no Modal secret `{secret}`.\n"),
        (_, Some(left)) => describe_left_secret(left, &subject.site.modal_name),
    };
    let exit = if left.is_some() { Exit::Partly } else { Exit::Done };
    let done = Done { plan, receipt: None, apps: None, left, undo: None };
    subject.site.printer.result(MODAL_SECRET_RUN, done, &format!("Nothing to do: {text}"));
    Ok(exit)
}

/// A plan, and what has come of it.
struct Applied<'a> {
    plan: &'a Plan,
    receipt: &'a Receipt,
}

/// Looks again: the plan after an apply is empty.
async fn prove(
    subject: &SecretSubject,
    goal: SecretGoal,
    applied: Applied<'_>,
    client: &dyn ModalAccount,
) -> Result<Exit, Failure> {
    let Applied { plan, receipt } = applied;
    let site = &subject.site;
    let context = site.context();
    subject.in_hand(&context).prove(goal, client).await?;
    let apps = match goal {
        SecretGoal::InStep { .. } => Some(find_apps_after(&subject.modal, receipt, client).await),
        SecretGoal::Cleared | SecretGoal::Gone => None,
    };
    let left = subject.in_hand(&context).find_left(goal, client).await?;
    let undo = plan.steps.iter().any(|step| matches!(step.undo.way, Way::Back(_)));
    let undo = undo.then(|| format!("{} rollback {}", site.name, receipt.run));
    let secret = &subject.modal.secret;
    let mut text = match (goal, &left) {
        (SecretGoal::InStep { .. }, _) => {
            format!("\nProved: Modal lists `{secret}` with all variables of its content.\n")
        }
        (_, None) => format!("\nProved: Modal has no secret `{secret}` any more.\n"),
        (_, Some(left)) => format!("\n{}", describe_left_secret(left, &site.modal_name)),
    };
    text.push_str(&apps.as_ref().map(describe_apps_after).unwrap_or_default());
    text.push_str(&format!("Receipt: {}.\n", receipt.run));
    if let Some(undo) = &undo {
        text.push_str(&format!("\nUndo: {undo}\n"));
    }
    let exit = if left.is_some() { Exit::Partly } else { Exit::Done };
    let done = Done { plan, receipt: Some(receipt), apps, left, undo };
    site.printer.result(MODAL_SECRET_RUN, done, &text);
    Ok(exit)
}
