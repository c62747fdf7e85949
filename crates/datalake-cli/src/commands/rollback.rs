//! `rollback`: the way back of a run, planned from its receipt.

use std::path::Path;

use datalake_core::fault::{FaultKind, Target};
use datalake_core::host::UnitName;
use datalake_core::plan::{Guard, Pending, Plan, Step};
use datalake_core::receipt::{EditChoices, Receipt};
use datalake_core::spec::{HostSpec, Spec};
use datalake_core::text::printable;
use datalake_core::time::RunId;
use datalake_engine::{
    ApplyError, HastyVault, Lock, NoDagster, NoSecrets, NoStore, ObjectStore, Ports, RetryingStore,
    SecretVault, Secrets, read_receipt, recover,
};
use datalake_operations::migration::read_last_choice;
use datalake_operations::modal::LeftSecret;
use datalake_operations::modal::tell_left_secret;
use datalake_operations::restore::is_restoration;
use datalake_operations::schedule::changes_timers;
use datalake_operations::{
    DagsterHost, EditCopy, OperationError, carry_out_back, choose_run_to_undo, judge_way_back,
    list_edit_copies, plan_way_back, podman_secrets, refuse_edits, refuse_obstacles, render_edits,
    render_way_back,
};
use datalake_quadlet::Obstacle;
use schemars::JsonSchema;
use serde::Serialize;

use super::provision::PLAN;
use super::provision::dagster;
use super::reporter::Reporter;
use super::services::tell_service_news;
use super::{confirmed, restart_steps};
use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::{LOOKING, ModalPlace};
use crate::named_path;
use crate::render::{self, DocumentKind, Printer};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const ROLLBACK: DocumentKind = DocumentKind::of::<Undone<'static>>("rollback");

/// A receipt is no larger than this.
const LARGEST: u64 = 16 << 20;

/// What a rollback has done.
#[derive(Serialize, JsonSchema)]
struct Undone<'a> {
    /// The run that was undone; `null` where there was none.
    of: Option<&'a RunId>,
    /// What there was to undo.
    plan: &'a Plan,
    /// What was done; `null` where there was nothing to undo.
    receipt: Option<&'a Receipt>,
    /// A secret in Modal that stays without datalake's variables; `null` where there is none.
    left: Option<LeftSecret>,
}

pub(super) async fn rollback(
    cli: &Cli,
    flags: &args::Rollback,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let context = site.context();
    if !site.state.is_there() {
        return Ok(end_idle(printer));
    }
    let _lock = site.lock("rollback")?;
    let fingerprints =
        site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let store = store_of(&site).await;
    let store = RetryingStore::new(store.as_ref(), &site.clock, RETRY_BUDGET);
    let secrets = secrets_of(&site, None);
    let ports = site.ports(&store, &NoDagster, &fingerprints);
    let modal = modal_of(&site, site.spec().ok().as_ref()).await;
    let client = modal.client().with_replacing(flags.replace);
    let hasty = HastyVault { vault: &client, limit: LOOKING };
    let vault: &dyn SecretVault = if flags.dry_run { &hasty } else { &client };
    let ports = Ports { secrets: secrets.as_ref(), vault, ..ports };
    recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    let named = flags.receipt.as_deref().map(|named| named_receipt(&site, named)).transpose()?;
    let Some(receipt) = choose_run_to_undo(&context, named)? else { return Ok(end_idle(printer)) };
    let _host = lock_other_host(&site, &receipt)?;
    let plan = plan_way_back(&context, &receipt, flags.no_restart)?;
    let ground = open_ground(&site, &plan, &receipt)?;
    let tell = tell_service_news(printer);
    let live = ground.as_ref().map(|ground| ground.dagster(&context, &fingerprints, &tell));
    let secrets = secrets_of(&site, receipt.user.as_ref());
    let ports = Ports { dagster: dagster(live.as_ref()), secrets: secrets.as_ref(), ..ports };
    let choices = read_choices(flags);
    let judged = judge_way_back(plan, &receipt, &choices, &ports).await;
    let judged = judged.map_err(|error| explain_error(error, ground.as_ref()))?;
    if !judged.edits.is_empty() {
        printer.text(&(render_way_back(&judged.plan, &receipt) + &render_edits(&judged.edits)));
        return Err(refuse_edits(&receipt, &judged.edits, &choices).into());
    }
    let plan = judged.plan;
    refuse_obstacles(&needed_by_others(&site, &plan, receipt.user.as_ref()))?;
    let way = WayBack { site: &site, receipt: &receipt, plan: &plan, choices: &choices };
    let shown = way.render();
    if flags.dry_run {
        printer.result(PLAN, &plan, &(shown + "\nNothing was changed.\n"));
        return Ok(Exit::Drift);
    }
    if plan.is_empty() && !plan.pending.is_empty() {
        let left = Undone { of: Some(&receipt.run), plan: &plan, receipt: None, left: None };
        printer.result(ROLLBACK, left, &shown);
        return Ok(Exit::Partly);
    }
    printer.text(&shown);
    if !is_wanted(&site, &plan, flags)? {
        return Ok(Exit::Drift);
    }
    let undone = undo_steps(&plan, &receipt, &Reporter(printer), &ports).await;
    let undone = undone.map_err(|error| explain_error(error.into(), ground.as_ref()))?;
    let (left, stays) = tell_left_secret(&undone, &client, &site.modal_name).await;
    let data = Undone { of: Some(&receipt.run), plan: &plan, receipt: Some(&undone), left };
    let steps = describe_restart(&site, ground.is_some() || changes_timers(&plan));
    printer.result(ROLLBACK, data, &way.render_end(&undone, &steps, &stays));
    Ok(if undone.pending.is_empty() { Exit::Done } else { Exit::Partly })
}

