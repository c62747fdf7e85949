//! `provision`: observe, desired, plan, confirm, apply; then proof.

use datalake_core::{
    Blocker, Credentials, FingerprintKey, Plan, Receipt, RunId, RunKind, Spec, Step, Target,
    plan_provision, rehearse,
};
use datalake_engine::{
    Clock, Ports, RetryingStore, Run, Sighting, Wanted, apply, observe, recover,
};
use datalake_host::Account;
use serde::Serialize;

use super::watch::Progress;
use super::{confirmed, restart_steps};
use crate::args::{self, Cli};
use crate::desired::{Context, desired, repairs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::places::Places;
use crate::render::{self, FileChange, Printer, diff};
use crate::site::{RETRY_BUDGET, Site};

/// Everything known about one place before it is looked at.
pub(super) struct Subject<'a> {
    pub(super) spec: &'a Spec,
    pub(super) keys: &'a Credentials,
    pub(super) account: &'a Account,
    pub(super) places: &'a Places,
    pub(super) fingerprints: &'a FingerprintKey,
    pub(super) run: &'a RunId,
}

#[derive(Serialize)]
struct Done<'a> {
    plan: &'a Plan,
    receipt: Option<&'a Receipt>,
    proved: bool,
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
    let used = site.state_path.exists();
    let lock = if used && !flags.dry_run { Some(site.lock("provision")?) } else { None };
    let fingerprints =
        &site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let ports = site.ports(&store, fingerprints);
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    }
    let subject = Subject {
        spec: &spec,
        keys: &keys,
        account: &account,
        places: &places,
        fingerprints,
        run: &run,
    };
    let (sighting, plan) = look_and_plan(&subject, &ports).await?;
    if plan.is_empty() {
        let text = format!("Nothing to do: bucket `{}` and host are in step.\n", spec.bucket);
        let nothing = Done { plan: &plan, receipt: None, proved: true, undo: None };
        printer.result("provision", nothing, &text);
        return Ok(Exit::Done);
    }
    require_writable(&site, &plan)?;
    let shown = introduction(&subject, &sighting) + &shown(&plan, &subject, &sighting);
    if flags.dry_run {
        let next = format!("\nNothing was changed. Next: {} provision\n", site.name);
        printer.result("plan", &plan, &(shown + &next));
        return Ok(Exit::Drift);
    }
    printer.text(&shown);
    let question = format!("Apply these {} steps?", plan.steps.len());
    if !confirmed(&question, flags.yes, site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let _lock = match lock {
        Some(lock) => lock,
        None => site.lock("provision")?,
    };
    let receipt = carry_out(&site, &plan, &subject, &ports).await?;
    prove(&site, &subject, &ports, (&plan, &receipt)).await
}

/// Looks at everything and plans. Nothing is changed.
pub(super) async fn look_and_plan(
    subject: &Subject<'_>,
    ports: &Ports<'_>,
) -> Result<(Sighting, Plan), Failure> {
    let Subject { spec, places, .. } = subject;
    let wanted = Wanted { buckets: vec![spec.bucket.clone()], ..places.wanted() };
    let sighting = observe(&wanted, ports).await;
    let context = Context {
        spec,
        keys: subject.keys,
        account: subject.account,
        places,
        sighting: &sighting,
        fingerprints: subject.fingerprints,
        run: subject.run,
    };
    let plan = plan_provision(&desired(&context)?, &sighting.observed)?;
    let conflicts = rehearse(&plan, &sighting.observed);
    if conflicts.is_empty() { Ok((sighting, plan)) } else { Err(conflicts.into()) }
}

/// Refuses a plan that would stop half-way because nothing can be written where its files lie.
fn require_writable(site: &Site, plan: &Plan) -> Result<(), Failure> {
    let blocker = |step: &Step| match step.action.target() {
        Target::Path(path) => {
            let fault = site.host.require_writable(&path).err()?;
            Some(Blocker { target: Target::Path(path), fault })
        }
        Target::Service | Target::Bucket(_) | Target::Object(..) => None,
    };
    plan.steps.iter().find_map(blocker).map_or(Ok(()), |blocker| Err(blocker.into()))
}

async fn carry_out(
    site: &Site,
    plan: &Plan,
    subject: &Subject<'_>,
    ports: &Ports<'_>,
) -> Result<Receipt, Failure> {
    let records = site.records();
    let at_state = |fault| site.state_failure(&fault);
    records.keep_fingerprint_key(subject.fingerprints).map_err(at_state)?;
    let unfinished = records.history().map_err(at_state)?.unfinished();
    let run = Run {
        id: subject.run.clone(),
        kind: RunKind::Provision,
        plan,
        keys: Some(subject.keys),
        unfinished,
    };
    site.printer.talk("\nApplying:");
    Ok(apply(run, &Progress::new(site.printer), ports).await?)
}

/// Looks again: the plan after an apply is empty.
async fn prove(
    site: &Site,
    subject: &Subject<'_>,
    ports: &Ports<'_>,
    (plan, receipt): (&Plan, &Receipt),
) -> Result<Exit, Failure> {
    let (_, left) = look_and_plan(subject, ports).await?;
    if !left.is_empty() {
        let text = format!("after the run, {} changes are pending again", left.steps.len());
        return Err(Failure::new(Exit::Mismatch, text)
            .hint("somebody else changes the same things; `datalake status` shows which"));
    }
    let undo = format!("{} rollback {}", site.name, receipt.run);
    let done = Done { plan, receipt: Some(receipt), proved: true, undo: Some(undo.clone()) };
    site.printer.result("provision", done, &farewell(subject, receipt, &undo));
    Ok(Exit::Done)
}

fn introduction(subject: &Subject<'_>, sighting: &Sighting) -> String {
    let service = sighting.observed.service.present();
    let who = service.and_then(|service| service.owner.as_deref()).unwrap_or("unknown account");
    let ahead = service.map_or(0, |service| service.clock_ahead);
    format!(
        "Connected to {} ({}) as {}, clock {ahead:+} s.\n",
        subject.spec.endpoint,
        subject.spec.region,
        render::printable(who)
    )
}

/// The plan and the diffs of all files that it writes.
fn shown(plan: &Plan, subject: &Subject<'_>, sighting: &Sighting) -> String {
    let mut text = format!("\nPlan ({} steps):\n{}", plan.steps.len(), render::plan(plan));
    for repair in repairs(subject.places, sighting) {
        for trouble in &repair.troubles {
            let (path, line) = (&repair.unit.file, trouble.line);
            text.push_str(&format!("\nIn {path}, line {line}: {}\n", trouble.kind.harm()));
        }
    }
    text.push_str("\nFiles:\n");
    for step in &plan.steps {
        if let datalake_core::Action::WriteFile { path, body, .. } = &step.action {
            let old = sighting.contents.get(path).map_or(&b""[..], |content| content.expose());
            text.push_str(&diff(&FileChange { path: path.as_str(), old, body }));
        }
    }
    text
}

fn farewell(subject: &Subject<'_>, receipt: &Receipt, undo: &str) -> String {
    let spec = subject.spec;
    format!(
        "\nProved: an object was put, read back and deleted below `{}` in `{}`; every file was read \
         back;\na second look finds nothing left to do. Receipt: {}.\n\n\
         {}\nDrop-ins need podman 5.0 or newer: `podman --version`.\n\nUndo: {undo}\n",
        spec.prefix,
        spec.bucket,
        receipt.run,
        restart_steps(&spec.host),
    )
}
