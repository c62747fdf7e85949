//! `status`: the road of `provision`, stopped before confirm.

use datalake_core::{RunId, Spec};
use datalake_engine::{Clock, RetryingStore};

use super::dagster::looked_at;
use super::provision::{Subject, look_and_plan};
use crate::args::Cli;
use crate::deployment::{Ground, Report};
use crate::desired::repairs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Printer, State, status as rendered};
use crate::site::{RETRY_BUDGET, Site};

pub(super) async fn status(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let spec = site.spec()?;
    let (account, places) = site.host(&spec.host)?;
    let keys = site.keys(&spec).await?;
    let store = site.store(&spec, &keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let records = site.records();
    let at_state = |fault| site.state_failure(&fault);
    let fingerprints = records.fingerprint_key(&site.clock).map_err(at_state)?;
    let history = records.history().map_err(at_state)?;
    let subject = Subject {
        spec: &spec,
        keys: &keys,
        account: &account,
        places: &places,
        fingerprints: &fingerprints,
        run: &RunId::new(site.clock.now(), site.clock.random()),
    };
    let (sighting, plan) = look_and_plan(&subject, &site.ports(&store, &fingerprints)).await?;
    let repairs = repairs(&places, &sighting);
    let services = services(&site, &spec).await;
    let state = State {
        spec: &spec,
        account: &account,
        places: &places,
        sighting: &sighting,
        plan: &plan,
        repairs: &repairs,
        last_run: history.to_roll_back(),
        services: services.as_ref().map_err(String::as_str),
    };
    let (mut text, report) = rendered(&state);
    for run in records.open_runs().map_err(at_state)? {
        text.push_str(&format!("{run} did not come to its end, or is at work now.\n"));
    }
    printer.result("status", report, &text);
    Ok(if plan.is_empty() { Exit::Done } else { Exit::Drift })
}

/// The services of this machine, or why nobody looks at them: that is no failure of `status`.
async fn services(site: &Site, spec: &Spec) -> Result<Report, String> {
    let told = |failure: Failure| failure.messages.join(": ");
    let ground = Ground::of(site, spec.host.clone()).map_err(told)?;
    looked_at(site, &ground).await.map_err(told)
}