/// What a person restarts after it; nothing where datalake has done so, or no service is touched.
fn describe_restart(site: &Site, is_done: bool) -> String {
    if is_done { String::new() } else { next_steps(site) }
}

/// A way back, as the operator has chosen it.
struct WayBack<'a> {
    site: &'a Site,
    receipt: &'a Receipt,
    plan: &'a Plan,
    choices: &'a EditChoices,
}

impl WayBack<'_> {
    fn render(&self) -> String {
        render_way_back(self.plan, self.receipt)
            + &render_choices(self.site, self.plan, self.choices)
            + &self.render_pending(&self.plan.pending)
    }

    fn render_pending(&self, pending: &[Pending]) -> String {
        let next = format!("{} rollback {}", self.site.name, self.receipt.run);
        render::pending_text(pending, &next)
    }

    fn render_end(&self, undone: &Receipt, steps: &str, stays: &str) -> String {
        let shown = render_choices(self.site, self.plan, self.choices)
            + steps
            + &self.render_pending(&undone.pending)
            + stays;
        render_farewell(self.site, self.receipt, !self.choices.keep.is_empty(), &shown)
    }
}

fn read_choices(flags: &args::Rollback) -> EditChoices {
    EditChoices {
        overwrite: flags.overwrite.iter().cloned().collect(),
        keep: flags.keep.iter().cloned().collect(),
    }
}

/// Undoes what can be undone now; what is owed to Modal stands in the receipt.
async fn undo_steps(
    plan: &Plan,
    receipt: &Receipt,
    reporter: &Reporter,
    ports: &Ports<'_>,
) -> Result<Receipt, ApplyError> {
    match carry_out_back(plan, receipt, reporter, ports).await {
        Err(ApplyError::Pending(failed)) => Ok(failed.receipt),
        undone => undone,
    }
}

/// The lock of the host that the run changed, where the settings name another user's.
fn lock_other_host(site: &Site, receipt: &Receipt) -> Result<Option<Box<dyn Lock>>, Failure> {
    let settings = site.settings.host().ok().map(|host| host.user);
    match &receipt.user {
        Some(user) if Some(user) != settings.as_ref() => site.lock_host(user, "rollback"),
        Some(_) | None => Ok(None),
    }
}

fn counted_steps(plan: &Plan) -> String {
    render::counted(plan.steps.len() as u64, "step")
}

fn is_wanted(site: &Site, plan: &Plan, flags: &args::Rollback) -> Result<bool, Failure> {
    let question = format!("Undo {}?", counted_steps(plan));
    let is_wanted = confirmed(&question, flags.yes, site.may_ask())?;
    site.printer.talk(if is_wanted { "\nUndoing:" } else { "nothing was changed" });
    Ok(is_wanted)
}

fn render_farewell(site: &Site, receipt: &Receipt, keeps: bool, steps: &str) -> String {
    let others = if keeps { "every other file" } else { "every file" };
    format!(
        "\nUndone: {}; {others} has its old bytes, mode and owner again.\n{steps}{}\nThen: {} status\n",
        receipt.run,
        way_back_of_assets(site),
        site.name
    )
}

/// The deployment whose services the way back restarts, if it does.
fn open_ground(
    site: &Site,
    plan: &Plan,
    receipt: &Receipt,
) -> Result<Option<DagsterHost>, Failure> {
    let restarts = |step: &&Step| step.action.target() == Target::Services;
    let Some(step) = plan.steps.iter().find(restarts) else { return Ok(None) };
    let ground = DagsterHost::open(&site.context(), read_host(site, receipt.user.as_ref())?)?;
    let Guard::ServicesAre(states) = &step.undo.guard else { return Ok(Some(ground)) };
    Ok(Some(ground.with_units(states.iter().map(|(unit, _)| unit))))
}

