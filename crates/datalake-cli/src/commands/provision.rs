//! `provision`: observe, desired, plan, confirm, apply; then proof.

mod words;

use datalake_core::plan::{Pending, Plan};
use datalake_core::price::{Money, Vat};
use datalake_core::receipt::Receipt;
use datalake_core::spec::Spec;
use datalake_desired::{ProvisionInput, Restart};
use datalake_engine::{
    Dagster, HastyVault, LiveDagster, Lock, NoDagster, Ports, RetryingStore, SecretVault, recover,
};
use datalake_operations::refuse_open_rotation;
use datalake_operations::{
    DagsterHost, ProvisionBasis, ProvisionRun, RunKeys, list_links, podman_secrets,
};
use schemars::JsonSchema;
use serde::Serialize;

use self::words::{ProvisionPlace, render_farewell, render_introduction, render_provision};
use super::confirmed;
use super::cost::choose_basis;
use super::reporter::Reporter;
use super::services::tell_service_news;
use crate::args::cost::Terms;
use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::{LOOKING, ModalPlace};
use crate::render::{DocumentKind, Printer, pending_text};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const PLAN: DocumentKind = DocumentKind::of::<Plan>("plan");
pub(super) const PROVISION: DocumentKind = DocumentKind::of::<Done<'static>>("provision");

/// What a provision has done.
#[derive(Serialize, JsonSchema)]
struct Done<'a> {
    /// What there was to do.
    plan: &'a Plan,
    /// What was done; `null` where there was nothing to do.
    receipt: Option<&'a Receipt>,
    /// Whether an object was written and read, and a second look found nothing left to do.
    proved: bool,
    /// The command that undoes it; `null` where there was nothing to do.
    undo: Option<String>,
}

pub(super) async fn provision(
    cli: &Cli,
    flags: &args::Provision,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let context = site.context();
    let spec = site.spec()?;
    if !flags.dry_run {
        refuse_open_rotation(&context)?;
    }
    let (account, _) = site.host(&spec.host)?;
    let keys = site.keys(&spec).await?;
    let store = site.store(&spec, &keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    // A place without a state folder has no other run, and a refused plan leaves none behind.
    let used = site.state.is_there();
    let lock = if used && !flags.dry_run { Some(site.lock("provision")?) } else { None };
    let fingerprints =
        &site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let ground = open_ground(&site, &spec, flags.no_restart)?;
    let tell = tell_service_news(printer);
    let live = ground.as_ref().map(|ground| ground.dagster(&context, fingerprints, &tell));
    let secrets = podman_secrets(&context, &spec.host.user, &account);
    let ports = site.ports(&store, dagster(live.as_ref()), fingerprints);
    let modal = ModalPlace::of(&site, &spec.host, spec.modal.as_ref()).await;
    let client = modal.client().with_replacing(flags.replace);
    let hasty = HastyVault { vault: &client, limit: LOOKING };
    let vault: &dyn SecretVault = if flags.dry_run { &hasty } else { &client };
    let ports = Ports { secrets: secrets.as_ref(), vault, ..ports };
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    }
    let basis = ProvisionBasis::read(
        &context,
        &spec,
        &RunKeys { keys: &keys, fingerprints },
        ground.is_some(),
    )
    .await?;
    let input = basis.input(flags.environment_host.into());
    let run = ProvisionRun { context: &context, input, dagster_host: ground.as_ref() };
    confirm_and_carry_out(&site, &run, Approval { flags, lock }, &ports).await
}

/// How the operator approves, and the lock that was taken before.
struct Approval<'a> {
    flags: &'a args::Provision,
    lock: Option<Box<dyn Lock>>,
}

