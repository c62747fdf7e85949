//! `dagster deps`: the library that fits each image's Dagster, in an image that lasts.
//!
//! What is installed in a running container is gone with it, and `pip install dagster-aws` alone
//! replaces the Dagster that it finds. So an image is built once from the one that a unit names, and
//! a drop-in names the new one; the old one and the unit file stay as they are.

mod build;
mod look;
mod missing;
mod packages;
mod plan;
mod report;

use datalake_core::{Action, Receipt, RunId, Target};
use datalake_dagster::{InvalidIndexUrl, Source, Wish};
use datalake_engine::{Clock, recover};

use self::look::{Looked, Question, look};
use self::plan::{Next, next};
use super::confirmed;
use super::forward::{Forward, refuse_other_work};
use super::services::teller;
use crate::args::{Deps, DepsApply, DepsWish};
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generator::made;
use crate::no_store::NoStore;
use crate::render::{self, DocumentKind, FileChange, diff};
use crate::site::Site;

pub(crate) use self::missing::missing_packages;
pub(crate) use self::report::{DepsReport, PackageDeps, UnitDeps};

pub(super) const DAGSTER_DEPS: DocumentKind = DocumentKind::of::<DepsReport>("dagster-deps");
pub(super) const DAGSTER_DEPS_APPLY: DocumentKind =
    DocumentKind::of::<report::Done<'static>>("dagster-deps-apply");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[DAGSTER_DEPS, DAGSTER_DEPS_APPLY];

pub(super) async fn deps(what: &Deps, site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    match what {
        Deps::Plan(wish) => plan_only(wish, site, ground).await,
        Deps::Apply(flags) => apply_all(flags, site, ground).await,
    }
}

async fn plan_only(wish: &DepsWish, site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let looked = look(&question(wish), site, ground).await?;
    let report = DepsReport::of(&looked, &Source::default())?;
    let (exit, next) = if report.is_well {
        (Exit::Done, "\nNothing to do: every image has what fits its Dagster.\n".to_owned())
    } else {
        let next = format!("{} dagster deps apply", site.name);
        (Exit::Drift, format!("\nNothing was changed. Next: {next}\n"))
    };
    site.printer.result(DAGSTER_DEPS, &report, &(render::dependencies(&report) + &next));
    Ok(exit)
}

async fn apply_all(flags: &DepsApply, site: &Site, ground: &Ground) -> Result<Exit, Failure> {
    let materials = build::Materials::of(flags, index)?;
    let question = question(&flags.wish);
    // A place without a state folder has no other run, and a refused plan leaves none behind.
    let used = site.state.is_there();
    let lock = if used { Some(site.lock("dagster deps apply")?) } else { None };
    let at_state = |fault| site.state_failure(&fault);
    let fingerprints = site.records().fingerprint_key(&site.clock).map_err(at_state)?;
    let (store, tell) = (NoStore("this run needs none".to_owned()), teller(site.printer));
    let dagster = ground.dagster(site, &fingerprints, &tell);
    let ports = site.ports(&store, &dagster, &fingerprints);
    if lock.is_some() {
        recover(&ports).await.map_err(at_state)?;
        refuse_other_work(site, |target| matches!(target, Target::Path(_) | Target::Services))?;
    }
    let looked = look(&question, site, ground).await?;
    let report = DepsReport::of(&looked, &materials.source)?;
    if report.is_well {
        let text = "\nNothing to do: every image has what fits its Dagster.\n";
        site.printer.result(DAGSTER_DEPS, &report, &(render::dependencies(&report) + text));
        return Ok(Exit::Done);
    }
    let next = next(&looked, &materials.source, (site, ground), &ports).await?;
    let checked = made(site, ground, &next.plan).await?;
    site.printer.text(&(render::dependencies(&report) + &checked + &shown(&next)));
    let unasked = |failure: Failure| Failure {
        hints: vec!["add --yes to apply it; `dagster deps plan` only looks".to_owned()],
        ..failure
    };
    if !confirmed(&sentence(&next), flags.yes, site.may_ask()).map_err(unasked)? {
        site.printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let _lock = match lock {
        Some(lock) => lock,
        None => site.lock("dagster deps apply")?,
    };
    for wanted in &next.builds {
        build::build(wanted, &materials, (site, ground)).await?;
    }
    let forward = Forward {
        site,
        ground: Some(ground),
        user: &ground.host.user,
        run: &RunId::new(site.clock.now(), site.clock.random()),
        plan: &next.plan,
        keys: None,
        fingerprints: &fingerprints,
    };
    let receipt = forward.carry_out(&ports).await?;
    prove(&question, &next, &receipt, (site, ground)).await
}

fn question(wish: &DepsWish) -> Question<'_> {
    Question { wish: Wish { modal: wish.modal }, python: wish.python.as_deref() }
}

