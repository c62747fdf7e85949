//! `status`: the road of `provision`, stopped before confirm.

use datalake_core::{Plan, RunId};
use datalake_engine::{Clock, HastyVault, News, Ports, RetryingStore};

use super::dagster::looked_at;
use super::provision::{Subject, dagster, look_and_plan, obstacles, past, restart};
use crate::args::{Cli, HostEnvironment};
use crate::deployment::{Ground, Report};
use crate::desired::repairs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::handover::{Way, secrets};
use crate::modal::{LOOKING, ModalPlace, seen_standing};
use crate::render::{DocumentKind, Printer, State, StatusReport, status as rendered};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const STATUS: DocumentKind = DocumentKind::of::<StatusReport<'static>>("status");

pub(super) async fn status(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    standing(&site, |report, text| printer.result(STATUS, report, text)).await
}

/// What a provision would do now, and what stands in its way.
pub(crate) async fn changes(site: &Site) -> Result<(Plan, Vec<String>), Failure> {
    let (mut plan, mut in_the_way) = (Plan::default(), Vec::new());
    let take = |report: StatusReport<'_>, _: &str| {
        report.pending.clone_into(&mut plan);
        // What undoes the settings is found by a look of its own.
        let needs = report.in_the_way.into_iter().filter(|it| !it.undoes);
        in_the_way = needs.map(|it| it.what).collect();
    };
    standing(site, take).await?;
    Ok((plan, in_the_way))
}

/// Looks whether bucket and host are in step with the spec, and shows what it found.
pub(super) async fn standing(
    site: &Site,
    show: impl FnOnce(StatusReport<'_>, &str),
) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    let (account, places) = site.host(&spec.host)?;
    let keys = site.keys(&spec).await?;
    let store = site.store(&spec, &keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let records = site.records();
    let at_state = |fault| site.state_failure(&fault);
    let fingerprints = records.fingerprint_key(&site.clock).map_err(at_state)?;
    let history = records.history().map_err(at_state)?;
    let ground = Ground::of(site, spec.host.clone());
    let quiet = |_: News<'_>| ();
    let live = ground.as_ref().ok().map(|ground| ground.dagster(site, &fingerprints, &quiet));
    let dagster = dagster(live.as_ref());
    // Services that nobody can ask about are told below, and are no failure of `status`.
    let restart = restart(site, dagster.states().await.is_ok())?;
    let place = ModalPlace::of(site, &spec.host, spec.modal.as_ref()).await;
    let client = place.client();
    let past = past(site, &spec, &fingerprints)?;
    let subject = Subject {
        site: &site.name,
        spec: &spec,
        keys: &keys,
        account: &account,
        places: &places,
        way: &Way::of(site, &spec.host, &account).await?,
        fingerprints: &fingerprints,
        run: &RunId::new(site.clock.now(), site.clock.random()),
        restart,
        host_environment: HostEnvironment::Keep,
        past: past.as_ref(),
    };
    let secrets = secrets(site, &spec.host.user, &account);
    let ports = site.ports(&store, dagster, &fingerprints);
    let vault = HastyVault { vault: &client, limit: LOOKING };
    let ports = Ports { secrets: secrets.as_ref(), vault: &vault, ..ports };
    let (sighting, plan) = look_and_plan(&subject, &ports).await?;
    let seen = |past| seen_standing(&spec, (&keys, &fingerprints), past, &sighting.observed);
    let modal = past.as_ref().map(seen).transpose()?.flatten();
    let repairs = repairs(&places, &sighting);
    let obstacles = obstacles(&subject, &plan);
    let services = services(site, &ground).await;
    let state = State {
        name: &site.name,
        spec: &spec,
        account: &account,
        places: &places,
        sighting: &sighting,
        plan: &plan,
        repairs: &repairs,
        obstacles: &obstacles,
        last_run: history.to_roll_back(),
        services: services.as_ref().map_err(String::as_str),
        modal: modal.as_ref(),
    };
    let (text, report) = rendered(&state);
    let open = records.open_runs().map_err(at_state)?;
    show(report, &(text + &open_text(&open)));
    let is_in_step = plan.is_empty() && open.is_empty() && obstacles.is_empty();
    Ok(verdict(is_in_step, &plan))
}

fn open_text(open: &[RunId]) -> String {
    let line = |run: &RunId| format!("{run} did not come to its end, or is at work now.\n");
    open.iter().map(line).collect()
}

fn verdict(is_in_step: bool, plan: &Plan) -> Exit {
    match (is_in_step, plan.pending.is_empty()) {
        (false, _) => Exit::Drift,
        (true, false) => Exit::Partly,
        (true, true) => Exit::Done,
    }
}

/// The services of this machine, or why nobody looks at them: that is no failure of `status`.
async fn services(site: &Site, ground: &Result<Ground, Failure>) -> Result<Report, String> {
    let told = |failure: &Failure| failure.messages.join(": ");
    let ground = ground.as_ref().map_err(told)?;
    looked_at(site, ground).await.map_err(|failure| told(&failure))
}