async fn confirm_and_carry_out(
    site: &Site,
    run: &ProvisionRun<'_>,
    approval: Approval<'_>,
    ports: &Ports<'_>,
) -> Result<Exit, Failure> {
    let Approval { flags, lock } = approval;
    let (input, planned) = (&run.input, run.plan(ports).await?);
    for link in list_links(run.context, input.places) {
        site.printer.talk(&link);
    }
    let checked = run.check(planned).await?;
    let (plan, observation) = (&checked.planned.plan, &checked.planned.observation);
    if plan.is_empty() {
        return Ok(nothing_to_do(site, input, plan));
    }
    let place = ProvisionPlace { name: &site.name, first_bucket: price_first_bucket(site, input) };
    let shown = render_introduction(input, observation)
        + &checked.generator_note
        + &render_provision(&place, plan, input, observation);
    if !is_wanted(plan, &shown, flags, site)? {
        return Ok(Exit::Drift);
    }
    let _lock = lock.map_or_else(|| site.lock("provision"), Ok)?;
    let receipt = run.carry_out(&checked, &Reporter(site.printer), ports).await?;
    let undo = Some(format!("{} rollback {}", site.name, receipt.run));
    let done = Done { plan, receipt: Some(&receipt), proved: true, undo };
    site.printer.result(PROVISION, done, &render_farewell(site, input, &receipt));
    Ok(exit_with(&receipt.pending))
}

/// What the account's first bucket costs at Hetzner; what other services take nobody has said.
fn price_first_bucket(site: &Site, input: &ProvisionInput<'_>) -> Option<Money> {
    input.spec.region.endpoint().filter(|endpoint| *endpoint == input.spec.endpoint)?;
    let terms = Terms { vat: Some(Vat::NONE), ..Terms::default() };
    choose_basis(site, &terms).ok()?.price_first_bucket()
}

/// Shows the plan and asks, unless nothing is to be changed.
fn is_wanted(
    plan: &Plan,
    shown: &str,
    flags: &args::Provision,
    site: &Site,
) -> Result<bool, Failure> {
    if flags.dry_run {
        let next = format!("\nNothing was changed. Next: {} provision\n", site.name);
        site.printer.result(PLAN, plan, &(shown.to_owned() + &next));
        return Ok(false);
    }
    site.printer.text(shown);
    let question = format!("Apply these {} steps?", plan.steps.len());
    let is_wanted = confirmed(&question, flags.yes, site.may_ask())?;
    if !is_wanted {
        site.printer.talk("nothing was changed");
    }
    Ok(is_wanted)
}

/// The deployment whose services are restarted; none in a sandbox, below another root, or where the
/// operator restarts them himself.
pub(super) fn open_ground(
    site: &Site,
    spec: &Spec,
    no_restart: bool,
) -> Result<Option<DagsterHost>, Failure> {
    if no_restart || !site.is_this_machine() {
        return Ok(None);
    }
    Ok(Some(DagsterHost::open(&site.context(), spec.host.clone())?))
}

/// The running Dagster as a port.
pub(super) fn dagster<'a>(live: Option<&'a LiveDagster<'a>>) -> &'a dyn Dagster {
    live.map_or(&NoDagster, |live| live)
}

fn nothing_to_do(site: &Site, input: &ProvisionInput<'_>, plan: &Plan) -> Exit {
    let buckets =
        input.spec.list_buckets().iter().map(|it| format!("bucket `{it}`")).collect::<Vec<_>>();
    let buckets = buckets.join(", ");
    let what = match input.restart {
        Restart::Never => " and host",
        Restart::IfNeeded | Restart::Owed => ", host and containers",
    };
    let next = format!("{} provision", site.name);
    let text = format!("Nothing to do: {buckets}{what} are in sync.\n");
    let nothing = Done { plan, receipt: None, proved: true, undo: None };
    site.printer.result(PROVISION, nothing, &(text + &pending_text(&plan.pending, &next)));
    exit_with(&plan.pending)
}

/// All is done but what waits for Modal.
fn exit_with(pending: &[Pending]) -> Exit {
    if pending.is_empty() { Exit::Done } else { Exit::Partly }
}
