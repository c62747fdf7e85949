//! `provision`: observe, desired, plan, confirm, apply; then proof.

mod words;

use std::collections::BTreeMap;

use datalake_core::{
    Blocker, Credentials, Fingerprint, FingerprintKey, Handover, ModalObject, ModalSpec, Pending,
    Plan, Receipt, RunId, Spec, Step, Target, plan_provision, rehearse,
};
use datalake_engine::{
    Clock, Dagster, HastyVault, LiveDagster, NoDagster, Ports, Records, RetryingStore, SecretVault,
    Sighting, Wanted, await_new_bucket, observe, recover,
};
use datalake_host::Account;
use datalake_quadlet::{DROP_IN_NAME, Obstacle, PlannedUnits};
use schemars::JsonSchema;
use serde::Serialize;

use self::words::{farewell, introduction, shown};
use super::confirmed;
use super::forward::Forward;
use super::services::teller;
use crate::args::{self, Cli, HostEnvironment};
use crate::deployment::Ground;
use crate::desired::{Context, Restart, desired, vault};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generator::checked;
use crate::handover::{Way, secrets};
use crate::host_units::refuse_obstacles;
use crate::modal::{LOOKING, ModalPlace, VaultPast, asked};
use crate::places::Places;
use crate::remote::at_bucket;
use crate::render::{DocumentKind, Printer, pending_text};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const PLAN: DocumentKind = DocumentKind::of::<Plan>("plan");
pub(super) const PROVISION: DocumentKind = DocumentKind::of::<Done<'static>>("provision");

/// Everything known about one place before it is looked at.
pub(super) struct Subject<'a> {
    /// How commands name this place.
    pub(super) site: &'a str,
    pub(super) spec: &'a Spec,
    pub(super) keys: &'a Credentials,
    pub(super) account: &'a Account,
    pub(super) places: &'a Places,
    pub(super) way: &'a Way,
    pub(super) fingerprints: &'a FingerprintKey,
    pub(super) run: &'a RunId,
    pub(super) restart: Restart,
    pub(super) host_environment: HostEnvironment,
    /// What was in Modal earlier; `None` where Modal is left alone.
    pub(super) past: Option<&'a VaultPast>,
}

impl<'a> Subject<'a> {
    /// The plan about to be carried out.
    fn forward<'b>(
        &'b self,
        site: &'b Site,
        ground: Option<&'b Ground>,
        plan: &'b Plan,
    ) -> Forward<'b>
    where
        'a: 'b,
    {
        let (user, run, fingerprints) = (&self.spec.host.user, self.run, self.fingerprints);
        Forward { site, ground, user, run, plan, keys: Some(self.keys), fingerprints }
    }
}

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
    let spec = site.spec()?;
    let (account, places) = site.host(&spec.host)?;
    let keys = site.keys(&spec).await?;
    let store = site.store(&spec, &keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let run = RunId::new(site.clock.now(), site.clock.random());
    // A place without a state folder has no other run, and a refused plan leaves none behind.
    let used = site.state.is_there();
    let lock = if used && !flags.dry_run { Some(site.lock("provision")?) } else { None };
    let fingerprints =
        &site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let ground = ground(&site, &spec, flags.no_restart)?;
    let tell = teller(printer);
    let live = ground.as_ref().map(|ground| ground.dagster(&site, fingerprints, &tell));
    let secrets = secrets(&site, &spec.host.user, &account);
    let ports = site.ports(&store, dagster(live.as_ref()), fingerprints);
    let modal = ModalPlace::of(&site, &spec.host, spec.modal.as_ref()).await;
    let client = modal.client().with_replacing(flags.replace);
    let hasty = HastyVault { vault: &client, limit: LOOKING };
    let vault: &dyn SecretVault = if flags.dry_run { &hasty } else { &client };
    let ports = Ports { secrets: secrets.as_ref(), vault, ..ports };
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    }
    let past = past(&site, &spec, fingerprints)?;
    let subject = Subject {
        site: &site.name,
        spec: &spec,
        keys: &keys,
        account: &account,
        places: &places,
        way: &Way::of(&site, &spec.host, &account).await?,
        fingerprints,
        run: &run,
        restart: restart(&site, ground.is_some())?,
        host_environment: flags.environment_host,
        past: past.as_ref(),
    };
    let (sighting, plan) = look_and_plan(&subject, &ports).await?;
    tell_links(&site, &places);
    refuse_obstacles(&obstacles(&subject, &plan))?;
    if plan.is_empty() {
        return Ok(nothing_to_do(&subject, &plan, printer));
    }
    require_no_link(&site, &plan)?;
    require_writable(&site, &plan)?;
    let checked = checked(&site, (&spec, subject.way), (&account, &places), &plan).await?;
    let shown = introduction(&subject, &sighting) + &checked + &shown(&plan, &subject, &sighting);
    if !is_wanted((&plan, &shown), flags, &site)? {
        return Ok(Exit::Drift);
    }
    let _lock = lock.map_or_else(|| site.lock("provision"), Ok)?;
    let forward = subject.forward(&site, ground.as_ref(), &plan);
    let receipt = forward.carry_out_but_modal(&ports).await?;
    prove(&site, &subject, &ports, (&plan, &receipt)).await
}

