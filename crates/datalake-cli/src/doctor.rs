//! Looks at everything for a diagnosis: who is asked for what, and nothing is decided.

mod containers;
mod host;
mod lives;
mod locations;
mod modal;
mod money;
mod mounted;
mod python;
mod settings;
mod shells;
mod store;
mod yaml;

use std::path::PathBuf;

use datalake_core::doctor::{Examination, Group, Look, Place, SpecTrouble};
use datalake_core::{Fault, FaultKind, FingerprintKey, HostSpec, Step, Target};
use datalake_engine::{Clock, Deployment};
use datalake_host::Account;

use crate::commands::changes;
use crate::deployment::Ground;
use crate::failure::Failure;
use crate::places::Places;
use crate::render::{printable, step_line};
use crate::secrets::NoPair;
use crate::site::Site;
pub(crate) use modal::{Asked, look as look_at_modal};
pub(crate) use python::look_at_files;

/// What services and containers are asked on, and how they stood when the look began.
pub(crate) struct Running {
    ground: Ground,
    found: Deployment,
    key: FingerprintKey,
}

/// The service user and the places of its host, where there is such a user.
pub(crate) struct Home {
    account: Account,
    places: Places,
}

/// Looks at what these groups need, all of them without one.
///
/// # Errors
///
/// [`Failure`] for a spec that cannot be read at all.
pub(crate) async fn examine(
    site: &Site,
    only: Option<Group>,
    code: &[PathBuf],
) -> Result<Examination, Failure> {
    let mut seen = Examination::nothing(site.clock.now());
    seen.place = if site.is_this_machine() { Place::Machine } else { Place::Folder };
    seen.spec.troubles = Look::Saw(troubles(site));
    let wants = |groups: &[Group]| only.is_none_or(|only| groups.contains(&only));
    let running = match site.settings.host() {
        Ok(host) if wants(&[Group::Host, Group::Containers]) => {
            on_the_host(site, &host, &mut seen).await
        }
        Ok(_) => None,
        Err(_) => {
            seen.host.account = Look::NotHere("the spec names no host".to_owned());
            None
        }
    };
    if wants(&[Group::Network, Group::Key, Group::Store, Group::Money]) {
        let asks_locations = wants(&[Group::Network]);
        store::look(site, asks_locations, &mut seen).await;
    }
    if wants(&[Group::Host]) {
        let (pending, in_the_way) = match pending(site, only, &seen).await {
            Look::Saw((pending, in_the_way)) => (Look::Saw(pending), Look::Saw(in_the_way)),
            Look::NotHere(reason) => (Look::NotHere(reason.clone()), Look::NotHere(reason)),
            Look::Unknown(fault) => (Look::Unknown(fault.clone()), Look::Unknown(fault)),
        };
        (seen.settings.pending, seen.settings.in_the_way) = (pending, in_the_way);
    }
    if let Some(running) = running.filter(|_| wants(&[Group::Containers])) {
        containers::look(site, &running, &mut seen).await;
    }
    if wants(&[Group::Python]) {
        python::look(site, code, &mut seen);
    }
    if wants(&[Group::DagsterYaml]) {
        yaml::look(site, &mut seen);
    }
    if wants(&[Group::Money]) {
        money::look(site, &mut seen);
    }
    if wants(&[Group::Modal]) {
        modal::look(site, Asked::WhereNamed, &mut seen).await;
    }
    Ok(seen)
}

/// Values of the spec that are missing or wrong.
fn troubles(site: &Site) -> Vec<SpecTrouble> {
    let parts = [site.spec().err(), site.settings.cost().err()].into_iter();
    let told = |Failure { messages, hints, .. }: Failure| SpecTrouble {
        what: messages.join(": "),
        cure: hints.join("; "),
    };
    parts.flatten().map(told).collect()
}

/// What a provision would change on this host, and what stands in its way. It takes a service that answers to the key pair.
async fn pending(
    site: &Site,
    only: Option<Group>,
    seen: &Examination,
) -> Look<(Vec<String>, Vec<String>)> {
    // With this group alone nobody has asked the service, nor for the pair, before.
    let may_be_served = only.is_some() || matches!(seen.key.service, Look::Saw(_));
    let nothing = || Look::NotHere("it takes a service that takes the key pair".to_owned());
    let spec = match site.spec() {
        Ok(spec) if may_be_served => spec,
        Ok(_) | Err(_) => return nothing(),
    };
    match site.pair_from(&spec.credentials).await {
        Ok(_) => (),
        Err(NoPair::None) => return nothing(),
        // There is one, and nobody could read it: that is not known.
        Err(NoPair::Flaw(failure) | NoPair::Unread(failure)) => {
            let fault = Fault::new(FaultKind::Unreadable, failure.messages.join(": "));
            return Look::Unknown(fault);
        }
    }
    let (plan, in_the_way) = match changes(site).await {
        Ok(changes) => changes,
        Err(Failure { messages, .. }) => {
            return Look::Unknown(Fault::new(FaultKind::Unavailable, messages.join(": ")));
        }
    };
    let is_of_host = |step: &&Step| {
        matches!(step.action.target(), Target::Path(_) | Target::Secret(_) | Target::Services)
    };
    // A line of a plan has columns, a sentence has none.
    let line = |step| step_line(step).split_whitespace().collect::<Vec<_>>().join(" ");
    let steps = plan.steps.iter().filter(is_of_host).map(line).collect();
    Look::Saw((steps, in_the_way.iter().map(|it| printable(it)).collect()))
}

async fn on_the_host(site: &Site, host: &HostSpec, seen: &mut Examination) -> Option<Running> {
    let home = host::account(site, host, seen);
    let running = host::running(site, host, seen).await;
    if let Some(home) = &home {
        host::look(site, host, (home, running.as_ref()), seen).await;
        settings::look(site, host, home, seen).await;
    }
    shells::look(site, home.as_ref(), seen);
    running
}

/// What is not asked where services and podman are not those of the place.
fn not_here<T>() -> Look<T> {
    Look::NotHere("a sandbox or another root has no services and no podman".to_owned())
}
