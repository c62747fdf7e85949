//! `rollback`: the way back of a run, planned from its receipt.

use std::path::Path;

use datalake_core::{
    Action, FaultKind, Observed, Plan, Receipt, RunId, RunKind, RunState, Step, Target, Unfinished,
    left_by_rollback, plan_rollback, rehearse,
};
use datalake_engine::{
    Clock, ObjectStore, Ports, RetryingStore, Run, apply, look_at, observe_paths, read_receipt,
    recover,
};
use serde::Serialize;

use super::watch::Progress;
use super::{confirmed, restart_steps};
use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::no_store::NoStore;
use crate::render::{self, Printer};
use crate::site::{RETRY_BUDGET, Site};

#[derive(Serialize)]
struct Undone<'a> {
    of: Option<&'a RunId>,
    plan: &'a Plan,
    receipt: Option<&'a Receipt>,
}

pub(super) async fn rollback(
    cli: &Cli,
    flags: &args::Rollback,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    if !site.state_path.exists() {
        return Ok(nothing(printer));
    }
    let _lock = site.lock("rollback")?;
    let fingerprints =
        site.records().fingerprint_key(&site.clock).map_err(|fault| site.state_failure(&fault))?;
    let store = store_of(&site).await;
    let store = RetryingStore::new(store.as_ref(), &site.clock, RETRY_BUDGET);
    let ports = site.ports(&store, &fingerprints);
    recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    let Some(receipt) = chosen(&site, flags.receipt.as_deref())? else {
        return Ok(nothing(printer));
    };
    let plan = plan_rollback(&receipt);
    let observed = look(&plan, &ports).await;
    let mut conflicts = rehearse(&plan, &observed);
    conflicts.extend(site.records().conflicts(&plan, &observed, &fingerprints));
    if !conflicts.is_empty() {
        return Err(conflicts.into());
    }
    let shown = shown(&plan, &receipt);
    if flags.dry_run {
        printer.result("plan", &plan, &(shown + "\nNothing was changed.\n"));
        return Ok(Exit::Drift);
    }
    printer.text(&shown);
    let question = format!("Undo these {} steps?", plan.steps.len());
    if !confirmed(&question, flags.yes, site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let undone = undo(&site, &plan, &receipt, &ports).await?;
    let data = Undone { of: Some(&receipt.run), plan: &plan, receipt: Some(&undone) };
    let steps = site.settings.host().map(|host| restart_steps(&host)).unwrap_or_default();
    let text = format!(
        "\nUndone: {}; every file has its old bytes, mode and owner again.\n\n{steps}\n\
         Then: {} status\n",
        receipt.run, site.name
    );
    printer.result("rollback", data, &text);
    Ok(Exit::Done)
}

fn nothing(printer: Printer) -> Exit {
    let undone = Undone { of: None, plan: &Plan::default(), receipt: None };
    printer.result("rollback", undone, "Nothing to undo.\n");
    Exit::Done
}

/// The store of the spec; a rollback of files goes without one, on a day when the keys are gone.
async fn store_of(site: &Site) -> Box<dyn ObjectStore> {
    let opened = async {
        let spec = site.spec()?;
        let keys = site.keys(&spec).await?;
        site.store(&spec, &keys)
    };
    match opened.await {
        Ok(store) => Box::new(store),
        Err(failure) => Box::new(NoStore(failure.messages.join(": "))),
    }
}

/// The run to undo: the named one, or the last that stands.
fn chosen(site: &Site, named: Option<&str>) -> Result<Option<Receipt>, Failure> {
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    let Some(named) = named else { return Ok(history.to_roll_back().cloned()) };
    let receipt = named_receipt(site, named)?;
    if receipt.kind != RunKind::Provision {
        return Err(Failure::new(Exit::Usage, format!("{} is itself a rollback", receipt.run))
            .hint("`datalake provision` goes forward again"));
    }
    match history.state(&receipt) {
        RunState::Continued => {
            Err(Failure::new(Exit::Usage, format!("{} was continued by a later run", receipt.run))
                .hint("undo that one: it holds the steps of both"))
        }
        RunState::RolledBack => Ok(None),
        RunState::Complete | RunState::Unfinished => Ok(Some(receipt)),
    }
}

fn named_receipt(site: &Site, named: &str) -> Result<Receipt, Failure> {
    if named.contains('/') || Path::new(named).extension().is_some() {
        let path = Path::new(named);
        let json = std::fs::read(path).map_err(|error| Failure::io(path, &error))?;
        return read_receipt(&json)
            .map_err(|fault| Failure::of(Exit::Config, &fault).within(format!("`{named}`")));
    }
    let run: RunId = named.parse().map_err(|error| Failure::of(Exit::Usage, &error))?;
    site.records().receipt(&run).map_err(|fault| match fault.kind {
        FaultKind::Absent => Failure::new(Exit::Usage, format!("there is no run {run}"))
            .hint("`datalake history` lists them"),
        _ => site.state_failure(&fault),
    })
}

/// Looks at all that the way back touches.
async fn look(plan: &Plan, ports: &Ports<'_>) -> Observed {
    let targets = || plan.steps.iter().map(|step| step.action.target());
    let paths: Vec<_> = targets()
        .filter_map(|target| match target {
            Target::Path(path) => Some(path),
            Target::Service | Target::Bucket(_) | Target::Object(..) => None,
        })
        .collect();
    let mut observed = observe_paths(&paths, ports).observed;
    for target in targets() {
        if matches!(target, Target::Bucket(_)) {
            observed.buckets.extend(look_at(&target, ports).await.buckets);
        }
    }
    observed
}

fn shown(plan: &Plan, receipt: &Receipt) -> String {
    let mut text = format!("The way back of {} ({} steps):\n", receipt.run, plan.steps.len());
    text.push_str(&render::way_back(plan));
    // The probe has left nothing that could stay.
    let stays = |(step, _): &(&Step, &str)| !matches!(step.action, Action::ProveAccess(..));
    let mut left = left_by_rollback(receipt).filter(stays).peekable();
    if left.peek().is_some() {
        text.push_str("\nWhat stays:\n");
    }
    for (step, reason) in left {
        text.push_str(&format!("  {}: {reason}\n", render::step_line(step)));
    }
    text
}

async fn undo(
    site: &Site,
    plan: &Plan,
    receipt: &Receipt,
    ports: &Ports<'_>,
) -> Result<Receipt, Failure> {
    let run = Run {
        id: RunId::new(site.clock.now(), site.clock.random()),
        kind: RunKind::Rollback(receipt.run.clone()),
        plan,
        keys: None,
        unfinished: Unfinished::default(),
    };
    site.printer.talk("\nUndoing:");
    Ok(apply(run, &Progress::new(site.printer), ports).await?)
}
