//! `status`: the road of `provision`, stopped before confirm.

use datalake_core::plan::Plan;
use datalake_core::time::RunId;
use datalake_desired::find_repairs;
use datalake_engine::{HastyVault, RetryingStore};
use datalake_operations::{
    StatusInput, StatusReport, StatusState, describe_file_changes, look_at_schedule,
    look_at_status, render_status,
};

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::{LOOKING, ModalPlace};
use crate::render::{DocumentKind, Printer, pending_text};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const STATUS: DocumentKind = DocumentKind::of::<StatusReport<'static>>("status");

pub(super) async fn status(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    standing(&site, |report, text| printer.result(STATUS, report, text)).await
}

/// Looks whether bucket and host are in sync with the spec, and shows what it found.
pub(super) async fn standing(
    site: &Site,
    show: impl FnOnce(StatusReport<'_>, &str),
) -> Result<Exit, Failure> {
    let context = site.context();
    let spec = site.spec()?;
    let keys = site.keys(&spec).await?;
    let store = site.store(&spec, &keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let place = ModalPlace::of(site, &spec.host, spec.modal.as_ref()).await;
    let client = place.client();
    let input = StatusInput {
        context: &context,
        spec: &spec,
        keys: &keys,
        store: &store,
        vault: &HastyVault { vault: &client, limit: LOOKING },
    };
    let look = look_at_status(&input).await?;
    let next = format!("{} provision", site.name);
    let state = StatusState {
        waits: pending_text(&look.plan.pending, &next),
        next: &next,
        restart: "datalake dagster restart",
        spec: &spec,
        account: &look.account,
        places: &look.paths,
        observation: &look.observation,
        plan: &look.plan,
        changes: describe_file_changes(&look.plan, Some(&keys), &look.observation),
        repairs: &find_repairs(&look.paths, &look.observation),
        obstacles: &look.obstacles,
        not_looked_at: look.not_looked_at.clone(),
        left_out_units: look.left_out_units.clone(),
        last_run: look.history.to_roll_back(),
        services: look.services.as_ref().map_err(String::as_str),
        modal: look.vault.as_ref(),
        timers: look_at_schedule(&context, &site.settings.read_schedule()?).await,
    };
    let is_troubled = state.timers.iter().any(|timer| timer.standing.is_trouble());
    let (text, report) = render_status(&state);
    show(report, &(text + &open_text(&look.open_runs)));
    Ok(choose_exit(look.is_in_step() && !is_troubled, &look.plan))
}

fn open_text(open: &[RunId]) -> String {
    let line = |run: &RunId| format!("{run} did not come to its end, or is at work now.\n");
    open.iter().map(line).collect()
}

fn choose_exit(is_in_step: bool, plan: &Plan) -> Exit {
    match (is_in_step, plan.pending.is_empty()) {
        (false, _) => Exit::Drift,
        (true, false) => Exit::Partly,
        (true, true) => Exit::Done,
    }
}