fn index(text: &str) -> Result<datalake_dagster::IndexUrl, Failure> {
    text.parse().map_err(|error: InvalidIndexUrl| {
        let failure = Failure::of(Exit::Usage, &error);
        match error {
            InvalidIndexUrl::Secret => failure.hint(
                "everyone on the machine can read what is typed here: write the address into a \
                 pip.conf, `[global]` and `index-url = …`, and give --pip-conf FILE",
            ),
            _ => failure,
        }
    })
}

/// The Containerfiles, the plan and the diffs of all files that it writes.
fn shown(next: &Next<'_>) -> String {
    let mut text = String::new();
    for wanted in &next.builds {
        text.push_str(&format!("\nImage {}:\n", wanted.name));
        let lines = wanted.recipe.containerfile.lines();
        lines.for_each(|line| text.push_str(&format!("    {}\n", render::printable(line))));
    }
    text.push_str(&format!(
        "\nPlan ({} steps):\n{}",
        next.plan.steps.len(),
        render::plan(&next.plan)
    ));
    text.push_str("\nFiles:\n");
    for step in &next.plan.steps {
        if let Action::WriteFile { path, body, .. } = &step.action {
            let old = next.contents.get(path).map_or(&b""[..], |content| content.expose());
            text.push_str(&diff(&FileChange { path: path.as_str(), old, body }));
        }
    }
    text
}

fn sentence(next: &Next<'_>) -> String {
    match next.builds.len() {
        0 => format!("Apply these {} steps?", next.plan.steps.len()),
        1 => format!("Build the image and apply these {} steps?", next.plan.steps.len()),
        many => format!("Build {many} images and apply these {} steps?", next.plan.steps.len()),
    }
}

/// Looks again: afterwards every image fits.
async fn prove(
    question: &Question<'_>,
    next: &Next<'_>,
    receipt: &Receipt,
    (site, ground): (&Site, &Ground),
) -> Result<Exit, Failure> {
    let looked: Looked = look(question, site, ground).await?;
    let report = DepsReport::of(&looked, &Source::default())?;
    if !report.is_well {
        let text =
            format!("after the run something is left to do\n{}", render::dependencies(&report));
        return Err(
            Failure::new(Exit::Mismatch, text).hint(format!("{} dagster deps plan", site.name))
        );
    }
    let undo = format!("{} rollback {}", site.name, receipt.run);
    let text = format!(
        "\n{}\nProved: Dagster stayed as it was, and Dagster, its library and boto3 can be imported; \
         the services run with them.\nReceipt: {}.\n\nUndo: {undo}\n{}",
        render::dependencies(&report),
        receipt.run,
        what_stays(next, ground),
    );
    let done = report::Done { deps: &report, plan: &next.plan, receipt, undo: &undo };
    site.printer.result(DAGSTER_DEPS_APPLY, done, &text);
    Ok(Exit::Done)
}

/// A rollback names the old image again and removes none.
fn what_stays(next: &Next<'_>, ground: &Ground) -> String {
    let images: Vec<_> = next.builds.iter().map(|wanted| wanted.name.as_str()).collect();
    if images.is_empty() {
        return String::new();
    }
    let user = &ground.host.user;
    format!("      then, as {user}, to free its room: podman image rm {}\n", images.join(" "))
}