/// Shows the plan and asks, unless nothing is to be changed.
fn is_wanted(
    (plan, shown): (&Plan, &str),
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
fn ground(site: &Site, spec: &Spec, no_restart: bool) -> Result<Option<Ground>, Failure> {
    let is_left_alone = no_restart || !site.is_this_machine();
    if is_left_alone { Ok(None) } else { Ground::of(site, spec.host.clone()).map(Some) }
}

/// What was in Modal earlier, where the spec asks for anything there.
pub(super) fn past(
    site: &Site,
    spec: &Spec,
    fingerprints: &FingerprintKey,
) -> Result<Option<VaultPast>, Failure> {
    let past = |modal: &ModalSpec| VaultPast::of(&modal.secret, site, fingerprints);
    spec.modal.as_ref().map(past).transpose()
}

/// The running Dagster as a port.
pub(super) fn dagster<'a>(live: Option<&'a LiveDagster<'a>>) -> &'a dyn Dagster {
    live.map_or(&NoDagster, |live| live)
}

/// Whether services are restarted, and why.
pub(super) fn restart(site: &Site, are_services_changed: bool) -> Result<Restart, Failure> {
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    Ok(match are_services_changed {
        false => Restart::Never,
        true if history.owes_restart() => Restart::Owed,
        true => Restart::IfNeeded,
    })
}

fn nothing_to_do(subject: &Subject<'_>, plan: &Plan, printer: Printer) -> Exit {
    let bucket = &subject.spec.bucket;
    let what = match subject.restart {
        Restart::Never => " and host",
        Restart::IfNeeded | Restart::Owed => ", host and containers",
    };
    let next = format!("{} provision", subject.site);
    let text = format!("Nothing to do: bucket `{bucket}`{what} are in step.\n");
    let nothing = Done { plan, receipt: None, proved: true, undo: None };
    printer.result(PROVISION, nothing, &(text + &pending_text(&plan.pending, &next)));
    exit_with(&plan.pending)
}

/// All is done but what waits for Modal.
fn exit_with(pending: &[Pending]) -> Exit {
    if pending.is_empty() { Exit::Done } else { Exit::Partly }
}

/// Looks at everything and plans. Nothing is changed.
pub(super) async fn look_and_plan(
    subject: &Subject<'_>,
    ports: &Ports<'_>,
) -> Result<(Sighting, Plan), Failure> {
    let Subject { spec, places, way, .. } = subject;
    await_new_bucket(&spec.bucket, Records(ports.state), ports.store, ports.clock)
        .await
        .map_err(at_bucket(&spec.bucket))?;
    let services = subject.restart != Restart::Never;
    let (buckets, secrets) = (vec![spec.bucket.clone()], way.secrets());
    let vault = asked_of_modal(subject)?;
    let wanted = Wanted { buckets, secrets, services, vault, ..places.wanted() };
    let sighting = observe(&wanted, ports).await;
    let context = Context {
        spec,
        keys: subject.keys,
        account: subject.account,
        places,
        way,
        sighting: &sighting,
        fingerprints: subject.fingerprints,
        run: subject.run,
        restart: subject.restart,
        host_environment: subject.host_environment,
        past: subject.past,
    };
    let blocked = |failure: Failure| failure.for_user(&spec.host.user);
    let plan = plan_provision(&desired(&context)?, &sighting.observed);
    let plan = plan.map_err(|blockers| blocked(blockers.into()))?;
    let conflicts = rehearse(&plan, &sighting.observed);
    if conflicts.is_empty() { Ok((sighting, plan)) } else { Err(blocked(conflicts.into())) }
}

/// What on the host stands in the way of a plan.
pub(super) fn obstacles(subject: &Subject<'_>, plan: &Plan) -> Vec<Obstacle> {
    let planned = planned_units(subject);
    let units = subject.places.host_units.as_ref();
    units.map_or_else(Vec::new, |units| units.obstacles(plan, &planned))
}

fn planned_units<'a>(subject: &'a Subject<'_>) -> PlannedUnits<'a> {
    let Subject { spec, places, way, .. } = subject;
    PlannedUnits {
        names: &spec.host.units,
        env_file: (way.handover != Handover::PodmanSecret).then_some(&places.env_file),
        variables: &places.stale,
        after: if way.handover == Handover::InPlace { "" } else { DROP_IN_NAME },
    }
}

/// The secret in Modal, and which contents it may hold.
fn asked_of_modal(
    subject: &Subject<'_>,
) -> Result<BTreeMap<ModalObject, Vec<Fingerprint>>, Failure> {
    let Some(past) = subject.past else { return Ok(BTreeMap::new()) };
    let wanted = vault(subject.spec, subject.keys, subject.fingerprints, past)?;
    Ok(wanted.iter().map(asked).collect())
}

/// Tells which units are links, and where they lead.
fn tell_links(site: &Site, places: &Places) {
    for unit in &places.units {
        if let Some((link, target)) = site.host.link_on_the_way(&unit.file) {
            let read =
                "it is read with the service user's rights, and nothing is written through it";
            site.printer.talk(&format!("`{link}` is a symbolic link to `{target}`: {read}"));
        }
    }
}

/// Refuses a plan that would write through a link: a unit that is one was read, and is another
/// folder's to change.
fn require_no_link(site: &Site, plan: &Plan) -> Result<(), Failure> {
    let linked = |step: &Step| match step.action.target() {
        Target::Path(path) => {
            let (link, target) = site.host.link_on_the_way(&path)?;
            Some((path, link, target))
        }
        Target::Service
        | Target::Bucket(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => None,
    };
    let Some((path, link, target)) = plan.steps.iter().find_map(linked) else { return Ok(()) };
    let message = format!("`{path}` would change, but `{link}` is a symbolic link to `{target}`");
    Err(Failure::new(Exit::Denied, message)
        .hint("datalake reads through links of the service user and writes through none")
        .hint(format!("change it where it lies, or put a plain file or folder at `{link}`")))
}

/// Refuses a plan that would stop half-way because nothing can be written where its files lie.
fn require_writable(site: &Site, plan: &Plan) -> Result<(), Failure> {
    let blocker = |step: &Step| match step.action.target() {
        Target::Path(path) => {
            let fault = site.host.require_writable(&path).err()?;
            Some(Blocker { target: Target::Path(path), fault })
        }
        Target::Service
        | Target::Bucket(_)
        | Target::Object(..)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => None,
    };
    plan.steps.iter().find_map(blocker).map_or(Ok(()), |blocker| Err(blocker.into()))
}

/// Looks again: the plan after an apply is empty.
async fn prove(
    site: &Site,
    subject: &Subject<'_>,
    ports: &Ports<'_>,
    (plan, receipt): (&Plan, &Receipt),
) -> Result<Exit, Failure> {
    // What is known to be pending is not asked for again.
    let past = subject.past.filter(|_| receipt.pending.is_empty());
    let looked = Subject { restart: subject.restart.once_more(), past, ..*subject };
    let subject = &looked;
    let (_, left) = look_and_plan(subject, ports).await?;
    if !left.is_empty() {
        let text = format!("after the run, {} changes are pending again", left.steps.len());
        return Err(Failure::new(Exit::Mismatch, text)
            .hint("somebody else changes the same things; `datalake status` shows which"));
    }
    let undo = format!("{} rollback {}", site.name, receipt.run);
    let done = Done { plan, receipt: Some(receipt), proved: true, undo: Some(undo.clone()) };
    site.printer.result(PROVISION, done, &farewell(subject, receipt, &undo));
    Ok(exit_with(&receipt.pending))
}