/// Who has come to need what the run has brought. Where the units cannot be looked for, nobody is
/// known to.
fn needed_by_others(site: &Site, plan: &Plan, user: Option<&UnitName>) -> Vec<Obstacle> {
    let host = read_host(site, user).and_then(|host| Ok((site.host(&host)?.1, host.units)));
    match host {
        Ok((places, units)) => {
            let read = places.host_units.as_ref();
            read.map_or_else(Vec::new, |read| read.needing_what_goes(plan, units))
        }
        Err(_) => Vec::new(),
    }
}

/// The host as the settings name it, with the service user of that run, if it tells one.
fn read_host(site: &Site, user: Option<&UnitName>) -> Result<HostSpec, Failure> {
    let host = site.settings.host()?;
    Ok(HostSpec { user: user.cloned().unwrap_or(host.user), ..host })
}

fn explain_error(error: OperationError, ground: Option<&DagsterHost>) -> OperationError {
    match ground {
        Some(ground) => error.for_user(&ground.host.user),
        None => error,
    }
}

fn next_steps(site: &Site) -> String {
    let steps =
        site.host_spec().and_then(|host| Ok(restart_steps(site, &host, &site.host(&host)?.1)));
    steps.map(|steps| format!("\n{steps}")).unwrap_or_default()
}

/// Assets that were made in the bucket are newer than the files that Dagster reads now.
fn way_back_of_assets(site: &Site) -> String {
    let Some(flags) = read_last_choice(&site.context()) else { return String::new() };
    format!(
        "\nWhere Dagster reads local files again, what it has stored in the bucket since is newer.\n\
         So that nothing stale is read: {} migrate back plan{flags}\n",
        site.name
    )
}

fn end_idle(printer: Printer) -> Exit {
    let undone = Undone { of: None, plan: &Plan::default(), receipt: None, left: None };
    printer.result(ROLLBACK, undone, "Nothing to undo.\n");
    Exit::Done
}

/// The store of the spec; a rollback of files goes without one, on a day when the keys are gone.
async fn store_of(site: &Site) -> Box<dyn ObjectStore> {
    let opened = async {
        let spec = site.spec()?;
        let keys = site.keys_from(&spec.credentials).await?;
        site.store(&spec, &keys)
    };
    match opened.await {
        Ok(store) => Box::new(store),
        Err(failure) => Box::new(NoStore(failure.messages.join(": "))),
    }
}

/// Modal's client where the spec says it is; without a spec where it usually is.
async fn modal_of(site: &Site, spec: Option<&Spec>) -> ModalPlace {
    let host = site.host_spec().ok();
    match (spec, host) {
        (Some(spec), Some(host)) => ModalPlace::of(site, &host, spec.modal.as_ref()).await,
        _ => ModalPlace::on_host(None),
    }
}

/// What podman keeps for that service user, or for the one of the settings.
fn secrets_of(site: &Site, user: Option<&UnitName>) -> Box<dyn Secrets> {
    let host = read_host(site, user).ok();
    let found = host.and_then(|host| Some((site.host(&host).ok()?.0, host.user)));
    match found {
        Some((account, user)) => podman_secrets(&site.context(), &user, &account),
        None => Box::new(NoSecrets),
    }
}

fn named_receipt(site: &Site, named: &str) -> Result<Receipt, Failure> {
    if named.contains('/') || Path::new(named).extension().is_some() {
        let path = Path::new(named);
        let json = named_path::read_bytes(path, LARGEST)?;
        return read_receipt(&json).map_err(|fault| {
            let is_edited = fault.kind == FaultKind::Disturbed;
            let exit = if is_edited { Exit::Mismatch } else { Exit::Config };
            Failure::of(exit, &fault).within(format!("`{}`", printable(named)))
        });
    }
    let run: RunId = named.parse().map_err(|error| Failure::of(Exit::Usage, &error))?;
    site.records().receipt(&run).map_err(|fault| match fault.kind {
        FaultKind::Absent if is_restoration(&site.record_folders(), &run) => {
            Failure::new(Exit::Usage, format!("{run} has restored objects"))
                .hint(format!("`datalake restore --undo {run}` undoes it"))
        }
        FaultKind::Absent => Failure::new(Exit::Usage, format!("there is no run {run}"))
            .hint("`datalake history` lists them"),
        _ => site.state_failure(&fault),
    })
}

/// What becomes of paths that somebody has changed since.
fn render_choices(site: &Site, plan: &Plan, choices: &EditChoices) -> String {
    let kept = choices.keep.iter().map(|path| format!("  {path} stays as it is\n"));
    let copies = list_edit_copies(plan).map(|EditCopy { path, name }| {
        let copy = site.state_path.join(name);
        format!("  {path}: a copy of what was there before the rollback: {}\n", copy.display())
    });
    let lines: String = kept.chain(copies).collect();
    if lines.is_empty() { lines } else { format!("\nChanged after this run:\n{lines}") }
}
