//! `dagster deps`: the library that fits each image's Dagster, in an image that lasts.
//!
//! What is installed in a running container is gone with it, and `pip install dagster-aws` alone
//! replaces the Dagster that it finds. So an image is built once from the one that a unit names, and
//! a drop-in names the new one; the old one and the unit file stay as they are.

mod builds;
mod materials;

use self::builds::build_and_show;
use self::materials::find_materials;
use super::confirmed;
use super::reporter::Reporter;
use super::services::tell_service_news;
use crate::args::{Deps, DepsApply, DepsWish};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::DocumentKind;
use crate::site::Site;
use datalake_core::fault::Target;
use datalake_core::plan::Plan;
use datalake_core::receipt::Receipt;
use datalake_core::time::RunId;
use datalake_dagster::{PackageSource, WantedLibraries};
use datalake_engine::{Clock, NoStore, recover};
use datalake_operations::dependencies::{
    DependencyPlan, DepsReport, ImageQuestion, ask_for_images, look_into_images, plan_dependencies,
    render_dependencies, render_image_changes,
};
use datalake_operations::{DagsterHost, ForwardRun, check_that_units_are_made, refuse_other_work};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) const DAGSTER_DEPS: DocumentKind = DocumentKind::of::<DepsReport>("dagster-deps");
pub(super) const DAGSTER_DEPS_APPLY: DocumentKind =
    DocumentKind::of::<Done<'static>>("dagster-deps-apply");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[DAGSTER_DEPS, DAGSTER_DEPS_APPLY];

/// What a run has done.
#[derive(Serialize, JsonSchema)]
struct Done<'a> {
    /// How the units stand afterwards.
    deps: &'a DepsReport,
    /// The plan.
    plan: &'a Plan,
    /// Its receipt.
    receipt: &'a Receipt,
    /// The command that undoes it.
    undo: &'a str,
}

pub(super) async fn manage_dependencies(
    what: &Deps,
    site: &Site,
    ground: &DagsterHost,
) -> Result<Exit, Failure> {
    match what {
        Deps::Plan(wish) => plan_only(wish, site, ground).await,
        Deps::Apply(flags) => apply_all(flags, site, ground).await,
    }
}

async fn plan_only(wish: &DepsWish, site: &Site, ground: &DagsterHost) -> Result<Exit, Failure> {
    let looked = look_into_images(&read_question(wish, site), &site.context(), ground).await?;
    let report = DepsReport::of(&looked, &PackageSource::default())?;
    let (exit, next) = if report.is_well {
        (Exit::Done, "\nNothing to do: every image has what fits its Dagster.\n".to_owned())
    } else {
        let next = format!("{} dagster deps apply", site.name);
        (Exit::Drift, format!("\nNothing was changed. Next: {next}\n"))
    };
    site.printer.result(DAGSTER_DEPS, &report, &(render_dependencies(&report) + &next));
    Ok(exit)
}

async fn apply_all(flags: &DepsApply, site: &Site, ground: &DagsterHost) -> Result<Exit, Failure> {
    let context = site.context();
    let materials = find_materials(flags)?;
    let question = read_question(&flags.wish, site);
    // A place without a state folder has no other run, and a refused plan leaves none behind.
    let lock = if site.state.is_there() { Some(site.lock("dagster deps apply")?) } else { None };
    let at_state = |fault| site.state_failure(&fault);
    let fingerprints = site.records().fingerprint_key(&site.clock).map_err(at_state)?;
    let (store, tell) =
        (NoStore("this run needs none".to_owned()), tell_service_news(site.printer));
    let dagster = ground.dagster(&context, &fingerprints, &tell);
    let ports = site.ports(&store, &dagster, &fingerprints);
    if lock.is_some() {
        recover(&ports).await.map_err(at_state)?;
        refuse_other_work(&context, |target| matches!(target, Target::Path(_) | Target::Services))?;
    }
    let looked = look_into_images(&question, &context, ground).await?;
    let report = DepsReport::of(&looked, &materials.source)?;
    if report.is_well {
        let text = "\nNothing to do: every image has what fits its Dagster.\n";
        site.printer.result(DAGSTER_DEPS, &report, &(render_dependencies(&report) + text));
        return Ok(Exit::Done);
    }
    let next = plan_dependencies(&looked, &materials.source, ground, &ports).await?;
    let checked = check_that_units_are_made(&context, ground, &next.plan).await?;
    site.printer.text(&(render_dependencies(&report) + &checked + &render_image_changes(&next)));
    let unasked = |failure: Failure| Failure {
        hints: vec!["add --yes to apply it; `dagster deps plan` only looks".to_owned()],
        ..failure
    };
    if !confirmed(&ask_for_images(&next), flags.yes, site.may_ask()).map_err(unasked)? {
        site.printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let _lock = match lock {
        Some(lock) => lock,
        None => site.lock("dagster deps apply")?,
    };
    for wanted in &next.builds {
        build_and_show(wanted, &materials, site.printer, ground).await?;
    }
    let forward = ForwardRun {
        context: &context,
        reporter: &Reporter(site.printer),
        dagster_host: Some(ground),
        user: &ground.host.user,
        run: &RunId::new(site.clock.now(), site.clock.random()),
        plan: &next.plan,
        keys: None,
        fingerprints: &fingerprints,
    };
    let receipt = forward.carry_out(&ports).await?;
    prove_dependencies(&question, &next, &receipt, &SiteHost { site, ground }).await
}

fn read_question<'a>(wish: &'a DepsWish, site: &Site) -> ImageQuestion<'a> {
    let python = wish.python.as_deref();
    let wish = WantedLibraries { modal: wish.modal, frames: wish.frames.map(Into::into) };
    ImageQuestion { wish, python, logs: site.settings.document().named_logs() }
}

/// The place, and the deployment of its machine.
struct SiteHost<'a> {
    site: &'a Site,
    ground: &'a DagsterHost,
}

/// Looks again: afterwards every image fits.
async fn prove_dependencies(
    question: &ImageQuestion<'_>,
    next: &DependencyPlan<'_>,
    receipt: &Receipt,
    host: &SiteHost<'_>,
) -> Result<Exit, Failure> {
    let SiteHost { site, ground } = host;
    let looked = look_into_images(question, &site.context(), ground).await?;
    let report = DepsReport::of(&looked, &PackageSource::default())?;
    if !report.is_well {
        let text =
            format!("after the run something is left to do\n{}", render_dependencies(&report));
        return Err(
            Failure::new(Exit::Mismatch, text).hint(format!("{} dagster deps plan", site.name))
        );
    }
    let undo = format!("{} rollback {}", site.name, receipt.run);
    let text = format!(
        "\n{}\nProved: Dagster stayed as it was, and Dagster, its library and boto3 can be imported; \
         the services run with them.\nReceipt: {}.\n\nUndo: {undo}\n{}",
        render_dependencies(&report),
        receipt.run,
        what_stays(next, ground),
    );
    let done = Done { deps: &report, plan: &next.plan, receipt, undo: &undo };
    site.printer.result(DAGSTER_DEPS_APPLY, done, &text);
    Ok(Exit::Done)
}

/// A rollback names the old image again and removes none.
fn what_stays(next: &DependencyPlan<'_>, ground: &DagsterHost) -> String {
    let images: Vec<_> = next.builds.iter().map(|wanted| wanted.name.as_str()).collect();
    if images.is_empty() {
        return String::new();
    }
    let user = &ground.host.user;
    format!("      then, as {user}, to free its room: podman image rm {}\n", images.join(" "))
}
